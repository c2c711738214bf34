"""From the feedback store to what teaches: people's decisions as text for the model, lessons for the ranker.

A decision is the last human outcome of a shown suggestion, with its request's whole candidate set. Left
out: what was not shown, what a reviewer excluded or called bad, what was undone, a second decision of one
person at the same place, and more than `MOST_ALIKE` that say the same: a flood is one voice. A decision of
someone who is trusted half (`feedback/trust.py`) is heard with a chance of one half, one of a person who is
suspected of poisoning never. Text is there only where contents were kept; a request's prompt is that of the
same context where the model was asked.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from cellwright.errors import CellwrightError, FormulaSyntaxError
from cellwright.feedback.decisions import decisions as logged_decisions
from cellwright.feedback.model import HUMAN, LabelKind, OutcomeKind
from cellwright.feedback.store import FeedbackStore
from cellwright.feedback.tables import LabelRow, OutcomeRow, RequestRow, SuggestionRow
from cellwright.feedback.trust import Suspicion, judge
from cellwright.formula import normalise
from cellwright.prompt import vocabulary
from cellwright.prompt.notation import Origin
from cellwright.prompt.tasks import Prompt
from cellwright.proposers.index import label_words
from cellwright.proposers.library import DECISIONS, Entry, Library
from cellwright.rank.online import Lesson
from cellwright.reference import Cell, SheetRange
from cellwright_tuning.tenant.examples import Judgement, Pair, Supervised, TuningData

MOST_ALIKE = 20
HELD_BACK = 5
"""One decision in so many judges what the others taught."""
_FORMULA = re.compile(r"FORMULA \| .+? \| (=.*)", re.DOTALL)
_SHEET = re.compile(re.escape("<|sheet|>") + r"(.*?)(?=<\|)", re.DOTALL)
_HEADER = re.compile(
    re.escape("<|here|>") + r"(?:<\|header\|>(.*?)(?=<\|))?(?:<\|row\|>(.*?)(?=<\|))?", re.DOTALL
)


@dataclass(frozen=True)
class Decision:
    """What one person decided on one suggestion; formulas with their `=`, "" for edits of another kind."""

    suggestion_id: str
    user: str
    kind: OutcomeKind
    target: str
    prompt: str
    context: str
    formulas: Sequence[str]
    features: Sequence[Mapping[str, float]]
    position: int
    final: str
    p_accept: float
    adapter: str | None
    with_model: bool
    kept_rate: float | None = None

    @property
    def is_accepted(self) -> bool:
        """Taken as it was."""
        return self.kind is OutcomeKind.ACCEPTED

    @property
    def suggested(self) -> str:
        """The formula that was decided on."""
        return self.formulas[self.position]

    @property
    def wanted(self) -> str:
        """The formula that the person ended with; "" where that is not known."""
        return self.final or (self.suggested if self.is_accepted else "")

    @property
    def is_held_back(self) -> bool:
        """Whether it judges rather than teaches; by context, so that copies stay together."""
        return int(self.context[:8] or "0", 16) % HELD_BACK == 0

    @property
    def cell(self) -> Cell:
        """The first cell it is about."""
        return SheetRange.parse(self.target).range.first


def decisions(store: FeedbackStore, workspace: str) -> list[Decision]:
    """The decisions of a workspace that are heard, oldest first."""
    with store.database.reading() as session:
        found = _heard(store, workspace, list(_read(session, workspace)))
    voices: Counter[tuple[str, str, str, str]] = Counter()
    kept, places = [], set()
    for decision in found:
        voice = (decision.user, decision.kind.value, decision.suggested, decision.final)
        place = (*voice, decision.context)
        voices[voice] += place not in places
        if voices[voice] <= MOST_ALIKE and place not in places:
            kept.append(decision)
        places.add(place)
    return kept


def _heard(store: FeedbackStore, workspace: str, found: Sequence[Decision]) -> list[Decision]:
    """Those that trust lets count; which of the half-trusted ones is drawn by their own names."""
    trust = judge(list(logged_decisions(store.database, workspace=workspace)))
    poisoners = {u for u, told in trust.people.items() if told.suspicion is Suspicion.POISONING}
    return [
        decision
        for decision in found
        if decision.user not in poisoners
        and _chance(decision.suggestion_id) < trust.weights.get(decision.suggestion_id, 1.0)
    ]


def _chance(name: str) -> float:
    """A number from 0 to below 1 that goes with a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) / 2**48


def _read(session: Session, workspace: str) -> Iterator[Decision]:
    last: dict[str, OutcomeRow] = {}
    query = (
        select(OutcomeRow)
        .join(SuggestionRow, col(OutcomeRow.suggestion_id) == col(SuggestionRow.id))
        .join(RequestRow, col(SuggestionRow.request_id) == col(RequestRow.id))
        .where(RequestRow.workspace == workspace, col(OutcomeRow.was_shown))
    )
    for row in session.exec(query.order_by(col(OutcomeRow.created))):
        kind = OutcomeKind(row.kind)
        if kind in HUMAN or kind is OutcomeKind.UNDONE:
            last[row.suggestion_id] = row
    spoiled = {
        label.suggestion_id
        for label in session.exec(select(LabelRow))
        if label.label in (LabelKind.EXCLUDE.value, LabelKind.BAD.value)
    }
    asked = [key for key, row in last.items() if row.kind != OutcomeKind.UNDONE.value and key not in spoiled]
    for start in range(0, len(asked), 500):
        part = asked[start : start + 500]
        suggestions = session.exec(select(SuggestionRow).where(col(SuggestionRow.id).in_(part))).all()
        requests = _by_id(session, {s.request_id for s in suggestions})
        prompts = _prompts(session, workspace, {r.context_hash for r in requests.values()})
        sets = _candidates(session, set(requests))
        for own in suggestions:
            yield _decision(last[own.id], own, requests[own.request_id], sets[own.request_id], prompts)


