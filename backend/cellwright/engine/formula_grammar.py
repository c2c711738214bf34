"""The grammar of formulas in model text: what constrained decoding lets the model write.

A pushdown automaton over bytes, folded over each token's bytes. It admits a beginning of a formula only
where some continuation is a formula: operators have operands, brackets and strings close, functions are
known and get as many arguments as they take, and sheets, tables and names are those of `Scope`. References
are the forms of `cellwright.prompt.notation`. Not covered: the types of arguments, the columns that a table
has, intersections (a space between two references).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from cellwright.engine.formula_lexis import (
    BEGUN,
    BEGUN_A1,
    BINARY,
    BRACKETS,
    CELL,
    ERRORS,
    FIXED_COLUMN,
    LETTER_COLUMN,
    MODEL_COLUMN,
    NAME,
    NUMBER,
    NUMBER_BEGUN,
    REFERENCE_BEGUN,
    ROW,
    TRUTH,
    WHOLE,
    WHOLE_A1,
    WORD,
    is_name_begun,
    text_of,
)
from cellwright.engine.tokenizer import TextTokenizer
from cellwright.formula.functions import functions

_SECOND = {"<": "=>", ">": "="}
_GIVE_REFERENCES = frozenset({"CHOOSE", "INDEX", "INDIRECT", "OFFSET"})
_BINDERS = frozenset({"LET", "LAMBDA"})
MAX_DEPTH = 64
MAX_MEMO = 100_000
"""Steps that are remembered for one scope, from request to request."""


@dataclass(frozen=True)
class Scope:
    """What a workbook has, in capitals; None where it is not known and any will do."""

    sheets: frozenset[str] | None = None
    tables: frozenset[str] | None = None
    names: frozenset[str] | None = None


class _Frame(NamedTuple):
    """An open bracket: `function` is a name, `(` for a group or `{` for an array; `commas` so far.

    In an array `commas` are those of its row, and `width` those of its first row once that is closed.
    """

    function: str
    commas: int = 0
    is_empty: bool = True
    width: int = -1


class State(NamedTuple):
    """`mode` is what is expected or being read, `partial` the unfinished piece, `stack` the open brackets."""

    mode: str
    partial: str = ""
    stack: tuple[_Frame, ...] = ()


OPERAND, AFTER, PIECE = "operand", "after", "piece"
STRING, STRING_QUOTE = "string", "string quote"
SHEET, SHEET_QUOTE, ON_SHEET = "sheet", "sheet quote", "on sheet"
BRACKET, ERROR = "bracket", "error"
REFERENCE = "reference"
COLUMNS, MODEL_COLUMNS, ROWS, EITHER = "columns", "model columns", "rows", "columns or cells"

# A piece remembers in its first character what stands before it: a sheet, or the first half of a range.
_LEAD = {ON_SHEET: "!", COLUMNS: ":", MODEL_COLUMNS: "~", ROWS: ";", EITHER: "|"}
_LEADS = "!:~;|"


class FormulaGrammar:
    """A Grammar of formulas; `stem` is model text that the answer goes on from.

    `is_a1`: references in A1 only, as in the text form of edits.
    """

    def __init__(
        self, tokenizer: TextTokenizer, scope: Scope = Scope(), stem: str = "", is_a1: bool = False
    ) -> None:
        self._is_a1 = is_a1
        self._begun, self._whole = (BEGUN_A1, WHOLE_A1) if is_a1 else (BEGUN, WHOLE)
        self._tokens = tokenizer.byte_texts
        self._scope = scope
        self._words_on_sheet = _words_on_sheet(scope)
        self._words = _words(scope)
        self._start: State | None = self.fold(State(OPERAND), stem)
        self._memo = _memo(tokenizer, scope, is_a1)

    @property
    def is_open(self) -> bool:
        """Whether the stem is the beginning of a formula at all."""
        return self._start is not None

    def start(self) -> Hashable:
        """The state behind the stem."""
        return self._start if self._start is not None else State("closed")

    def advance(self, state: Hashable, token: int) -> Hashable | None:
        """The state after a token, None where no formula goes on so."""
        assert isinstance(state, State)
        key = (state, token)
        if key not in self._memo:
            if len(self._memo) >= MAX_MEMO:
                self._memo.clear()
            text = self._tokens[token] if token < len(self._tokens) else None
            self._memo[key] = None if not text else self.fold(state, text)
        return self._memo[key]

    def may_end(self, state: Hashable) -> bool:
        """Whether a formula is whole here."""
        assert isinstance(state, State)
        settled = self._settle(state)
        return settled is not None and settled.mode == AFTER and not settled.stack

    def forced(self, state: Hashable) -> str:
        """A formula always has a choice, or is cheap to go on with."""
        return ""

    def fold(self, state: State, text: str) -> State | None:
        """The state after every character of `text` (bytes as Latin-1), None where one may not follow."""
        now: State | None = state
        for character in text:
            assert now is not None
            now = self._step(now, character)
            if now is None:
                return None
        return now

    def _step(self, state: State, c: str) -> State | None:
        mode, partial, stack = state
        if mode == STRING:
            return State(STRING_QUOTE if c == '"' else STRING, "", stack)
        if mode == STRING_QUOTE:
            return State(STRING, "", stack) if c == '"' else self._after(State(AFTER, "", stack), c)
        if mode == SHEET:
            return State(SHEET_QUOTE, partial, stack) if c == "'" else State(SHEET, partial + c, stack)
        if mode == SHEET_QUOTE:
            if c == "'":
                return State(SHEET, partial + c, stack)
            known = c == "!" and partial and self._has(self._scope.sheets, _sheet_of(partial))
            return State(ON_SHEET, "", stack) if known else None
        if mode == BRACKET:
            bracket = BRACKETS.step(int(partial), c)
            if bracket is None:
                return None
            return (
                State(AFTER, REFERENCE, stack)
                if BRACKETS.accepts(bracket)
                else State(BRACKET, str(bracket), stack)
            )
        if mode == ERROR:
            text = partial + c
            if text in ERRORS:
                return State(AFTER, "", stack)
            return State(ERROR, text, stack) if any(e.startswith(text) for e in ERRORS) else None
        if mode in _LEAD:
            begins = c in WORD or ord(c) > 127
            begins = begins or (c == "#" and mode == ON_SHEET) or (c == "'" and mode == EITHER)
            return self._operand(state, c) if begins else None
        if mode == PIECE:
            return self._piece(state, c)
        return self._operand(state, c) if mode == OPERAND else self._after(state, c)

    def _operand(self, state: State, c: str) -> State | None:
        if state.partial and c in _SECOND.get(state.partial, ""):
            return State(OPERAND, "=", state.stack)
        stack = _filled(state.stack)
        if stack and stack[-1].function == "{":
            return self._constant(state, stack, c)
        if c in WORD or ord(c) > 127:
            piece = _LEAD.get(state.mode, "") + c
            return State(PIECE, piece, stack) if self._may_become(piece, stack) else None
        if c == "#":
            return State(ERROR, c, stack)
        if c == '"':
            return State(STRING, "", stack)
        if c == "'":
            return State(SHEET, "", stack)
        if c in "+-@":
            return State(OPERAND, c, stack)
        if c == "(":
            return State(OPERAND, "", (*stack, _Frame("("))) if len(stack) < MAX_DEPTH else None
        if c == "{":
            return State(OPERAND, "", (*stack, _Frame("{")))
        if c == "[":
            return State(BRACKET, str(BRACKETS.step(0, c)), stack)
        # an argument may be left out, but not what an operator works on
        if c in ",)" and not state.partial and state.stack and state.stack[-1].function not in "({":
            return self._separate(state.stack, c)
        return None

    def _constant(self, state: State, stack: tuple[_Frame, ...], c: str) -> State | None:
        """An element of an array constant: a number, perhaps with a sign, a string, a truth, an error."""
        if c == '"':
            return State(STRING, "", stack)
        if c == "#":
            return State(ERROR, c, stack)
        if c in "+-" and not state.partial:
            return State(OPERAND, "+", stack)
        begins = c in ".0123456789" or (c in "TFtf" and not state.partial)
        return State(PIECE, c, stack) if begins else None

    def _after(self, state: State, c: str) -> State | None:
        stack = state.stack
        if stack and stack[-1].function == "{" and c not in ",;}":
            return None
        if c == ":":
            return State(EITHER, "", stack) if state.partial == REFERENCE else None
        if c in BINARY:
            return State(OPERAND, c, stack)
        if c == "%" or (c == "#" and state.partial == REFERENCE):
            return State(AFTER, "", stack)
        if c in ",);}" and stack:
            return self._separate(stack, c)
        return None

    def _separate(self, stack: tuple[_Frame, ...], c: str) -> State | None:
        frame = stack[-1]
        if frame.function == "{":
            if c == "," and frame.commas != frame.width:
                return State(OPERAND, "", (*stack[:-1], frame._replace(commas=frame.commas + 1)))
            if frame.width not in (-1, frame.commas):
                return None
            if c == ";":
                row = frame._replace(commas=0, width=frame.commas)
                return State(OPERAND, "", (*stack[:-1], row))
            return State(AFTER, "", stack[:-1]) if c == "}" else None
        if c == ")":
            if frame.function == "(":
                return State(AFTER, "", stack[:-1])
            arguments = 0 if frame.is_empty and not frame.commas else frame.commas + 1
            known = functions()[frame.function]
            fits = known.takes(arguments)
            return State(AFTER, REFERENCE, stack[:-1]) if fits else None
        if c != ",":
            return None
        if frame.function == "(":
            return State(OPERAND, "", stack)
        if frame.commas + 2 > functions()[frame.function].max_arguments:
            return None
        return State(OPERAND, "", (*stack[:-1], frame._replace(commas=frame.commas + 1)))

    def _piece(self, state: State, c: str) -> State | None:
        """Goes on with a word, number or reference, or settles it and takes `c` behind it."""
        _, partial, stack = state
        bare = partial.lstrip(_LEADS)
        goes_on = c in "[-]" and not self._is_a1 and REFERENCE_BEGUN.fullmatch(bare + c)
        goes_on = goes_on or (c in "+-" and bare[-1] in "eE" and NUMBER_BEGUN.fullmatch(bare + c))
        if c in WORD or ord(c) > 127 or goes_on:
            return State(PIECE, partial + c, stack) if self._may_become(partial + c, stack) else None
        if stack and stack[-1].function == "{":
            settled = self._settle(state)
            return None if settled is None else self._after(settled, c)
        if c == "(" and partial[0] not in "!:~;":
            name = bare.upper()
            known = (
                name in (functions() if partial[0] != "|" else _GIVE_REFERENCES) and len(stack) < MAX_DEPTH
            )
            return State(OPERAND, "", (*stack, _Frame(name))) if known else None
        if c == "!" and partial[0] not in _LEADS:
            return State(ON_SHEET, "", stack) if self._has(self._scope.sheets, bare) else None
        is_table = partial[0] not in _LEADS and NAME.fullmatch(text_of(bare)) and not CELL.fullmatch(bare)
        if c == "[" and is_table and self._has(self._scope.tables, bare):
            return State(BRACKET, str(BRACKETS.step(0, c)), stack)
        if c == ":" and partial[0] not in ":~;|":
            if FIXED_COLUMN.fullmatch(bare) and not self._is_a1:
                return State(EITHER, "", stack)
            if MODEL_COLUMN.fullmatch(bare) and not self._is_a1:
                return State(MODEL_COLUMNS, "", stack)
            if LETTER_COLUMN.fullmatch(bare):
                return State(COLUMNS, "", stack)
            if ROW.fullmatch(bare):
                return State(ROWS, "", stack)
        settled = self._settle(state)
        return None if settled is None else self._after(settled, c)

    def _settle(self, state: State) -> State | None:
        """The state when the unfinished piece ends here."""
        mode, partial, stack = state
        if mode in (STRING_QUOTE, AFTER):
            return State(AFTER, partial, stack)
        if mode != PIECE:
            return None
        bare = partial.lstrip(_LEADS)
        lead = partial[0] if partial[0] in _LEADS else ""
        if any(form.fullmatch(bare) for form in self._whole[lead]):
            is_constant = any(form.fullmatch(bare) for form in (NUMBER, TRUTH))
            return State(AFTER, "" if is_constant else REFERENCE, stack)
        if stack and stack[-1].function == "{":
            return None
        if lead in ("", "!") and self._is_named(bare, stack):
            return State(AFTER, REFERENCE, stack)
        return None

    def _may_become(self, partial: str, stack: tuple[_Frame, ...]) -> bool:
        """Whether a piece that begins so can become a reference, a constant or a known word."""
        bare = partial.lstrip(_LEADS)
        if stack and stack[-1].function == "{":
            is_truth = any(word.startswith(bare.upper()) for word in ("TRUE", "FALSE"))
            return is_truth or NUMBER_BEGUN.fullmatch(bare) is not None
        lead = partial[0] if partial[0] in _LEADS else ""
        if any(form.fullmatch(bare) for form in self._begun[lead]):
            return True
        if lead == "|":
            return any(name.startswith(bare.upper()) for name in _GIVE_REFERENCES)
        if lead in (":", "~", ";"):
            return False
        if not is_name_begun(bare):
            return False
        if any(frame.function in _BINDERS for frame in stack):
            return True
        words = self._words_on_sheet if partial[0] == "!" else self._words
        return words is None or text_of(bare).upper() in words

    def _is_named(self, word: str, stack: tuple[_Frame, ...]) -> bool:
        if not NAME.fullmatch(text_of(word)):
            return False
        if any(frame.function in _BINDERS for frame in stack):
            return True
        if REFERENCE_BEGUN.fullmatch(word):
            return False
        if self._scope.names is None and word.upper() in functions():
            return False
        return self._has(self._scope.names, word) or (
            self._scope.tables is not None and word.upper() in self._scope.tables
        )

    @staticmethod
    def _has(known: frozenset[str] | None, word: str) -> bool:
        return known is None or text_of(word).upper() in known


@lru_cache(maxsize=16)
def _memo(tokenizer: TextTokenizer, scope: Scope, is_a1: bool) -> dict[tuple[State, int], State | None]:
    return {}


@lru_cache(maxsize=16)
def _words(scope: Scope) -> frozenset[str] | None:
    """Beginnings of all words that can begin an operand; None where some are not known."""
    others = (scope.sheets, scope.tables, scope.names)
    if any(known is None for known in others):
        return None
    return _function_beginnings().union(*(_beginnings(known) or () for known in others))


@lru_cache(maxsize=16)
def _words_on_sheet(scope: Scope) -> frozenset[str] | None:
    return _beginnings(scope.names)


def _beginnings(words: frozenset[str] | None) -> frozenset[str] | None:
    """Every beginning of every word; None where the words are not known."""
    return None if words is None else frozenset(w[:i] for w in words for i in range(1, len(w) + 1))


@cache
def _function_beginnings() -> frozenset[str]:
    return _beginnings(frozenset({*functions(), "TRUE", "FALSE"})) or frozenset()


def _filled(stack: tuple[_Frame, ...]) -> tuple[_Frame, ...]:
    """The stack with its last frame marked as holding something."""
    if stack and stack[-1].is_empty:
        return (*stack[:-1], stack[-1]._replace(is_empty=False))
    return stack


def _sheet_of(quoted: str) -> str:
    """The sheet's name in a quoted prefix, without an external workbook's part."""
    return quoted.replace("''", "'")
