"""The shipped weights are those of the checkpoint that the repository holds, and they answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.engine import Engine
from cellwright.proposers.completion import propose_completions
from cellwright.proposers.repair import propose_repairs
from cellwright.proposers.repair_sense import is_sound
from cellwright.registry import SHIPPED, shipped_model
from cellwright_kernels.format import read
from cellwright_tuning.ship import ship

CHECKPOINT = Path(__file__).resolve().parents[2] / "tuning" / "checkpoints" / SHIPPED


@pytest.fixture(scope="module")
def shipped() -> Path:
    path = shipped_model()
    if path is None:
        pytest.skip("this build ships no model")
    return path


def test_the_shipped_file_is_the_quantized_checkpoint(shipped: Path, tmp_path: Path) -> None:
    assert ship(CHECKPOINT, tmp_path) == read(shipped).digest
    assert (tmp_path / "MODEL_CARD.md").read_text() == (shipped.parent / "MODEL_CARD.md").read_text()


def test_the_shipped_file_is_small(shipped: Path) -> None:
    assert shipped.stat().st_size < 20_000_000


def test_everything_it_offers_is_a_formula(shipped: Path) -> None:
    with Engine.open(shipped, threads=1) as engine:
        for typed in ("=SUM(A1:", "=IF(B2>", "=VLO", "=ROUND(A1/"):
            found = propose_completions(typed, engine)
            assert found
            assert all(is_sound(c.formula.removeprefix("=")) for c in found)
        repaired = propose_repairs("=SUM(A1:A9", model=engine)
        assert repaired[0].formula == "=SUM(A1:A9)"
