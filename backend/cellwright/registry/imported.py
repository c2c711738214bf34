"""Larger models that a person brought: instruct checkpoints in our format, with their chat template.

    models/NAME/model.cellwright    weights and tokenizer, as the kernels run them
    models/NAME/chat.json           the chat template, its tokens, what was imported

Llama, Qwen2 and Qwen3 in the layout of Hugging Face: `config.json`, safetensors, `tokenizer.json`, a chat
template. Nothing is fetched; an import reads one directory and writes another, all of it or nothing.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cellwright.errors import ModelError, UsageError
from cellwright.registry.chat_template import ChatTemplate, read_chat_template, read_json
from cellwright_kernels.checkpoint import Bits, quantize_checkpoint
from cellwright_kernels.errors import KernelError

WEIGHTS = "model.cellwright"
CHAT = "chat.json"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
_TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token")


@dataclass(frozen=True)
class ImportedModel:
    """An imported model; `end` is the token that ends its answers (empty: not said), `folder` where it is."""

    name: str
    template: str
    tokens: dict[str, str]
    end: str
    architecture: str
    bits: int
    digest: str
    folder: Path

    @property
    def weights(self) -> Path:
        """The weight file."""
        return self.folder / WEIGHTS

    def chat_template(self) -> ChatTemplate:
        """The compiled template."""
        return ChatTemplate(self.template, self.tokens)


def import_checkpoint(
    source: Path,
    home: Path,
    name: str = "",
    bits: Bits = 4,
    *,
    replaces: bool = False,
    check: Callable[[ImportedModel], None] = lambda model: None,
) -> ImportedModel:
    """Quantize a checkpoint into `home`; raises ModelError for what is none, UsageError for its name.

    `check` may refuse the model by raising, before it takes its place.
    Takes the memory of the whole file that it writes (about half a byte a parameter for 4 bits).
    """
    if not source.is_dir():
        raise UsageError(f"expected the directory of a checkpoint, got {source}")
    name = name or re.sub(r"[^\w.-]+", "-", source.resolve().name).strip("-.") or "model"
    if not _NAME.fullmatch(name):
        raise UsageError(f"expected a name of letters, digits, '.', '_' and '-', got {name!r}")
    target = home / "models" / name
    if target.exists() and not replaces:
        raise UsageError(f"expected a new name, got {name}, which is there already (--replace)")
    for needed in ("config.json", "tokenizer.json"):
        if not (source / needed).is_file():
            raise ModelError(f"expected {needed} in a checkpoint, found none ({source})")
    template = read_chat_template(source)
    if template is None:
        raise ModelError(f"expected the chat template of an instruct model, found none ({source})")
    tokens = _tokens(source)
    ChatTemplate(template, tokens).render([{"role": "user", "content": "Hello"}])
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
    try:
        digest = quantize_checkpoint(source, staged / WEIGHTS, bits)
        record = {
            "template": template,
            "tokens": tokens,
            "end": tokens.get("eos_token", ""),
            "architecture": str((read_json(source / "config.json").get("architectures") or [""])[0]),
            "bits": bits,
            "digest": digest,
        }
        (staged / CHAT).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
        check(read_imported(staged))
        if target.exists():
            shutil.rmtree(target)
        staged.rename(target)
    except KernelError as error:
        raise ModelError(str(error)) from error
    except OSError as error:
        raise ModelError(f"expected room for the model, got {error}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return read_imported(target)


def read_imported(folder: Path) -> ImportedModel:
    """An imported model of a folder; raises ModelError where it is none."""
    record = read_json(folder / CHAT)
    try:
        return ImportedModel(
            name=folder.name,
            template=str(record["template"]),
            tokens={str(key): str(value) for key, value in record["tokens"].items()},
            end=str(record["end"]),
            architecture=str(record["architecture"]),
            bits=int(record["bits"]),
            digest=str(record["digest"]),
            folder=folder,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"expected what an import writes, got {error!r} ({folder / CHAT})") from error


def imported_models(home: Path) -> list[ImportedModel]:
    """All of them, by name."""
    return [read_imported(path.parent) for path in sorted((home / "models").glob(f"*/{CHAT}"))]


def find_imported(home: Path, name: str) -> ImportedModel:
    """The one of that name; raises UsageError where there is none."""
    folder = home / "models" / name
    if not _NAME.fullmatch(name) or not (folder / CHAT).is_file():
        known = ", ".join(model.name for model in imported_models(home)) or "none yet"
        raise UsageError(f"expected the name of an imported model ({known}), got {name!r}")
    return read_imported(folder)


def describe(model: ImportedModel) -> dict[str, Any]:
    """What is told of it, without its template."""
    record = asdict(model)
    return {key: record[key] for key in ("name", "architecture", "bits", "digest")}


def _tokens(source: Path) -> dict[str, str]:
    """The special tokens that templates may name."""
    path = source / "tokenizer_config.json"
    record = read_json(path) if path.is_file() else {}
    found: dict[str, str] = {}
    for key in _TOKENS:
        told = record.get(key)
        told = told.get("content") if isinstance(told, dict) else told
        if isinstance(told, str):
            found[key] = told
    return found
