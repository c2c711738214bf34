"""Which cells a condition or a conditional format picks out, from the values that a snapshot holds.

Text and numbers compare as in Excel: any text is greater than any number, case is ignored, blanks count as 0
in comparisons of order but meet no equality with 0 where the cell is empty and the rule is Excel's own.
"""

from __future__ import annotations

import datetime
import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence

from cellwright.ask.conditions import AllOf, AnyOf, Condition, Not, Operand, Test
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.calc.calculator import Calculator
from cellwright.calc.values import NoValue
from cellwright.errors import CalcError
from cellwright.formula import shift_fill
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook.model import ConditionalFormat, ErrorValue, Snapshot, Value

_Values = Callable[[FrameColumn | None], list[Value]]
"""Column -> its values; None is the column that the condition is about."""

_SIGN_TEXT = {"equal": "=", "notEqual": "<>", "lessThan": "<", "lessThanOrEqual": "<=", "greaterThan": ">",
              "greaterThanOrEqual": ">="}  # fmt: skip


def rows_meeting(condition: Condition, frame: Frame, own: FrameColumn, snapshot: Snapshot) -> list[int]:
    """The rows (of the sheet) of a frame's body that meet a condition; `own` where it names no column."""
    columns: dict[int, list[Value]] = {}

    def values(column: FrameColumn | None) -> list[Value]:
        held = column or own
        if held.column not in columns:
            columns[held.column] = frame.values(snapshot, held)
        return columns[held.column]

    mask = _mask(condition, values, frame.height)
    return [frame.first + place for place, holds in enumerate(mask) if holds]


def highlighted(
    rule: ConditionalFormat, sheet: str, snapshot: Snapshot, calculator: Calculator | None = None
) -> frozenset[Cell]:
    """The cells that a rule picks out; colour scales, bars and icons pick none.

    Formulas are run by `calculator`, which holds `snapshot`; raises CalcError where one is needed and
    missing.
    """
    held = snapshot.sheet(sheet)
    used = held.cells.bounds
    cells: list[Cell] = []
    for area in rule.ranges:
        cut = None if used is None else area.intersect(Range(0, 0, max(used.bottom, 0), max(used.right, 0)))
        if cut is not None:
            cells += cut.cells()
    options = dict(rule.options)
    values = [held.value(cell) for cell in cells]
    match rule.type:
        case "aboveAverage":
            kind = "below" if options.get("aboveAverage") == "0" else "above"
            return _chosen(cells, _against_all(kind, values, 0.0, False))
        case "top10":
            kind = "bottom" if options.get("bottom") == "1" else "top"
            is_percent = options.get("percent") == "1"
            return _chosen(cells, _against_all(kind, values, float(options.get("rank", "10")), is_percent))
        case "duplicateValues" | "uniqueValues":
            kind = "duplicate" if rule.type == "duplicateValues" else "unique"
            return _chosen(cells, _against_all(kind, values, 0.0, False))
        case "colorScale" | "dataBar" | "iconSet":
            return frozenset()
        case "containsText" | "notContainsText" | "beginsWith" | "endsWith" if "text" in options:
            kind = {"beginsWith": "begins", "endsWith": "ends"}.get(rule.type, "contains")
            test = Test(kind, None, (Operand(text=options["text"]),))
            mask = [_one(test, value, [Operand(text=options["text"])], ()) for value in values]
            return _chosen(cells, [holds != (rule.type == "notContainsText") for holds in mask])
        case "containsBlanks" | "notContainsBlanks":
            mask = [value is None or (isinstance(value, str) and not value.strip()) for value in values]
            return _chosen(cells, [holds != (rule.type == "notContainsBlanks") for holds in mask])
        case "containsErrors" | "notContainsErrors":
            mask = [isinstance(value, ErrorValue) for value in values]
            return _chosen(cells, [holds != (rule.type == "notContainsErrors") for holds in mask])
    return _by_formula(rule, sheet, cells, calculator)


def _by_formula(
    rule: ConditionalFormat, sheet: str, cells: list[Cell], calculator: Calculator | None
) -> frozenset[Cell]:
    if not rule.formulas or not rule.ranges:
        return frozenset()
    if calculator is None:
        raise CalcError(f"expected a calculator for the rule {rule.formulas[0]}, got none")
    origin = Cell(min(area.top for area in rule.ranges), min(area.left for area in rule.ranges))
    bounds = calculator.snapshot.sheet(sheet).cells.bounds
    scratch = Cell(bounds.bottom + 2 if bounds else 1, bounds.right + 2 if bounds else 1)
    requests = []
    for cell in cells:
        parts = [shift_fill(text, origin, cell).removeprefix("=") for text in rule.formulas]
        if rule.type == "cellIs":
            own = cell.a1
            if rule.operator in ("between", "notBetween") and len(parts) > 1:
                low, high = f"MIN({parts[0]},{parts[1]})", f"MAX({parts[0]},{parts[1]})"
                text = f"AND({own}>={low},{own}<={high})"
                text = f"NOT({text})" if rule.operator == "notBetween" else text
            else:
                text = f"{own}{_SIGN_TEXT.get(rule.operator or 'equal', '=')}({parts[0]})"
            text = f"AND(NOT(ISBLANK({own})),{text})"
        else:
            text = parts[0]
        requests.append((f"=IF({text},1,0)", SheetCell(sheet, scratch)))
    found = calculator.evaluate_many(requests)
    return frozenset(
        cell
        for cell, value in zip(cells, found, strict=True)
        if not isinstance(value, CalcError | NoValue | ErrorValue) and value == 1.0
    )


