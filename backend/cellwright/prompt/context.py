"""Formula in context: what the model sees of a workbook when a cell's formula is asked for.

The part that is the same for every cell of a sheet comes first (sheets and their headers), so that a prefix
cache serves it. Then, relative to the cell: its own header and row label, the cells of its row with their
headers, runs of equal kinds above, left, below and right of it, formulas nearby with where they stand, and
what other sheets hold at the same place. Positions are relative reference tokens, formulas are in model
text; of values only their kind is shown, texts are cut. `MAX_*` bound every part, hence the whole.

    <|formula|> <|sheet|>own <|sheet|>other <|header|>... <|here|> <|header|>H <|row|>L <|left|>... <|answer|>
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell
from cellwright.workbook.model import Content, ErrorValue, Sheet, Snapshot

from . import vocabulary
from .notation import Notation, Origin, normalise
from .tasks import Prompt, typed_so_far

MAX_TEXT = 18
MAX_SHEETS = 5
MAX_SHEET_HEADERS = 6
MAX_HEADER_DISTANCE = 60
MAX_LABEL_DISTANCE = 30
ROW_WINDOW = (-8, 4)
MAX_RUNS = 3
MAX_RUN_LENGTH = 400
MAX_NEAR = 4
NEAR_ROWS, NEAR_COLUMNS = 12, 8
MAX_FORMULA = 72


def formula_prompt(snapshot: Snapshot, sheet_name: str, cell: Cell, typed: str = "") -> Prompt:
    """The prompt for a cell's formula; whatever the cell itself holds is not shown.

    `typed` is what stands in the cell already (with or without `=`); the answer goes on from it, or from
    before a last word or reference that may go on.
    """
    sheet = snapshot.sheet(sheet_name)
    origin = Origin(cell.row, cell.column)
    stem, whole, begun = typed_so_far(typed, Notation(origin))
    parts = [vocabulary.FORMULA, *_sheets(snapshot, sheet), "<|here|>", *_own(sheet, cell)]
    parts += _row(sheet, cell)
    for token, step in (
        ("<|above|>", (-1, 0)),
        ("<|left|>", (0, -1)),
        ("<|below|>", (1, 0)),
        ("<|right|>", (0, 1)),
    ):
        runs = list(_runs(sheet, cell, step, MAX_RUNS if min(step) < 0 else 1))
        parts += [token, *runs] if runs else []
    parts += _near(sheet, cell)
    parts += _same_place(snapshot, sheet, cell)
    return Prompt(
        "".join(parts) + vocabulary.ANSWER + begun,
        stem=stem,
        typed=whole,
        cell=origin,
        sheets=frozenset(name.upper() for name in snapshot.sheet_names),
        tables=frozenset(table.name.upper() for table in snapshot.tables),
        names=frozenset(name.name.upper() for name in snapshot.names),
    )


def kind_token(content: Content) -> str:
    """The token of what kind of value a cell shows."""
    value = content.value
    if isinstance(value, bool):
        return "<|bool|>"
    if isinstance(value, float):
        return "<|number|>"
    if isinstance(value, str):
        return "<|text|>"
    return "<|error|>" if isinstance(value, ErrorValue) else "<|empty|>"


def _text(content: Content) -> str:
    """A cell's text, cut and safe: markers of ours inside cells are data, not tokens."""
    value = content.value
    shown = f"{value:.6g}" if isinstance(value, float) else value if isinstance(value, str) else ""
    return " ".join(shown.replace("<|", "<").split())[:MAX_TEXT]


def _is_label(content: Content | None) -> bool:
    return content is not None and content.formula is None and isinstance(content.value, str)


def _is_year(content: Content | None) -> bool:
    value = content.value if content else None
    return isinstance(value, float) and value.is_integer() and 1900 <= value <= 2100


def _header(sheet: Sheet, row: int, column: int) -> str:
    """The nearest text (or year in a row of years) above a place; empty where there is none."""
    for above in range(row - 1, max(-1, row - 1 - MAX_HEADER_DISTANCE), -1):
        content = sheet.cells.get(Cell(above, column))
        if content is None:
            continue
        beside = sheet.cells.get(Cell(above, column + 1)) or sheet.cells.get(Cell(above, max(0, column - 1)))
        if _is_label(content) or (_is_year(content) and _is_year(beside)):
            return _text(content)
    return ""


def _label(sheet: Sheet, row: int, column: int) -> str:
    """The nearest text left of a place."""
    for left in range(column - 1, max(-1, column - 1 - MAX_LABEL_DISTANCE), -1):
        content = sheet.cells.get(Cell(row, left))
        if content is not None and _is_label(content):
            return _text(content)
    return ""


def _sheets(snapshot: Snapshot, own: Sheet) -> Iterator[str]:
    """Names of the sheets, the own one first, with the headers in their first rows."""
    index = next(i for i, sheet in enumerate(snapshot.sheets) if sheet.name == own.name)
    others = sorted((i for i in range(len(snapshot.sheets)) if i != index), key=lambda i: (abs(i - index), i))
    for i in [index, *others[:MAX_SHEETS]]:
        sheet = snapshot.sheets[i]
        yield f"<|sheet|>{sheet.name[:31].replace('<|', '<')}"
        if i != index:
            headers = list(_first_headers(sheet))
            yield from (["<|header|>", *headers] if headers else [])


