"""What asking gives: events, and at their end a Plan of checked steps, an Answer or a Clarification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cellwright.edits.model import Edit
from cellwright.reference import SheetCell, SheetRange
from cellwright.verify.model import Status, Verdict
from cellwright.workbook.model import Snapshot, Value


@dataclass(frozen=True)
class Draft:
    """Edits that belong together, before they have run on the workbook.

    `shape` says which kind of reading made them; `destroys` what would be lost, empty where nothing is.
    """

    title: str
    edits: tuple[Edit, ...]
    shape: str
    citations: tuple[SheetRange, ...] = ()
    destroys: str = ""


@dataclass(frozen=True)
class Step:
    """One step of a plan, tried on the workbook as the steps before it leave it."""

    title: str
    edits: tuple[Edit, ...]
    shape: str
    verdict: Verdict
    citations: tuple[SheetRange, ...] = ()
    destroys: str = ""
    results: Mapping[SheetCell, Value] = field(default_factory=dict)
    """What its formulas gave, for the steps after it."""

    @property
    def is_destructive(self) -> bool:
        """Something that the workbook holds would be lost."""
        return bool(self.destroys)

    @property
    def is_ticked(self) -> bool:
        """Whether it is offered as chosen: never where it destroys, fails or makes errors."""
        return not self.destroys and self.verdict.status in (Status.VERIFIED, Status.UNVERIFIED)


@dataclass(frozen=True)
class Plan:
    """Steps in order; each may rest on those before it. `left_out` are parts of the request not understood.

    `before` is the snapshot that it was made for, `after` what it would leave. `undo` are the edits back.
    """

    question: str
    steps: tuple[Step, ...]
    before: Snapshot
    after: Snapshot
    undo: tuple[Edit, ...]
    left_out: tuple[str, ...] = ()
    confidence: float = 1.0

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits in order."""
        return tuple(edit for step in self.steps for edit in step.edits)

    @property
    def is_ticked(self) -> bool:
        """Every step is offered as chosen."""
        return all(step.is_ticked for step in self.steps)

    @property
    def interim(self) -> dict[int, Mapping[SheetCell, Value]]:
        """Results known after the edit of that index, as the patch writer takes them."""
        found: dict[int, Mapping[SheetCell, Value]] = {}
        last = -1
        for step in self.steps:
            last += len(step.edits)
            if step.results:
                found[last] = step.results
        return found


@dataclass(frozen=True)
class Answer:
    """A computed answer: one sentence, the formula, its value and the cells it read.

    Where the workbook does not hold it, `formula` is None and the sentence says so.
    """

    question: str
    text: str
    formula: str | None = None
    value: str = ""
    citations: tuple[SheetRange, ...] = ()
    confidence: float = 0.0

    @property
    def is_found(self) -> bool:
        """The workbook holds the answer."""
        return self.formula is not None


@dataclass(frozen=True)
class Choice:
    """One way to go on: what a person sees, and the request that it stands for."""

    label: str
    request: str


@dataclass(frozen=True)
class Clarification:
    """One question back. Without choices the request was not understood, or names what is not there."""

    question: str
    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Words for a person while the work goes on; a warning is worth keeping when it is over."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True)
class StepChecked:
    """One step, checked; `number` counts from 1."""

    number: int
    step: Step


Event = Progress | StepChecked | Plan | Answer | Clarification


@dataclass(frozen=True)
class Turn:
    """An earlier request of the same conversation: its words, and the place that its outcome stood at."""

    request: str
    place: SheetRange | None = None
    summary: str = ""
