"""How far a learner gets on a set of sentences and conditional formats by cross-validation, folds by rule.

    python -m cellwright_tuning.questions.format_fit DATA [--penalty 3] [--json FILE]

DATA is jsonl as of the suite `nl-to-format`. Rows of one rule stay in one fold; each fifth is scored by a
ranker (`format_ranker`) that learned from the other four, and the shipped reader, which learned from none,
beside it. Nothing of this is shipped. Told apart are sentences that say nothing of what is compared
(`bare`), ranks without a count (`counts`) and the rest (`stated`); `offered` is how often the wanted cells
are among the offers at all, and `mixed` what the ranker reaches where folds do not keep rules together,
which no split by rule can.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from cellwright.ask.ask import ask
from cellwright.ask.condition_wording import plain_words, without_places
from cellwright.ask.highlight import rows_meeting
from cellwright.calc.calculator import Calculator
from cellwright.errors import UsageError
from cellwright_tuning.evaluation.command import machine
from cellwright_tuning.evaluation.data import data_sha256, read_rows
from cellwright_tuning.evaluation.harness import Report, Suite, TaskResult, summarise
from cellwright_tuning.evaluation.suites import nl_to_format
from cellwright_tuning.evaluation.suites.nl_to_format import (
    UnknownRule,
    code_of,
    group_of,
    picked_rows,
    read_rule,
    rules_of,
    selection_of,
    sentence_of,
    table_of,
    wanted_rows,
)

from .format_offers import Offer, offers
from .format_ranker import Cells, Sentence, fit

FOLDS = 5
PENALTY = 3.0


def sentences(data: Path) -> list[Sentence]:
    """The sentences whose rule picks out cells, with their offers."""
    found: list[Sentence] = []
    calculator: Calculator | None = None
    try:
        for row in read_rows(data):
            snapshot, frame = table_of(row.get("data") or row.get("Data") or [])
            try:
                wanted = wanted_rows(read_rule(code_of(row), frame), frame, snapshot)
            except UnknownRule:
                continue
            if wanted is None or not sentence_of(row):
                continue
            if calculator is None:
                calculator = Calculator(snapshot)
            else:
                calculator.load(snapshot)
            text, place = sentence_of(row), selection_of(row, frame)
            *_, plan = ask(snapshot, text, place=place, calculator=calculator)
            rules = rules_of(plan)
            shipped = picked_rows(rules, snapshot, calculator)
            own = (frame.named("Value") if place is not None else None) or frame.columns[-1]
            values = frame.values(snapshot, own)
            listed = [
                (one, frozenset(rows_meeting(one.condition, frame, own, snapshot) if one.condition else ()))
                for one in offers(text, own, values)
            ]
            if shipped is not None:
                kind = f"shipped {rules[0].type} {rules[0].operator or ''}"
                listed.append((Offer(None, kind, "shipped"), shipped))
            filled = [value for value in values if value is not None]
            said = without_places(plain_words(text))
            found.append(
                Sentence(
                    text, said, group_of(row), wanted, shipped, tuple(listed), str(own.kind), frame.height,
                    len(filled), len({str(value) for value in values}),
                )
            )  # fmt: skip
    finally:
        if calculator is not None:
            calculator.close()
    return found


def folds(groups: Sequence[str]) -> dict[str, int]:
    """Group -> fold: the largest groups first, each into the smallest fold; ties by the group's hash."""
    sizes = [0] * FOLDS
    found: dict[str, int] = {}
    listed = Counter(groups).items()
    for group, count in sorted(listed, key=lambda one: (-one[1], hashlib.sha256(one[0].encode()).digest())):
        found[group] = min(range(FOLDS), key=lambda fold: sizes[fold])
        sizes[found[group]] += count
    return found


def crossed(held: Sequence[Sentence], penalty: float) -> list[tuple[int, Sentence, Cells]]:
    """(fold, sentence, cells) of every sentence, by a ranker that saw none of its fold."""
    where = folds([one.group for one in held])
    found: list[tuple[int, Sentence, Cells]] = []
    for fold in range(FOLDS):
        ranker = fit([one for one in held if where[one.group] != fold], penalty)
        tested = [one for one in held if where[one.group] == fold]
        found += [(fold, one, ranker.cells(one)) for one in tested]
        right = sum(cells == one.wanted for _, one, cells in found[-len(tested) :]) / len(tested)
        shipped = sum(one.shipped == one.wanted for one in tested) / len(tested)
        print(
            f"fold {fold}: {len(tested)} sentences, learned {right:.3f}, shipped {shipped:.3f}",
            file=sys.stderr,
        )
    return found


def report(held: Sequence[Sentence], penalty: float) -> Report:
    """Metrics with intervals that resample rules."""
    mixed = [replace(one, group=f"{place}") for place, one in enumerate(held)]
    by_chance = {one.text + one.group: cells == one.wanted for _, one, cells in crossed(mixed, penalty)}
    places = {id(one): place for place, one in enumerate(held)}
    results = []
    for fold, one, cells in crossed(held, penalty):
        right = (float(cells == one.wanted), 1.0)
        kind = "bare" if one.is_bare else "counts" if _lacks_count(one) else "stated"
        metrics = {
            "crossed": right,
            "shipped": (float(one.shipped == one.wanted), 1.0),
            f"crossed_fold{fold}": right,
            f"shipped_fold{fold}": (float(one.shipped == one.wanted), 1.0),
            f"crossed_{kind}": right,
            "offered": (float(any(held == one.wanted for _, held in one.offers)), 1.0),
            "mixed": (float(by_chance[f"{one.text}{places[id(one)]}"]), 1.0),
        }
        failure = None if right[0] else f"{kind}: {one.text[:120]} | {one.group[:80]}"
        results.append(TaskResult(one.group, metrics, failure=failure))
    return summarise(Suite("nl-to-format-crossed", nl_to_format.run), results)


def _lacks_count(one: Sentence) -> bool:
    """Whether a rank is wanted and the sentence names no number for it."""
    return one.group.startswith(("top(", "bottom(")) and re.search(r"\d", one.said) is None


def main() -> None:
    """Score, print, and write a result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    torch.set_num_threads(1)
    held = sentences(given.data)
    if len({one.group for one in held}) < FOLDS:
        raise UsageError(f"expected {FOLDS} rules or more that pick out cells in {given.data}")
    found = report(held, given.penalty)
    for name, metric in found.metrics.items():
        print(f"{name:16s} {metric.value:.4f} ({metric.low:.4f} to {metric.high:.4f}) of {metric.tasks}")
    if given.json is not None:
        facts = {
            "suite": "nl-to-format-crossed",
            "data_sha256": data_sha256(given.data),
            "model": "log-linear ranker, unshipped",
            "machine": machine(),
            "command": f"python -m cellwright_tuning.questions.format_fit {given.data.name}",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        }
        given.json.write_text(json.dumps(facts | found.to_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
