"""The suites of asking on data that the test makes, in the layouts of the published sets."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
import yaml
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill

from cellwright.errors import UsageError
from cellwright_tuning.evaluation.harness import Options, summarise
from cellwright_tuning.evaluation.suites import bench_tasks, nl_to_format, paraphrases, tasks
from cellwright_tuning.evaluation.workbook_checks import differences, family, read_checks

ROWS = [("Region", "Units"), ("North", 3), ("South", 7), ("East", 5)]


def saved(path: Path, rows: list[tuple[object, ...]], fill: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    if fill is not None:
        color = PatternFill(bgColor=fill, fill_type="solid")
        made.active.conditional_formatting.add("B2:B4", CellIsRule("greaterThan", ["4"], fill=color))
    made.save(path)
    return path


def board(**on: list[str]) -> dict[str, object]:
    return {"check_board": {"1": {name: dict.fromkeys(values, True) for name, values in on.items()}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    saved(tmp_path / "task_sheets/Sales.xlsx", ROWS)
    wanted = [ROWS[0], ROWS[2], ROWS[3], ROWS[1]]
    asked = ["Sort by Units in descending order", "Sort by Units in ascending order", "Sing a song"]
    listed = [
        {"Sheet Name": "Sales", "No.": n, "Context": "", "Instructions": a} for n, a in enumerate(asked, 1)
    ]
    (tmp_path / "tasks.json").write_text(json.dumps(listed))
    for number in range(1, 4):
        answer = tmp_path / f"answers/Sales/{number}_Sales/{number}_Sales_gt1.xlsx"
        saved(answer, wanted)
        answer.with_name(f"{number}_Sales_gt1_check.yaml").write_text(yaml.safe_dump(board(cells=["values"])))
    return tmp_path


def test_tasks_counts_what_is_written_and_what_is_right(folder: Path) -> None:
    report = summarise(tasks.SUITE, tasks.run(folder, Options()))
    assert report.tasks == 3
    assert report.metrics["exec"].value == pytest.approx(2 / 3)
    assert report.metrics["pass"].value == pytest.approx(1 / 3)
    assert {name.split(":")[0] for name in report.failures} == {"2_Sales", "3_Sales"}


def test_checks_look_at_rules_by_the_cells_they_pick(tmp_path: Path) -> None:
    check = tmp_path / "a_check.yaml"
    check.write_text(yaml.safe_dump(board(format_conditions=["fill_color", "formula1"])))
    checks = read_checks(check)
    red = saved(tmp_path / "red.xlsx", ROWS, "FFFF0000")
    assert differences(red, saved(tmp_path / "dark.xlsx", ROWS, "FFC00000"), checks) == []
    assert differences(red, saved(tmp_path / "blue.xlsx", ROWS, "FF0000FF"), checks)
    assert differences(red, saved(tmp_path / "none.xlsx", ROWS), checks) == [
        "sheet 1 format_conditions: expected 1 rules, got 0"
    ]


def test_a_check_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("check_board: 7")
    with pytest.raises(UsageError, match="expected a check board"):
        read_checks(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ("#FF0000", "red"),
        ("#00B050", "green"),
        ("#FFFF00", "yellow"),
        ("#0070C0", "blue"),
        ("#FFFFFF", "white"),
    ],
)
def test_colours_have_families(color: str, name: str) -> None:
    assert family(color) == name


def test_bench_tasks_needs_every_case(tmp_path: Path) -> None:
    asked = {"id": 7, "instruction": "Sort by Units in descending order", "answer_position": "'Sheet'!A2:B4"}
    (tmp_path / "dataset.json").write_text(json.dumps([asked]))
    place = tmp_path / "spreadsheet/7"
    saved(place / "1_7_input.xlsx", ROWS)
    saved(place / "1_7_answer.xlsx", [ROWS[0], ROWS[2], ROWS[3], ROWS[1]])
    saved(place / "2_7_input.xlsx", ROWS)
    saved(place / "2_7_answer.xlsx", ROWS)
    report = summarise(bench_tasks.SUITE, bench_tasks.run(tmp_path, Options()))
    values = {name: metric.value for name, metric in report.metrics.items()}
    assert values == {"pass": 0.0, "pass_case": 0.5, "valid": 1.0, "unchanged": 0.0}


def test_nl_to_format_compares_cells_and_rules(tmp_path: Path) -> None:
    rows = [
        {"query": "Highlight units above 4", "code": "GreaterThan(c[1], 4)", "data": ROWS},
        {"query": "Highlight units above 4", "code": "LessThan(c[1], 4)", "data": ROWS},
        {"query": "Add data bars to Units", "code": "DataBar(c[1])", "data": ROWS},
        {
            "NL Utterance": "Color cells that have value between 4 and 6",
            "Code": "Between(4, 6)",
            "Data": [["Index", "Value"], [0, "5"], [1, "9"]],
        },
    ]
    path = tmp_path / "rules.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    report = summarise(nl_to_format.SUITE, nl_to_format.run(path, Options()))
    assert report.metrics["cells"].value == pytest.approx(2 / 3)
    assert report.metrics["cells"].tasks == 3
    assert report.metrics["rule"].value == pytest.approx(3 / 4)


PARAPHRASES = """
books = "."
[[wish]]
name = "sort"
book = "Sales.xlsx"
plain = "Sort the table by Units in descending order"
seen = ["sort by Units, largest first", "sing a song"]
fresh = ["order by units z-a"]
"""


def test_paraphrases_count_where_their_edits_are_those_of_the_plain_sentence(tmp_path: Path) -> None:
    saved(tmp_path / "Sales.xlsx", ROWS)
    data = tmp_path / "wishes.toml"
    data.write_text(PARAPHRASES)
    report = summarise(paraphrases.SUITE, paraphrases.run(data, Options()), 0)
    assert report.metrics["same_fresh"].value == 1.0
    assert report.metrics["same_seen"].value == 0.5
    assert [failure for failure in report.failures if "sing a song" in failure]


def test_a_plain_sentence_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "Sales.xlsx", ROWS)
    data = tmp_path / "wishes.toml"
    data.write_text(PARAPHRASES.replace("Sort the table by Units in descending order", "sing a song"))
    with pytest.raises(UsageError, match="expected a plain sentence"):
        list(paraphrases.run(data, Options()))


def test_our_own_paraphrases_name_workbooks_that_are_there() -> None:
    data = Path(paraphrases.__file__).parents[1] / "paraphrases.toml"
    [result] = list(paraphrases.run(data, Options(limit=1)))
    assert result.metrics["planned"] in ((1.0, 1.0), (0.0, 1.0))
