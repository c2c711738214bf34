"""One number for a column: a totals row, a cell, a small table; under a condition or without."""

from __future__ import annotations

import re
from dataclasses import replace

from cellwright.ask.arithmetic import numeric_columns
from cellwright.ask.condition_reader import read_condition
from cellwright.ask.conditions import AllOf, AnyOf, Condition, Operand, Test
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.writing import destroys, new_sheet, values
from cellwright.ask.mentions import columns_in
from cellwright.ask.model import Draft
from cellwright.ask.rules import criteria, row_formula
from cellwright.ask.scene import Scene
from cellwright.ask.settling import settled
from cellwright.ask.targets import Target, read_target
from cellwright.ask.words import FUNCTION, aggregate_in
from cellwright.edits.model import Edit, SetFormulas
from cellwright.reference import Cell, Range, column_letters, quote_sheet
from cellwright.workbook.detect import ColumnKind

_WHERE = re.compile(
    r"\b(?:only (?:for|when|if|where)(?: the)? (?:rows|records|ones|those|cells)?(?: that| whose| "
    r"with| where| which)?|for (?:the )?rows|"
    r"where|whose|who are|who|that are|that have|which have|which are|if|when|with|having|in which|"
    r"for which)\b",
    re.I,
)
_EACH = re.compile(r"\b(?:for|of|by|per)\s+(?:each|every)\b|\beach\b|\bby\b\s+\w|\bper\b", re.I)


def read(text: str, scene: Scene) -> Reading | None:
    """A total (or another aggregate) of columns, or None."""
    if re.search(r"\b(?:charts?|graphs?|plots?|pivot|highlight|sort|colou?r)\b", text, re.I):
        return None
    found = aggregate_in(text)
    if found is None:
        return None
    frame = scene.frame_for(text)
    if frame is None:
        return None
    target = read_target(text, scene, frame)
    function = found[0]
    condition, stripped = _condition(text, frame, scene, function)
    columns = _columns(stripped, text, frame, function, target)
    if not columns and function != "count":
        return None
    is_grouped = (
        bool(_EACH.search(text))
        and not target.is_row
        and not re.search(r"\beach (?:of the )?columns?\b|\bin the respective columns\b", text, re.I)
    )
    if is_grouped and not (target.is_row or target.cell):
        return None
    score = 0.82 if target.is_row or target.cell or condition is not None else 0.66
    return Reading("total", score, lambda: _drafts(text, frame, target, function, columns, condition, scene))


def _condition(text: str, frame: Frame, scene: Scene, function: str) -> tuple[Condition | None, str]:
    """The condition of a text and the text before it."""
    cut = _WHERE.search(text)
    if cut is None:
        return None, text
    tail = re.sub(
        r"\b(?:in|into|to)\s+(?:a |an |the )?(?:new )?(?:cell |row |column |sheet "
        r")?(?:[A-Z]{1,2}\d+|row|column|sheet)\b.*$",
        "",
        text[cut.end() :],
    )
    tail = re.sub(r"\b(?:in a new row|and (?:put|write|place|show)\b).*$", "", tail, flags=re.I)
    condition = read_condition(tail, frame)
    everywhere = re.search(r"\b(all|every|each|any)\b(?! (?:rows|records))", tail, re.I)
    if (
        isinstance(condition, Test)
        and everywhere
        and (condition.column is None or not columns_in(tail, frame))
    ):
        parts = tuple(replace(condition, column=column) for column in numeric_columns(frame))
        condition = AnyOf(parts) if everywhere[1].lower() == "any" else AllOf(parts)
    if condition is None:
        condition = _bare_values(tail, frame, scene)
    if condition is None:
        return None, text
    return settled(condition, frame, scene.snapshot), text[: cut.start()]


def _bare_values(tail: str, frame: Frame, scene: Scene) -> Condition | None:
    """`male and married`: words that are values of some column."""
    tests: list[Condition] = []
    known: dict[str, FrameColumn] = {}
    for column in frame.columns:
        if column.kind is ColumnKind.TEXT:
            for value in set(frame.values(scene.snapshot, column)):
                if isinstance(value, str):
                    known.setdefault(value.casefold(), column)
    for piece in re.split(r"\s+and\s+|\s*,\s*", tail):
        word = piece.strip(" .\"'").casefold()
        if word in known:
            tests.append(Test("eq", known[word], (Operand(text=piece.strip(" .\"'")),)))
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else AllOf(tuple(tests))


def _columns(stripped: str, text: str, frame: Frame, function: str, target: Target) -> list[FrameColumn]:
    named = [m.column for m in columns_in(stripped, frame) if m.column.is_filled]
    named = [
        column
        for column in named
        if target.header is None or column.name.casefold() != target.header.casefold()
    ]
    numeric = [column for column in named if column.kind in (ColumnKind.NUMBER, ColumnKind.DATE)]
    if numeric:
        return list(dict.fromkeys(numeric))
    if named and function == "count":
        return named[:1]
    if (
        re.search(r"\b(?:each|every|all)\s+(?:of the )?(?:columns?|\w+)\b|\brespective columns\b", text, re.I)
        or target.is_row
    ):
        return numeric_columns(frame)
    return []


