"""What a formula would do beyond its own cell: does the run it copies go on here, and would its copies work?

Two questions that a person answers at a glance. Lines beside a run say whether it goes on: where the next
row holds one formula over both columns, so does this one; where it changes its formula there, so does this.
And headings that go on to the right, or labels that go on below, say how far a formula will be filled: its
copies there should find numbers. Nothing is calculated.
"""

from __future__ import annotations

from cellwright.proposers.index import SheetIndex
from cellwright.proposers.model import Place
from cellwright.proposers.template import Slot, Template
from cellwright.reference import Cell

_MOST = 40
_STEPS = ((0, -1), (0, 1), (-1, 0), (1, 0))


def run_features(place: Place, template: Template, ends: tuple[int, int]) -> dict[str, float]:
    """For a copy of formulas next to the place: on how many sides they stand, what the lines beside say.

    `ends` is `fill_ends` of the place: blank cells that go on across a run are a line of their own.
    """
    sheet, (row, column) = place.sheet, place.cell
    twins = [
        (rows, columns)
        for rows, columns in _STEPS
        if (near := _template(sheet, row + rows, column + columns)) is not None and near.key == template.key
    ]
    if not twins:
        return {}
    goes_on = breaks = ended = across_blank = 0
    for rows, columns in twins:
        ahead = Cell(max(0, row - rows), max(0, column - columns))
        ended += ahead != place.cell and sheet.is_filled(ahead) and (-rows, -columns) not in twins
        across_blank += ends[0] > 0 if rows else ends[1] > 0
        for across in ((columns, rows), (-columns, -rows)):
            beside = row + across[0], column + across[1]
            behind = beside[0] + rows, beside[1] + columns
            verdict = _same_line(sheet, beside, behind)
            goes_on += verdict > 0
            breaks += verdict < 0
    lines = 2 * len(twins)
    both = {(0, -1), (0, 1)} <= set(twins) or {(-1, 0), (1, 0)} <= set(twins)
    return {
        "twins": len(twins) / 4,
        "twin_alone": float(len(twins) == 1),
        "twin_both_sides": float(both),
        "twin_corner": float(len(twins) >= 2 and not both),
        "run_beside_goes_on": goes_on / lines,
        "run_beside_breaks": breaks / lines,
        "run_ends_here": ended / len(twins),
        "run_across_blank": across_blank / len(twins),
        "run_one_cell": float(len(sheet.copies[template.key]) == 1),
    }


def is_led(place: Place) -> bool:
    """Whether a run of one formula leads to the place: a formula beside it has a copy behind it, or on the
    place's other side."""
    sheet, (row, column) = place.sheet, place.cell
    for rows, columns in _STEPS:
        beside = _template(sheet, row + rows, column + columns)
        if beside is None:
            continue
        behind = _template(sheet, row + 2 * rows, column + 2 * columns)
        across = _template(sheet, row - rows, column - columns)
        if any(other is not None and other.key == beside.key for other in (behind, across)):
            return True
    return False


def _template(sheet: SheetIndex, row: int, column: int) -> Template | None:
    return sheet.templates.get(Cell(row, column)) if row >= 0 and column >= 0 else None


def _same_line(sheet: SheetIndex, beside: tuple[int, int], behind: tuple[int, int]) -> int:
    """1: the cells of a line beside hold one formula, or a number each; -1: they differ; 0: nothing there."""
    if min(*beside, *behind) < 0:
        return 0
    one, two = Cell(*beside), Cell(*behind)
    first, second = sheet.templates.get(one), sheet.templates.get(two)
    if first is not None and second is not None:
        return 1 if first.key == second.key else -1
    if first is not None or second is not None:
        return -1 if sheet.is_filled(one) and sheet.is_filled(two) else 0
    if sheet.is_number(one) and sheet.is_number(two):
        return 1
    return -1 if sheet.is_filled(one) != sheet.is_filled(two) else 0


def fill_ends(place: Place) -> tuple[int, int]:
    """How many blank cells right of the place have a heading, and how many below it a label, in one go."""
    sheet, (row, column) = place.sheet, place.cell
    right = down = 0
    heads = sheet.column_labels(place.cell, 1)
    if heads:
        head = heads[0].row
        while right < _MOST and _goes_on(
            sheet, Cell(head, column + right + 1), Cell(row, column + right + 1)
        ):
            right += 1
    labels = sheet.row_labels(place.cell, 1)
    if labels:
        side = labels[0].column
        while down < _MOST and _goes_on(sheet, Cell(row + down + 1, side), Cell(row + down + 1, column)):
            down += 1
    return right, down


def _goes_on(sheet: SheetIndex, label: Cell, cell: Cell) -> bool:
    return sheet.is_filled(label) and not sheet.is_filled(cell)


def fill_features(place: Place, slots: tuple[Slot, ...], ends: tuple[int, int]) -> dict[str, float]:
    """Whether copies at the ends of the blank cells round the place would find numbers, and those beyond not.

    `ends` is `fill_ends` of the place.
    """
    found: dict[str, float] = {}
    for side, steps in zip(("right", "down"), ends, strict=True):
        found[f"fill_{side}"] = min(steps, 10) / 10
        if not steps:
            continue
        told = [told for slot in slots if (told := _along(place, slot, side, steps))]
        found[f"fill_{side}_fixed"] = float(bool(slots) and not told)
        if told:
            count = len(told)
            next_, end, beyond = (sum(each) for each in zip(*told, strict=True))
            found[f"fill_{side}_next"] = next_ / count
            found[f"fill_{side}_end"] = end / count
            found[f"fill_{side}_lacks"] = float(next_ < count)
            found[f"fill_{side}_exact"] = float(end == count and not beyond)
    return found


def _along(place: Place, slot: Slot, side: str, steps: int) -> tuple[float, ...]:
    """Whether a reference holds in the next copy, the last, and one further; empty where it does not move."""
    kept = place.shares.get((side, slot))
    if kept is not None:
        return kept
    rows, columns = (0, 1) if side == "right" else (1, 0)
    sheet = place.sheet if slot.sheet is None else place.index.sheet(slot.sheet)
    is_fixed = slot.first.is_column_fixed if columns else slot.first.is_row_fixed
    told: tuple[float, ...] = ()
    if sheet is not None and not slot.is_open and not is_fixed:
        told = tuple(
            float(_holds(sheet, slot.copied(rows * far, columns * far), place))
            for far in (1, steps, steps + 1)
        )
    place.shares[side, slot] = told
    return told


def _holds(sheet: SheetIndex, slot: Slot, place: Place) -> bool:
    """Whether a reference points to something, or into the cells that are to be filled themselves."""
    if not slot.is_inside:
        return False
    if slot.last is not None:
        return sheet.filled_share(slot.range) > 0
    cell = slot.cell
    if sheet.is_filled(cell):
        return not sheet.is_text(cell)
    return (
        sheet is place.sheet
        and (cell.row == place.cell.row or cell.column == place.cell.column)
        and (cell.row >= place.cell.row and cell.column >= place.cell.column)
    )
