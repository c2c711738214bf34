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
    ("book", "place", "formula"),
    [
        ("sales", "Report!E6", "=C6/$C$8"),
        ("sales", "Orders!H54", "=E54*G54*(1-F54)"),
        ("budget", "Summary!E5", "=B5/$B$4"),
        ("project-plan", "Plan!H11", "=G11*VLOOKUP(B11,Rates!$A$2:$B$8,2,FALSE)"),
        ("meter", "Readings!D14", "=(B14+C14)-(B13+C13)"),
    ],
)
def test_the_next_cell_is_offered_first_shown_and_verified(book: str, place: str, formula: str) -> None:
    snapshot = read_workbook(SAMPLES / f"{book}.xlsx")
    with Calculator(snapshot) as calculator:
        found = suggest(snapshot, SheetRange.parse(place), calculator=calculator)
    assert found.shown, f"silent at {place}: {[s.p_accept for s in found.candidates[:2]]}"
    best = found.shown[0]
    assert edit_to_text(best.candidate.edits[0]).endswith(f"| {formula}")
    assert best.verdict.status is Status.VERIFIED


def test_a_cell_whose_inputs_are_still_blank_gets_silence() -> None:
    snapshot = read_workbook(SAMPLES / "meter.xlsx")
    assert not suggest(snapshot, SheetRange.parse("Readings!E14")).shown
