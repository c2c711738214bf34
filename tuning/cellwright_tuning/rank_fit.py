"""Fit the ranker's weights, its calibration and the threshold of silence on generated workbooks.

    python -m cellwright_tuning.rank_fit [--workbooks 700] [--model mini] [--write]

Three conditional logits (`cellwright.rank`): the cut, the ranking of experts alone and the ranking with the
model. Workbooks are parted into three: weights are fitted on the first part; a scale and a bias that make
the probabilities hold, and the least threshold from 0.9 on at which nine in ten of what is shown are right in
every form of task, come from the second; the third gives the reliability that is reported. `--write` puts
the weights into the package, the reliability into `tuning/results` and its plot into `docs`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellwright.engine import Engine
from cellwright.proposers.language import LanguageProposer
from cellwright.rank.rank import Weights
from cellwright.registry import find_model

from .ranking import Choice, Table, choice_of, draw, fresh_calculator, offers, served, tabulate
from .reliability import Shown, least_threshold, reliability, report_json, svg
from .tasks import Task

SEED = "rank"
PRIOR = 0.3
"""Precision of the Gaussian prior on a weight: its standard deviation is 1.8 logits."""
PRECISION = 0.9
CUT_SHARE = 0.4
"""The cut sees every candidate of this share of the workbooks, which is enough and fits in memory."""
FORMS = {"blocks": ("whole", "total"), "cells": ("next", "gap", "odd", "example", "series", "format")}


def fit(table: Table, prior: float = PRIOR) -> Weights:
    """The weights of largest posterior probability (Newton-like steps of L-BFGS; the problem is convex)."""
    features = torch.from_numpy(table.features.astype(np.float64))
    task, right = torch.from_numpy(table.task), torch.from_numpy(table.right)
    weights = torch.zeros(features.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)

    def loss() -> Tensor:
        return negative_log_likelihood(features @ weights + bias, task, right, table.tasks) + (
            prior / 2 * (weights**2).sum()
        )

    _minimise(loss, [weights, bias])
    named = zip(table.names, weights.detach().tolist(), strict=True)
    return Weights(
        float(bias.detach()), {name: round(value, 3) for name, value in named if abs(value) >= 5e-4}
    )


def negative_log_likelihood(scores: Tensor, task: Tensor, right: Tensor, tasks: int) -> Tensor:
    """-log P of what is right, in nats over all tasks; where no candidate is, of the outside option."""
    zeros = torch.zeros(tasks, dtype=scores.dtype)
    top = zeros.scatter_reduce(0, task, scores.detach(), "amax")
    total = torch.exp(-top).index_add(0, task, torch.exp(scores - top[task]))
    return (top + torch.log(total)).sum() - scores[right].sum()


def calibrate(weights: Weights, table: Table) -> Weights:
    """The same ranking with a scale and a bias that make its probabilities likeliest on other tasks."""
    linear = torch.from_numpy(scores_of(weights, table) - weights.bias)
    task, right = torch.from_numpy(table.task), torch.from_numpy(table.right)
    scale = torch.ones(1, dtype=torch.float64, requires_grad=True)
    bias = torch.tensor([weights.bias], dtype=torch.float64, requires_grad=True)
    _minimise(lambda: negative_log_likelihood(linear * scale + bias, task, right, table.tasks), [scale, bias])
    by = float(scale.detach())
    features = {name: round(value * by, 3) for name, value in weights.features.items()}
    return Weights(round(float(bias.detach()), 3), features, weights.threshold)


def _minimise(loss: Callable[[], Tensor], parameters: Sequence[Tensor]) -> None:
    optimizer = torch.optim.LBFGS(
        parameters, max_iter=300, line_search_fn="strong_wolfe", tolerance_change=1e-9
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(closure)  # type: ignore[no-untyped-call]


def scores_of(weights: Weights, table: Table) -> NDArray[np.float64]:
    """The score of every candidate, in logits: (candidates,)."""
    vector = np.array([weights.features.get(name, 0.0) for name in table.names])
    scores: NDArray[np.float64] = table.features.astype(np.float64) @ vector + weights.bias
    return scores


def best_of(weights: Weights, table: Table) -> list[Shown]:
    """For each task the best candidate's probability and whether it is right; silence where there is none."""
    scores = np.minimum(scores_of(weights, table), 50.0)
    found = [Shown(kind, 0.0, False, False) for kind in table.kinds]
    order = np.argsort(table.task, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(table.task[order])) + 1):
        if not len(rows):
            continue
        own = scores[rows]
        top = max(0.0, float(own.max()))
        shares = np.exp(own - top) / (np.exp(-top) + np.exp(own - top).sum())
        best = int(shares.argmax())
        number = int(table.task[rows[0]])
        right = bool(table.right[rows].any())
        found[number] = Shown(table.kinds[number], float(shares[best]), bool(table.right[rows[best]]), right)
    return found


def recall(weights: Weights, table: Table, count: int) -> float:
    """The share of tasks with a right candidate whose right one is among the best `count`."""
    scores, kept, having = scores_of(weights, table), 0, 0
    for rows in np.split(np.arange(len(table.task)), np.flatnonzero(np.diff(table.task)) + 1):
        if len(rows) and table.right[rows].any():
            having += 1
            kept += bool(table.right[rows[np.argsort(-scores[rows], kind="stable")[:count]]].any())
    return kept / max(1, having)


