"""A condition settled on the values that a table holds: which column is meant, how a value is spelled.

`women` against F and M, `southern` against South-West, 100 % against percents kept as 0 to 100: what the
words leave open, the cells decide. Cells only decide between readings of the person's words; they add none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cellwright.ask.conditions import AllOf, AnyOf, Condition, Not, Operand, Test
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.grounding.text import fold, stem
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import ErrorValue, Snapshot, Value

Values = Callable[[FrameColumn], list[Value]]
_ORDERED = frozenset({"gt", "lt", "ge", "le", "between", "above", "below", "top", "bottom"})
_YES = ("yes", "y", "true")
_NO = ("no", "n", "false")
_LEAST_COMMON = 4


def settled(
    condition: Condition,
    frame: Frame,
    snapshot: Snapshot,
    own: FrameColumn | None = None,
    selected: FrameColumn | None = None,
) -> Condition:
    """The condition with its open ends closed.

    A `selected` column is meant even where it holds hardly a number.
    """
    cache: dict[int, list[Value]] = {}

    def values(column: FrameColumn) -> list[Value]:
        if column.column not in cache:
            cache[column.column] = frame.values(snapshot, column)
        return cache[column.column]

    return _settled(condition, frame, values, own, selected)


def _settled(
    condition: Condition, frame: Frame, values: Values, own: FrameColumn | None, selected: FrameColumn | None
) -> Condition:
    match condition:
        case AllOf():
            return AllOf(tuple(_settled(part, frame, values, own, selected) for part in condition.parts))
        case AnyOf():
            return AnyOf(tuple(_settled(part, frame, values, own, selected) for part in condition.parts))
        case Not():
            part = condition.part
            if isinstance(part, Test) and part.kind == "eq" and part.column is not None:
                word = _opposite(part, values)
                if word is not None:
                    return replace(part, operands=(Operand(text=word),))
            return Not(_settled(part, frame, values, own, selected))
        case Test():
            return _test(condition, frame, values, own, selected)


def _test(
    test: Test, frame: Frame, values: Values, own: FrameColumn | None, selected: FrameColumn | None
) -> Test:
    column = test.column or own
    first = test.operands[0] if test.operands else None
    is_plain = first is None or (first.text is None and first.column is None and first.cell is None)
    if test.kind in _ORDERED and is_plain and not (first is not None and first.is_date):
        if column is None or column != selected:
            column = _numeric(column, frame, values)
        test = replace(test, column=column)
    if first is not None and first.is_percent and column is not None:
        test = replace(test, operands=tuple(_scaled(operand, values(column)) for operand in test.operands))
    if test.kind == "error" and column is not None:
        held = values(column)
        if not any(isinstance(value, ErrorValue) for value in held) and any(
            isinstance(value, str) and "error" in value.casefold() for value in held
        ):
            return Test("contains", column, (Operand(text="Error"),))
    if (
        first is not None
        and first.text is not None
        and test.kind in ("eq", "ne", "contains", "begins", "ends")
    ):
        return _texted(test, first.text, frame, values, own)
    return test


def _numeric(column: FrameColumn | None, frame: Frame, values: Values) -> FrameColumn | None:
    """The column itself where it holds numbers; else the next to the right that does, else the last."""
    if column is not None and column.kind not in (ColumnKind.TEXT, ColumnKind.BOOLEAN):
        return column
    numeric = [one for one in frame.columns if one.kind is ColumnKind.NUMBER]
    if column is None:
        return numeric[-1] if numeric else None
    if not numeric or sum(isinstance(v, float) for v in values(column)) * 3 > frame.height:
        return column
    return next((one for one in numeric if one.column > column.column), numeric[-1])


def _scaled(operand: Operand, held: list[Value]) -> Operand:
    """A percentage as the column writes it: 0.5 or 50."""
    numbers = [abs(value) for value in held if isinstance(value, float)]
    if operand.is_percent and numbers and max(numbers) > 2.0:
        return replace(operand, amount=operand.amount * 100, is_percent=False)
    return operand


def _texted(test: Test, text: str, frame: Frame, values: Values, own: FrameColumn | None) -> Test:
    column = test.column or own
    candidates = ([column] if column is not None else []) + [c for c in frame.columns if c is not column]
    folded = fold(text).strip()
    for one in candidates:
        if any(_meets(test.kind, fold(_shown(value)), folded) for value in values(one)):
            exact = any(fold(_shown(value)) == folded for value in values(one))
            kind = "contains" if test.kind == "eq" and not exact else test.kind
            return replace(test, kind=kind, column=one)
    if test.kind in ("eq", "ne"):
        for one in candidates[:1] if column is not None else candidates:
            near = _near(folded, values(one))
            if near is not None:
                kind, word = near
                if kind == "contains" and test.kind == "ne":
                    continue
                return replace(
                    test, kind=test.kind if kind == "eq" else kind, column=one, operands=(Operand(text=word),)
                )
            inner = _inside(folded, values(one))
            if inner is not None:
                return replace(test, column=one, operands=(Operand(text=inner),))
    return test


def _inside(text: str, held: list[Value]) -> str | None:
    """The longest value that stands whole among the words of a text that no cell holds."""
    plain = f" {' '.join(text.split())} "
    found = [
        value
        for value in dict.fromkeys(held)
        if isinstance(value, str)
        and len(value.strip()) >= _LEAST_COMMON
        and f" {' '.join(fold(value).split())} " in plain
    ]
    return max(found, key=len, default=None)


def _meets(kind: str, value: str, text: str) -> bool:
    if not value:
        return False
    if kind in ("eq", "ne"):
        return value.strip() == text
    if kind == "contains":
        return text in value
    return value.startswith(text) if kind == "begins" else value.endswith(text)


def _near(text: str, held: list[Value]) -> tuple[str, str] | None:
    """A value that a text must mean: its initial, its plural, or a common beginning of several."""
    known = list(dict.fromkeys(value for value in held if isinstance(value, str) and value.strip()))
    if len(known) > 200:
        return None
    for value in known:
        plain = fold(value).strip()
        if stem(plain) == stem(text):
            return "eq", value
    short = [value for value in known if len(value.strip()) <= 2 and text.startswith(fold(value).strip())]
    brief = sum(isinstance(value, str) and len(value.strip()) <= 2 for value in held)
    if len(short) == 1 and brief > 0.6 * sum(value is not None for value in held):
        return "eq", short[0]
    if text in _YES + _NO:
        words = _YES if text in _YES else _NO
        same = [value for value in known if fold(value) in words]
        if same:
            return "eq", same[0]
    common = [value for value in known if _common(fold(value), text) >= max(_LEAST_COMMON, 0.6 * len(text))]
    if len(common) == 1:
        return "eq", common[0]
    if common:
        length = min(_common(fold(value), text) for value in common)
        return "contains", common[0][:length]
    return None


def _common(first: str, second: str) -> int:
    count = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        count += 1
    return count


def _opposite(test: Test, values: Values) -> str | None:
    """In a column of yes and no, what `not` means for words that name the column."""
    assert test.column is not None
    text = test.operands[0].text if test.operands else None
    known = {fold(value).strip(): value for value in values(test.column) if isinstance(value, str)}
    if text is None or not known or not set(known) <= set(_YES + _NO) or fold(text) in known:
        return None
    return next((str(known[word]) for word in _NO if word in known), None)


def _shown(value: Value) -> str:
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return "" if value is None else str(value)
