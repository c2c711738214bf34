"""A figure answered: its formula, run on the workbook, and one sentence that says what was taken for what."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict

from cellwright.ask.condition_telling import condition_words
from cellwright.ask.conditions import tests_of
from cellwright.ask.figures.columns import is_rate
from cellwright.ask.figures.matrix import Asked, read_cells
from cellwright.ask.figures.model import Figure, Open
from cellwright.ask.figures.reading import read_figure
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.highlight import rows_meeting
from cellwright.ask.model import Answer, Choice, Clarification
from cellwright.ask.rules import criteria, number_text, quoted
from cellwright.ask.scene import Scene
from cellwright.errors import CellwrightError
from cellwright.reference import Cell, SheetCell, SheetRange, quote_sheet
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import ErrorValue, Value

SURE, TAKEN, ONE_OF_TWO = 0.97, 0.85, 0.7
"""How likely a figure is right: in the column's own name, in another word for it, of two readings."""
_MOST_GROUPS = 30
_EPOCH = datetime.date(1899, 12, 30)
_NAMES = {
    "sum": "Total", "average": "Average", "median": "Median", "max": "Highest", "min": "Lowest",
    "distinct": "Different",
}  # fmt: skip
_CONDITIONED = {"sum": "SUMIFS", "average": "AVERAGEIFS", "max": "MAXIFS", "min": "MINIFS"}


def answered_figure(question: str, scene: Scene) -> Answer | Clarification | None:
    """The answer to a question for a figure, the column it leaves open as a question back, or None."""
    cells = read_cells(question, scene)
    if cells:
        return _cell(question, cells, scene)
    found = read_figure(question, scene)
    if isinstance(found, Open):
        return _which(question, found)
    if found is None:
        return None
    written = _formula(found, scene)
    if written is None:
        return None
    formula, confidence = written
    value = _computed(formula, found.frame.sheet, scene)
    if value is None:
        return None
    if found.taken_for is not None:
        confidence = min(confidence, TAKEN)
    sentence = (
        f"{_told(found, formula)}: {_shown(value, found, scene)}.{_taken(found)}{_none_met(found, scene)}"
    )
    return Answer(question, sentence, formula, _plain(value, found), _cited(found), confidence)


def _computed(formula: str, sheet: str, scene: Scene) -> Value:
    """The formula's value beside the sheet's cells; None where there is none, or an error."""
    used = scene.snapshot.sheet(sheet).cells.bounds
    at = Cell(0, 0) if used is None else Cell(used.bottom + 2, used.right + 2)
    try:
        value = scene.calculator.evaluate(formula, SheetCell(sheet, at))
    except CellwrightError:
        return None
    return None if isinstance(value, ErrorValue) else value


def _cell(question: str, cells: list[Asked], scene: Scene) -> Answer | Clarification | None:
    """A cell by its label and header; which sheet is meant where several have it."""
    sheets = list(dict.fromkeys(one.frame.sheet for one in cells))
    if len(sheets) > 1:
        choices = tuple(
            Choice(name, f'{question.rstrip("? ")} on the sheet "{name}"?') for name in sheets[:6]
        )
        return Clarification(
            question, f"Several sheets have that: {', '.join(sheets[:6])}. Which one?", choices
        )
    if len(cells) > 1:
        return None
    [one] = cells
    value = _computed(one.formula, one.frame.sheet, scene)
    if value is None:
        return None
    column = one.column or one.periods[0]
    shown = value
    if isinstance(value, float) and not isinstance(value, bool):
        shown = _number(value, _code(one.frame, column, scene))
    cited = (one.frame.place(one.frame.body(one.labels)), one.frame.place(one.frame.body(column)))
    plain = number_text(float(f"{value:.15g}")) if isinstance(value, float) else str(value)
    return Answer(question, f"{one.told}: {shown}.", one.formula, plain, cited, SURE)


def _which(question: str, found: Open) -> Clarification:
    names = [column.name for column in found.columns]
    listed = " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    before, behind = question[: found.start].rstrip(" ?"), question[found.end :].strip()
    choices = tuple(Choice(name, f"{before} {name} {behind}".strip().replace(" ?", "?")) for name in names)
    head = f'No column is called "{found.said}".' if found.said else "Which column is meant is open."
    return Clarification(question, f"{head} Which one do you mean: {listed}?", choices)


