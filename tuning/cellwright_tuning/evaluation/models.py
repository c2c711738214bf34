"""The model that `--model` names, loaded by what serves it."""

from __future__ import annotations

from pathlib import Path

from cellwright.errors import UsageError
from cellwright.prompt.model import LanguageModel


def load_model(name: str | None) -> LanguageModel | None:
    """A Hugging Face directory on the torch engine; None where no model is asked for.

    torch is imported here and not above: a run without a model, and the command's help, must not pay for it.
    """
    if name is None:
        return None
    folder = Path(name)
    if not (folder / "config.json").is_file():
        raise UsageError(f"expected a model directory with a config.json, got {name}")
    from cellwright_tuning.evaluation.torch_engine import TorchEngine

    return TorchEngine(folder)
