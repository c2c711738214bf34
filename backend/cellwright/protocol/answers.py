"""What the server answers to requests: progress, verified candidates, plans, explanations, findings.

Texts that come from cells (reasons, labels, values) are data: a pane shows them as text and never as markup.
"""

from __future__ import annotations

from typing import Literal

from cellwright.protocol.base import Id, ServerMessage, Wire, WireValue
from cellwright.protocol.edits import PlannedEdit, WireEdit
from cellwright.protocol.requests import OutcomeName, Turn

Phase = Literal["queued", "context", "experts", "verify", "model", "search", "audit", "calculate"]
SuggestionKind = Literal["formula", "completion", "repair", "edit", "answer"]
VerdictStatus = Literal["verified", "unverified", "makes_errors", "invalid", "refused"]


class Timings(Wire):
    """Milliseconds of each part on the server; `queue`: waiting for a worker, `total`: receipt to sending."""

    queue_ms: float = 0.0
    context_ms: float = 0.0
    """What the proposers see of the workbook, and the experts' work."""
    model_ms: float = 0.0
    verify_ms: float = 0.0
    rank_ms: float = 0.0
    total_ms: float = 0.0


class PreviewCell(Wire):
    """One cell before and after; edited cells come first, then those that depend on them.

    The texts are the values in the cell's number format, for display.
    """

    cell: str
    """With its sheet: `Plan!C2`."""
    before: WireValue
    after: WireValue
    formula_before: str | None
    formula_after: str | None
    before_text: str
    after_text: str
    is_verified: bool
    is_edited: bool
    """The suggestion writes this cell itself."""


class WireVerdict(Wire):
    """What running it on the workbook showed."""

    status: VerdictStatus
    why: str
    """One line for a person where the status is not `verified`."""
    new_errors: list[str]
    risks: list[str]
    """Functions that reach out; accepting asks for a confirmation of its own."""
    spill: str | None
    changed_cells: int
    """How many cells change in all; `preview` may list fewer."""


class WireSuggestion(Wire):
    """One proposal as a person sees it."""

    id: Id
    kind: SuggestionKind
    target: str
    title: str
    """The formula, or the edits in a few words."""
    edits: list[WireEdit]
    edit_lines: list[str]
    """Each edit as a line `OPERATION | Sheet!Range | value`."""
    formula: str | None
    """Where the suggestion is one formula: its text for the first cell of the target."""
    preview: list[PreviewCell]
    reason: str
    citations: list[str]
    """Sheet ranges that the reason rests on, to be selected by a click."""
    verdict: WireVerdict
    confidence: float | None
    """Calibrated probability that a person accepts it; null where nothing estimates it (audit's repairs)."""
    rank: int
    is_likely: bool
    """Over the threshold; the others come only where they were asked for."""
    base_revision: int
    proposer: str
    model: str | None


class Progress(ServerMessage):
    """A request is in this phase now; `warning` says what a person should know of how it is answered."""

    type: Literal["progress"] = "progress"
    request_id: Id
    phase: Phase
    done: int = 0
    total: int = 0
    warning: str = ""


class CandidateFound(ServerMessage):
    """A suggestion, verified; or the same id again with a newer verdict or rank, which replaces it."""

    type: Literal["candidate"] = "candidate"
    request_id: Id
    workbook_id: Id | None
    suggestion: WireSuggestion
    timings: Timings


class VerdictChanged(ServerMessage):
    """A suggestion that is shown has another verdict now, because the workbook changed or was calculated."""

    type: Literal["verdict"] = "verdict"
    request_id: Id
    suggestion_id: Id
    verdict: WireVerdict
    preview: list[PreviewCell]
    is_stale: bool
    """It no longer fits: cells it rests on changed."""


class Result(ServerMessage):
    """The end of a request. `order`: ids of the suggestions that stand, best first; none: silence."""

    type: Literal["result"] = "result"
    request_id: Id
    status: Literal["complete", "cancelled", "superseded"]
    workbook_id: Id | None
    revision: int
    order: list[Id]
    timings: Timings
    sent_ms: float | None = None
    """For a `selection`: its `sent_ms`."""


class ExplainedStep(Wire):
    """A part of a formula, innermost first; `has_value` false: it could not be computed."""

    text: str
    words: str
    value: WireValue
    value_text: str
    has_value: bool


