"""The gate: a candidate against the incumbent on work that neither learnt from.

    general     generated workbooks and broken formulas, the same ones for ever: nothing may fall
    retained    held-back families of the organisation's workbooks, held-back decisions: must rise
    guards      length, triviality, silence, latency of what is suggested

Both answer the same tasks. A suite falls where the 95 % interval of the paired difference (bootstrap over
workbooks, Efron 1979) lies below zero. A difference that can't be told from chance passes the general suites;
the retained ones must rise by their mean, and must not fall beyond their interval in any part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

import numpy as np

from cellwright.edits.model import SetFormulas
from cellwright.errors import CellwrightError
from cellwright.prompt.notation import scan
from cellwright.prompt.tasks import Prompt
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.repair import propose_repairs
from cellwright.proposers.template import read_template
from cellwright.rank.online import Lesson
from cellwright.rank.rank import Weights
from cellwright.suggest.model import Suggestions
from cellwright_tuning.data.examples import break_formula, draw_typed_formula
from cellwright_tuning.ranking import draw, fresh_calculator
from cellwright_tuning.tenant.assistant import Assistant, r1c1_of, turned, wanted_r1c1
from cellwright_tuning.tenant.build import posed
from cellwright_tuning.tenant.examples import Pair
from cellwright_tuning.tenant.work import Book

RESAMPLES = 1000
LEAST_GROUPS = 5
MOST_LONGER = 1.5
MOST_OVER_WANTED = 1.25
MOST_TRIVIAL = 0.10
LEAST_SHOWN = 0.5
MOST_SLOWER = 1.5
FAST_MS = 300.0
"""A suggestion that comes within this time is fast enough, as long as the incumbent's does."""
MOST_CALCULATED = 3_000
"""Larger workbooks are asked about without being calculated, which would take seconds a task."""
_SEED = "gate"


@dataclass(frozen=True)
class Compared:
    """One suite: both means, their paired difference with its 95 % interval, how many tasks."""

    suite: str
    incumbent: float
    candidate: float
    low: float
    high: float
    tasks: int
    must_rise: bool = False

    @property
    def passes(self) -> bool:
        """Not down beyond its interval; up, where that is asked."""
        return self.high >= 0 and (not self.must_rise or self.candidate > self.incumbent)


@dataclass(frozen=True)
class Guard:
    """One property of what is suggested, with its limit for the candidate."""

    name: str
    incumbent: float
    candidate: float
    limit: float
    is_upper: bool = True

    @property
    def passes(self) -> bool:
        """Within its limit."""
        return self.candidate <= self.limit if self.is_upper else self.candidate >= self.limit


@dataclass
class GateReport:
    """All that the gate measured, and its word."""

    candidate: str
    incumbent: str
    suites: list[Compared] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        """Why it is refused; empty where it is not."""
        found = [
            f"{s.suite} {'did not rise' if s.high >= 0 else 'fell'}: {s.incumbent:.3f} -> {s.candidate:.3f} "
            f"(difference {s.low:+.3f} to {s.high:+.3f})"
            for s in self.suites
            if not s.passes
        ]
        found += [
            f"{g.name} {g.candidate:.3g}, expected at {'most' if g.is_upper else 'least'} {g.limit:.3g}"
            for g in self.guards
            if not g.passes
        ]
        if not any(s.must_rise for s in self.suites):
            found.append("nothing held back to see whether more would be accepted")
        return found

    @property
    def decided(self) -> str:
        """`promote` or `reject`."""
        return "reject" if self.reasons else "promote"

    def to_json(self) -> dict[str, Any]:
        """For the store and the admin page."""
        return {
            "candidate": self.candidate,
            "incumbent": self.incumbent,
            "decided": self.decided,
            "reasons": self.reasons,
            "suites": [asdict(s) | {"passes": s.passes} for s in self.suites],
            "guards": [asdict(g) | {"passes": g.passes} for g in self.guards],
            "notes": self.notes,
        }

    def lines(self) -> list[str]:
        """For a person."""
        found = [f"{self.candidate} against {self.incumbent}: {self.decided}"]
        for s in self.suites:
            mark = "ok  " if s.passes else "FELL" if s.high < 0 else "FLAT"
            found.append(
                f"  {mark} {s.suite:22} {s.incumbent:.3f} -> {s.candidate:.3f}"
                f"  ({s.low:+.3f} to {s.high:+.3f}, {s.tasks} tasks)"
            )
        for g in self.guards:
            mark, bound = ("ok  " if g.passes else "OVER"), ("<=" if g.is_upper else ">=")
            found.append(
                f"  {mark} {g.name:22} {g.incumbent:.3g} -> {g.candidate:.3g}  ({bound} {g.limit:.3g})"
            )
        return (
            found + [f"  because {reason}" for reason in self.reasons] + [f"  note: {n}" for n in self.notes]
        )