def _first_headers(sheet: Sheet) -> Iterator[str]:
    bounds = sheet.cells.bounds
    if bounds is None:
        return
    for row in range(bounds.top, min(bounds.bottom, bounds.top + 6) + 1):
        labels = [
            (column, content)
            for column in range(bounds.left, min(bounds.right, bounds.left + 12) + 1)
            if (content := sheet.cells.get(Cell(row, column))) is not None and _is_label(content)
        ]
        if len(labels) >= 2:
            yield f"R{row + 1}"
            for column, content in labels[:MAX_SHEET_HEADERS]:
                yield f"C{column + 1} {_text(content)}"
            return


def _own(sheet: Sheet, cell: Cell) -> Iterator[str]:
    header, label = _header(sheet, *cell), _label(sheet, *cell)
    yield f"<|header|>{header}" if header else ""
    yield f"<|row|>{label}" if label else ""


def _formula(content: Content, place: Cell) -> str:
    """A cell's formula as model text relative to its own cell, cut."""
    text = Notation(Origin(place.row, place.column)).encode(normalise(content.formula or ""))
    return "=" + text[:MAX_FORMULA]


def _row(sheet: Sheet, cell: Cell) -> Iterator[str]:
    """The filled cells of the own row: where, under which header, of what kind, by which formula."""
    first, last = max(0, cell.column + ROW_WINDOW[0]), min(MAX_COLUMNS - 1, cell.column + ROW_WINDOW[1])
    for column in range(first, last + 1):
        place = Cell(cell.row, column)
        content = sheet.cells.get(place)
        if content is None or content.is_blank or column == cell.column:
            continue
        shown = _formula(content, place) if content.formula else kind_token(content)
        yield f"<|column|>C[{column - cell.column}]{_header(sheet, cell.row, column)}{shown}"


def _runs(sheet: Sheet, cell: Cell, step: tuple[int, int], most: int) -> Iterator[str]:
    """Runs of cells of one kind going away from the cell: `R[-9]<|number|>R[-1]`."""
    axis, distance = ("R" if step[0] else "C"), 1
    for _ in range(most):
        kind = _kind_at(sheet, cell, step, distance)
        if kind is None:
            return
        end = distance
        while end - distance < MAX_RUN_LENGTH and _kind_at(sheet, cell, step, end + 1) == kind:
            end += 1
        if kind == "<|blank|>" and end - distance >= MAX_RUN_LENGTH:
            return
        sign = step[0] + step[1]
        if kind != "<|blank|>" or distance > 1:
            yield f"{axis}[{sign * end}]{kind}{axis}[{sign * distance}]"
        else:
            yield f"{kind}{axis}[{sign * end}]"
        if end - distance >= MAX_RUN_LENGTH:
            return
        distance = end + 1


def _kind_at(sheet: Sheet, cell: Cell, step: tuple[int, int], distance: int) -> str | None:
    row, column = cell.row + step[0] * distance, cell.column + step[1] * distance
    if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS):
        return None
    content = sheet.cells.get(Cell(row, column))
    if content is None or content.is_blank:
        return "<|blank|>"
    return "<|near|>" if content.formula else kind_token(content)


def _near(sheet: Sheet, cell: Cell) -> Iterator[str]:
    """The nearest different formulas round the cell, each with its place."""
    found: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    places = [
        (abs(dr) + abs(dc) + (3 if dr and dc else 0), dr, dc)
        for dr in range(-NEAR_ROWS, NEAR_ROWS + 1)
        for dc in range(-NEAR_COLUMNS, NEAR_COLUMNS + 1)
        if (dr or dc) and cell.row + dr >= 0 and cell.column + dc >= 0
    ]
    for distance, dr, dc in sorted(places):
        place = Cell(cell.row + dr, cell.column + dc)
        content = sheet.cells.get(place)
        if content is None or content.formula is None:
            continue
        text = _formula(content, place)
        if text not in seen:
            seen.add(text)
            found.append((distance, f"R[{dr}]C[{dc}]", text))
        if len(found) == MAX_NEAR:
            break
    for _, where, text in found:
        yield f"<|near|>{where}{text}"


def _same_place(snapshot: Snapshot, own: Sheet, cell: Cell) -> Iterator[str]:
    """What other sheets hold at the same place, by kind, row label and header."""
    shown = 0
    for sheet in snapshot.sheets:
        if sheet.name == own.name or shown == MAX_SHEETS:
            continue
        content = sheet.cells.get(cell)
        if content is None or content.is_blank:
            continue
        shown += 1
        kind = "<|near|>" if content.formula else kind_token(content)
        name = sheet.name[:31].replace("<|", "<")
        yield f"<|sheet|>{name}{kind}{_header(sheet, *cell)}<|row|>{_label(sheet, *cell)}"