class ExplainedInput(Wire):
    """What the formula reads; `place` null: not bound, `note` says why."""

    text: str
    place: str | None
    name: str | None
    note: str


class ExplainedDependent(Wire):
    """Cells of one formula that read the explained one."""

    place: str
    count: int
    formula: str
    name: str | None


class Explanation(ServerMessage):
    """A formula in words; `result` follows."""

    type: Literal["explanation"] = "explanation"
    request_id: Id
    cell: str
    formula: str
    value: WireValue
    value_text: str
    name: str | None
    summary: str
    steps: list[ExplainedStep]
    inputs: list[ExplainedInput]
    dependents: list[ExplainedDependent]
    notes: list[str]


class Finding(ServerMessage):
    """One finding of an audit. Where it can be mended, `suggestion` holds the edits, verified."""

    type: Literal["finding"] = "finding"
    request_id: Id
    index: int
    total: int
    kind: str
    severity: Literal["error", "warning", "note"]
    place: str | None
    sentence: str
    count: int
    related: list[str]
    suggestion: WireSuggestion | None


class WireStep(Wire):
    """One step of a plan, run on the workbook as the steps before it leave it."""

    number: int
    """From 1."""
    title: str
    edits: list[int]
    """Which edits of the plan's suggestion make it, by index."""
    edit_lines: list[str]
    preview: list[PreviewCell]
    citations: list[str]
    verdict: WireVerdict
    destroys: str
    """What would be lost, in words; empty where nothing is."""
    is_ticked: bool
    """Offered as chosen: never where it destroys, fails or makes errors."""


class PlanStep(ServerMessage):
    """A step of the plan that is being made."""

    type: Literal["plan_step"] = "plan_step"
    request_id: Id
    step: WireStep


class AskedPlan(ServerMessage):
    """The whole plan; `suggestion` (kind `edit`) is accepted with the edits of the steps that are ticked."""

    type: Literal["asked_plan"] = "asked_plan"
    request_id: Id
    workbook_id: Id
    suggestion: WireSuggestion
    steps: list[WireStep]
    left_out: list[str]
    """Parts of the request that were not understood."""
    turn: Turn


class Answer(ServerMessage):
    """A computed answer; `formula` null: the workbook does not hold it, and `text` says so."""

    type: Literal["answer"] = "answer"
    request_id: Id
    workbook_id: Id
    suggestion_id: Id
    text: str
    formula: str | None
    value: str
    citations: list[str]
    confidence: float
    turn: Turn


class Choice(Wire):
    """One way to go on: what a person sees, and the request that it stands for."""

    label: str
    request: str


class AskedBack(ServerMessage):
    """The request is open, or not understood: one question with choices, each a request to send instead."""

    type: Literal["asked_back"] = "asked_back"
    request_id: Id
    text: str
    choices: list[Choice]


class CellImage(Wire):
    """What a cell must hold before a plan is done; a pane that finds something else has a conflict."""

    cell: str
    formula: str | None
    value: WireValue


class Plan(ServerMessage):
    """Edits for the pane to do, in this order, made for `revision`: to accept a suggestion or to undo it."""

    type: Literal["plan"] = "plan"
    request_id: Id
    plan_id: Id
    suggestion_id: Id
    workbook_id: Id
    purpose: Literal["accept", "undo"]
    revision: int
    edits: list[PlannedEdit]
    before: list[CellImage]
    """The edited cells as the server knows them, at most 1,000."""
    preview: list[PreviewCell]
    verdict: WireVerdict


class OutcomeRecorded(ServerMessage):
    """The outcome is on the server's disk; the pane may forget it."""

    type: Literal["outcome_recorded"] = "outcome_recorded"
    outcome_id: Id
    status: Literal["recorded", "duplicate", "unknown_suggestion"]


class HistoryEntry(Wire):
    """A suggestion that was shown, and its latest outcome."""

    suggestion_id: Id
    created: str
    target: str
    kind: str
    edit_lines: list[str]
    reason: str
    verdict: str
    confidence: float
    outcome: OutcomeName | None
    reject_reason: str | None
    can_undo: bool


class HistoryList(ServerMessage):
    """Newest first."""

    type: Literal["history"] = "history"
    request_id: Id
    entries: list[HistoryEntry]
