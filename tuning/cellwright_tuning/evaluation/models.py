"""The model that `--model` names, loaded by what serves it: our engine, or torch for comparison."""

from __future__ import annotations

import tempfile
from pathlib import Path

from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright.prompt.model import LanguageModel
from cellwright.registry import SHIPPED, find_model, shipped_model
from cellwright_kernels.format import read
from cellwright_tuning.evaluation.harness import Suite

TORCH = "torch:"
DIGITS = 12  # of a weight file's digest, in results


def model_of(suite: Suite, given: str | None) -> str | None:
    """The model that a run of `suite` uses: the one given (`none`: none), else the shipped one if it asks."""
    if given is not None:
        return None if given == "none" else given
    return SHIPPED if suite.asks_model and shipped_model() is not None else None


def told_model(name: str | None) -> str:
    """A model for a result file: its name and the start of its weights' digest."""
    if name is None:
        return "experts"
    path = None if name.startswith(TORCH) else find_model(name)
    return f"{name} {read(path).digest[:DIGITS]}" if path is not None and path.is_file() else name


def load_model(name: str | None) -> LanguageModel | None:
    """`mini` (the shipped one), a weight file or a Hugging Face directory on our engine; None without a name.

    `torch:DIR` runs a directory on torch in float32 instead. torch is imported for that alone: a run on our
    engine, and the command's help, must not pay for it.
    """
    if name is None:
        return None
    if not name.startswith(TORCH):
        path = find_model(name)
        return Engine.open(path, cache=Path(tempfile.mkdtemp(prefix="cellwright-model-")))
    folder = Path(name.removeprefix(TORCH))
    if not (folder / "config.json").is_file():
        raise UsageError(f"expected a model directory with a config.json, got {folder}")
    from cellwright_tuning.evaluation.torch_engine import open_engine

    return open_engine(folder)
