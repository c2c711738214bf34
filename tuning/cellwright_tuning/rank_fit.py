"""Fit the ranker's weights, its calibration and the threshold of silence.

    python -m cellwright_tuning.rank_fit --people DATA... [--limit N] [--workbooks 250] [--write]

Three conditional logits (`cellwright.rank`): the cut, the ranking of experts alone and the ranking with the
model. They learn from tasks in workbooks that people made (`people.py`; folders or archives of sources whose
ledger entry allows weights) and, weighed less, from generated ones. Calibration is of people's workbooks
alone: each is judged by weights that were fitted without it (five folds by workbook); a scale, a bias and the
least threshold from which on nine in ten of what is shown are right in blocks and in single cells alike come
from one half of these judgements, and the other half gives the reliability that is reported. `--write` puts
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
from cellwright.errors import CalcError
from cellwright.proposers.language import LanguageProposer
from cellwright.rank.rank import Weights
from cellwright.registry import find_model

from .people import draw_people
from .ranking import Choice, Table, choice_of, draw, fresh_calculator, offers, served, tabulate
from .reliability import Shown, least_threshold, reliability, report_json, svg
from .tasks import Task

SEED = "rank"
PRIOR = 3.0
"""Precision of the Gaussian prior on a weight: its standard deviation is 0.6 logits."""
GENERATED = 0.3
"""What a generated task counts beside one of a person's workbook."""
PRECISION = 0.9
FOLDS = 5
CUT_SHARE = 0.6
"""The cut sees every candidate of this share of the workbooks, which is enough and fits in memory."""
FORMS = {"blocks": ("whole", "total"), "cells": ("next", "gap", "odd", "example", "series", "format")}


def fit(table: Table, prior: float = PRIOR, counts: NDArray[np.float64] | None = None) -> Weights:
    """The weights of largest posterior probability (Newton-like steps of L-BFGS; the problem is convex).

    `counts`: what each task counts, 1 by default.
    """
    features = torch.from_numpy(table.features.astype(np.float64))
    task, right = torch.from_numpy(table.task), torch.from_numpy(table.right)
    weights = torch.zeros(features.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)

    counted = None if counts is None else torch.from_numpy(counts)

    def loss() -> Tensor:
        scores = features @ weights + bias
        likelihood = negative_log_likelihood(scores, task, right, table.tasks, counted)
        return likelihood + prior / 2 * (weights**2).sum()

    _minimise(loss, [weights, bias])
    named = zip(table.names, weights.detach().tolist(), strict=True)
    return Weights(
        float(bias.detach()), {name: round(value, 3) for name, value in named if abs(value) >= 5e-4}
    )


def negative_log_likelihood(
    scores: Tensor, task: Tensor, right: Tensor, tasks: int, counts: Tensor | None = None
) -> Tensor:
    """-log P of what is right, in nats over all tasks; where no candidate is, of the outside option.

    `counts` (tasks,): what each task counts.
    """
    zeros = torch.zeros(tasks, dtype=scores.dtype)
    top = zeros.scatter_reduce(0, task, scores.detach(), "amax")
    total = torch.exp(-top).index_add(0, task, torch.exp(scores - top[task]))
    each = top + torch.log(total)
    if counts is None:
        return each.sum() - scores[right].sum()
    return (each * counts).sum() - (scores[right] * counts[task[right]]).sum()


def calibration(linear: NDArray[np.float64], table: Table, bias: float = 0.0) -> tuple[float, float]:
    """The scale and the bias (sought from `bias` on) that make scores (candidates,) likeliest."""
    base, task, right = torch.from_numpy(linear), torch.from_numpy(table.task), torch.from_numpy(table.right)
    scale = torch.ones(1, dtype=torch.float64, requires_grad=True)
    shift = torch.tensor([bias], dtype=torch.float64, requires_grad=True)
    _minimise(lambda: negative_log_likelihood(base * scale + shift, task, right, table.tasks), [scale, shift])
    return float(scale.detach()), float(shift.detach())


def calibrate(weights: Weights, table: Table) -> Weights:
    """The same ranking with probabilities that are likeliest on other tasks."""
    linear = scores_of(weights, table) - weights.bias
    return _scaled(weights, *calibration(linear, table, weights.bias))


