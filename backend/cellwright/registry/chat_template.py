"""Chat templates: the Jinja text with which a checkpoint turns messages into its prompt.

A template is a program that came with somebody's weights, so it runs in Jinja's immutable sandbox: no
attribute of Python's is reachable, nothing that it is given can be changed, and loops are over at most
100,000 items. What Hugging Face gives to templates is given here too: `messages`, `bos_token`, `eos_token`,
`add_generation_prompt`, `raise_exception`, `strftime_now`, `tojson`; `enable_thinking` is off.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from cellwright.errors import ModelError

MAX_TEMPLATE = 200_000
MAX_PROMPT = 2_000_000
_NAMES = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json")


def read_chat_template(folder: Path) -> str | None:
    """The template of a checkpoint's directory; None where it has none (a model that cannot chat)."""
    plain = folder / _NAMES[0]
    if plain.is_file():
        return _text(plain)
    for name in _NAMES[1:]:
        path = folder / name
        if not path.is_file():
            continue
        record = read_json(path)
        told = record.get("chat_template")
        if isinstance(told, list):  # several by name
            named = {item.get("name"): item.get("template") for item in told if isinstance(item, dict)}
            told = named.get("default", next(iter(named.values()), None))
        if isinstance(told, str):
            return told
    return None


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a file; raises ModelError where it is none."""
    try:
        record = json.loads(_text(path))
    except ValueError as error:
        raise ModelError(f"expected JSON, got {error} ({path})") from error
    if not isinstance(record, dict):
        raise ModelError(f"expected a JSON object, got {type(record).__name__} ({path})")
    return record


class ChatTemplate:
    """A compiled template with the tokens that it may name; raises ModelError where it does not compile."""

    def __init__(self, source: str, tokens: Mapping[str, str]) -> None:
        if len(source) > MAX_TEMPLATE:
            raise ModelError(
                f"expected a chat template of at most {MAX_TEMPLATE:,} characters, got {len(source):,}"
            )
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = _to_json
        environment.globals = {
            "range": environment.globals["range"],  # the sandbox's own, which is bounded
            "dict": lambda **items: items,
            "namespace": lambda **items: _Namespace(**items),
            "raise_exception": _raise,
            "strftime_now": _now,
        }
        self._tokens = dict(tokens)
        try:
            self._template = environment.from_string(source)
        except TemplateError as error:
            raise ModelError(f"expected a chat template in Jinja, got {error}") from error

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The prompt of messages, up to where the answer begins; raises ModelError where it fails."""
        parts: list[str] = []
        size = 0
        try:
            for part in self._template.generate(
                messages=[dict(message) for message in messages],
                add_generation_prompt=True,
                enable_thinking=False,
                tools=None,
                documents=None,
                **self._tokens,
            ):
                parts.append(part)
                size += len(part)
                if size > MAX_PROMPT:
                    raise ModelError(f"expected a prompt of at most {MAX_PROMPT:,} characters, got more")
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"the model's chat template failed: {error}") from error
        return "".join(parts)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"expected a text file, got {error} ({path})") from error


class _Generation(Extension):
    """`{% generation %}` marks the assistant's words for those who train; here its body is just rendered."""

    tags = {"generation"}  # noqa: RUF012  as Jinja declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body of the block."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Namespace(Namespace):
    """A template's own variables; no name that could be one of Python's."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            raise SecurityError(f"expected a plain name in a namespace, got {name!r}")
        super().__setitem__(name, value)


def _to_json(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Jinja's own filter escapes for HTML, which is not what a prompt wants."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)


def _now(form: str) -> str:
    return datetime.datetime.now(datetime.UTC).strftime(form)
