"""What a pane asks for, and what became of what it was shown.

Every request has an `id`; its answers carry it as `request_id` and end with `result` or `error`. A request
may be cancelled by that id. `revision` is the one that the pane sees; a request for an older one is answered
for the newest, which its answers name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from cellwright.protocol.base import CellText, ClientMessage, FormulaText, Id, Place, Wire

OutcomeName = Literal["accepted", "edited", "rejected", "ignored", "superseded", "stale", "undone"]
Count = Annotated[int, Field(ge=1, le=20)]


class Suggest(ClientMessage):
    """Formulas and edits for a cell or range; a later `suggest` or `selection` of the pane supersedes it.

    `typed` is what the person has typed so far, with its `=`: only formulas that begin so are offered.
    """

    type: Literal["suggest"] = "suggest"
    id: Id
    workbook_id: Id
    revision: int
    target: Place
    n: Count = 5
    typed: FormulaText = ""
    include_unlikely: bool = False
    """Also those that the assistant would keep silent about; for the person who asks for more."""


class Complete(ClientMessage):
    """Finish a formula that is being typed; `at` is the cell it is typed into. Supersedes an earlier one."""

    type: Literal["complete"] = "complete"
    id: Id
    workbook_id: Id
    revision: int
    at: Place
    typed: FormulaText
    n: Count = 5


class Repair(ClientMessage):
    """Mend a formula that does not parse, or that gives an error; `formula` null: the one in the cell."""

    type: Literal["repair"] = "repair"
    id: Id
    workbook_id: Id
    revision: int
    at: Place
    formula: FormulaText | None = None
    n: Count = 5


class Write(ClientMessage):
    """The formula of an answer as a suggestion for a cell: tried there, then shown and accepted as any."""

    type: Literal["write"] = "write"
    id: Id
    workbook_id: Id
    revision: int
    at: Place
    formula: FormulaText


class Explain(ClientMessage):
    """The formula of a cell in words; answered by `explanation`."""

    type: Literal["explain"] = "explain"
    id: Id
    workbook_id: Id
    revision: int
    at: Place


class Audit(ClientMessage):
    """Everything that looks wrong in the workbook; answered by one `finding` each, worst first."""

    type: Literal["audit"] = "audit"
    id: Id
    workbook_id: Id
    revision: int


class Turn(Wire):
    """An earlier request of the conversation, and where its outcome stands; what `ask` refers back to."""

    request: Annotated[str, Field(max_length=4000)]
    place: Place | None = None
    summary: Annotated[str, Field(max_length=4000)] = ""


class Ask(ClientMessage):
    """A request or a question in words.

    Answered by `plan_step` for each step as soon as it has run on the workbook, then by one of `asked_plan`,
    `answer` and `asked_back`. A plan is accepted as any suggestion is; nothing is changed by asking.
    """

    type: Literal["ask"] = "ask"
    id: Id
    workbook_id: Id
    revision: int
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    place: Place | None = None
    """What is selected."""
    history: Annotated[list[Turn], Field(max_length=20)] = []
    """The conversation so far, oldest first; the server keeps none of it."""


class Cancel(ClientMessage):
    """Take a request back; answered by its `result` with status `cancelled`, unless it has ended."""

    type: Literal["cancel"] = "cancel"
    request_id: Id


class Accept(ClientMessage):
    """Ask for the plan of a suggestion, made for the newest revision; nothing is changed by asking.

    Answered by `plan`, or by the error `stale` where cells that it rests on changed meanwhile, or
    `unknown_suggestion`. The pane then does the plan's edits and sends a `delta` with it, and an `outcome`.
    """

    type: Literal["accept"] = "accept"
    id: Id
    suggestion_id: Id
    edits: Annotated[list[int], Field(max_length=1000)] | None = None
    """Which of the suggestion's edits (by index) the person ticked; null: all."""
    final_formula: FormulaText | None = None
    """What the person made of the suggested formula, for its first cell; it is verified anew."""
    fill_to: Place | None = None
    """Accept and fill: the range (with the suggestion's target as its first cells) to fill down or across."""


class Undo(ClientMessage):
    """Ask for the plan that takes an accepted suggestion back; null: the last that was not yet undone.

    Answered by `plan`, exact where nothing else changed, or by `stale`.
    """

    type: Literal["undo"] = "undo"
    id: Id
    workbook_id: Id
    suggestion_id: Id | None = None


class Outcome(ClientMessage):
    """What became of a suggestion. A pane keeps it until `outcome_recorded` comes; sent twice is harmless.

    `edited`: accepted after a change, `final_text` says what it became. `stale`: it no longer fitted;
    `reason` says why. For `rejected` `reason` is what the person chose or wrote.
    """

    type: Literal["outcome"] = "outcome"
    id: Id
    suggestion_id: Id
    kind: OutcomeName
    was_shown: bool
    reason: Annotated[str, Field(max_length=1000)] | None = None
    final_text: CellText | None = None
    latency_ms: Annotated[float, Field(ge=0)] | None = None
    """From shown to decided, by the pane's clock."""
    kept_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    """At save: the share of the suggested cells that still hold what was suggested."""
    created: AwareDatetime
    """When it happened; an outcome may arrive much later."""


class History(ClientMessage):
    """The latest suggestions of this workspace and what became of them; answered by `history`."""

    type: Literal["get_history"] = "get_history"
    id: Id
    limit: Annotated[int, Field(ge=1, le=200)] = 50
