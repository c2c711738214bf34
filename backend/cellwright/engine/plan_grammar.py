"""The grammar of a plan: lines of edits, or one line that answers, asks back or says that nothing is there.

    FORMULA | Sheet1!C2:C9 | =A2*B2          as in `edit_grammar`
    ADD_SHEET | Summary                      whose sheet the lines after it may use
    SORT | Sheet1!A1:D9 | {...}              and the other operations with fields: JSON, whatever its fields
    ANSWER | =MAX(Sheet1!C2:C9)              alone
    QUESTION | Which column?                 alone
    NOTHING | -                              alone

An automaton over bytes like those it is made of. It cannot write a function or a sheet that there is not, nor
anything beside lines. What reaches out is for the verifier to refuse.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from cellwright.engine import json_text
from cellwright.engine.edit_grammar import BAR, EditGrammar, EditState, utf8_rest
from cellwright.engine.formula_grammar import FormulaGrammar, Scope, State
from cellwright.engine.range_text import Form, goes_on, is_whole
from cellwright.engine.tokenizer import TextTokenizer
from cellwright.reference import quote_sheet

MAX_LINES = 24
MAX_TEXT = 160

_FIELDS: dict[str, Form] = {
    "SORT": "cells",
    "FILTER": "cells",
    "ADD_TABLE": "cells",
    "ADD_CHART": "cell",
    "ADD_PIVOT": "cell",
    "ADD_CONDITIONAL_FORMAT": "cells",
    "ADD_DATA_VALIDATION": "cells",
}
_ALONE = ("ANSWER", "QUESTION", "NOTHING")
_ALONE_TEXTS = tuple(name + BAR for name in _ALONE)
_OWN = tuple(name + BAR for name in (*_FIELDS, "ADD_SHEET", *_ALONE))


class PlanState(NamedTuple):
    """`stage` of the line at hand, what is `written` of its part, the state of the automaton inside.

    `pending` are the bytes of a character that is not whole yet, `lines` those that are whole, `added` the
    sheets that the plan adds, `is_closed` that no line may follow.
    """

    stage: str = "operation"
    written: str = ""
    operation: str = ""
    inner: Hashable = None
    pending: str = ""
    lines: int = 0
    added: tuple[str, ...] = ()
    is_closed: bool = False


class PlanGrammar:
    """A Grammar of plans on a workbook with those sheets, as it spells them."""

    def __init__(self, tokenizer: TextTokenizer, sheets: tuple[str, ...], scope: Scope) -> None:
        self._tokenizer = tokenizer
        self._tokens = tokenizer.byte_texts
        self._sheets = sheets
        self._scope = scope
        self._edits: dict[tuple[str, ...], EditGrammar] = {}
        self._formulas = FormulaGrammar(tokenizer, scope, is_a1=True)

    def start(self) -> Hashable:
        """Before the first line."""
        return self._line(PlanState())

    def advance(self, state: Hashable, token: int) -> Hashable | None:
        """The state after a token, None where no plan goes on so."""
        assert isinstance(state, PlanState)
        text = self._tokens[token] if token < len(self._tokens) else None
        now: PlanState | None = state if text else None
        for character in text or "":
            if now is None:
                break
            now = self._step(now, character)
        return now

    def may_end(self, state: Hashable) -> bool:
        """Whether the line at hand is whole."""
        assert isinstance(state, PlanState)
        return self._is_line(state)

    def forced(self, state: Hashable) -> str:
        """What the edit at hand must go on with; elsewhere there is a choice."""
        assert isinstance(state, PlanState)
        if state.stage != "edit":
            return ""
        return self._grammar(state).forced(state.inner)

    def _grammar(self, state: PlanState) -> EditGrammar:
        grammar = self._edits.get(state.added)
        if grammar is None:
            names = (*self._sheets, *state.added)
            known = self._scope.sheets
            scope = self._scope
            if known is not None and state.added:
                scope = Scope(known | {name.upper() for name in state.added}, scope.tables, scope.names)
            grammar = self._edits[state.added] = EditGrammar(self._tokenizer, names, scope)
        return grammar

    def _line(self, state: PlanState) -> PlanState:
        """The beginning of a line: one of ours, or an edit's."""
        return PlanState(inner=self._grammar(state).start(), lines=state.lines, added=state.added)

    def _is_line(self, state: PlanState) -> bool:
        match state.stage:
            case "edit":
                return self._grammar(state).may_end(state.inner)
            case "fields":
                return isinstance(state.inner, json_text.JsonState) and json_text.is_whole(state.inner)
            case "formula":
                return bool(state.written) and self._formulas.may_end(state.inner)
            case "text" | "name":
                return bool(state.written) and not state.written.endswith(" ")
            case "nothing":
                return state.written == "-"
        return False

    def _step(self, state: PlanState, c: str) -> PlanState | None:
        if c == "\n":
            if state.is_closed or state.lines + 1 >= MAX_LINES or not self._is_line(state):
                return None
            added = (*state.added, state.written) if state.stage == "name" else state.added
            return self._line(state._replace(lines=state.lines + 1, added=added))
        step = getattr(self, "_" + state.stage)
        found: PlanState | None = step(state, c)
        return found

    def _operation(self, state: PlanState, c: str) -> PlanState | None:
        written = state.written + c
        if written in _OWN and not (state.lines and written in _ALONE_TEXTS):
            operation = written[: -len(BAR)]
            after = state._replace(written="", operation=operation, inner=None)
            if operation in _FIELDS:
                return after._replace(stage="sheet")
            if operation == "ADD_SHEET":
                return after._replace(stage="name")
            stage = {"ANSWER": "formula", "QUESTION": "text", "NOTHING": "nothing"}[operation]
            return after._replace(stage=stage, is_closed=True)
        edit = self._grammar(state).step(state.inner, c) if isinstance(state.inner, EditState) else None
        if any(own.startswith(written) for own in _OWN if not (state.lines and own in _ALONE_TEXTS)):
            return state._replace(written=written, inner=edit)  # it may become either, or is no edit's
        return None if edit is None else state._replace(stage="edit", written="", inner=edit)

    def _edit(self, state: PlanState, c: str) -> PlanState | None:
        assert isinstance(state.inner, EditState)
        edit = self._grammar(state).step(state.inner, c)
        return None if edit is None else state._replace(inner=edit)

    def _sheet(self, state: PlanState, c: str) -> PlanState | None:
        written = state.written + c
        known = [f"{quote_sheet(name)}!".encode().decode("latin-1") for name in (*self._sheets, *state.added)]
        if written in known:
            return state._replace(stage="place", written="")
        return state._replace(written=written) if any(name.startswith(written) for name in known) else None

    def _place(self, state: PlanState, c: str) -> PlanState | None:
        form = _FIELDS[state.operation]
        if c == " ":
            return state._replace(stage="bar", written=c) if is_whole(state.written, form) else None
        written = state.written + c
        return state._replace(written=written) if goes_on(written, form, 1 << 40) else None

    def _bar(self, state: PlanState, c: str) -> PlanState | None:
        written = state.written + c
        if written == BAR:
            return state._replace(stage="fields", written="", inner=json_text.JsonState())
        return state._replace(written=written) if BAR.startswith(written) else None

    def _fields(self, state: PlanState, c: str) -> PlanState | None:
        assert isinstance(state.inner, json_text.JsonState)
        inner, pending = json_text.step(state.inner, c), utf8_rest(state.pending + c)
        return None if inner is None or pending is None else state._replace(inner=inner, pending=pending)

    def _formula(self, state: PlanState, c: str) -> PlanState | None:
        if not state.written:
            return state._replace(written="=", inner=self._formulas.start()) if c == "=" else None
        assert isinstance(state.inner, State)
        inner = self._formulas.fold(state.inner, c)
        return None if inner is None else state._replace(inner=inner)

    def _text(self, state: PlanState, c: str) -> PlanState | None:
        if len(state.written) >= MAX_TEXT or not " " <= c < "\x7f" or (c == " " and not state.written):
            return None
        return state._replace(written=state.written + c)

    def _name(self, state: PlanState, c: str) -> PlanState | None:
        is_plain = c.isascii() and (c.isalnum() or (c in " _-" and bool(state.written)))
        if not is_plain or len(state.written) >= 31:
            return None
        return state._replace(written=state.written + c)

    def _nothing(self, state: PlanState, c: str) -> PlanState | None:
        return state._replace(written="-") if c == "-" and not state.written else None
