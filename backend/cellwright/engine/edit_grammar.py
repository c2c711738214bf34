"""The grammar of edits: lines `OPERATION | Sheet!Range | value` that `cellwright.edits.text` reads.

An automaton over bytes like the one of formulas, which it uses for formulas (in A1 here). It admits known
operations only, sheets that the workbook has, ranges inside a sheet, and values of the form that the
operation takes, with contents for at most `MAX_CELLS` cells. Not covered: the operations whose value is a
JSON object with texts in it (tables, names, rules, charts, sorting, filters, renaming).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cache
from typing import NamedTuple

from cellwright.edits.text_values import border_to_line
from cellwright.engine.formula_grammar import FormulaGrammar, Scope, State
from cellwright.engine.pattern import Automaton, Pattern, either, one_of, repeat, sequence, text, words
from cellwright.engine.range_text import Form, goes_on, is_whole
from cellwright.engine.tokenizer import TextTokenizer
from cellwright.reference import Range, quote_sheet

MAX_CELLS = 10_000
"""Cells of a formula or constant that is filled; a matrix has at most `MAX_MATRIX`."""
MAX_MATRIX = 64
MAX_TEXT_BYTES = 255
BAR = " | "

_DIGITS = "0123456789"
_PRINTABLE = [chr(code) for code in range(33, 127)] + [chr(code) for code in range(128, 256)]
_LINE_STYLES = (
    "thin", "medium", "thick", "hair", "dashed", "mediumDashed", "dotted", "double", "dashDot",
    "mediumDashDot", "dashDotDot", "mediumDashDotDot", "slantDashDot",
)  # fmt: skip
_SIDES = ("LEFT", "RIGHT", "TOP", "BOTTOM", "OUTSIDE", "ALL", "INSIDE_HORIZONTAL", "INSIDE_VERTICAL")


def _line(first: Iterable[str] = _PRINTABLE) -> Pattern:
    """A text on one line without spaces at its ends."""
    inner = sequence(repeat(one_of(" "), 0, 3), one_of(_PRINTABLE))
    return sequence(one_of(first), repeat(inner, 0, MAX_TEXT_BYTES - 1))


_DIGIT, _HEX = one_of(_DIGITS), one_of(_DIGITS + "ABCDEF")
_FLAG = words("true", "false")
_COLOR = sequence(text("#"), repeat(_HEX, 6, 6))
_WHOLE_NUMBER = either(text("0"), sequence(one_of("123456789"), repeat(_DIGIT, 0, 14)))
_DECIMALS = repeat(sequence(text("."), repeat(_DIGIT, 1, 10)), 0, 1)
_NUMBER = sequence(repeat(text("-"), 0, 1), _WHOLE_NUMBER, _DECIMALS)
_SIZE = sequence(either(one_of("123456789"), sequence(one_of("123456789"), _DIGIT)), repeat(text(".5"), 0, 1))
_WIDTH = sequence(one_of("123456789"), repeat(_DIGIT, 0, 1), repeat(sequence(text("."), _DIGIT), 0, 1))
_ANGLE = sequence(
    repeat(text("-"), 0, 1),
    either(_DIGIT, sequence(one_of("12345678"), _DIGIT), text("90")),
)
_BORDER = either(
    text("None"),
    sequence(
        words(*(border_to_line(style, None) for style in _LINE_STYLES)),
        repeat(sequence(text(", "), _COLOR), 0, 1),
    ),
)
_JSON_TEXT = sequence(
    text('"'),
    repeat(
        sequence(
            one_of(c for c in [" ", *_PRINTABLE] if c not in '"\\='),
            repeat(one_of(c for c in [" ", *_PRINTABLE] if c not in '"\\'), 0, MAX_TEXT_BYTES - 1),
        ),
        0,
        1,
    ),
    text('"'),
)
_COPIED = words(*(BAR + what for what in ("all", "formulas", "values", "formats")))
_JSON_VALUE = either(_JSON_TEXT, _NUMBER, words("true", "false", "null"))


class Operation(NamedTuple):
    """What an operation acts on and which value it takes: a pattern, or the name of another form, or none."""

    form: Form
    value: Pattern | str | None
    most: int = 1 << 40


OPERATIONS: dict[str, Operation] = {
    "VALUE": Operation("cells", either(_NUMBER, _line(c for c in _PRINTABLE if c != "=")), MAX_CELLS),
    "FORMULA": Operation("cells", "formula", MAX_CELLS),
    "ARRAY_FORMULA": Operation("cells", "formula", MAX_CELLS),
    "INPUT": Operation("cells", "matrix", MAX_MATRIX),
    "AUTOFILL": Operation("cells", "source"),
    "PASTE_FROM": Operation("cells", "copy"),
    "NUMBER_FORMAT": Operation("cells", _line()),
    "FONT_NAME": Operation("cells", _line()),
    "FONT_BOLD": Operation("cells", _FLAG),
    "FONT_ITALIC": Operation("cells", _FLAG),
    "FONT_UNDERLINE": Operation(
        "cells", words("single", "double", "none", "singleAccounting", "doubleAccounting")
    ),
    "FONT_SIZE": Operation("cells", _SIZE),
    "FONT_COLOR": Operation("cells", _COLOR),
    "FILL_COLOR": Operation("cells", either(_COLOR, text("none"))),
    "ALIGN_HORIZONTAL": Operation(
        "cells",
        words("general", "left", "center", "right", "fill", "justify", "centerContinuous", "distributed"),
    ),
    "ALIGN_VERTICAL": Operation("cells", words("top", "center", "bottom", "justify", "distributed")),
    "WRAP_TEXT": Operation("cells", _FLAG),
    "TEXT_ORIENTATION": Operation("cells", _ANGLE),
    **{f"BORDER_{side}": Operation("cells", _BORDER) for side in _SIDES},
    "MERGE": Operation("cells", None),
    "UNMERGE": Operation("cells", None),
    "INSERT_ROWS": Operation("rows", None),
    "DELETE_ROWS": Operation("rows", None),
    "INSERT_COLUMNS": Operation("columns", None),
    "DELETE_COLUMNS": Operation("columns", None),
    "SET_COLUMN_WIDTH": Operation("columns", sequence(text('{"width":'), _WIDTH, text("}"))),
    "FREEZE_PANES": Operation("cell", None),
}


class EditState(NamedTuple):
    """Where a line stands: `written` of the part at hand, the parts before it, the inner automaton's state.

    `pending` are the bytes of a character that is not whole yet.
    """

    stage: str
    written: str = ""
    operation: str = ""
    sheet: str = ""
    place: str = ""
    inner: Hashable = None
    pending: str = ""


class EditGrammar:
    """A Grammar of one edit's line; `sheets` are the workbook's, as it spells them."""

    def __init__(self, tokenizer: TextTokenizer, sheets: Iterable[str], scope: Scope | None = None) -> None:
        self._tokens = tokenizer.byte_texts
        names = list(sheets)
        self._sheets = [f"{quote_sheet(name)}!".encode().decode("latin-1") for name in names]
        known = Scope(sheets=frozenset(name.upper() for name in names))
        self._formulas = FormulaGrammar(tokenizer, scope or known, is_a1=True)
        self._memo: dict[tuple[EditState, int], EditState | None] = {}

    def start(self) -> Hashable:
        """Before the operation."""
        return EditState("operation")

    def advance(self, state: Hashable, token: int) -> Hashable | None:
        """The state after a token, None where no line goes on so."""
        assert isinstance(state, EditState)
        key = (state, token)
        if key not in self._memo:
            piece = self._tokens[token] if token < len(self._tokens) else None
            now: EditState | None = state if piece else None
            for character in piece or "":
                now = None if now is None else self.step(now, character)
            self._memo[key] = now
        return self._memo[key]

    def may_end(self, state: Hashable) -> bool:
        """Whether the line is an edit as it stands."""
        assert isinstance(state, EditState)
        if state.pending:
            return False
        if state.stage == "place":
            operation = OPERATIONS[state.operation]
            return operation.value is None and is_whole(state.written, operation.form)
        if state.stage == "value":
            assert isinstance(state.inner, int)
            return _values(state.operation, state.place).accepts(state.inner)
        if state.stage == "formula":
            return bool(state.written) and self._formulas.may_end(state.inner)
        return state.stage == "from" and state.operation == "AUTOFILL" and is_whole(state.written, "cells")

    def forced(self, state: Hashable) -> str:
        """Text that every line goes on with from here; empty where there is a choice."""
        assert isinstance(state, EditState)
        choices: list[str] = []
        if state.stage == "operation":
            choices = [name + BAR for name in OPERATIONS]
        elif state.stage in ("sheet", "from sheet"):
            choices = [state.sheet] if state.operation == "AUTOFILL" and state.sheet else self._sheets
        elif state.stage == "bar":
            choices = [BAR]
        rests = [choice[len(state.written) :] for choice in choices if choice.startswith(state.written)]
        common = ""
        for column in zip(*rests, strict=False):
            if len(set(column)) > 1:
                break
            common += column[0]
        # a word's token begins with the space before it, so that space is not forced alone
        return common.rstrip(" ").encode("latin-1").decode("utf-8", errors="ignore")

    def step(self, state: EditState, c: str) -> EditState | None:
        """The state after one byte (as a Latin-1 character), None where no line goes on so."""
        pending = utf8_rest(state.pending + c)
        if pending is None:
            return None
        after = getattr(self, "_" + state.stage.replace(" ", "_"))(state, c)
        return None if after is None else after._replace(pending=pending)

    def _operation(self, state: EditState, c: str) -> EditState | None:
        written = state.written + c
        if written.endswith(BAR) and written[: -len(BAR)] in OPERATIONS:
            return EditState("sheet", "", written[: -len(BAR)])
        return (
            state._replace(written=written) if any(o.startswith(written) for o in _OPERATION_TEXTS) else None
        )

    def _sheet(self, state: EditState, c: str) -> EditState | None:
        written = state.written + c
        if written in self._sheets:
            return EditState("place", "", state.operation, written)
        return state._replace(written=written) if any(s.startswith(written) for s in self._sheets) else None

    def _place(self, state: EditState, c: str) -> EditState | None:
        operation = OPERATIONS[state.operation]
        if c == " ":
            if operation.value is None or not is_whole(state.written, operation.form):
                return None
            return EditState("bar", c, state.operation, state.sheet, state.written)
        written = state.written + c
        return state._replace(written=written) if goes_on(written, operation.form, operation.most) else None

    def _bar(self, state: EditState, c: str) -> EditState | None:
        written = state.written + c
        if written != BAR:
            return state._replace(written=written) if BAR.startswith(written) else None
        kind = OPERATIONS[state.operation].value
        after = state._replace(written="")
        if kind == "formula":
            return after._replace(stage="formula")
        if kind in ("source", "copy"):
            return after._replace(stage="from sheet")
        return after._replace(stage="value", inner=0)

    def _value(self, state: EditState, c: str) -> EditState | None:
        assert isinstance(state.inner, int)
        inner = _values(state.operation, state.place).step(state.inner, c)
        return None if inner is None else state._replace(inner=inner)

    def _formula(self, state: EditState, c: str) -> EditState | None:
        if not state.written:
            start = self._formulas.start()
            return state._replace(written="=", inner=start) if c == "=" else None
        assert isinstance(state.inner, State)
        inner = self._formulas.fold(state.inner, c)
        return None if inner is None else state._replace(inner=inner)

    def _from_sheet(self, state: EditState, c: str) -> EditState | None:
        written = state.written + c
        known = [state.sheet] if state.operation == "AUTOFILL" else self._sheets
        if written in known:
            return state._replace(stage="from", written="")
        return state._replace(written=written) if any(s.startswith(written) for s in known) else None

    def _from(self, state: EditState, c: str) -> EditState | None:
        if c == " " and state.operation == "PASTE_FROM" and is_whole(state.written, "cells"):
            return state._replace(stage="value", written="", inner=_values(state.operation, "").step(0, c))
        written = state.written + c
        return state._replace(written=written) if goes_on(written, "cells") else None


_OPERATION_TEXTS = tuple(name + BAR for name in OPERATIONS)


def _values(operation: str, place: str) -> Automaton:
    """The values that an operation takes at a place."""
    if OPERATIONS[operation].value == "matrix":
        area = Range.parse(place)
        return _matrix(area.height, area.width)
    return _values_anywhere(operation)


@cache
def _values_anywhere(operation: str) -> Automaton:
    value = OPERATIONS[operation].value
    return Automaton(value if isinstance(value, Pattern) else _COPIED)


@cache
def _matrix(height: int, width: int) -> Automaton:
    comma = text(",")
    row = sequence(
        text("["),
        _JSON_VALUE,
        repeat(sequence(comma, _JSON_VALUE), width - 1, width - 1),
        text("]"),
    )
    return Automaton(
        sequence(text("["), row, repeat(sequence(comma, row), height - 1, height - 1), text("]"))
    )


def utf8_rest(pending: str) -> str | None:
    """What of a character is still to come, empty when it is whole; None for no character or a line break."""
    if pending < "\x80":
        return "" if " " <= pending < "\x7f" else None
    try:
        whole = pending.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as error:
        return pending if error.reason == "unexpected end of data" else None
    return None if whole in "\u2028\u2029" or "\x80" <= whole < "\xa0" else ""
