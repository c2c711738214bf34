"""The ranker fitted to an organisation: the shipped weights and the likeliest difference from them.

    max over d   sum count log P(wanted | features, w + d) - PRECISION / 2 |d|^2

(`rank_fit.py` with the shipped weights as the prior's mean), so with few tasks it stays where it was and with
hundreds it becomes the organisation's own. Every task is then judged by weights that were fitted without its
workbook's family; scale and bias that make these probabilities likeliest, and the least threshold at which
nine in ten of what is shown are right, go into the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import inf, nextafter

import numpy as np
import torch
from numpy.typing import NDArray

from cellwright.errors import UsageError
from cellwright.rank.rank import Weights
from cellwright_tuning.rank_fit import best_by, calibration, negative_log_likelihood, scores_of
from cellwright_tuning.ranking import Table
from cellwright_tuning.reliability import least_threshold
from cellwright_tuning.tenant.rows import Rows

PRECISION = 2.0
"""Of the Gaussian prior on each difference."""
LEAST_TASKS = 30
LEAST_CALIBRATED = 100
"""With fewer tasks the shipped calibration and threshold stay."""
FOLDS = 4
SHOWN_RIGHT = 0.9
FORMS = {"whole": ("whole",), "next": ("next",)}
_LEAST_SCALE = 0.25
"""A ranking that its own left-out families contradict is made shy, not turned round."""
_ITERATIONS = 120
_LEAST_OCCURRENCES = 3


def fitted(base: Weights, rows: Rows, precision: float = PRECISION) -> Weights:
    """The base moved to what was wanted; raises UsageError for too few tasks, or where none wanted any."""
    _check(rows)
    return _moved(base, rows.table(_LEAST_OCCURRENCES), rows.counts, precision)


def calibrated(base: Weights, rows: Rows, precision: float = PRECISION) -> Weights:
    """`fitted`, with probabilities and a threshold from tasks of families that were left out of the fit.

    Tasks that count less than 1 are of others' workbooks: they teach, and have no part in the calibration.
    """
    _check(rows)
    table, counts = rows.table(_LEAST_OCCURRENCES), rows.counts
    weights = _moved(base, table, counts, precision)
    own = np.flatnonzero(counts == 1.0)
    groups = np.array(table.groups)
    if len(own) < LEAST_CALIBRATED or len(set(groups[own])) < FOLDS:
        return weights
    linear = np.zeros(len(table.task))
    for fold in range(FOLDS):
        out = np.flatnonzero((groups % FOLDS == fold) & (counts == 1.0))
        rest = np.setdiff1d(np.arange(table.tasks), out)
        apart = _moved(base, table.part(list(rest)), counts[rest], precision)
        rows_out = np.isin(table.task, out)
        linear[rows_out] = scores_of(apart, table)[rows_out] - apart.bias
    judged = table.part(list(own))
    linear = linear[np.isin(table.task, own)]
    with _one_thread():
        scale, bias = calibration(linear, judged, weights.bias)
    scale = max(scale, _LEAST_SCALE)
    threshold = least_threshold(best_by(linear * scale + bias, judged), FORMS, SHOWN_RIGHT)
    features = {name: round(value * scale, 4) for name, value in weights.features.items()}
    return Weights(round(bias, 4), features, threshold)


def _check(rows: Rows) -> None:
    if len(rows) < LEAST_TASKS or rows.wanted == 0:
        raise UsageError(
            f"expected at least {LEAST_TASKS} requests to learn a ranking from, some with what was wanted "
            f"among the candidates; got {len(rows)}, {rows.wanted} of them with it"
        )


def _moved(base: Weights, table: Table, counts: NDArray[np.float64], precision: float) -> Weights:
    inputs = torch.from_numpy(table.features)
    task, right = torch.from_numpy(table.task), torch.from_numpy(table.right)
    counted = torch.from_numpy(counts.astype(np.float32))
    start = torch.tensor([*(base.features.get(name, 0.0) for name in table.names), base.bias])
    known = set(table.names)
    rest = {name: value for name, value in base.features.items() if name not in known}
    difference = torch.zeros_like(start, requires_grad=True)
    optimizer = torch.optim.LBFGS([difference], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        moved = start + difference
        scores = inputs @ moved[:-1] + moved[-1]
        loss = negative_log_likelihood(scores, task, right, table.tasks, counted)
        loss = loss + precision / 2 * (difference**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    with _one_thread():
        optimizer.step(closure)  # type: ignore[no-untyped-call]
    found = (start + difference).detach().tolist()
    if not np.isfinite(found).all():
        raise UsageError("expected a ranking that can be fitted, got weights that are no numbers")
    weights = rest | {name: round(value, 4) for name, value in zip(table.names, found[:-1], strict=True)}
    return Weights(round(found[-1], 4), weights, base.threshold)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Products this small are done before a second thread is awake; on a busy machine it is waited for."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def threshold_for(shown: Sequence[tuple[float, bool]], most_shown: int) -> float:
    """The least threshold at which at most `most_shown` of the (probability, is right) are shown."""
    surest = sorted((probability for probability, _ in shown), reverse=True)
    if most_shown >= len(surest):
        return 0.0
    if most_shown == 0:
        return nextafter(surest[0], inf)
    least, next_one = surest[most_shown - 1], surest[most_shown]
    return (least + next_one) / 2 if least > next_one else nextafter(least, inf)  # of equals none