def _area(figure: Figure, column: FrameColumn) -> str:
    return f"{quote_sheet(figure.frame.sheet)}!{figure.frame.body(column).a1}"


def _pairs(figure: Figure) -> str | None:
    """The pairs of SUMIFS and its like; empty without a condition, None where they cannot state it."""
    if figure.condition is None:
        return ""
    found = criteria(figure.condition, figure.frame)
    if found is None:
        return None
    return "".join(f",{_area(figure, column)},{text}" for column, text in found)


def _formula(figure: Figure, scene: Scene) -> tuple[str, float] | None:
    """The formula and how likely it is what was asked."""
    pairs = _pairs(figure)
    if pairs is None:
        return None
    if figure.label is not None:
        return _beside(figure, figure.label, pairs, scene)
    if figure.function == "rows":
        if pairs:
            return f"=COUNTIFS({pairs[1:]})", SURE
        first = next((one for one in figure.frame.columns if one.is_filled), figure.frame.columns[0])
        is_full = all(value is not None for value in figure.frame.values(scene.snapshot, first))
        return f"={'ROWS' if is_full else 'COUNTA'}({_area(figure, first)})", SURE
    assert figure.column is not None
    area = _area(figure, figure.column)
    if figure.function == "distinct":
        held = f'FILTER({area},{area}<>"")' if not pairs else None
        return (f"=ROWS(UNIQUE({held}))", SURE) if held else None
    if not pairs:
        return f"={figure.function.upper()}({area})", SURE
    if figure.function not in _CONDITIONED:
        return None
    return f"={_CONDITIONED[figure.function]}({area}{pairs})", SURE


def _beside(figure: Figure, label: FrameColumn, pairs: str, scene: Scene) -> tuple[str, float] | None:
    """INDEX and MATCH over rows; where labels repeat, a total for each label and the greatest of them."""
    frame = figure.frame
    labels = frame.values(scene.snapshot, label)
    rows = range(frame.height)
    if figure.condition is not None:
        rows_met = rows_meeting(figure.condition, frame, label, scene.snapshot)
        kept = [row - frame.first for row in rows_met]
    else:
        kept = list(rows)
    groups: dict[str, list[int]] = defaultdict(list)
    for row in kept:
        value = labels[row]
        if isinstance(value, str) and value.strip():
            groups[value].append(row)
    edge = "MAX" if figure.function == "max" else "MIN"
    repeats = any(len(rows) > 1 for rows in groups.values())
    is_single = figure.column is not None and is_rate(figure.column, frame, scene)
    if label.kind is not ColumnKind.TEXT or not repeats or is_single:
        if figure.column is None:
            return None
        keys, sought = _area(figure, figure.column), f"{edge}({_area(figure, figure.column)})"
        if pairs:
            sought = f"{edge}IFS({keys}{pairs})"
        if _is_tied(figure, kept, scene):
            if pairs:
                return None
            tied = f"UNIQUE(FILTER({_area(figure, label)},{keys}={sought}))"
            return f'=TEXTJOIN(", ",TRUE,{tied})', SURE
        return f"=INDEX({_area(figure, label)},MATCH({sought},{keys},0))", SURE
    if not 1 < len(groups) <= _MOST_GROUPS or any(mark in name for name in groups for mark in "*?~<>="):
        return None
    names = sorted(groups, key=str.casefold)
    where = f"{_area(figure, label)},"
    head = f"SUMIFS({_area(figure, figure.column)}," if figure.column is not None else "COUNTIFS("
    bound = ",".join(f"n_{place},{head}{where}{quoted(name)}{pairs})" for place, name in enumerate(names))
    listed = ",".join(f"n_{place}" for place in range(len(names)))
    shown = ",".join(f'IF(n_{place}=edge,{quoted(name)},"")' for place, name in enumerate(names))
    formula = f'=LET({bound},edge,{edge}({listed}),TEXTJOIN(", ",TRUE,{shown}))'
    return formula, _agreement(figure, groups, scene)


def _is_tied(figure: Figure, rows: list[int], scene: Scene) -> bool:
    assert figure.column is not None
    values = figure.frame.values(scene.snapshot, figure.column)
    numbers = [value for row in rows if isinstance(value := values[row], float)]
    return bool(numbers) and numbers.count(max(numbers) if figure.function == "max" else min(numbers)) > 1


