"""The `formula` suite: what is hidden, what is asked, what counts. A leak here would be a false number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula as FileArray
from openpyxl.worksheet.table import Table as FileTable
from openpyxl.worksheet.table import TableFormula

from cellwright.edits.model import SetFormulas
from cellwright.formula import normalise
from cellwright.reference import Cell, Range, SheetCell, SheetRange
from cellwright.suggest.hidden import Dependence, without_cell, without_region
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.verify.model import Candidate, CellChange, Kind, Status, Verdict
from cellwright.workbook.model import ArrayFormula, Content, DefinedName, Snapshot, Table, Value
from cellwright.workbook.read import read_workbook
from cellwright_tuning.evaluation.harness import Options, summarise
from cellwright_tuning.evaluation.suites.formula import SUITE, Task, classes, run, score, tasks_of
from tests.workbooks import book

SECRET = 987654321.0


def cell(a1: str) -> SheetCell:
    return SheetCell.parse(a1, "Sheet1")


def computed(formula: str, array: ArrayFormula | None = None) -> Content:
    return Content(SECRET, formula, array=array)


def leaks(snapshot: Snapshot) -> list[str]:
    """The cells that still show the secret value."""
    return [
        f"{sheet.name}!{at.a1}"
        for sheet in snapshot.sheets
        for at, content in sheet.cells.items()
        if content.value == SECRET
    ]


DEPENDENTS = {
    "direct": "=B1+1",
    "range": "=SUM(A1:C9)",
    "whole column": "=SUM(B:B)",
    "whole row": "=SUM(1:1)",
    "fixed": "=$B$1",
    "name": "=secret*2",
    "table": "=SUM(T[x])",
    "indirect": '=INDIRECT("B"&1)',
    "offset": "=OFFSET(A1,0,1)",
    "unknown column": "=SUM(T[y])",
    "unknown name": "=mystery+1",
}


@pytest.mark.parametrize("kind", DEPENDENTS)
@pytest.mark.parametrize("formula_sheet", ["Sheet1", "Sheet2"])
def test_a_dependent_goes_with_its_value(kind: str, formula_sheet: str) -> None:
    text = DEPENDENTS[kind]
    if formula_sheet == "Sheet2":
        text = text.replace("A1:C9", "Sheet1!A1:C9").replace("B:B", "Sheet1!B:B").replace("1:1", "Sheet1!1:1")
        text = text.replace("=B1", "=Sheet1!B1").replace("$B$1", "Sheet1!$B$1").replace("(A1,", "(Sheet1!A1,")
        text = text.replace('"B"', '"Sheet1!B"')
    first: dict[str, Value | Content] = {"A1": 1.0, "B1": computed("=A1*2"), "B2": 3.0}
    second: dict[str, Value | Content] = {"K1": 1.0}
    (first if formula_sheet == "Sheet1" else second)["H20"] = computed(text)
    (first if formula_sheet == "Sheet1" else second)["H21"] = computed("=H20*1")  # a dependent's dependent
    snapshot = replace(
        book(first, second, tables=(Table("T", "Sheet1", Range.parse("B1:B2"), ("x",), header_rows=0),)),
        names=(DefinedName("secret", "=Sheet1!$B$1"),),
    )
    hidden = without_region(snapshot, Dependence(snapshot), [cell("B1")])
    assert leaks(hidden) == []
    assert [t for sheet in hidden.sheets for _, t in sheet.cells.formulas()] == []


def test_what_does_not_depend_stays() -> None:
    snapshot = book({"A1": 1, "B1": computed("=A1*2"), "C1": Content(4.0, "=A1+3"), "D1": computed("=B1")})
    hidden = without_region(snapshot, Dependence(snapshot), [cell("B1")])
    assert hidden.sheet("Sheet1").content(Cell(0, 2)) == Content(4.0, "=A1+3")
    assert hidden.sheet("Sheet1").value(Cell(0, 0)) == 1.0
    assert snapshot.sheet("Sheet1").formula(Cell(0, 1)) == "=A1*2"


def test_the_easy_task_keeps_the_dependents_formulas() -> None:
    snapshot = book({"A1": 1, "B1": computed("=A1*2"), "D1": computed("=B1")})
    hidden = without_cell(snapshot, Dependence(snapshot), cell("B1"))
    assert leaks(hidden) == []
    assert list(hidden.sheet("Sheet1").cells.formulas()) == [(Cell(0, 3), "=B1")]


def test_an_array_goes_as_a_whole() -> None:
    array = ArrayFormula(Range.parse("C1:C2"))
    snapshot = book(
        {"A1": 1, "B1": computed("=A1"), "C1": computed("=B1:B2*2", array), "C2": Content(SECRET)}
    )
    assert leaks(without_region(snapshot, Dependence(snapshot), [cell("B1")])) == []


def test_circular_references_come_to_an_end() -> None:
    snapshot = book({"A1": computed("=B1"), "B1": computed("=A1")})
    assert leaks(without_region(snapshot, Dependence(snapshot), [cell("A1")])) == []


def test_a_hidden_snapshot_has_no_file_behind_it() -> None:
    snapshot = book({"A1": 1, "B1": computed("=A1")})
    hidden = without_region(snapshot, Dependence(snapshot), [cell("B1")])
    assert hidden.source is None
    assert hidden.revision != snapshot.revision


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A file with a table's calculated column, a named total and a two-cell array."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(["item", "price", "count", "cost"])
    for row in range(2, 8):
        sheet.append([f"i{row}", row, row * 10, None])
        sheet[f"D{row}"] = f"=B{row}*C{row}"
    table = FileTable(displayName="Costs", ref="A1:D7")
    table._initialise_columns()
    for column, header in zip(table.tableColumns, ("item", "price", "count", "cost"), strict=True):
        column.name = header
    table.tableColumns[3].calculatedColumnFormula = TableFormula(attr_text="B2*C2")
    sheet.add_table(table)
    sheet["F1"] = "=SUM(Costs[cost])"
    sheet["G1"] = FileArray("G1:G2", "=D2:D3*2")
    path = tmp_path / "costs.xlsx"
    made.save(path)
    return path


def test_no_trace_of_the_answer_is_left_in_a_read_workbook(workbook: Path) -> None:
    """Through the reader: the calculated column's own formula, its dependents and the array are gone."""
    snapshot = read_workbook(workbook)
    region = [SheetCell(snapshot.sheet_names[0], Cell(row, 3)) for row in range(1, 7)]
    hidden = without_region(snapshot, Dependence(snapshot), region)
    assert "*C" not in repr(hidden)
    assert "B2" not in repr(hidden.tables)
    assert list(hidden.sheets[0].cells.formulas()) == []


