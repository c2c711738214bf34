"""An edit after somebody inserted or deleted rows or columns: its places move, its formulas follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cellwright.edits import model as m
from cellwright.edits.charts import moved_series
from cellwright.edits.model import Edit
from cellwright.edits.structure import structure_change
from cellwright.edits.structure_facts import moved_cell, moved_freeze, moved_range, moved_ranges
from cellwright.errors import StaleEdit
from cellwright.formula import Axis, StructureChange, shift_structure
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Content


def moved_edit(edit: Edit, change: StructureChange) -> Edit:
    """The edit at its new places; raises StaleEdit where they were deleted or torn apart."""
    move = _Move(change)
    match edit:
        case m.SetFormulas():
            area = move.whole(edit.sheet, edit.range)
            formulas = tuple(
                tuple(None if text is None else move.text(text, edit.sheet) for text in row)
                for row in edit.formulas
            )
            return replace(edit, range=area, formulas=formulas)
        case m.SetValues() | m.Merge():
            return replace(edit, range=move.whole(edit.sheet, edit.range))
        case m.Fill():
            source, target = move.whole(edit.sheet, edit.source), move.whole(edit.sheet, edit.target)
            return replace(edit, source=source, target=target)
        case m.CopyRange():
            source = move.whole(edit.source_sheet, edit.source)
            return replace(edit, source=source, target=move.whole(edit.sheet, edit.target))
        case m.SetNumberFormat() | m.SetFont() | m.SetFill() | m.SetAlignment() | m.SetBorders():
            return replace(edit, range=move.area(edit.sheet, edit.range))
        case m.Unmerge():
            return replace(edit, range=move.area(edit.sheet, edit.range))
        case m.InsertRows() | m.InsertColumns() | m.DeleteRows() | m.DeleteColumns():
            return move.structure(edit)
        case m.SetColumnWidth():
            columns = move.area(edit.sheet, Range(0, edit.left, 0, edit.right), only=Axis.COLUMNS)
            return replace(edit, left=columns.left, right=columns.right)
        case m.Sort():
            keys = tuple(replace(key, column=move.column(edit.sheet, key.column)) for key in edit.keys)
            return replace(edit, range=move.whole(edit.sheet, edit.range), keys=keys)
        case m.Filter():
            column = None if edit.column is None else move.column(edit.sheet, edit.column)
            return replace(edit, range=move.area(edit.sheet, edit.range), column=column)
        case m.AddTable():
            return replace(edit, range=move.whole(edit.sheet, edit.range))
        case m.AddConditionalFormat():
            ranges = move.areas(edit.sheet, edit.rule.ranges)
            formulas_ = tuple(move.text(text, edit.sheet) for text in edit.rule.formulas)
            return replace(edit, rule=replace(edit.rule, ranges=ranges, formulas=formulas_))
        case m.AddDataValidation():
            ranges = move.areas(edit.sheet, edit.validation.ranges)
            formulas_ = tuple(move.text(text, edit.sheet) for text in edit.validation.formulas)
            return replace(edit, validation=replace(edit.validation, ranges=ranges, formulas=formulas_))
        case m.AddChart():
            source = move.area(edit.source_sheet or edit.sheet, edit.source)
            series = tuple(moved_series(one, lambda text: move.text(text, edit.sheet)) for one in edit.series)
            return replace(edit, anchor=move.cell(edit.sheet, edit.anchor), source=source, series=series)
        case m.AddPivot():
            source = move.area(edit.source_sheet, edit.source)
            return replace(edit, anchor=move.cell(edit.sheet, edit.anchor), source=source)
        case m.DefineName():
            return replace(edit, formula=move.text(edit.formula, edit.scope or ""))
        case m.FreezePanes():
            return replace(edit, cell=moved_freeze(edit.cell, change)) if move.concerns(edit.sheet) else edit
        case m.Restore():
            return move.restore(edit)
        case m.AddSheet() | m.RenameSheet():
            return edit


class _Move:
    """One structural change as the places of an edit see it."""

    def __init__(self, change: StructureChange) -> None:
        self._change = change
        self._is_rows = change.axis is Axis.ROWS

    def concerns(self, sheet: str) -> bool:
        return sheet.casefold() == self._change.sheet.casefold()

    def cell(self, sheet: str, cell: Cell) -> Cell:
        moved = moved_cell(cell, self._change) if self.concerns(sheet) else cell
        if moved is None:
            raise self._gone(Range.of(cell))
        return moved

    def area(self, sheet: str, area: Range, only: Axis | None = None) -> Range:
        """Where an area goes that may grow and shrink."""
        if not self.concerns(sheet) or (only is not None and only is not self._change.axis):
            return area
        moved = moved_range(area, self._change)
        if moved is None:
            raise self._gone(area)
        return moved

    def areas(self, sheet: str, areas: tuple[Range, ...]) -> tuple[Range, ...]:
        """Those of which something is left, of which there must be one."""
        moved = moved_ranges(areas, self._change) if self.concerns(sheet) else areas
        if areas and not moved:
            raise self._gone(areas[0])
        return moved

    def whole(self, sheet: str, area: Range) -> Range:
        """Where an area goes whose cells must stay together."""
        moved = self.area(sheet, area)
        if (moved.height, moved.width) != (area.height, area.width):
            raise StaleEdit(f"expected {area} as it was, got {self._what} inside it meanwhile")
        return moved

    def column(self, sheet: str, column: int) -> int:
        if self._is_rows or not self.concerns(sheet):
            return column
        moved = self._change.moved(column)
        if moved is None:
            raise self._gone(Range(0, column, 0, column))
        return moved

    def text(self, text: str, sheet: str) -> str:
        """A formula that follows; stale where it would lose what it refers to."""
        moved = shift_structure(text, sheet, self._change)
        if moved.count("#REF!") > text.count("#REF!"):
            raise StaleEdit(f"expected the cells that {text[:60]} refers to, got them deleted meanwhile")
        return moved

    def structure(self, edit: m.InsertRows | m.InsertColumns | m.DeleteRows | m.DeleteColumns) -> Edit:
        own = structure_change(edit)
        if not self.concerns(edit.sheet) or own.axis is not self._change.axis:
            return edit
        change = self._change
        if own.count > 0:
            end = change.at - change.count
            if change.count < 0 and change.at < own.at < end:
                raise StaleEdit(f"expected {self._name} {own.at + 1} to insert at, got it deleted meanwhile")
            behind = own.at >= (change.at if change.count > 0 else end)
            return replace(edit, at=own.at + change.count if behind else own.at)
        span = change.moved_span(own.at, own.at - own.count - 1)
        if span is None or span[1] - span[0] + 1 != -own.count:
            raise StaleEdit(f"expected the {self._name}s to delete as they were, got {self._what} among them")
        return replace(edit, at=span[0])

    def restore(self, edit: m.Restore) -> m.Restore:
        has_facts = edit.sheet_image is not None or edit.tables is not None or edit.names is not None
        has_arrays = any(content is not None and content.array is not None for _, content in edit.cells)
        if edit.snapshot is not None or has_facts or has_arrays:
            raise StaleEdit(f"expected the workbook as it was to undo an edit, got {self._what} meanwhile")
        if edit.sheet is None:
            return edit
        cells = tuple(self._restored(edit.sheet, edit.cells))
        return replace(edit, cells=cells)

    def _restored(
        self, sheet: str, cells: Iterable[tuple[Cell, Content | None]]
    ) -> Iterable[tuple[Cell, Content | None]]:
        for cell, content in cells:
            if content is not None and content.formula is not None:
                content = replace(content, formula=self.text(content.formula, sheet))
            yield self.cell(sheet, cell), content

    @property
    def _name(self) -> str:
        return "row" if self._is_rows else "column"

    @property
    def _what(self) -> str:
        return f"{self._name}s {'inserted' if self._change.count > 0 else 'deleted'}"

    def _gone(self, area: Range) -> StaleEdit:
        return StaleEdit(f"expected {area} on {self._change.sheet!r}, got it deleted meanwhile")
