"""An organisation's workbooks: families, what is held back, tasks, conventions, the environment from them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from cellwright.errors import UsageError
from cellwright_tuning.environment import Environment
from cellwright_tuning.tenant import build
from cellwright_tuning.tenant.draw import examples_of, formula_of, region_tasks
from cellwright_tuning.tenant.survey import survey
from cellwright_tuning.tenant.work import organisation as root_of
from cellwright_tuning.tenant.work import read_work, snapshots
from tests.tuning.tenant_books import organisation


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return organisation(tmp_path_factory.mktemp("org"))


def test_copies_of_a_workbook_are_one_family_and_held_back_together(folder: Path) -> None:
    books = read_work(folder)
    assert len(books) == 12
    families = {book.name: book.family for book in books}
    assert families["south/list 2.xlsx"] == families["north/list 2.xlsx"] == "north/list 2.xlsx"
    assert len(set(families.values())) == 6
    held_back = {book.family for book in books if book.is_held_back}
    assert held_back.isdisjoint({book.family for book in books if not book.is_held_back})


def test_what_is_no_workbook_is_left_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"no zip")
    with pytest.raises(UsageError, match="expected workbooks with formulas"):
        read_work(tmp_path)
    with pytest.raises(UsageError, match="expected a folder"):
        read_work(tmp_path / "none")
    assert root_of(folder.parent / folder.name) == folder


def test_tasks_hide_what_they_ask_for(folder: Path) -> None:
    for _, snapshot in snapshots(read_work(folder)[:2]):
        for task in region_tasks(snapshot, Random(1), 10):
            content = task.snapshot.sheet(task.target.sheet).content(task.target.cell)
            assert content.formula is None
            assert content.value is None
            assert formula_of(task).startswith("=")
            assert {example.kind for example in examples_of(task, Random(2), 1.0)} == {"formula", "repair"}


def test_answers_are_checked_by_running_them(folder: Path) -> None:
    _, snapshot = next(snapshots(read_work(folder)))
    tasks = region_tasks(snapshot, Random(1), 10)
    with Environment(tasks) as environment, environment.checked() as sound:
        assert len(sound.tasks) == len(tasks) == 3
        assert environment.judge(0, ["R[0]C[-1]*0.5"])[0].reward != pytest.approx(1.0)


def test_the_survey_counts_and_measures(folder: Path) -> None:
    told = survey(folder)
    assert (told["workbooks"], told["families"]) == (12, 6)
    assert told["checked"] == told["tried"] > 0
    assert told["regions"] == told["conventions"]["regions"] == 36
    assert told["conventions"]["functions"] == {"SUM": 12, "ROUND": 12}
    assert told["conventions"]["sheet_names"] == {"Prices": 12, "Rates": 12}


def test_a_library_offers_the_house_style_of_other_families(folder: Path) -> None:
    books = read_work(folder)
    asked = [book for book in books if book.family == "north/list 0.xlsx"]
    library = build.library([book for book in books if book not in asked])
    assistant = build.untaught(None, build.Retrieval(library))
    found = build.lessons(assistant, asked, "seed", 8)
    gross = [one for one in found.ranking if one.lesson.wanted is not None]
    assert len(gross) == len(found.ranking) == len(found.cut) == 6
    silent = build.lessons(build.untaught(None, None), asked, "seed", 8)
    assert sum(one.lesson.wanted is not None for one in silent.ranking) < 6
