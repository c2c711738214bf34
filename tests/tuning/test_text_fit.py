"""The fit of the weights that rank repairs and completions: what is drawn, learnt and written."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from random import Random

import pytest
from openpyxl import Workbook

from cellwright.prompt.notation import normalise, scan
from cellwright.proposers.completion import WEIGHTS as COMPLETION_WEIGHTS
from cellwright.proposers.logit import Logit
from cellwright.proposers.repair import WEIGHTS as REPAIR_WEIGHTS
from cellwright.proposers.repair_sense import is_sound
from cellwright_tuning.data.examples import is_held_back
from cellwright_tuning.people_formulas import MOST_ALIKE, people_formulas, shape
from cellwright_tuning.ranking import Choice
from cellwright_tuning.text_fit import (
    MISSED,
    MISSED_SHARE,
    completion_choices,
    count_of,
    draw_formulas,
    estranged,
    fit_choices,
    mistyped,
    repair_choices,
    shares,
    without_model,
    write,
)

LONG = (
    'IF(AND(B2>100,C2<>"open"),SUMIFS(Data!$D$2:$D$90,Data!$A$2:$A$90,A2)/COUNTIF(Data!$A$2:$A$90,A2),0)&""'
)


def test_a_strange_formula_keeps_its_structure_and_its_references() -> None:
    changed = 0
    for seed in range(40):
        strange = estranged(LONG, Random(seed))
        assert is_sound(strange)
        before, after = list(scan(LONG)), list(scan(strange))
        assert [lexeme.kind for lexeme in before] == [lexeme.kind for lexeme in after]
        cells = [[lexeme.text for lexeme in row if lexeme.kind == "cell"] for row in (before, after)]
        assert cells[0] == cells[1]
        names = {lexeme.text for lexeme in after if lexeme.kind == "sheet"}
        assert len(names) == 1
        changed += strange != LONG
    assert changed == 40


def test_generated_formulas_are_held_back_ones_and_drawn_again_alike() -> None:
    drawn = list(draw_formulas(12))
    assert drawn[0][2] == next(draw_formulas(1))[2]
    assert not any(is_real for _, _, _, is_real in drawn)
    assert sum(is_held_back(formula) for _, _, formula, _ in drawn) >= 3  # the rest was made strange


def test_peoples_formulas_come_after_them_the_longer_ones_oftener() -> None:
    drawn = list(draw_formulas(3, [LONG, *(f"A{n}+B{n}" for n in range(1, 100))]))
    numbers = [number for number, _, _, _ in drawn]
    assert numbers == sorted(set(numbers))
    real = [formula for _, _, formula, is_real in drawn if is_real]
    assert LONG in real
    assert len(real) < 40


def test_what_is_mistyped_is_sometimes_whole_or_only_has_a_space_too_many() -> None:
    drawn = [mistyped("IF(A1>=2,B1,C1)", Random(seed)) for seed in range(200)]
    assert drawn.count("IF(A1>=2,B1,C1)") > 2
    assert drawn.count("IF(A1> =2,B1,C1)") > 2
    assert len(set(drawn)) > 50


def test_beginnings_that_no_rule_finishes_are_few_and_stand_for_many() -> None:
    choices = list(completion_choices(30, None))
    missed = [choice for choice in choices if choice.kind == MISSED]
    assert 0 < len(missed) < len(choices)
    assert all(choice.right < 0 for choice in missed)
    assert {count_of(choice) for choice in missed} == {1 / MISSED_SHARE}
    assert {count_of(choice) for choice in choices if choice.kind != MISSED} == {1.0}


def test_a_choice_tells_which_candidate_is_right() -> None:
    for choices in (repair_choices, completion_choices):
        found = list(choices(10, None))
        assert any(choice.right >= 0 for choice in found)
        for choice in found:
            assert -1 <= choice.right < len(choice.features)
    repairs = list(repair_choices(0, None, [LONG]))
    assert len(repairs) > 1
    assert all(repair.is_real for repair in repairs)
    assert any(repair.features[repair.right]["cost"] > 0 for repair in repairs if repair.right >= 0)


def test_without_a_model_its_candidates_and_its_opinion_are_gone() -> None:
    repair = Choice(
        0,
        "repair",
        [
            {"unsearched": 1.0, "log_probability": -1.0},
            {"unsearched": 0.0, "log_probability": -2.0, "cost": 1.0},
        ],
        1,
    )
    assert without_model(repair).features == [{"cost": 1.0}]
    assert without_model(repair).right == 0
    assert without_model(repair._replace(right=0)).right == -1
    completion = Choice(
        0, "completion", [{"beamed": 1.0, "new": 1.0}, {"beamed": 1.0, "by_rule": 1.0, "new": 2.0}], 0
    )
    assert without_model(completion).features == [{"by_rule": 1.0, "new": 2.0}]
    assert without_model(completion).right == -1


def simulated(tasks: int) -> list[Choice]:
    """Right is the cheapest candidate, mostly; a feature of another size says nothing."""
    random = Random(5)
    choices = []
    for group in range(tasks):
        costs = [random.random() * 6 for _ in range(5)]
        right = costs.index(min(costs)) if random.random() < 0.9 else random.randrange(5)
        features = [{"cost": cost, "noise": 1000 * random.random()} for cost in costs]
        choices.append(Choice(group, "repair", features, right))
    return choices


def test_the_fit_finds_what_tells_and_leaves_what_does_not_whatever_its_size() -> None:
    choices = simulated(400)
    weights = fit_choices(choices)
    assert weights.features["cost"] < -0.5
    assert abs(weights.features.get("noise", 0.0)) * 1000 < abs(weights.features["cost"])
    figures = shares(choices, weights)
    assert figures["offered"] == 1.0
    assert figures["top5"] == 1.0
    assert 0.8 < figures["top1"] < 1.0


def test_shares_count_a_choice_without_the_right_one_as_missed() -> None:
    choices = [
        Choice(0, "repair", [{"cost": 1.0}, {"cost": 2.0}], 1),
        Choice(1, "repair", [{"cost": 1.0}], -1),
    ]
    weights = Logit(0.0, {"cost": -1.0})
    assert shares(choices, weights) == {"offered": 0.5, "top1": 0.0, "top5": 0.5}


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    parts = {"search": Logit(1.25, {"cost": -0.5}), "model": Logit(-2.0, {"cost": -0.25, "new": 0.125})}
    write(tmp_path / "w.toml", {"command": "c", "tasks": 3}, parts)
    table = tomllib.loads((tmp_path / "w.toml").read_text())
    assert table["provenance"] == {"command": "c", "tasks": 3}
    read = {name: Logit(table[name]["bias"], table[name]["features"]) for name in parts}
    assert read == parts


@pytest.mark.parametrize(("file", "alone"), [(REPAIR_WEIGHTS, "search"), (COMPLETION_WEIGHTS, "endings")])
def test_shipped_weights_name_what_made_them(file: str, alone: str) -> None:
    table = tomllib.loads(files("cellwright.proposers").joinpath(file).read_text("utf-8"))
    assert table["provenance"]["command"].startswith("python -m cellwright_tuning.text_fit")
    assert {alone, "model"} <= table.keys()
    assert not any("log_probability" in name for name in table[alone]["features"])
    features = table["model"]["features"]
    assert max(features["log_probability"], features["log_probability_a_piece"]) > 0


def test_peoples_formulas_are_distinct_sound_and_no_target_of_an_evaluation(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in range(2, 12):
        sheet[f"C{row}"] = f"=SUM(A{row}:B{row})"  # one region
        sheet[f"E{row * 2}"] = f"=MAX(A{row}:B{row})*{row}"  # one shape
    sheet["G2"] = '=IF(A2="","",VLOOKUP(A2,A2:B9,2,FALSE))'
    sheet["G4"] = "=NOSUCH(A2)+1234"
    workbook.save(tmp_path / "one.xlsx")
    (tmp_path / "two.xlsx").write_text("no workbook")
    found = people_formulas([tmp_path])
    assert len(found) == len(set(found)) == 2 + MOST_ALIKE
    assert all(is_sound(text) and text == normalise(text) for text in found)
    assert shape("SUM(A1:B2)") == shape("SUM(C$3:C9)") != shape("SUM(A1)")
