"""Formulas taken over from a sibling sheet read the sheets that belong to their own."""

from __future__ import annotations

import pytest

from cellwright.edits.model import SetFormulas
from cellwright.proposers.model import Place
from cellwright.proposers.sheet_pairs import counterpart
from cellwright.proposers.siblings import Siblings
from cellwright.reference import SheetRange
from cellwright.workbook.model import Snapshot
from tests.workbooks import sheet

NAMES = [
    "Rice 2010",
    "Rice 2020",
    "Rice 2010 source",
    "Rice 2020 source",
    "About",
    "North",
    "South",
    "South data",
    "East",
    "East data",
]
KNOWN = {name.casefold(): name for name in NAMES}


@pytest.mark.parametrize(
    ("own", "sibling", "other", "wanted"),
    [
        ("Rice 2010", "Rice 2020", "Rice 2020 source", "Rice 2010 source"),
        ("rice 2010", "RICE 2020", "rice 2020 SOURCE", "Rice 2010 source"),
        ("Rice 2010", "Rice 2020", "Rice 2010 source", None),
        ("Rice 2010", "Rice 2020", "About", None),
        ("Rice 2010", "Rice 2010", "Rice 2020 source", None),
        ("North", "South", "South data", None),
        ("East", "South", "South data", "East data"),
    ],
)
def test_a_counterpart_has_the_words_of_its_own_sheet(
    own: str, sibling: str, other: str, wanted: str | None
) -> None:
    assert counterpart(own, sibling, other, KNOWN) == wanted


def test_the_formula_of_a_sibling_sheet_is_offered_over_the_own_sheets_source() -> None:
    labels = {"A1": "crop", "B1": "area", "A2": "rice"}
    data = {"A1": "crop", "B1": "area", "A2": "rice", "B2": 7}
    snapshot = Snapshot(
        (
            sheet(data, "Rice 2010 source"),
            sheet(data, "Rice 2020 source"),
            sheet(labels, "Rice 2010"),
            sheet({**labels, "B2": "='Rice 2020 source'!B2*2"}, "Rice 2020"),
        )
    )
    offered = Siblings().propose(Place(snapshot, SheetRange.parse("'Rice 2010'!B2", "Rice 2010")))
    edits = [candidate.edits[0] for candidate in offered]
    texts = [edit.formulas[0][0] for edit in edits if isinstance(edit, SetFormulas)]
    assert texts == ["='Rice 2020 source'!B2*2", "='Rice 2010 source'!B2*2"]
    assert offered[1].features["copy_counterpart"] == 1.0