@dataclass(frozen=True)
class Answered:
    """One task as an assistant answered it. `accepted`: something was shown and its first was right."""

    group: str
    right: bool
    shown: bool
    accepted: bool
    p_accept: float
    length: float
    wanted_length: float
    trivial: bool
    latency_ms: float


def answered(group: str, found: Suggestions, wanted: str) -> Answered:
    """What of an answer the gate counts."""
    best = found.candidates[0] if found.candidates else None
    identity = None if best is None else r1c1_of(best)
    right = identity is not None and identity == wanted
    shown = best is not None and best.is_shown
    return Answered(
        group,
        right,
        shown,
        shown and right,
        0.0 if best is None else best.p_accept,
        _pieces(identity or ""),
        _pieces(wanted),
        best is not None and is_trivial(best.candidate.edits),
        found.latency_ms.get("total", 0.0),
    )


def _pieces(formula: str) -> float:
    return float(sum(lexeme.kind != "space" for lexeme in scan(formula)))


def is_trivial(edits: Sequence[object]) -> bool:
    """A constant or one plain reference: what always can be said."""
    formulas = getattr(edits[0], "formulas", None) if len(edits) == 1 else None
    if formulas is None or formulas[0][0] is None:
        return False
    template = read_template(formulas[0][0], getattr(edits[0], "range").first)  # noqa: B009
    return (len(template.slots) <= 1 and "".join(template.skeleton) in ("=", "=+")) or not template.slots


def compare(suite: str, incumbent: Sequence[float], candidate: Sequence[float], groups: Sequence[str],
            *, must_rise: bool = False) -> Compared:  # fmt: skip
    """Two assistants on the same tasks: means and the interval of their difference, groups resampled."""
    if not incumbent:
        return Compared(suite, 0.0, 0.0, 0.0, 0.0, 0, must_rise)
    differences = np.asarray(candidate, float) - np.asarray(incumbent, float)
    if len(set(groups)) < LEAST_GROUPS:  # too few to resample: each task stands for itself
        groups = [str(i) for i in range(len(groups))]
    names = sorted(set(groups))
    place = {name: i for i, name in enumerate(names)}
    number = np.array([place[group] for group in groups])
    sums = np.bincount(number, differences, len(names))
    counts = np.bincount(number, minlength=len(names))
    draws = np.random.default_rng(0).integers(0, len(names), (RESAMPLES, len(names)))
    spread = sums[draws].sum(1) / counts[draws].sum(1)
    low, high = np.percentile(spread, [2.5, 97.5])
    return Compared(suite, float(np.mean(incumbent)), float(np.mean(candidate)), float(low), float(high),
                    len(incumbent), must_rise)  # fmt: skip


def examine(
    candidate: tuple[str, Assistant],
    incumbent: tuple[str, Assistant],
    *,
    books: Sequence[Book],
    held_back: Sequence[Lesson] = (),
    preferences: Sequence[Pair] = (),
    tasks: int = 200,
    general: int = 20,
) -> GateReport:
    """Both on everything; `books`, `held_back` and `preferences` are what neither learnt from."""
    report = GateReport(candidate[0], incumbent[0])
    new, old = candidate[1], incumbent[1]
    own: list[tuple[Answered, Answered]] = []
    for number, one in enumerate(posed(books, _SEED, tasks=tasks, calculated=MOST_CALCULATED)):
        wanted, turn = wanted_r1c1(one.task), number % 2
        try:
            pair = [
                answered(one.book.family, a.answer(one.task, one.calculator), wanted)
                for a in ((old, new) if turn == 0 else (new, old))  # who is first warms the workbook up
            ]
        except CellwrightError:
            continue
        own.append((pair[turn], pair[1 - turn]))
    if own:
        groups = [a.group for a, _ in own]
        report.suites.append(compare("retained top-1", *_columns(own, "right"), groups, must_rise=True))
        report.suites.append(compare("retained accepted", *_columns(own, "accepted"), groups))
        report.guards += guards(own)
    if held_back:
        pairs = [
            (_first_is_wanted(old.weights, lesson), _first_is_wanted(new.weights, lesson))
            for lesson in held_back
        ]
        report.suites.append(
            compare("retained decisions", [a for a, _ in pairs], [b for _, b in pairs],
                    [lesson.identity for lesson in held_back], must_rise=not own)
        )  # fmt: skip
    if preferences and old.engine is not None and new.engine is not None:
        liked = [(_prefers(old.engine, pair), _prefers(new.engine, pair)) for pair in preferences]
        columns = [a for a, _ in liked], [b for _, b in liked]
        report.suites.append(compare("retained preferences", *columns, [p.prompt for p in preferences]))
    report.suites += _general(old, new, general)
    return report


