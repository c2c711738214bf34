"""Shapes where they are at home: by look, by row and column; and candidates against one another."""

from __future__ import annotations

import pytest

from cellwright.proposers.model import Place
from cellwright.proposers.template import read_template
from cellwright.rank.looks import Lines, line_features, look_features, place_look
from cellwright.rank.rivals import rival_features
from cellwright.reference import Cell, SheetRange
from cellwright.workbook.model import Content, Font, Snapshot, Style
from tests.workbooks import book

BOLD = Style(font=Font(bold=True))


def at(snapshot: Snapshot, target: str) -> Place:
    return Place(snapshot, SheetRange.parse(target, "Sheet1"))


def dressed() -> Snapshot:
    cells: dict[str, float | Content] = {f"A{row}": float(row) for row in range(1, 12)}
    cells |= {f"B{row}": Content(formula=f"=A{row}*2") for row in (1, 2, 3)}
    cells |= {f"B{row}": Content(formula=f"=SUM(A1:A{row})", style=BOLD) for row in (5, 7)}
    return book({**cells, "B9": Content(style=BOLD), "B10": Content(style=BOLD, value=1.0)})


def test_cells_that_look_alike_hold_alike_formulas() -> None:
    place = at(dressed(), "B9")
    total, product = (look_features(place, read_template(f, place.cell)) for f in ("=SUM(A1:A9)", "=A9*2"))
    assert total["look_shape"] > product["look_shape"]
    assert total["look_lift"] > 0 > product["look_lift"]
    assert place_look(place)["place_look_formula"] == pytest.approx(2.5 / 4)


def test_shapes_of_the_row_and_column_are_near() -> None:
    snapshot = book({"A3": "=D1*2", "B1": "=D1+1", "C9": "=D1-1", "D1": 1})
    place = at(snapshot, "B3")
    lines = Lines(place)
    row, column, far = (
        line_features(lines, read_template(f, place.cell)) for f in ("=D2*2", "=D2+1", "=D2-1")
    )
    assert (row["line_row"], row["line_row_near"], row["line_column_none"]) == (1.0, 1.0, 1.0)
    assert (column["line_column"], column["line_column_near"], column["line_row_none"]) == (1.0, 0.5, 1.0)
    assert (far["line_row_none"], far["line_column_none"], far["line_around_none"]) == (1.0, 1.0, 1.0)


def test_the_leader_leads_and_the_others_lag() -> None:
    templates = [read_template(f, Cell(0, 0)) for f in ("=B1*2", "=C1*2", "=D1")]
    features = [{"agreement": 3.0, "name_best": 0.2}, {"agreement": 1.0}, {"agreement": 1.0}]
    first, second, third = rival_features(features, templates)
    assert (first["lead_agreement"], second["lead_agreement"]) == (1.0, -1.0)
    assert (first["first_agreement"], second["first_agreement"]) == (1.0, 0.0)
    assert "lead_name_best" not in first
    assert first["rivals_shape"] == second["rivals_shape"] > third["rivals_shape"] == 0.0


def test_nobody_leads_alone() -> None:
    assert rival_features([{"agreement": 1.0}], [None]) == [{}]
