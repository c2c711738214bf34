"""What people do most on real sheets: fill the next cell of a column, a gap, a total, on the samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.edits.text import edit_to_text
from cellwright.reference import SheetRange
from cellwright.suggest import suggest
from cellwright.verify.model import Status
from cellwright.workbook import read_workbook

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.mark.parametrize(
    ("book", "place", "formula", "is_sure"),
    [
        ("sales", "Report!E6", "=C6/$C$8", True),
        ("sales", "Orders!H54", "=E54*G54*(1-F54)", True),
        ("budget", "Summary!E5", "=B5/$B$4", True),
        ("project-plan", "Plan!H11", "=G11*VLOOKUP(B11,Rates!$A$2:$B$8,2,FALSE)", True),
        ("meter", "Readings!D14", "=(B14+C14)-(B13+C13)", False),
    ],
)
def test_the_next_cell_is_offered_first_and_verified(
    book: str, place: str, formula: str, is_sure: bool
) -> None:
    """At the end of a run the author may have stopped, so there the experts alone need not speak."""
    snapshot = read_workbook(SAMPLES / f"{book}.xlsx")
    with Calculator(snapshot) as calculator:
        found = suggest(snapshot, SheetRange.parse(place), calculator=calculator)
    best = found.candidates[0]
    assert best.is_shown or not is_sure, f"silent at {place}: {[s.p_accept for s in found.candidates[:2]]}"
    assert best.p_accept > 0.5
    assert edit_to_text(best.candidate.edits[0]).endswith(f"| {formula}")
    assert best.verdict.status is Status.VERIFIED


def test_a_cell_whose_inputs_are_still_blank_gets_silence() -> None:
    snapshot = read_workbook(SAMPLES / "meter.xlsx")
    assert not suggest(snapshot, SheetRange.parse("Readings!E14")).shown
