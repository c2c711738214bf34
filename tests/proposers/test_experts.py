"""Each expert on the smallest sheet where it has something to say, and on one where it must be silent."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from cellwright.edits.model import SetFormulas, SetNumberFormat, SetValues
from cellwright.proposers.aggregates import Aggregates
from cellwright.proposers.analogy import Analogy
from cellwright.proposers.carry import Carry
from cellwright.proposers.consistency import Consistency
from cellwright.proposers.continuation import Continuation, continued
from cellwright.proposers.crossref import CrossReference
from cellwright.proposers.crosstotals import CrossTotals
from cellwright.proposers.dress import Dress
from cellwright.proposers.example import Example
from cellwright.proposers.formats import Formats
from cellwright.proposers.library import library_of
from cellwright.proposers.lookup import Lookup
from cellwright.proposers.model import Place, Proposer
from cellwright.proposers.moves import Moves
from cellwright.proposers.names import Names
from cellwright.proposers.pairs import Pairs
from cellwright.proposers.refill import Refill
from cellwright.proposers.retrieval import Retrieval
from cellwright.proposers.series import Series
from cellwright.proposers.siblings import Siblings
from cellwright.reference import SheetRange
from cellwright.verify.model import Candidate
from cellwright.workbook.model import Content, DefinedName, Snapshot, Style, Value
from tests.workbooks import book


def offers(proposer: Proposer, snapshot: Snapshot, target: str) -> list[Candidate]:
    return proposer.propose(Place(snapshot, SheetRange.parse(target, "Sheet1")))


def formulas(candidates: Iterable[Candidate]) -> list[str | None]:
    return [c.edits[0].formulas[0][0] for c in candidates if isinstance(c.edits[0], SetFormulas)]


def test_siblings_copy_the_relative_formula() -> None:
    snapshot = book({"A1": 1, "B1": "=A1*2", "A2": 2, "B2": "=A2*2", "A3": 3})
    found = offers(Siblings(), snapshot, "B3")
    assert formulas(found) == ["=A3*2"]
    assert [c.a1 for c in found[0].citations] == ["Sheet1!B2"]


def test_siblings_see_the_same_cell_of_a_sheet_laid_out_alike() -> None:
    layout: dict[str, Value | Content] = {"A1": "Fuel", "B1": "Price", "A2": "Coal", "C1": "Twice", "B2": 3}
    snapshot = book({**layout}, {**layout, "C2": "=B2*2"})
    assert "=B2*2" in formulas(offers(Siblings(), snapshot, "C2"))


def test_siblings_leave_a_copy_that_would_fall_off_the_sheet() -> None:
    assert formulas(offers(Siblings(), book({"C3": "=A1", "C1": 1}), "A3")) == []


@pytest.mark.parametrize(
    ("cells", "target", "formula"),
    [
        ({"A1": "=Data!A10", "A2": "=Data!A13"}, "A3", "=Data!A16"),
        ({"A1": "=Data!A10", "A3": "=Data!A16"}, "A2", "=Data!A13"),
        ({"B1": "=$D$1*2", "C1": "=$D$2*2"}, "D1", "=$D$3*2"),
        ({"B1": "=SUM(B5:B8)", "D1": "=SUM(B9:B12)"}, "F1", "=SUM(B13:B16)"),
    ],
)
def test_series_continue_a_steady_step(cells: dict[str, str], target: str, formula: str) -> None:
    snapshot = book(dict(cells), {"A1": 1})
    assert formula in formulas(offers(Series(), snapshot, target))


def test_series_are_silent_where_the_step_is_not_whole() -> None:
    snapshot = book({"A1": "=B10", "A4": "=B11"})
    assert formulas(offers(Series(), snapshot, "A6")) == []


def test_moves_transpose() -> None:
    snapshot = book({"A1": "=Sheet2!C5"}, {"C5": 1, "C6": 2})
    assert "=Sheet2!C6" in formulas(offers(Moves(), snapshot, "B1"))


def test_analogy_follows_labels_not_positions() -> None:
    snapshot = book(
        {"A1": "coal", "B1": "=Sheet2!B2*2", "A2": "gas"},
        {"A2": "coal", "B2": 1, "A3": "oil", "B3": 2, "A4": "gas", "B4": 3},
    )
    assert "=Sheet2!B4*2" in formulas(offers(Analogy(), snapshot, "B2"))


@pytest.mark.parametrize(
    ("label", "formula"),
    [("Total", "=SUM(B2:B4)"), ("Average", "=AVERAGE(B2:B4)"), ("Maximum", "=MAX(B2:B4)")],
)
def test_aggregates_do_what_the_label_says(label: str, formula: str) -> None:
    snapshot = book({"B1": "Sales", "A2": "a", "B2": 1, "A3": "b", "B3": 2, "A4": "c", "B4": 3, "A5": label})
    assert formulas(offers(Aggregates(), snapshot, "B5")) == [formula]


def test_aggregates_leave_out_the_year_that_heads_the_column() -> None:
    snapshot = book({"B1": 2020, "C1": 2021, "B2": 5, "C2": 6, "B3": 7, "C3": 8, "A4": "Total"})
    assert formulas(offers(Aggregates(), snapshot, "B4")) == ["=SUM(B2:B3)"]


def test_crossref_finds_where_the_labels_meet() -> None:
    snapshot = book(
        {"B1": 2021, "A2": "gas"},
        {"B1": 2020, "C1": 2021, "A2": "coal", "B2": 1, "C2": 2, "A3": "gas", "B3": 3, "C3": 4},
    )
    first = offers(CrossReference(), snapshot, "B2")[0]
    assert formulas([first]) == ["=Sheet2!C3"]


def test_crossref_offers_the_result_that_nothing_uses() -> None:
    snapshot = book({"A1": "Price", "A2": "x"}, {"A1": 2, "A2": "=A1*3", "A3": "=A2+1"})
    found = formulas(offers(CrossReference(), snapshot, "B2"))
    assert "=Sheet2!A3" in found
    assert "=Sheet2!A2" not in found


def test_carry_takes_the_value_before() -> None:
    snapshot = book({"B1": 2020, "C1": 2021, "A2": "rate", "B2": 0.5})
    assert "=B2" in formulas(offers(Carry(), snapshot, "C2"))


@pytest.mark.parametrize(
    ("header", "formula"),
    [("Ratio", "=A2/B2"), ("Product", "=A2*B2"), ("Difference", "=B2-A2"), ("Growth", "=(B2-A2)/A2")],
)
def test_pairs_do_small_arithmetic(header: str, formula: str) -> None:
    snapshot = book({"A1": "x", "B1": "y", "C1": header, "A2": 4, "B2": 5})
    found = offers(Pairs(), snapshot, "C2")
    match = next(c for c, text in zip(found, formulas(found), strict=True) if text == formula)
    assert match.features["pair_said"] == 1.0


def test_pairs_continue_a_running_total() -> None:
    snapshot = book({"A1": "amount", "B1": "Cumulative", "A2": 4, "B2": 4, "A3": 5})
    assert "=B2+A3" in formulas(offers(Pairs(), snapshot, "B3"))


def test_refill_moves_the_references_together_onto_unused_numbers() -> None:
    snapshot = book(
        {"A1": "a", "B1": "=(Sheet2!B2-Sheet2!B1)/Sheet2!B2", "A2": "b"},
        {"B1": 1, "B2": 2, "B6": 5, "A6": "b", "B5": 4},
    )
    assert "=(Sheet2!B6-Sheet2!B5)/Sheet2!B6" in formulas(offers(Refill(), snapshot, "B2"))


def test_names_by_the_words_of_the_label() -> None:
    names = (DefinedName("max_biodsl", "=Sheet1!$Z$1"), DefinedName("max_coal", "=Sheet1!$Z$2"))
    snapshot = book({"A1": "biofuel diesel", "A2": "x"})
    snapshot = Snapshot(snapshot.sheets, names=names)
    assert formulas(offers(Names(), snapshot, "B1"))[0] == "=max_biodsl"


def test_dress_puts_a_reference_into_the_neighbours_shape() -> None:
    snapshot = book(
        {"B1": "price", "A2": "coal", "B2": "=Sheet2!B9*$F$1", "A3": "gas", "F1": 10},
        {"B1": "price", "A9": "coal", "B9": 1, "A4": "gas", "B4": 3},
    )
    assert "=Sheet2!B4*$F$1" in formulas(offers(Dress(), snapshot, "B3"))


def test_lookup_of_the_rows_key_under_the_columns_header() -> None:
    keys = {f"A{i}": key for i, key in enumerate(("sku", "a1", "b2", "c3", "d4"), 1)}
    snapshot = book(
        {**keys, "B1": "price"},
        {"C1": "sku", "E1": "price"}
        | {f"C{i}": key for i, key in enumerate(("d4", "c3", "b2", "a1"), 2)}
        | {f"E{i}": i for i in range(2, 6)},
    )
    found = formulas(offers(Lookup(), snapshot, "B2"))
    assert found == ["=INDEX(Sheet2!$E$2:$E$5,MATCH($A2,Sheet2!$C$2:$C$5,0))"]


def test_lookup_is_silent_about_a_chance_word() -> None:
    snapshot = book(
        {"A1": "sku", "A2": "a1", "A3": "b2", "A4": "c3", "B1": "price"},
        {"C1": "x", "E1": "price", "C2": "a1", "C3": "q", "C4": "r", "E2": 1, "E3": 2, "E4": 3},
    )
    assert offers(Lookup(), snapshot, "B2") == []


@pytest.mark.parametrize("odd", ["=A3*3", 7.0])
def test_consistency_proposes_the_runs_formula(odd: str | float) -> None:
    cells: dict[str, str | float] = {f"A{i}": float(i) for i in range(1, 6)}
    cells |= {f"B{i}": f"=A{i}*2" for i in range(1, 6)} | {"B3": odd}
    assert formulas(offers(Consistency(), book(dict(cells)), "B3")) == ["=A3*2"]


def test_consistency_leaves_the_edge_of_a_block_alone() -> None:
    cells = {f"B{i}": f"=A{i}*2" for i in range(1, 5)} | {"B5": "=SUM(B1:B4)"}
    assert offers(Consistency(), book(dict(cells)), "B5") == []


@pytest.mark.parametrize(
    ("rows", "wanted", "formula"),
    [
        ({"A": [2, 3, 5, 7], "B": [10, 20, 30, 40]}, [20, 60, 150], "=A4*B4"),
        ({"A": [1, 2, 3, 9], "B": [5, 7, 9, 9]}, [4, 5, 6], "=B4-A4"),
        ({"A": [10, 20, 40, 50]}, [11.5, 23, 46], "=A4*1.15"),
    ],
)
def test_example_reproduces_typed_numbers(
    rows: dict[str, list[float]], wanted: list[float], formula: str
) -> None:
    cells = {f"{c}{i}": v for c, values in rows.items() for i, v in enumerate(values, 1)}
    cells |= {f"D{i}": v for i, v in enumerate(wanted, 1)}
    assert formula in formulas(offers(Example(), book(dict(cells)), "D4"))


@pytest.mark.parametrize(
    ("typed", "formula"),
    [
        (["Ada", "Alan"], '=LEFT(A3,FIND(" ",A3)-1)'),
        (
            ["Lovelace, Ada", "Turing, Alan"],
            '=MID(A3,FIND(" ",A3)+1,LEN(A3))&", "&LEFT(A3,FIND(" ",A3)-1)',
        ),
        (
            ["ada.lovelace@a.org", "alan.turing@a.org"],
            None,
        ),
        (["AL", "AT"], None),
        (["LOVELACE", "TURING"], '=UPPER(MID(A3,FIND(" ",A3)+1,LEN(A3)))'),
        (["A", "A"], None),
    ],
)
def test_example_reproduces_typed_texts(typed: list[str], formula: str | None) -> None:
    names = {"A1": "Ada Lovelace", "A2": "Alan Turing", "A3": "Grace Hopper"}
    found = formulas(offers(Example(), book({**names, **{f"B{i}": t for i, t in enumerate(typed, 1)}}), "B3"))
    if formula is None:
        assert found == []
    else:
        assert formula in found


def test_formats_follow_the_neighbours() -> None:
    percent = Style(number_format="0.0%")
    cells = {f"B{i}": Content(0.1 * i, style=percent) for i in (1, 2, 3)} | {"B4": Content(0.4)}
    edits = [c.edits[0] for c in offers(Formats(), book(dict(cells)), "B4")]
    assert [e.format for e in edits if isinstance(e, SetNumberFormat)] == ["0.0%"]
    assert offers(Formats(), book(dict(cells)), "B3") == []


@pytest.mark.parametrize(
    ("values", "count", "wanted"),
    [
        ([1.0, 2.0, 3.0], 2, [4.0, 5.0]),
        ([2020.0, 2025.0], 2, [2030.0, 2035.0]),
        (["Q1", "Q2"], 1, ["Q3"]),
        (["Oct", "Nov", "Dec"], 2, ["Jan", "Feb"]),
        (["MONDAY", "TUESDAY"], 1, ["WEDNESDAY"]),
        (["header", 5.0, 10.0], 1, [15.0]),
        ([1.0, 2.0, 4.0], 1, None),
        ([3.0, 3.0], 1, None),
        (["a", "b"], 1, None),
    ],
)
def test_continued(values: list[float | str], count: int, wanted: list[float | str] | None) -> None:
    assert continued(list(values), count) == wanted


def test_continuation_fills_the_whole_target() -> None:
    edits = [c.edits[0] for c in offers(Continuation(), book({"A1": 1, "A2": 3}), "A3:A5")]
    assert [e.values for e in edits if isinstance(e, SetValues)] == [((5.0,), (7.0,), (9.0,))]


def test_continuation_is_silent_after_formulas() -> None:
    assert offers(Continuation(), book({"A1": 1, "A2": "=A1+1"}), "A3") == []


def test_retrieval_from_another_workbook() -> None:
    other = book({"B1": "Margin", "A2": "total", "C2": 4, "D2": 3, "B2": "=C2-D2"})
    here = book({"B1": "Margin", "A5": "total", "C5": 8, "D5": 1})
    library = library_of([("plan.xlsx", other)])
    assert formulas(offers(Retrieval(library), here, "B5")) == ["=C5-D5"]
    assert offers(Retrieval(library).leaving_out({"plan.xlsx"}), here, "B5") == []
    assert offers(Retrieval(), here, "B5") == []


def test_retrieval_says_how_much_of_the_workbook_stands_in_the_other() -> None:
    kin = book({"B1": "Margin", "A2": "total", "B2": "=C2-D2", "E2": "=C2*2", "F2": "=C2/D2"})
    other = book({"B1": "Margin", "A2": "total", "B2": "=C2+D2", "E2": "=D2*9"})
    here = book({"B1": "Margin", "A5": "total", "E5": "=C5*2", "F5": "=C5/D5", "G5": "=C5^2", "H5": "=D5^3"})
    library = library_of([("kin.xlsx", kin), ("other.xlsx", other)])
    told = {
        formula: candidate.features["retrieved_kin"]
        for candidate in offers(Retrieval(library), here, "B5")
        for formula in formulas([candidate])
    }
    assert told["=C5-D5"] == 0.5
    assert told["=C5+D5"] == 0.0


def test_a_range_is_filled_from_its_first_cell() -> None:
    snapshot = book({"A1": 1, "B1": "=A1*2", "A2": 2, "A3": 3})
    edit = offers(Siblings(), snapshot, "B2:B3")[0].edits[0]
    assert isinstance(edit, SetFormulas)
    assert edit.formulas == (("=A2*2",), ("=A3*2",))


def test_under_a_total_the_same_block_is_summarised_again() -> None:
    cells: dict[str, Value | Content] = {"A1": "x", "B1": "y", "B2": 1, "B3": 2, "B4": 4, "B5": "=SUM(B2:B4)"}
    found = formulas(offers(Aggregates(), book(cells | {"A5": "Total", "A6": "Average"}), "B6"))
    assert "=AVERAGE(B2:B4)" in found


def test_totals_over_another_sheet_by_label() -> None:
    data: dict[str, Value | Content] = {"A1": "Fuel", "B1": 2020, "C1": 2021, "A2": "Coal", "B2": 3, "C2": 4}
    data |= {"A3": "Renewables", "A4": "Wind", "B4": 1, "C4": 2, "A5": "Solar", "B5": 5, "C5": 6}
    row = book({"A1": "Item", "B1": "Sum", "A2": "Coal"}, data)
    assert "=SUM(Sheet2!B2:C2)" in formulas(offers(CrossTotals(), row, "B2"))
    group = book({"A1": "Item", "B1": 2021, "A2": "Renewables"}, data)
    assert "=SUM(Sheet2!C4:C5)" in formulas(offers(CrossTotals(), group, "B2"))
    assert offers(CrossTotals(), book({"A2": "Oil"}, data), "B2") == []


def test_a_total_spans_single_blanks_and_begins_after_the_last_total() -> None:
    cells: dict[str, Value | Content] = {"A1": "x", "B1": "y", "B2": 1, "B3": 2, "B4": "=SUM(B2:B3)"}
    cells |= {"B5": 5, "B6": 6, "B8": 8}
    assert "=SUM(B2:B8)" in formulas(offers(Aggregates(), book(cells), "B9"))
    assert "=SUM(B5:B8)" in formulas(offers(Aggregates(), book(cells), "B9"))