def _agreement(figure: Figure, groups: dict[str, list[int]], scene: Scene) -> float:
    """Sure where the label of the greatest total is that of the greatest row too, or rows are counted."""
    if figure.column is None:
        return SURE
    values = figure.frame.values(scene.snapshot, figure.column)
    held = {
        name: [value for row in rows if isinstance(value := values[row], float)]
        for name, rows in groups.items()
    }
    held = {name: numbers for name, numbers in held.items() if numbers}
    if not held:
        return ONE_OF_TWO
    pick = max if figure.function == "max" else min
    totals = pick(held, key=lambda name: sum(held[name]))
    single = pick(held, key=lambda name: pick(held[name]))
    return SURE if totals == single else ONE_OF_TWO


def _told(figure: Figure, formula: str) -> str:
    where = ""
    if figure.condition is not None:
        where = f" where {_where(figure)}"
    if figure.function == "rows":
        return f"Number of rows{where}"
    edge = "highest" if figure.function == "max" else "lowest"
    if figure.label is not None:
        if figure.column is None:
            most = "most" if figure.function == "max" else "fewest"
            return f"{figure.label.name} of the {most} rows{where}"
        total = "total " if "SUMIFS" in formula else ""
        return f"{figure.label.name} with the {edge} {total}{figure.column.name}{where}"
    assert figure.column is not None
    name = _NAMES[figure.function]
    if figure.column.kind is ColumnKind.DATE:
        name = "Latest" if figure.function == "max" else "Earliest"
    return f"{name} {figure.column.name}{where}"


def _where(figure: Figure) -> str:
    """The condition in words, its days as dates."""
    assert figure.condition is not None
    words = condition_words(figure.condition)
    for test in tests_of(figure.condition):
        for operand in test.operands:
            if operand.is_date:
                words = words.replace(f"{operand.amount:g}", _day(operand.amount))
    return words


def _taken(figure: Figure) -> str:
    if figure.taken_for is None or figure.column is None:
        return ""
    if not figure.taken_for:
        return f" ({figure.column.name} is the only column that this can mean.)"
    return f' ("{figure.taken_for}" was taken for {figure.column.name}.)'


def _none_met(figure: Figure, scene: Scene) -> str:
    if figure.condition is None:
        return ""
    met = rows_meeting(figure.condition, figure.frame, figure.frame.columns[0], scene.snapshot)
    return "" if met else " (No row is so.)"


def _day(serial: float) -> str:
    return (_EPOCH + datetime.timedelta(days=int(serial))).isoformat()


def _plain(value: Value, figure: Figure) -> str:
    shown = figure.label or figure.column
    if isinstance(value, float) and shown is not None and shown.kind is ColumnKind.DATE:
        return _day(value)
    if isinstance(value, float) and not isinstance(value, bool):
        return number_text(float(f"{value:.15g}"))
    return str(value)


def _shown(value: Value, figure: Figure, scene: Scene) -> str:
    """The value as a person reads it: a date as one, a number as its column shows numbers."""
    shown = figure.label or figure.column
    if not isinstance(value, float) or isinstance(value, bool) or shown is None:
        return _plain(value, figure)
    if shown.kind is ColumnKind.DATE:
        return _day(value)
    if figure.function in ("distinct", "rows"):
        return number_text(value)
    return _number(value, _code(figure.frame, shown, scene))


def _number(value: float, code: str) -> str:
    """A number as its cells show numbers: decimals, thousands, percent."""
    decimals = re.search(r"0\.(0+)", code)
    places = len(decimals[1]) if decimals else 2 if "." in f"{round(value, 2):g}" else 0
    if "%" in code:
        return f"{value * 100:,.{places if decimals else 0}f} %"
    return f"{value:,.{places}f}"


def _code(frame: Frame, column: FrameColumn, scene: Scene) -> str:
    content = scene.snapshot.sheet(frame.sheet).cells.get(Cell(frame.first, column.column))
    return "" if content is None else (content.style.number_format or "")


def _cited(figure: Figure) -> tuple[SheetRange, ...]:
    columns = [figure.column, figure.label]
    if figure.condition is not None:
        columns += [test.column for test in tests_of(figure.condition)]
    listed = [column for column in columns if column is not None] or list(figure.frame.columns[:1])
    return tuple(figure.frame.place(figure.frame.body(column)) for column in dict.fromkeys(listed))