def _drafts(
    text: str,
    frame: Frame,
    target: Target,
    function: str,
    columns: list[FrameColumn],
    condition: Condition | None,
    scene: Scene,
) -> list[Draft]:
    place, edits = new_sheet(scene, target)
    is_other = place != frame.sheet
    formulas = [
        aggregate(function, frame, column, condition, is_other) for column in columns or [frame.columns[0]]
    ]
    cited = tuple(frame.place(frame.body(column)) for column in columns)
    word = {"distinct": "Distinct count"}.get(function, function.capitalize())
    if target.is_row:
        return _row(text, frame, target, function, columns, condition, scene, word)
    if target.cell is not None:
        area = Range.of(target.cell)
        edits.append(SetFormulas(place, area, ((formulas[0],),)))
        title = f"{word} in {target.cell.a1}: {formulas[0]}"
        return [Draft(title, tuple(edits), "total", cited, destroys(scene, place, area))]
    labels = _labels(text, columns, word)
    if is_other:
        first = Cell(0, 0)
        edits.append(values(place, first, [labels]))
        edits.append(SetFormulas(place, Range.of(Cell(1, 0), 1, len(formulas)), (tuple(formulas),)))
        return [Draft(f"{word} on {place}", tuple(edits), "total", cited)]
    column = target.column if target.column is not None else scene.free_column(frame)
    head = target.header or labels[0]
    if len(formulas) == 1:
        edits.append(values(frame.sheet, Cell(frame.area.top, column), [[head]]))
        edits.append(SetFormulas(frame.sheet, Range.of(Cell(frame.first, column)), ((formulas[0],),)))
        area = Range.of(Cell(frame.first, column))
        return [
            Draft(f"{word}: {formulas[0]}", tuple(edits), "total", cited, destroys(scene, frame.sheet, area))
        ]
    edits.append(values(frame.sheet, Cell(frame.area.top, column), [labels]))
    edits.append(
        SetFormulas(frame.sheet, Range.of(Cell(frame.first, column), 1, len(formulas)), (tuple(formulas),))
    )
    return [Draft(f"{word} of {len(formulas)} columns", tuple(edits), "total", cited)]


def _labels(text: str, columns: list[FrameColumn], word: str) -> list[str]:
    quoted = re.findall(r"(?:named|titled|called|headers?|columns?)\s[^.]*", text)
    named = re.findall(r"[\"“]([^\"”]+)[\"”]", quoted[-1]) if quoted else []
    if columns and len(named) >= len(columns):
        return named[-len(columns) :]
    return [f"{'Total' if word == 'Sum' else word} {column.name}" for column in columns] or [word]


def _row(
    text: str,
    frame: Frame,
    target: Target,
    function: str,
    columns: list[FrameColumn],
    condition: Condition | None,
    scene: Scene,
    word: str,
) -> list[Draft]:
    """A row below the table: its title in the first column, the aggregates under their columns."""
    row = frame.last + 1
    title = target.row_title or ("Total" if function == "sum" else word)
    edits: list[Edit] = []
    first = frame.columns[0]
    label = first.column if first not in columns else None
    if label is not None:
        edits.append(values(frame.sheet, Cell(row, label), [[title]]))
    for column in columns:
        formula = aggregate(function, frame, column, condition, False)
        edits.append(SetFormulas(frame.sheet, Range.of(Cell(row, column.column)), ((formula,),)))
    area = Range(row, frame.left, row, frame.right)
    cited = tuple(frame.place(frame.body(column)) for column in columns)
    names = ", ".join(column.name for column in columns[:4])
    return [
        Draft(
            f"{title} of {names} in row {row + 1}",
            tuple(edits),
            "total",
            cited,
            destroys(scene, frame.sheet, area),
        )
    ]


def aggregate(
    function: str, frame: Frame, column: FrameColumn, condition: Condition | None, is_other: bool
) -> str:
    """The formula of an aggregate over a column, with a condition as SUMIFS and its like or SUMPRODUCT."""
    sheet = f"{quote_sheet(frame.sheet)}!" if is_other else ""

    def area(one: FrameColumn) -> str:
        letters = column_letters(one.column)
        if is_other:
            return f"{sheet}${letters}${frame.first + 1}:${letters}${frame.last + 1}"
        return f"{letters}{frame.first + 1}:{letters}{frame.last + 1}"

    if condition is None:
        if function == "distinct":
            return f'=SUMPRODUCT(({area(column)}<>"")/COUNTIF({area(column)},{area(column)}&""))'
        if function == "count":
            return f"=COUNTA({area(column)})"
        return f"={FUNCTION[function]}({area(column)})"
    pairs = criteria(condition, frame)
    if pairs is not None and function in ("count", "sum", "average", "max", "min"):
        tests = ",".join(f"{area(one)},{text}" for one, text in pairs)
        if function == "count":
            return f"=COUNTIFS({tests})"
        name = {"sum": "SUMIFS", "average": "AVERAGEIFS", "max": "MAXIFS", "min": "MINIFS"}[function]
        return f"={name}({area(column)},{tests})"
    row = row_formula(condition, frame, column)
    mask = _as_arrays(row, frame, area)
    if function == "count":
        return f"=SUMPRODUCT(--({mask}))"
    return f"=SUMPRODUCT(({mask})*{area(column)})"


def _as_arrays(text: str, frame: Frame, area: object) -> str:
    """A row's test with whole columns in place of its cells; AND and OR become products and sums."""

    def whole(match: re.Match[str]) -> str:
        letters = match[1]
        return f"{letters}{frame.first + 1}:{letters}{frame.last + 1}"

    text = re.sub(rf"(?<![\w$:])([A-Z]{{1,3}}){frame.first + 1}(?![\d:])", whole, text)
    inner = re.fullmatch(r"AND\((.*)\)", text)
    if inner and "(" not in inner[1]:
        return "*".join(f"({part})" for part in inner[1].split(","))
    return text