def _chosen(cells: Sequence[Cell], mask: Sequence[bool]) -> frozenset[Cell]:
    return frozenset(cell for cell, holds in zip(cells, mask, strict=True) if holds)


def _mask(condition: Condition, values: _Values, height: int) -> list[bool]:
    match condition:
        case Not():
            return [not holds for holds in _mask(condition.part, values, height)]
        case AllOf():
            return [
                all(row)
                for row in zip(*(_mask(part, values, height) for part in condition.parts), strict=True)
            ]
        case AnyOf():
            return [
                any(row)
                for row in zip(*(_mask(part, values, height) for part in condition.parts), strict=True)
            ]
        case Test():
            return _test(condition, values, height)


def _test(test: Test, values: _Values, height: int) -> list[bool]:
    own = values(test.column)
    if test.kind in ("above", "below", "top", "bottom", "duplicate", "unique"):
        count = test.operands[0].amount if test.operands else 0.0
        return _against_all(test.kind, own, count, test.is_percent)
    others = [values(operand.column) if operand.column is not None else None for operand in test.operands]
    return [
        _one(test, value, test.operands, tuple(None if other is None else other[row] for other in others))
        for row, value in enumerate(own)
    ]


def _against_all(kind: str, values: Sequence[Value], count: float, is_percent: bool) -> list[bool]:
    if kind in ("duplicate", "unique"):
        keys = [value.casefold() if isinstance(value, str) else value for value in values]
        counts = Counter(key for key in keys if key is not None)
        return [key is not None and (counts[key] > 1) == (kind == "duplicate") for key in keys]
    numbers = sorted(number for value in values if (number := _number(value)) is not None)
    if not numbers:
        return [False] * len(values)
    if kind in ("above", "below"):
        edge = statistics.fmean(numbers)
        return [
            (number := _number(value)) is not None and (number > edge if kind == "above" else number < edge)
            for value in values
        ]
    size = max(1, math.floor(len(numbers) * count / 100)) if is_percent else max(1, int(count))
    size = min(size, len(numbers))
    edge = numbers[-size] if kind == "top" else numbers[size - 1]
    return [
        (number := _number(value)) is not None and (number >= edge if kind == "top" else number <= edge)
        for value in values
    ]


def _number(value: Value) -> float | None:
    return value if isinstance(value, float) and not isinstance(value, bool) else None


def _one(test: Test, value: Value, operands: Sequence[Operand], others: tuple[Value, ...]) -> bool:
    wanted: list[Value] = []
    for place, operand in enumerate(operands):
        if operand.column is not None:
            base = others[place]
            number = _number(base)
            wanted.append(base if number is None else number * operand.factor + operand.amount)
        else:
            wanted.append(operand.text if operand.text is not None else operand.amount)
    text = "" if value is None else _shown(value)
    match test.kind:
        case "blank":
            return not text.strip()
        case "error":
            return isinstance(value, ErrorValue)
        case "contains":
            return str(wanted[0]).casefold() in text.casefold()
        case "begins":
            return text.casefold().startswith(str(wanted[0]).casefold())
        case "ends":
            return text.casefold().endswith(str(wanted[0]).casefold())
        case "length":
            return _ordered(test.operator, float(len(text)), wanted[0])
        case "month" | "year" | "weekday":
            serial = _number(value)
            return serial is not None and _part_of(test.kind, serial) == wanted[0]
        case "even" | "odd":
            whole = _number(value)
            return whole is not None and int(whole) % 2 == int(test.kind == "odd")
        case "between":
            low, high = sorted(wanted[:2], key=_rank)
            return value is not None and _ordered("ge", value, low) and _ordered("le", value, high)
    if value is None and wanted[0] not in ("", None):
        return test.kind == "ne"
    return _ordered(test.kind, value, wanted[0])


def _rank(value: Value) -> tuple[int, float, str]:
    if isinstance(value, bool):
        return 2, float(value), ""
    if isinstance(value, float):
        return 0, value, ""
    if isinstance(value, str):
        return 1, 0.0, value.casefold()
    return 0, 0.0, ""


def _ordered(operator: str, value: Value, wanted: Value) -> bool:
    if isinstance(value, ErrorValue) or isinstance(wanted, ErrorValue):
        return False
    first, second = _rank(value), _rank(wanted)
    if first[0] == second[0] == 0 and math.isclose(first[1], second[1], rel_tol=1e-12, abs_tol=1e-12):
        second = first
    return {
        "eq": first == second, "ne": first != second, "lt": first < second, "le": first <= second,
        "gt": first > second, "ge": first >= second,
    }[operator]  # fmt: skip


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return str(value)


def _part_of(kind: str, serial: float) -> float:
    day = datetime.date(1899, 12, 30) + datetime.timedelta(days=int(serial))
    if kind == "month":
        return float(day.month)
    return float(day.year) if kind == "year" else float(day.isoweekday() % 7 + 1)