def test_tasks_hide_their_answer_and_ask_for_the_first_cell(workbook: Path) -> None:
    snapshot = read_workbook(workbook)
    tasks = list(tasks_of(snapshot, Random(1)))
    assert len(tasks) == 3
    for task in tasks:
        hidden = task.snapshot.sheet(task.target.sheet)
        assert all(hidden.content(at).formula is None for at in task.region.cells)
        assert all(hidden.value(at) is None for at in task.region.cells)
        assert task.target.cell == task.region.cells[0]
        assert task.r1c1 == task.region.r1c1


def test_easy_tasks_never_ask_for_the_first_of_a_region(workbook: Path) -> None:
    tasks = list(tasks_of(read_workbook(workbook), Random(1), easy=True))
    assert [len(task.region.cells) for task in tasks] == [6]
    assert tasks[0].target.cell in tasks[0].region.cells[1:]


def test_the_sample_is_seeded_and_bounded() -> None:
    snapshot = book({f"{c}{r}": f"={r}*{ord(c)}" for c in "ABCDE" for r in range(1, 9)})
    drawn = [[t.target for t in tasks_of(snapshot, Random(seed))] for seed in (1, 1, 2)]
    assert len(drawn[0]) == 20
    assert drawn[0] == drawn[1] != drawn[2]


def suggestions(*formulas: tuple[str, Value], shown: bool = True) -> Suggestions:
    target = SheetRange.parse("Sheet1!B1")
    made = []
    for rank, (formula, value) in enumerate(formulas, 1):
        edit = SetFormulas("Sheet1", target.range, ((formula,),))
        change = CellChange(cell("B1"), None, value)
        verdict = Verdict(Status.VERIFIED, changes=(change,))
        candidate = Candidate(Kind.FORMULA, (edit,), "test", "")
        made.append(Suggestion("", target, candidate, verdict, 0.9 / rank, rank, 0, is_shown=shown))
    return Suggestions(target, tuple(made), "", {})


def task(formula: str = "=A1*2", value: Value = 2.0) -> Task:
    snapshot = book({"A1": 1, "B1": Content(value, formula)})
    return replace(next(tasks_of(snapshot, Random(0))), formula=formula, value=value)


def metric(result_of: Suggestions, name: str, wanted: Task | None = None) -> float:
    return score(wanted or task(), "g", result_of).metrics[name][0]


def test_scores() -> None:
    found = suggestions(("=A1+1", 2.0), ("=A1 * 2", 2.0))
    assert metric(found, "top1") == 0.0
    assert metric(found, "top5") == 1.0
    assert metric(found, "value1") == 1.0
    assert metric(suggestions(("=a1*2", 2.0)), "top1") == 1.0


def test_an_abstention_is_wrong_and_has_no_confidence() -> None:
    result = score(task(), "g", suggestions())
    assert result.confidence is None
    assert not result.is_right
    assert {
        name: m[0] for name, m in result.metrics.items() if name in ("top1", "top5", "value1", "coverage")
    } == {
        "top1": 0.0,
        "top5": 0.0,
        "value1": 0.0,
        "coverage": 0.0,
    }
    assert "shown_precision" not in result.metrics


def test_a_constant_is_never_a_value_match() -> None:
    assert metric(suggestions(("=2", 2.0)), "value1") == 0.0
    assert metric(suggestions(("=1+1", 2.0)), "value1") == 0.0


def test_without_a_cached_value_nothing_matches() -> None:
    assert metric(suggestions(("=A1*2", None)), "value1", task(value=None)) == 0.0


def test_silence_counts_for_rank_but_not_for_coverage() -> None:
    result = score(task(), "g", suggestions(("=A1*2", 2.0), shown=False))
    assert result.metrics["top1"] == (1.0, 1.0)
    assert result.metrics["coverage"] == (0.0, 1.0)


def test_classes() -> None:
    assert classes(task()) == ("one_cell", "own_sheet")
    assert classes(task("=Other!A1")) == ("one_cell", "other_sheets")
    assert classes(task("=Sheet1!A1")) == ("one_cell", "own_sheet")


def test_the_suite_over_a_folder(workbook: Path) -> None:
    results = list(run(workbook.parent, Options(easy=True)))
    report = summarise(SUITE, results)
    assert report.tasks == 1
    assert report.metrics["top1"].value == 1.0
    assert report.metrics["coverage"].value == 1.0
    assert normalise("=B3*C3", Cell(2, 3))


def test_a_file_that_cannot_be_read_is_a_failure_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"no zip")
    (result,) = run(tmp_path, Options())
    assert result.failure is not None
    assert result.metrics == {}
