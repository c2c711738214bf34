"""Finding a model by name, by path, and not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.config import settings
from cellwright.errors import UsageError
from cellwright.registry import SHIPPED, find_model, shipped_model


def test_a_model_is_found_by_path_and_in_the_models_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELLWRIGHT_HOME", str(tmp_path))
    settings.cache_clear()
    file = tmp_path / "models" / "mine"
    file.parent.mkdir()
    file.write_bytes(b"weights")
    assert find_model("mine") == file
    assert find_model(str(file)) == file
    settings.cache_clear()


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UsageError, match="expected the name or path of a model, got 'nobody'"):
        find_model("nobody")


def test_the_shipped_model_is_the_default() -> None:
    if shipped_model() is None:
        with pytest.raises(UsageError, match="found none"):
            find_model()
    else:
        assert find_model() == find_model(SHIPPED) == shipped_model()