def _scaled(weights: Weights, scale: float, bias: float) -> Weights:
    features = {name: round(value * scale, 3) for name, value in weights.features.items()}
    return Weights(round(bias, 3), features, weights.threshold)


def _minimise(loss: Callable[[], Tensor], parameters: Sequence[Tensor]) -> None:
    optimizer = torch.optim.LBFGS(
        parameters, max_iter=150, line_search_fn="strong_wolfe", tolerance_change=1e-6
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
    return best_by(scores_of(weights, table), table)


def best_by(scores: NDArray[np.float64], table: Table) -> list[Shown]:
    """The same by given scores (candidates,)."""
    scores = np.minimum(scores, 50.0)
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


def folds(table: Table) -> list[NDArray[np.int64]]:
    """The tasks in `FOLDS` parts by workbook."""
    groups = np.array(table.groups)
    return [np.flatnonzero(groups % FOLDS == fold) for fold in range(FOLDS)]


def held_out(table: Table, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores without bias (candidates,), each by weights that were fitted without its workbook."""
    scores = np.zeros(len(table.task))
    for part in folds(table):
        rest = np.setdiff1d(np.arange(table.tasks), part)
        weights = fit(table.part(list(rest)), counts=counts[rest])
        rows = np.isin(table.task, part)
        scores[rows] = scores_of(weights, table)[rows] - weights.bias
    return scores


def fitted(table: Table) -> tuple[Weights, list[Shown], list[Shown]]:
    """Calibrated weights with their threshold; what they show of people's workbooks that had no part in the
    calibration, and of generated ones. Where there are none of people's, the generated ones calibrate."""
    real, groups = np.array(table.real), np.array(table.groups)
    counts = np.where(real, 1.0, GENERATED)
    linear = held_out(table, counts)
    judged = np.flatnonzero(real if real.any() else ~real)
    half = (groups[judged] // FOLDS) % 2
    weights = fit(table, counts=counts)

    def shown(chosen: NDArray[np.int64], scale: float, bias: float) -> list[Shown]:
        rows = np.isin(table.task, chosen)
        return best_by(linear[rows] * scale + bias, table.part(list(chosen)))

    first = judged[half == 0]
    scale, bias = calibration(linear[np.isin(table.task, first)], table.part(list(first)), weights.bias)
    threshold = least_threshold(shown(first, scale, bias), FORMS, PRECISION)
    weights = _scaled(weights, scale, bias)
    weights = Weights(weights.bias, weights.features, threshold)
    return weights, shown(judged[half == 1], scale, bias), shown(np.flatnonzero(~real), scale, bias)


Tasks = Callable[[], Iterator[tuple[int, Task, bool]]]
"""Draws the tasks anew: (number of the workbook, task, whether a person made the workbook)."""


def drawing(workbooks: int, people: Sequence[Path], limit: int | None = None) -> Tasks:
    """Tasks of generated workbooks, then of people's (at most `limit` workbooks); numbers do not meet."""

    def tasks() -> Iterator[tuple[int, Task, bool]]:
        with fresh_calculator() as calculator:
            for group, task in draw(SEED, workbooks, calculator):
                yield group, task, False
        for group, task in draw_people(people, SEED, limit):
            yield workbooks + group, task, True

    return tasks


def collect_cut(tasks: Tasks) -> list[Choice]:
    """Every expert's candidates, for `CUT_SHARE` of the workbooks."""
    return [
        choice_of(group, task, offers(task)[1], is_real=is_real)
        for group, task, is_real in _watched(tasks())
        if group % 100 < CUT_SHARE * 100
    ]


def collect_last(
    tasks: Tasks, cut: Weights, engine: LanguageProposer | None
) -> tuple[list[Choice], list[Choice]]:
    """What reaches the last ranking: without the model, and with it (empty without `engine`)."""
    alone: list[Choice] = []
    joined: list[Choice] = []
    with fresh_calculator() as calculator:
        for group, task, is_real in _watched(tasks()):
            try:
                calculator.load(task.snapshot)
                entries = served(task, cut, calculator, engine)
            except CalcError as error:
                print(f"left out, {error}", file=sys.stderr)
                continue
            alone.append(choice_of(group, task, entries[0], is_real=is_real))
            joined.append(choice_of(group, task, entries[1], is_real=is_real))
    return alone, joined


def _watched(tasks: Iterable[tuple[int, Task, bool]]) -> Iterator[tuple[int, Task, bool]]:
    for number, task in enumerate(tasks):
        if number % 200 == 0:
            print(f"{number} tasks", file=sys.stderr, flush=True)
        yield task


def weights_toml(tables: dict[str, Weights], provenance: dict[str, str | int | float]) -> str:
    """The file that `cellwright.rank.read_ranker` reads."""
    lines = [
        "# Fitted by `python -m cellwright_tuning.rank_fit`; don't edit by hand.",
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
    parser = argparse.ArgumentParser(description="Fit the ranker's weights.")
    parser.add_argument(
        "--people",
        type=Path,
        nargs="*",
        default=[],
        help="folders or archives of people's workbooks whose ledger entry allows weights",
    )
    parser.add_argument("--limit", type=int, default=None, help="of people's workbooks, how many")
    parser.add_argument("--workbooks", type=int, default=250, help="how many are generated")
    parser.add_argument("--model", default="mini", help="the model whose opinion is weighed")
    parser.add_argument("--rows", type=Path, default=None, help="keep the collected candidates here")
    parser.add_argument("--write", action="store_true", help="replace the package's weights")
    given = parser.parse_args()
    for path in given.people:
        if not path.exists():
            parser.error(f"expected a folder or a tar archive of workbooks, got {path}")

    torch.manual_seed(0)
    tasks = drawing(given.workbooks, given.people, given.limit)
    if given.rows is not None and given.rows.is_file():
        cut_rows, alone, joined, digest = pickle.loads(given.rows.read_bytes())
        cut = _cut(cut_rows)
    else:
        cut_rows = collect_cut(tasks)
        cut = _cut(cut_rows)
        with Engine.open(find_model(given.model)) as engine:
            digest = engine.name
            alone, joined = collect_last(tasks, cut, LanguageProposer(engine, engine.name))
        if given.rows is not None:
            given.rows.write_bytes(pickle.dumps((cut_rows, alone, joined, digest)))
    cut_table = tabulate(cut_rows)
    print(f"cut: {cut_table.tasks} tasks, a right one offered in {_share(cut_rows):.3f}")
    for count in (1, 4, 8, 12):
        print(f"  kept by {count}: {recall(cut, cut_table, count):.3f}")
    experts, *shown_alone = fitted(tabulate(alone))
    model, *shown_joined = fitted(tabulate(joined))
    reports = {}
    for name, weights, shown in (("experts", experts, shown_alone), ("model", model, shown_joined)):
        reports[name] = reliability(shown[0], weights.threshold, FORMS)
        reports[f"{name}_generated"] = reliability(shown[1], weights.threshold, FORMS)
    for name, report in reports.items():
        print(name, json.dumps({k: v for k, v in report.items() if k != "bins"}, indent=1))
    if not given.write:
        return
    names = [path.name for path in given.people]
    limit = "" if given.limit is None else f" --limit {given.limit}"
    provenance: dict[str, str | int | float] = {
        "command": f"python -m cellwright_tuning.rank_fit --people {' '.join(names)}{limit}"
        f" --workbooks {given.workbooks} --write",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": f"generated workbooks, seed {SEED}; {', '.join(names)}",
        "tasks": len(alone),
        "model": digest,
    }
    target = Path(str(files("cellwright.rank") / "weights.toml"))
    target.write_text(weights_toml({"cut": cut, "experts": experts, "model": model}, provenance))
    root = Path(__file__).resolve().parents[2]
    (root / "tuning/results/rank-calibration.json").write_text(report_json(reports, provenance))
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs/reliability.svg").write_text(svg(reports))


def _cut(choices: Sequence[Choice]) -> Weights:
    table = tabulate(choices)
    return fit(table, counts=np.where(np.array(table.real), 1.0, GENERATED))


def _share(choices: Sequence[Choice]) -> float:
    return sum(choice.right >= 0 for choice in choices) / max(1, len(choices))


if __name__ == "__main__":
    main()
