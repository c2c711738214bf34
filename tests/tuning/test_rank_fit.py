"""The fit of the ranker: it finds known weights, calibrates, keeps workbooks apart; ours is its own."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from openpyxl import Workbook

from cellwright.edits.model import SetFormulas
from cellwright.formula import normalise
from cellwright.rank.rank import Weights, rank, read_ranker, shipped_ranker
from cellwright.verify.model import Candidate, Kind
from cellwright_tuning import rank_fit
from cellwright_tuning.people import MOST_ALIKE, SHARES, draw_people
from cellwright_tuning.rank_fit import (
    best_of,
    calibrate,
    fit,
    fitted,
    folds,
    negative_log_likelihood,
    recall,
    scores_of,
    weights_toml,
)
from cellwright_tuning.ranking import Choice, choice_of, draw, fresh_calculator, served, tabulate
from cellwright_tuning.reliability import Shown, least_threshold, reliability, svg

ROOT = Path(rank_fit.__file__).resolve().parents[2]
TRUE = Weights(-1.0, {"x": 2.0, "y": -1.0})


def simulated(tasks: int, seed: int = 0, weights: Weights = TRUE) -> list[Choice]:
    """Choices drawn from a conditional logit with those weights."""
    random = np.random.default_rng(seed)
    choices = []
    for group in range(tasks):
        features = [dict(zip("xyz", map(float, random.normal(size=3)), strict=True)) for _ in range(4)]
        scores = np.array([0.0, *(weights.score(f) for f in features)])
        shares = np.exp(scores) / np.exp(scores).sum()
        choices.append(Choice(group, "whole", features, int(random.choice(5, p=shares)) - 1))
    return choices


def test_the_fit_finds_the_weights_that_made_the_choices() -> None:
    found = fit(tabulate(simulated(4000)))
    assert found.bias == pytest.approx(-1.0, abs=0.15)
    assert found.features["x"] == pytest.approx(2.0, abs=0.15)
    assert found.features["y"] == pytest.approx(-1.0, abs=0.15)
    assert abs(found.features.get("z", 0.0)) < 0.15


def test_the_likelihood_is_that_of_the_ranking() -> None:
    choices = simulated(5)
    table = tabulate(choices, least=1)
    scores = torch.from_numpy(scores_of(TRUE, table))
    found = negative_log_likelihood(scores, torch.from_numpy(table.task), torch.from_numpy(table.right), 5)
    wanted = 0.0
    for choice in choices:
        candidates = [Candidate(Kind.FORMULA, (), str(i), "") for i in range(4)]
        ranked = {r.position: r.p_accept for r in rank(candidates, choice.features, TRUE)}
        wanted -= float(np.log(1 - sum(ranked.values()) if choice.right < 0 else ranked[choice.right]))
    assert float(found) == pytest.approx(wanted)


def test_calibration_undoes_overconfidence() -> None:
    loud = Weights(-3.0, {"x": 6.0, "y": -3.0})
    found = calibrate(loud, tabulate(simulated(3000, seed=1)))
    assert found.features["x"] == pytest.approx(2.0, abs=0.2)
    assert found.bias == pytest.approx(-1.0, abs=0.2)


def test_a_workbook_is_in_one_fold_only() -> None:
    table = tabulate([Choice(i // 3, "whole", [{"x": 1.0}], 0) for i in range(60)], least=1)
    parts = [{table.groups[i] for i in fold} for fold in folds(table)]
    assert all(not a & b for a, b in combinations(parts, 2))
    assert sum(len(fold) for fold in folds(table)) == 60


def test_a_task_that_counts_more_weighs_more() -> None:
    choices = [Choice(0, "whole", [{"x": 1.0}], 0), Choice(1, "whole", [{"x": 1.0}], -1)] * 20
    table = tabulate(choices, least=1)
    right = fit(table, 0.1, np.array([1.0, 0.1] * 20))
    wrong = fit(table, 0.1, np.array([0.1, 1.0] * 20))
    assert right.score({"x": 1.0}) > 1.0
    assert wrong.score({"x": 1.0}) < -1.0


def test_people_calibrate_and_generated_ones_are_reported_apart() -> None:
    real = [choice._replace(is_real=True) for choice in simulated(1500)]
    loud = Weights(-3.0, {"x": 6.0, "y": -3.0})
    generated = [c._replace(group=c.group + 1500) for c in simulated(500, 1, loud)]
    weights, shown, others = fitted(tabulate([*real, *generated]))
    assert len(shown) == 750
    assert len(others) == 500
    told = sum(s.p_accept for s in shown) / len(shown)
    assert told == pytest.approx(sum(s.is_right for s in shown) / len(shown), abs=0.05)
    assert weights.features["x"] > 1.0


def test_tasks_of_peoples_workbooks(tmp_path: Path) -> None:
    file = Workbook()
    page = file.active
    assert page is not None
    for row in range(1, 9):
        page[f"A{row}"], page[f"B{row}"] = row, f"=A{row}*2"
    page["C1"] = "=SUM(A1:A8)"
    file.save(tmp_path / "one.xlsx")
    file.save(tmp_path / "two.xlsx")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    found = list(draw_people([tmp_path], "seed"))
    assert found
    wanted = Counter()
    for _, task in found:
        assert task.kind in SHARES
        if isinstance(task.wanted, SetFormulas):
            content = task.snapshot.sheet(task.target.sheet).content(task.target.cell)
            assert content.formula is None
            wanted[task.kind, normalise(task.wanted.formulas[0][0] or "", task.target.cell)] += 1
    assert max(wanted.values()) <= MOST_ALIKE
    assert {number for number, _ in draw_people([tmp_path], "seed", limit=1)} == {1}


def test_best_and_recall() -> None:
    choices = [
        Choice(0, "whole", [{"x": 1.0}, {"x": 3.0}], 1),
        Choice(1, "gap", [], -1),
        Choice(2, "gap", [{"x": 3.0}, {"x": 1.0}], 1),
    ]
    table = tabulate(choices, least=1)
    shown = best_of(TRUE, table)
    assert [s.is_right for s in shown] == [True, False, False]
    assert [s.had_right for s in shown] == [True, False, True]
    assert shown[1].p_accept == 0.0
    assert recall(TRUE, table, 1) == 0.5
    assert recall(TRUE, table, 2) == 1.0


def test_the_threshold_holds_in_every_form() -> None:
    sure = [Shown("gap", 0.9 + i / 1100, True, True) for i in range(100)]
    unsure = [Shown("whole", 0.9 + i / 1600, i > 60, True) for i in range(150)]
    forms = {"cells": ("gap",), "blocks": ("whole",)}
    assert least_threshold(sure, forms, 0.9) == 0.9
    threshold = least_threshold([*sure, *unsure], forms, 0.9)
    assert 0.92 < threshold < 0.945
    spoken = [s for s in unsure if s.p_accept >= threshold]
    assert sum(s.is_right for s in spoken) / len(spoken) >= 0.9
    few = [Shown("whole", 0.95, False, True)] * 9
    assert least_threshold([*sure, *few], forms, 0.9) == 0.9


def test_where_no_threshold_serves_the_best_is_taken() -> None:
    worse_above = [Shown("whole", 0.9 + i / 1600, i % 10 > (5 if i > 80 else 1), True) for i in range(150)]
    assert least_threshold(worse_above, {"blocks": ("whole",)}, 0.99) == 0.9


def test_reliability_measures_what_was_told_against_what_held() -> None:
    shown = [Shown("gap", 0.75, i % 4 > 0, True) for i in range(40)]
    report = reliability(shown, 0.7, {"cells": ("gap",)})
    assert report["bins"] == [{"told": 0.75, "held": 0.75, "tasks": 40}]
    assert report["calibration_error"] == 0.0
    assert report["brier"] == pytest.approx(0.1875)
    assert report["cells"]["shown_precision"] == 0.75


def test_weights_are_read_back() -> None:
    provenance: dict[str, str | int | float] = {"command": "x", "tasks": 3}
    ranker = read_ranker(weights_toml({"cut": TRUE, "experts": TRUE, "model": TRUE}, provenance))
    assert ranker.model == Weights(-1.0, {"x": 2.0, "y": -1.0}, 0.5)
    assert ranker.provenance == provenance


def test_candidates_of_a_task_carry_what_every_stage_saw() -> None:
    with fresh_calculator() as calculator, fresh_calculator() as drawing:
        group, task = next((g, t) for g, t in draw("stages", 20, drawing) if t.kind == "next")
        calculator.load(task.snapshot)
        entries, joined = served(task, shipped_ranker().cut, calculator, None)
    choice = choice_of(group, task, entries)
    assert joined == []
    assert choice.right >= 0
    assert {"agreement", "length", "is_verified", "place_row_label"} <= choice.features[choice.right].keys()


def test_the_shipped_weights_were_fitted_on_generated_workbooks() -> None:
    ranker = shipped_ranker()
    assert str(ranker.provenance["command"]).startswith("python -m cellwright_tuning.rank_fit")
    assert str(ranker.provenance["data"]).startswith("generated workbooks")
    assert int(ranker.provenance["tasks"]) > 1000
    text = (files("cellwright.rank") / "weights.toml").read_text()
    assert tomllib.loads(text)["model"]["features"]["beam_nearness"]


def test_the_plot_is_made_from_the_data_beside_the_weights() -> None:
    result = json.loads((ROOT / "tuning/results/rank-calibration.json").read_text())
    assert result["tasks"] == shipped_ranker().provenance["tasks"]
    assert result["reliability"]["model"]["threshold"] == shipped_ranker().model.threshold
    plot = (ROOT / "docs/reliability.svg").read_text()
    assert plot == svg(result["reliability"]), "run `python -m cellwright_tuning.rank_fit --write`"
