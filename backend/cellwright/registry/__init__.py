"""Which model serves: the one a person put in their models folder, else the one that is shipped.

Promotion, rollback and adapters belong to the work on tuning; here a model is found by name.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from cellwright.config import settings
from cellwright.errors import UsageError

SHIPPED = "mini"


def shipped_model() -> Path | None:
    """The weight file that came with the package; None where this build has none."""
    path = Path(str(files(__package__) / "shipped" / f"{SHIPPED}.cellwright"))
    return path if path.is_file() else None


def find_model(name: str | None = None) -> Path:
    """The weight file or Hugging Face directory of a model.

    `name` is `mini` (the shipped one), a path, or the name of an entry of the models folder; None is the
    shipped one. Raises UsageError where there is none.
    """
    if name is None or name == SHIPPED:
        shipped = shipped_model()
        if shipped is None:
            raise UsageError("expected the shipped model in this build of Cellwright, found none")
        return shipped
    for path in (Path(name), settings().home / "models" / name):
        if path.is_file() or (path / "config.json").is_file():
            return path
    raise UsageError(f"expected the name or path of a model, got {name!r}")