def _columns(pairs: Sequence[tuple[Answered, Answered]], name: str) -> tuple[list[float], list[float]]:
    return [float(getattr(a, name)) for a, _ in pairs], [float(getattr(b, name)) for _, b in pairs]


def guards(pairs: Sequence[tuple[Answered, Answered]]) -> list[Guard]:
    """Length, triviality, silence and latency of both.

    Latency is the median over tasks of the candidate's against the incumbent's on the same task: asked one
    right after the other, both are slowed alike by a busy machine.
    """

    def mean(side: int, name: str) -> float:
        return float(np.mean([float(getattr(pair[side], name)) for pair in pairs]))

    times = np.maximum([[old.latency_ms, new.latency_ms] for old, new in pairs], 1e-3)
    slower, usual_ms = float(np.median(times[:, 1] / times[:, 0])), float(np.median(times[:, 0]))
    longest = max(mean(0, "length") * MOST_LONGER + 2, mean(0, "wanted_length") * MOST_OVER_WANTED)
    return [
        Guard("length in pieces", mean(0, "length"), mean(1, "length"), longest),
        Guard("trivial share", mean(0, "trivial"), mean(1, "trivial"), mean(0, "trivial") + MOST_TRIVIAL),
        Guard(
            "shown share", mean(0, "shown"), mean(1, "shown"), mean(0, "shown") * LEAST_SHOWN, is_upper=False
        ),
        Guard("latency ratio", 1.0, slower, max(MOST_SLOWER, FAST_MS / usual_ms)),
    ]


def _first_is_wanted(weights: Weights, lesson: Lesson) -> float:
    """Whether the likeliest of a logged request is what the person ended with; silence is right for none."""
    scores = [weights.score(features) for features in lesson.features]
    best = max(range(len(scores)), key=scores.__getitem__) if scores else None
    if lesson.wanted is None:
        return float(
            best != lesson.rejected if lesson.rejected is not None else not scores or scores[best or 0] < 0
        )
    return float(best == lesson.wanted)


def _prefers(language: LanguageProposer, pair: Pair) -> float:
    """Whether the model finds what the person ended with likelier than what was suggested to them."""
    try:
        chosen, rejected = language.model.score(Prompt(pair.prompt), [pair.chosen, pair.rejected])
    except CellwrightError:  # longer than the model's context
        return 0.0
    return float(chosen > rejected)


def general_pairs(old: Assistant, new: Assistant, workbooks: int) -> list[tuple[Answered, Answered]]:
    """How both answer the formula tasks of generated workbooks, always the same ones."""
    pairs: list[tuple[Answered, Answered]] = []
    with fresh_calculator() as calculator:
        for number, task in draw(_SEED, workbooks, calculator):
            if not isinstance(task.wanted, SetFormulas):
                continue
            ready = turned(calculator, task)
            wanted = wanted_r1c1(task)
            both = [answered(str(number), a.answer(task, ready), wanted) for a in (old, new)]
            pairs.append((both[0], both[1]))
    return pairs


def _general(old: Assistant, new: Assistant, workbooks: int) -> list[Compared]:
    """Generated workbooks by the whole assistant, broken formulas by the model."""
    pairs = general_pairs(old, new, workbooks)
    groups = [a.group for a, _ in pairs]
    found = [compare("general formulas", *_columns(pairs, "right"), groups)]
    if old.engine is not None and new.engine is not None:
        random = Random(_SEED)
        hits: list[tuple[float, float]] = []
        for _ in range(workbooks * 3):
            formula = draw_typed_formula(random, True)
            broken = break_formula(formula, random)
            if broken is None:
                continue
            both_hits = [
                float(
                    any(
                        r.formula.removeprefix("=") == formula
                        for r in propose_repairs(broken, 1, a.engine.model)
                    )
                )
                for a in (old, new)
                if a.engine is not None
            ]
            hits.append((both_hits[0], both_hits[1]))
        names = [str(i) for i in range(len(hits))]
        found.append(compare("general repair", [a for a, _ in hits], [b for _, b in hits], names))
    return found
