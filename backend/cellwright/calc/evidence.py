"""How often each engine was right about each call: counted on the workbook at hand, and shipped with us.

A formula counts once a region (a copied formula proves its calls once, whatever its length), and only where all that it
reads is right, so that a wrong result is its own calls' fault. The shipped table is made by
`python -m cellwright_tuning.evaluation.function_record` from workbooks whose cells no suite scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from cellwright.calc.facts import Call

MIN_REGIONS = 2
"""Regions of this workbook that must have come out right before one engine is believed alone."""

MIN_SHIPPED = 10
"""Regions of the shipped table that stand for as much."""


@dataclass
class Record:
    """Right and wrong results of one engine, in regions, by call (with and without argument kinds)."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, calls: Iterable[Call], is_right: bool) -> None:
        """Count one region."""
        counter = self.right if is_right else self.wrong
        for key in {key for call in calls for key in (str(call), call.name)}:
            counter[key] += 1


@dataclass(frozen=True)
class Standing:
    """What the record says of an engine on a formula: `proven`, `doubted` (it failed on such calls), or neither."""

    is_proven: bool
    is_doubted: bool
    why: str = ""


def standing(calls: Iterable[Call], record: Record, shipped: Record) -> Standing:
    """Whether an engine may be believed alone about a formula with these calls.

    A call with failures is doubted, unless all failures had other argument kinds and its own kinds are proven.
    """
    doubted: list[str] = []
    unproven: list[str] = []
    for call in calls:
        key = str(call)
        if record.wrong[call.name] and (record.wrong[key] or record.right[key] < MIN_REGIONS):
            doubted.append(call.name)
        elif shipped.wrong[call.name] and not record.right[key] >= MIN_REGIONS:
            if shipped.wrong[key] or shipped.right[key] < MIN_SHIPPED:
                doubted.append(call.name)
        elif record.right[call.name] < MIN_REGIONS and shipped.right[call.name] < MIN_SHIPPED:
            unproven.append(call.name)
    why = ""
    if doubted:
        why = f"results of {', '.join(sorted(set(doubted))[:3])} were not Excel's"
    elif unproven:
        why = f"nothing shows that {', '.join(sorted(set(unproven))[:3])} gives Excel's results"
    return Standing(not doubted and not unproven, bool(doubted), why)


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
