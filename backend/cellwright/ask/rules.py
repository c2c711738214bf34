"""A condition as Excel states it: a formula over a row, a conditional format, COUNTIFS criteria."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cellwright.ask.conditions import AllOf, AnyOf, Condition, Not, Operand, Test, tests_of
from cellwright.ask.dates import date_formula
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.reference import Cell, Range, column_letters
from cellwright.workbook.model import ConditionalFormat

_SIGNS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_OPERATORS = {
    "eq": "equal", "ne": "notEqual", "lt": "lessThan", "le": "lessThanOrEqual", "gt": "greaterThan",
    "ge": "greaterThanOrEqual",
}  # fmt: skip
_OPPOSITE = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
_AGGREGATING = ("above", "below", "top", "bottom", "duplicate", "unique")


@dataclass(frozen=True)
class Look:
    """How cells that meet a condition are to look; None leaves it."""

    fill: str | None = None
    font_color: str | None = None
    bold: bool | None = None


def quoted(text: str) -> str:
    """A text as a formula writes it."""
    return '"' + text.replace('"', '""') + '"'


def number_text(number: float) -> str:
    """A number as a formula writes it."""
    return f"{int(number)}" if number == int(number) and abs(number) < 1e15 else repr(number)


def row_formula(
    condition: Condition,
    frame: Frame,
    own: FrameColumn | None,
    *,
    fixed: bool = False,
    row: int | None = None,
) -> str:
    """The condition for the first row of a frame, without `=`; `fixed` pins columns with `$`.

    `own` stands where the condition names no column.
    """
    row = frame.first if row is None else row

    def cell(column: FrameColumn | None) -> str:
        held = column or own
        place = held.column if held is not None else frame.left
        return f"{'$' if fixed else ''}{column_letters(place)}{row + 1}"

    def whole(column: FrameColumn | None) -> str:
        held = column or own
        letters = column_letters(held.column if held is not None else frame.left)
        return f"${letters}${frame.first + 1}:${letters}${frame.last + 1}"

    return _formula(condition, cell, whole)


def _formula(
    condition: Condition,
    cell: Callable[[FrameColumn | None], str],
    whole: Callable[[FrameColumn | None], str],
) -> str:
    match condition:
        case AllOf():
            return f"AND({','.join(_formula(part, cell, whole) for part in condition.parts)})"
        case AnyOf():
            return f"OR({','.join(_formula(part, cell, whole) for part in condition.parts)})"
        case Not():
            part = condition.part
            if isinstance(part, Test) and part.kind in _OPPOSITE:
                return _test(Test(_OPPOSITE[part.kind], part.column, part.operands), cell, whole)
            return f"NOT({_formula(part, cell, whole)})"
        case Test():
            return _test(condition, cell, whole)


def _test(
    test: Test, cell: Callable[[FrameColumn | None], str], whole: Callable[[FrameColumn | None], str]
) -> str:
    held = cell(test.column)
    values = [operand_text(operand, cell) for operand in test.operands]
    match test.kind:
        case "eq" | "ne" | "lt" | "le" | "gt" | "ge":
            return f"{held}{_SIGNS[test.kind]}{values[0]}"
        case "between":
            return f"AND({held}>={values[0]},{held}<={values[1]})"
        case "contains":
            return f"ISNUMBER(SEARCH({values[0]},{held}))"
        case "begins":
            return f"LEFT({held},{len(test.operands[0].text or '')})={values[0]}"
        case "ends":
            return f"RIGHT({held},{len(test.operands[0].text or '')})={values[0]}"
        case "blank":
            return f"LEN(TRIM({held}))=0"
        case "error":
            return f"ISERROR({held})"
        case "above" | "below":
            return f"{held}{'>' if test.kind == 'above' else '<'}AVERAGE({whole(test.column)})"
        case "top" | "bottom":
            function, sign = ("LARGE", ">=") if test.kind == "top" else ("SMALL", "<=")
            count = values[0]
            if test.is_percent:
                count = f"MAX(1,INT(COUNT({whole(test.column)})*{values[0]}%))"
            return f"{held}{sign}{function}({whole(test.column)},{count})"
        case "duplicate":
            return f"COUNTIF({whole(test.column)},{held})>1"
        case "unique":
            return f"COUNTIF({whole(test.column)},{held})=1"
        case "month" | "year" | "weekday":
            return f"{test.kind.upper()}({held})={values[0]}"
        case "length":
            return f"LEN({held}){_SIGNS[test.operator]}{values[0]}"
        case "even" | "odd":
            return f"MOD({held},2)={int(test.kind == 'odd')}"
    raise AssertionError(test.kind)


def operand_text(operand: Operand, cell: Callable[[FrameColumn | None], str]) -> str:
    """An operand inside a formula."""
    if operand.text is not None:
        return quoted(operand.text)
    if operand.cell is not None:
        return operand.cell
    if operand.column is not None:
        text = cell(operand.column)
        if operand.factor != 1.0:
            text = f"{text}*{number_text(operand.factor)}"
        if operand.amount:
            text = f"{text}+{number_text(operand.amount)}"
        return text
    return date_formula(operand.amount) if operand.is_date else number_text(operand.amount)


def criteria(condition: Condition, frame: Frame) -> list[tuple[FrameColumn, str]] | None:
    """The (column, criterion) pairs of COUNTIFS and its like; None where they cannot state the condition."""
    if isinstance(condition, AllOf):
        found: list[tuple[FrameColumn, str]] = []
        for part in condition.parts:
            pairs = criteria(part, frame)
            if pairs is None:
                return None
            found += pairs
        return found
    test, negated = (condition.part, True) if isinstance(condition, Not) else (condition, False)
    if not isinstance(test, Test) or test.column is None:
        return None
    first = test.operands[0] if test.operands else None
    kind = _OPPOSITE.get(test.kind, test.kind) if negated else test.kind
    if kind in _SIGNS and first is not None and first.column is None and first.cell is None:
        sign = "" if kind == "eq" else _SIGNS[kind]
        if first.text is not None:
            return [(test.column, quoted(sign + first.text))]
        if first.is_date:
            return [(test.column, f'"{sign or "="}"&{date_formula(first.amount)}')]
        return [
            (test.column, quoted(sign + number_text(first.amount)) if sign else number_text(first.amount))
        ]
    if kind in ("contains", "begins", "ends") and first is not None and first.text is not None:
        pattern = {"contains": f"*{first.text}*", "begins": f"{first.text}*", "ends": f"*{first.text}"}[kind]
        return [(test.column, quoted(("<>" if negated else "") + pattern))]
    if kind == "between" and not negated and all(o.text is None and o.column is None for o in test.operands):
        low, high = test.operands
        return [
            (test.column, quoted(f">={number_text(low.amount)}")),
            (test.column, quoted(f"<={number_text(high.amount)}")),
        ]
    if kind == "blank":
        return [(test.column, '"<>"' if negated else '""')]
    return None


def conditional_format(
    condition: Condition, frame: Frame, targets: tuple[FrameColumn, ...], look: Look, priority: int
) -> ConditionalFormat:
    """The rule that shows a condition on columns of a frame; a kind of Excel's own where there is one."""
    areas = _areas(frame, targets)
    own = targets[0]
    tests = tests_of(condition)
    is_own = len(targets) == 1 and all(test.column in (None, own) for test in tests)
    if is_own:
        made = _native(condition, frame, own)
        if made is not None:
            kind, operator, formulas, options = made
            return _rule(areas, kind, operator, formulas, options, look, priority)
    text = "=" + row_formula(condition, frame, own, fixed=not is_own)
    return _rule(areas, "expression", None, (text,), (), look, priority)


