"""How often each engine was right about each call: counted on the workbook at hand, and shipped with us.

A copied formula counts once, or twice on the workbook at hand where it gave many different results, and only
where all that it reads is right, so that a wrong result is its own calls' fault; of its calls those that came
out right elsewhere are not blamed. The shipped table is made by
`python -m cellwright_tuning.evaluation.function_record` from workbooks whose cells no suite scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from cellwright.calc.facts import IMPLICIT_INTERSECTION, Call

MIN_REGIONS = 2
"""Regions of this workbook that must have come out right before one engine is believed alone."""

MIN_REGIONS_IN_DOUBT = 5
"""The same, with the same argument kinds, for a call that the shipped table has failures of."""

MIN_SHIPPED = 10
"""Regions of the shipped table that stand for MIN_REGIONS of this workbook."""

MAX_SHIPPED_WRONG = 0.08
"""Share of failures in the shipped table above which a call is not proven by it."""

MIN_SAME_KINDS = 3
MAX_OTHER_KINDS_WRONG = 0.2
"""A call with so many successes and no failure with its own argument kinds may have failed with others."""

DOUBTFUL_SHIPPED = 0.3
"""Share of failures in the shipped table above which a call is doubted: agreement does not save it."""

NEEDS_LOCAL_PROOF = frozenset({IMPLICIT_INTERSECTION, "LOOKUP", "FORMULATEXT"})
"""Calls that only the workbook at hand can prove: engines read a range whole where Excel takes one value,
search unsorted lists in their own order, and print formulas with their own spaces."""

MANY_RESULTS = 8
"""Different results, all right, that make a region worth two: right on so many inputs is no accident."""


class Outcome(NamedTuple):
    """What one region calls, whether its results were right, and how many different ones there were."""

    calls: frozenset[Call]
    is_right: bool
    results: int = 1


@dataclass
class Record:
    """Right and wrong results of one engine, in regions, by call (with and without argument kinds)."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def of(outcomes: Iterable[Outcome], *, many_count_twice: bool = False) -> Record:
        """Count regions; a failure is blamed on the calls that were never right, on all where each was."""
        record = Record()
        failed = []
        for calls, is_right, results in outcomes:
            if is_right:
                keys = {key for call in calls for key in (str(call), call.name)}
                worth = 2 if many_count_twice and results >= MANY_RESULTS else 1
                record.right.update(dict.fromkeys(keys, worth))
            else:
                failed.append(calls)
        for calls in failed:
            suspects = [call for call in calls if not record.right[str(call)]] or list(calls)
            record.wrong.update({key for call in suspects for key in (str(call), call.name)})
        return record


@dataclass(frozen=True)
class Standing:
    """What the records say of an engine on a formula: proven, doubted (it failed there), or neither.

    `is_local`: this workbook alone proves it, without the shipped table.
    """

    is_proven: bool
    is_doubted: bool
    why: str = ""
    is_local: bool = False


def standing(calls: Collection[Call], record: Record, shipped: Record) -> Standing:
    """Whether an engine may be believed alone about a formula with these calls."""
    doubted: list[str] = []
    unproven: list[str] = []
    for call in calls:
        name, key = call.name, str(call)
        if record.wrong[name] and (record.wrong[key] or record.right[key] < MIN_REGIONS):
            doubted.append(name)
        elif _failures(call, shipped) > DOUBTFUL_SHIPPED:
            if record.right[key] < MIN_REGIONS_IN_DOUBT:
                doubted.append(name)
        elif record.right[name] < MIN_REGIONS and not _is_shipped(call, shipped):
            unproven.append(name)
    why = ""
    if doubted:
        why = f"results of {', '.join(sorted(set(doubted))[:3])} were not Excel's"
    elif unproven:
        why = f"nothing shows that {', '.join(sorted(set(unproven))[:3])} gives Excel's results"
    is_proven = not doubted and not unproven
    is_local = is_proven and all(record.right[call.name] >= MIN_REGIONS for call in calls)
    return Standing(is_proven, bool(doubted), why, is_local)


def _failures(call: Call, shipped: Record) -> float:
    """The share of failures, with the same argument kinds where those were seen often enough."""
    if call.name in NEEDS_LOCAL_PROOF:
        return 1.0
    for key in (str(call), call.name):
        right, wrong = shipped.right[key], shipped.wrong[key]
        if right + wrong >= MIN_SHIPPED:
            return wrong / (right + wrong)
    return 0.0


def _is_shipped(call: Call, shipped: Record) -> bool:
    """Seen often enough, also with these argument kinds, and right; failures with other kinds weigh less."""
    name, key = call.name, str(call)
    if shipped.right[name] < MIN_SHIPPED or shipped.right[key] < MIN_SAME_KINDS:
        return False
    if _failures(call, shipped) <= MAX_SHIPPED_WRONG:
        return True
    share = shipped.wrong[name] / (shipped.right[name] + shipped.wrong[name])
    return not shipped.wrong[key] and share <= MAX_OTHER_KINDS_WRONG


@cache
def shipped_records() -> Mapping[str, Record]:
    """The shipped table, engine -> Record: lines `ENGINE CALL RIGHT WRONG`, tab separated."""
    records: dict[str, Record] = {"formualizer": Record(), "ironcalc": Record()}
    for line in files(__package__).joinpath("function_record.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            engine, call, right, wrong = line.split("\t")
            records[engine].right[call] = int(right)
            records[engine].wrong[call] = int(wrong)
    return records