def parts(table: Table) -> tuple[Table, Table, Table]:
    """Three parts by workbook: to fit (60 %), to calibrate (20 %), to report (20 %)."""
    places = [[], [], []]  # type: list[list[int]]
    for i, group in enumerate(table.groups):
        places[0 if group % 5 < 3 else group % 5 - 2].append(i)
    first, second, third = (table.part(chosen) for chosen in places)
    return first, second, third


def fitted(table: Table) -> tuple[Weights, list[Shown]]:
    """Calibrated weights with their threshold, and what they show on the third part."""
    first, second, third = parts(table)
    weights = calibrate(fit(first), second)
    threshold = least_threshold(best_of(weights, second), FORMS, PRECISION)
    weights = Weights(weights.bias, weights.features, threshold)
    return weights, best_of(weights, third)


def collect_cut(workbooks: int) -> list[Choice]:
    """Every expert's candidates."""
    with fresh_calculator() as calculator:
        return [
            choice_of(group, task, offers(task)[1])
            for group, task in _watched(draw(SEED, int(workbooks * CUT_SHARE), calculator))
        ]


def collect_last(
    workbooks: int, cut: Weights, engine: LanguageProposer | None
) -> tuple[list[Choice], list[Choice]]:
    """What reaches the last ranking: without the model, and with it (empty without `engine`)."""
    alone: list[Choice] = []
    joined: list[Choice] = []
    with fresh_calculator() as calculator, fresh_calculator() as drawing:
        for group, task in _watched(draw(SEED, workbooks, drawing)):
            calculator.load(task.snapshot)
            entries = served(task, cut, calculator, engine)
            alone.append(choice_of(group, task, entries[0]))
            joined.append(choice_of(group, task, entries[1]))
    return alone, joined


def _watched(tasks: Iterable[tuple[int, Task]]) -> Iterator[tuple[int, Task]]:
    for number, task in enumerate(tasks):
        if number % 200 == 0:
            print(f"{number} tasks", file=sys.stderr, flush=True)
        yield task


def weights_toml(tables: dict[str, Weights], provenance: dict[str, str | int | float]) -> str:
    """The file that `cellwright.rank.read_ranker` reads."""
    lines = [
        "# Fitted by `python -m cellwright_tuning.rank_fit` on generated workbooks; don't edit by hand.",
        "# Logits a unit of a feature; the outside option (nothing offered is wanted) has score 0.",
        "[provenance]",
        *(f"{name} = {json.dumps(value)}" for name, value in provenance.items()),
    ]
    for table, weights in tables.items():
        lines += ["", f"[{table}]", f"bias = {weights.bias:.3f}", f"threshold = {weights.threshold:.3f}"]
        lines += ["", f"[{table}.features]"]
        lines += [f"{name} = {value:.3f}" for name, value in sorted(weights.features.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Fit the ranker's weights on generated workbooks.")
    parser.add_argument("--workbooks", type=int, default=700)
    parser.add_argument("--model", default="mini", help="the model whose opinion is weighed")
    parser.add_argument("--rows", type=Path, default=None, help="keep the collected candidates here")
    parser.add_argument("--write", action="store_true", help="replace the package's weights")
    given = parser.parse_args()

    torch.manual_seed(0)
    if given.rows is not None and given.rows.is_file():
        cut_rows, alone, joined, digest = pickle.loads(given.rows.read_bytes())
        cut = fit(tabulate(cut_rows))
    else:
        cut_rows = collect_cut(given.workbooks)
        cut = fit(tabulate(cut_rows))
        with Engine.open(find_model(given.model)) as engine:
            digest = engine.name
            alone, joined = collect_last(given.workbooks, cut, LanguageProposer(engine, engine.name))
        if given.rows is not None:
            given.rows.write_bytes(pickle.dumps((cut_rows, alone, joined, digest)))
    cut_table = tabulate(cut_rows)
    print(f"cut: {cut_table.tasks} tasks, a right one offered in {_share(cut_rows):.3f}")
    for count in (1, 4, 8, 12):
        print(f"  kept by {count}: {recall(cut, cut_table, count):.3f}")
    experts, shown_alone = fitted(tabulate(alone))
    model, shown_joined = fitted(tabulate(joined))
    reports = {"experts": reliability(shown_alone, experts.threshold, FORMS)}
    reports["model"] = reliability(shown_joined, model.threshold, FORMS)
    for name, report in reports.items():
        print(name, json.dumps({k: v for k, v in report.items() if k != "bins"}, indent=1))
    if not given.write:
        return
    provenance: dict[str, str | int | float] = {
        "command": f"python -m cellwright_tuning.rank_fit --workbooks {given.workbooks} --write",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": f"generated workbooks, seed {SEED}",
        "tasks": len(alone),
        "model": digest,
    }
    target = Path(str(files("cellwright.rank") / "weights.toml"))
    target.write_text(weights_toml({"cut": cut, "experts": experts, "model": model}, provenance))
    root = Path(__file__).resolve().parents[2]
    (root / "tuning/results/rank-calibration.json").write_text(report_json(reports, provenance))
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs/reliability.svg").write_text(svg(reports))


def _share(choices: Sequence[Choice]) -> float:
    return sum(choice.right >= 0 for choice in choices) / max(1, len(choices))


if __name__ == "__main__":
    main()