def _areas(frame: Frame, targets: tuple[FrameColumn, ...]) -> tuple[Range, ...]:
    places = sorted(column.column for column in targets)
    areas: list[Range] = []
    for place in places:
        if areas and areas[-1].right == place - 1:
            last = areas.pop()
            areas.append(Range(frame.first, last.left, frame.last, place))
        else:
            areas.append(Range(frame.first, place, frame.last, place))
    return tuple(areas)


def _rule(
    areas: tuple[Range, ...],
    kind: str,
    operator: str | None,
    formulas: tuple[str, ...],
    options: tuple[tuple[str, str], ...],
    look: Look,
    priority: int,
) -> ConditionalFormat:
    return ConditionalFormat(
        areas, kind, operator, formulas, priority, look.fill, look.font_color, look.bold, options
    )


_Native = tuple[str, str | None, tuple[str, ...], tuple[tuple[str, str], ...]]


def _native(condition: Condition, frame: Frame, own: FrameColumn) -> _Native | None:
    test, negated = (condition.part, True) if isinstance(condition, Not) else (condition, False)
    if not isinstance(test, Test):
        return None
    kind = _OPPOSITE.get(test.kind, test.kind) if negated else test.kind
    cell = Cell(frame.first, own.column).a1
    texts = [operand_text(operand, lambda _: cell) for operand in test.operands]
    if any(operand.column is not None for operand in test.operands):
        return None
    if kind in _OPERATORS:
        return "cellIs", _OPERATORS[kind], (f"={texts[0]}",), ()
    if kind == "between":
        return "cellIs", "notBetween" if negated else "between", (f"={texts[0]}", f"={texts[1]}"), ()
    if kind == "contains":
        name = "notContainsText" if negated else "containsText"
        formula = f"ISERROR(SEARCH({texts[0]},{cell}))"
        text = test.operands[0].text or ""
        return (
            name, "notContains" if negated else "containsText",
            (f"={formula if negated else f'NOT({formula})'}",), (("text", text),),
        )  # fmt: skip
    if kind in ("begins", "ends") and not negated:
        text = test.operands[0].text or ""
        side = "LEFT" if kind == "begins" else "RIGHT"
        name = "beginsWith" if kind == "begins" else "endsWith"
        return name, name, (f"={side}({cell},{len(text)})={texts[0]}",), (("text", text),)
    if kind == "blank":
        formula = f"LEN(TRIM({cell}))"
        name = "notContainsBlanks" if negated else "containsBlanks"
        return name, None, (f"={formula}{'>' if negated else '='}0",), ()
    if kind == "error":
        name = "notContainsErrors" if negated else "containsErrors"
        return name, None, (f"=NOT(ISERROR({cell}))" if negated else f"=ISERROR({cell})",), ()
    if negated:
        return None
    if kind in ("above", "below"):
        return "aboveAverage", None, (), (() if kind == "above" else (("aboveAverage", "0"),))
    if kind in ("top", "bottom"):
        options = [("rank", texts[0])]
        if test.is_percent:
            options.append(("percent", "1"))
        if kind == "bottom":
            options.append(("bottom", "1"))
        return "top10", None, (), tuple(options)
    if kind in ("duplicate", "unique"):
        return ("duplicateValues" if kind == "duplicate" else "uniqueValues"), None, (), ()
    return None