def _by_id(session: Session, ids: Iterable[str]) -> dict[str, RequestRow]:
    return {row.id: row for row in session.exec(select(RequestRow).where(col(RequestRow.id).in_(list(ids))))}


def _prompts(session: Session, workspace: str, contexts: Iterable[str]) -> dict[tuple[str, str], str]:
    query = select(RequestRow).where(
        RequestRow.workspace == workspace,
        col(RequestRow.context_hash).in_(list(contexts)),
        col(RequestRow.context).is_not(None),
    )
    return {(row.context_hash, row.target): row.context for row in session.exec(query) if row.context}


def _candidates(session: Session, requests: set[str]) -> dict[str, list[SuggestionRow]]:
    found: dict[str, list[SuggestionRow]] = defaultdict(list)
    query = select(SuggestionRow).where(col(SuggestionRow.request_id).in_(list(requests)))
    for row in session.exec(query.order_by(col(SuggestionRow.rank))):
        found[row.request_id].append(row)
    return found


def _decision(
    outcome: OutcomeRow,
    own: SuggestionRow,
    request: RequestRow,
    candidates: Sequence[SuggestionRow],
    prompts: Mapping[tuple[str, str], str],
) -> Decision:
    formulas = [formula_of(row.edits) for row in candidates]
    position = next(i for i, row in enumerate(candidates) if row.id == own.id)
    return Decision(
        own.id,
        outcome.user,
        OutcomeKind(outcome.kind),
        request.target,
        "" if request.is_redacted else prompts.get((request.context_hash, request.target), ""),
        request.context_hash,
        formulas,
        [row.features for row in candidates],
        position,
        (outcome.final_text or "").strip(),
        own.p_accept,
        request.adapter,
        request.model is not None,
        outcome.kept_rate,
    )


def formula_of(lines: Sequence[str]) -> str:
    """The formula of a logged suggestion that sets one; "" for any other."""
    match = _FORMULA.fullmatch(lines[0]) if len(lines) == 1 else None
    return match[1] if match else ""


def lesson_of(decision: Decision) -> Lesson:
    """What the ranker learns from it."""
    wanted = _place(decision)
    known = wanted is not None or bool(decision.wanted)
    return Lesson(decision.features, wanted, None if known else decision.position, decision.suggestion_id)


def _place(decision: Decision) -> int | None:
    """Which candidate the person ended with; None for none of them."""
    if decision.is_accepted and not decision.final:
        return decision.position
    if not decision.wanted:
        return None
    identities = [_identity(formula, decision) for formula in decision.formulas]
    identity = _identity(decision.wanted, decision)
    return identities.index(identity) if identity in identities else None


def _identity(formula: str, decision: Decision) -> str:
    try:
        return normalise(formula, decision.cell)
    except CellwrightError:
        return formula


def examples(found: Iterable[Decision]) -> TuningData:
    """What the model learns from decisions whose prompts were kept."""
    data = TuningData()
    for decision in found:
        if not decision.prompt.endswith(vocabulary.ANSWER):
            continue  # something was typed already: the answer goes on from it
        wanted = _answer(decision, decision.wanted) if decision.wanted else None
        suggested = _answer(decision, decision.suggested) if decision.suggested else None
        if wanted is not None:
            data.supervised.append(Supervised(decision.prompt, wanted))
        if wanted is not None and suggested is not None and wanted != suggested:
            data.pairs.append(Pair(decision.prompt, wanted, suggested))
        if suggested is not None:
            data.judgements.append(Judgement(decision.prompt, suggested, decision.is_accepted))
    return data


def _answer(decision: Decision, formula: str) -> str | None:
    """A formula as the model writes it after the decision's prompt."""
    try:
        return Prompt(decision.prompt, cell=Origin(*decision.cell)).write(formula.removeprefix("="))
    except (FormulaSyntaxError, ValueError):
        return None


def taught(found: Iterable[Decision]) -> Library:
    """The formulas that people ended with, as a library: under the labels that stand in their prompts."""
    entries = []
    for decision in found:
        if not decision.wanted or not decision.prompt:
            continue
        header = _HEADER.search(decision.prompt)
        sheet = _SHEET.search(decision.prompt)
        if header is None or sheet is None:
            continue
        column, row = (label_words(text or "") for text in header.groups())
        entries.append(
            Entry(
                DECISIONS,
                SheetRange.parse(decision.target).sheet,
                decision.wanted,
                decision.cell,
                row,
                column,
            )
        )
    return Library(tuple(entries), {DECISIONS: frozenset()})


@dataclass
class Voices:
    """Who decided how often, and how far that is from what the ranker expected of them."""

    counts: Counter[str] = field(default_factory=Counter)
    surprise: dict[str, float] = field(default_factory=dict)


def voices(found: Sequence[Decision]) -> Voices:
    """For each person the sum of (accepted - P(accept)) in standard deviations."""
    told = Voices()
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for decision in found:
        p = min(max(decision.p_accept, 0.01), 0.99)
        told.counts[decision.user] += 1
        sums[decision.user][0] += decision.is_accepted - p
        sums[decision.user][1] += p * (1 - p)
    told.surprise = {user: total / max(1e-9, spread) ** 0.5 for user, (total, spread) in sums.items()}
    return told


def summary(found: Sequence[Decision]) -> dict[str, Any]:
    """Counts for a report."""
    kinds = Counter(decision.kind.value for decision in found)
    return {"decisions": len(found), **kinds, "people": len({decision.user for decision in found})}
