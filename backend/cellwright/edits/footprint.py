"""What an edit touches and reads: for previews, and to tell whether two edits get in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cellwright.edits import model as m
from cellwright.edits.apply import apply
from cellwright.edits.cells import paste_area
from cellwright.edits.fill import filled_area
from cellwright.edits.structure import band, structure_change
from cellwright.edits.writing import bounding
from cellwright.errors import FormulaSyntaxError
from cellwright.formula import BoundReference, precedents, references
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Cell, Range, SheetCell, SheetRange
from cellwright.workbook.model import Content, Snapshot

WHOLE_SHEET = Range(0, 0, MAX_ROWS - 1, MAX_COLUMNS - 1)
FORMATS = frozenset({"number_format", "font", "fill", "alignment", "borders"})
CONTENTS = frozenset({"contents"})
CELLS = CONTENTS | FORMATS
_MANY = 256  # cells that are named one by one; more are one rectangle
_FACTS = frozenset({"merges", "rules", "validations", "widths", "panes", "filter", "rows", "columns"})


@dataclass(frozen=True, slots=True)
class Touch:
    """Facets of a range that an edit writes: `contents`, formats, `merges`, `widths`, `name Rate`, ...

    `place` is None for facets of the workbook.
    """

    facets: frozenset[str]
    place: SheetRange | None = None

    def meets(self, other: Touch) -> bool:
        """Whether both write a facet of a common place."""
        if not self.facets & other.facets:
            return False
        if self.place is None or other.place is None:
            return self.place is other.place
        return overlap(self.place, other.place)


def overlap(first: SheetRange, second: SheetRange) -> bool:
    """Whether two ranges have a cell in common; the case of the sheet's name is ignored."""
    is_same_sheet = first.sheet.casefold() == second.sheet.casefold()
    return is_same_sheet and first.range.intersect(second.range) is not None


def affected_cells(edit: m.Edit) -> tuple[SheetRange, ...]:
    """The ranges whose contents or formats the edit changes by itself, not those that are calculated from it.

    An insertion or deletion affects all behind it. Raises EditError where the edit contradicts itself.
    """
    if isinstance(edit, m.InsertRows | m.InsertColumns | m.DeleteRows | m.DeleteColumns):
        first = band(structure_change(edit))
        return (SheetRange(edit.sheet, Range(first.top, first.left, MAX_ROWS - 1, MAX_COLUMNS - 1)),)
    places = (touch.place for touch in touches(edit) if touch.facets & (CELLS | {"merges", "rules"}))
    return tuple(dict.fromkeys(place for place in places if place is not None))


def touches(edit: m.Edit) -> tuple[Touch, ...]:
    """All that an edit writes. Raises EditError where it contradicts itself (a fill in two directions)."""
    return tuple(_touches(edit))


def _touches(edit: m.Edit) -> Iterator[Touch]:
    match edit:
        case m.SetFormulas() | m.SetValues():
            yield Touch(CONTENTS, SheetRange(edit.sheet, edit.range))
        case m.Fill():
            yield Touch(CELLS | {"merges"}, SheetRange(edit.sheet, filled_area(edit)))
        case m.CopyRange():
            facets = {"all": CELLS | {"merges"}, "formats": FORMATS}.get(edit.what, CONTENTS)
            yield Touch(facets, SheetRange(edit.sheet, paste_area(edit)))
        case m.SetNumberFormat():
            yield Touch(frozenset({"number_format"}), SheetRange(edit.sheet, edit.range))
        case m.SetFont():
            yield Touch(frozenset({"font"}), SheetRange(edit.sheet, edit.range))
        case m.SetFill():
            yield Touch(frozenset({"fill"}), SheetRange(edit.sheet, edit.range))
        case m.SetAlignment():
            yield Touch(frozenset({"alignment"}), SheetRange(edit.sheet, edit.range))
        case m.SetBorders():
            yield Touch(frozenset({"borders"}), SheetRange(edit.sheet, edit.range))
        case m.Merge():
            yield Touch(CELLS | {"merges"}, SheetRange(edit.sheet, edit.range))
        case m.Unmerge():
            yield Touch(frozenset({"merges"}), SheetRange(edit.sheet, edit.range))
        case m.Sort():
            yield Touch(CELLS, SheetRange(edit.sheet, edit.range))
        case m.Filter():
            yield Touch(frozenset({"filter"}), SheetRange(edit.sheet, WHOLE_SHEET))
        case m.AddTable():
            header = Range(edit.range.top, edit.range.left, edit.range.top, edit.range.right)
            yield Touch(CONTENTS, SheetRange(edit.sheet, header))
            yield Touch(frozenset({"merges", "filter"}), SheetRange(edit.sheet, edit.range))
            yield Touch(frozenset({f"name {edit.name.casefold()}"}))
        case m.AddConditionalFormat():
            for area in edit.rule.ranges:
                yield Touch(frozenset({"rules"}), SheetRange(edit.sheet, area))
        case m.AddDataValidation():
            for area in edit.validation.ranges:
                yield Touch(frozenset({"validations"}), SheetRange(edit.sheet, area))
        case m.DefineName():
            yield Touch(frozenset({f"name {edit.name.casefold()}"}))
        case m.SetColumnWidth():
            columns = Range(0, edit.left, MAX_ROWS - 1, edit.right)
            yield Touch(frozenset({"widths"}), SheetRange(edit.sheet, columns))
        case m.FreezePanes():
            yield Touch(frozenset({"panes"}), SheetRange(edit.sheet, WHOLE_SHEET))
        case m.InsertRows() | m.InsertColumns():
            yield Touch(_axis_of(edit), SheetRange(edit.sheet, band(structure_change(edit))))
        case m.DeleteRows() | m.DeleteColumns():
            yield Touch(_axis_of(edit) | CONTENTS, SheetRange(edit.sheet, band(structure_change(edit))))
        case m.AddSheet():
            yield Touch(frozenset({f"sheet {edit.name.casefold()}"}))
        case m.RenameSheet():
            yield Touch(frozenset({f"sheet {edit.name.casefold()}", f"sheet {edit.sheet.casefold()}"}))
        case m.Restore():
            yield from _restored(edit)
        case m.AddChart() | m.AddPivot():
            yield Touch(frozenset({"charts"}), SheetRange(edit.sheet, Range.of(edit.anchor)))


def _axis_of(edit: m.InsertRows | m.InsertColumns | m.DeleteRows | m.DeleteColumns) -> frozenset[str]:
    return frozenset({"rows" if isinstance(edit, m.InsertRows | m.DeleteRows) else "columns"})


def _restored(edit: m.Restore) -> Iterator[Touch]:
    if edit.sheet is not None:
        whole = SheetRange(edit.sheet, WHOLE_SHEET)
        if edit.removes_sheet:
            yield Touch(CELLS | _FACTS, whole)
            yield Touch(frozenset({f"sheet {edit.sheet.casefold()}"}))
        if edit.sheet_image is not None:
            yield Touch(_FACTS, whole)
        cells = [cell for cell, _ in edit.cells]
        area = bounding(cells)
        is_many = len(cells) > _MANY
        for part in [area] if is_many else map(Range.of, cells):
            if part is not None:
                yield Touch(CELLS, SheetRange(edit.sheet, part))


def reads(edit: m.Edit, snapshot: Snapshot | None = None) -> tuple[SheetRange, ...]:
    """The ranges whose contents decide what the edit does: sources, sorted rows, what its formulas refer to.

    Names and tables are followed where a snapshot is given; a formula that does not parse reads nothing.
    """
    found: list[SheetRange] = []
    match edit:
        case m.SetFormulas():
            cells = edit.range.cells()
            texts = (text for row in edit.formulas for text in row)
            for cell, text in zip(cells, texts, strict=False):
                if text is not None:
                    found.extend(_references(text, SheetCell(edit.sheet, cell), snapshot))
        case m.Fill():
            found.append(SheetRange(edit.sheet, edit.source))
        case m.CopyRange():
            found.append(SheetRange(edit.source_sheet, edit.source))
        case m.Sort() | m.Filter():
            found.append(SheetRange(edit.sheet, edit.range))
        case m.AddTable():
            header = Range(edit.range.top, edit.range.left, edit.range.top, edit.range.right)
            found.append(SheetRange(edit.sheet, header))
        case m.AddConditionalFormat():
            first = SheetCell(edit.sheet, edit.rule.ranges[0].first if edit.rule.ranges else Cell(0, 0))
            found.extend(_all_references(edit.rule.formulas, first, snapshot))
        case m.AddDataValidation():
            ranges = edit.validation.ranges
            first = SheetCell(edit.sheet, ranges[0].first if ranges else Cell(0, 0))
            found.extend(_all_references(edit.validation.formulas, first, snapshot))
        case m.DefineName():
            found.extend(_references(edit.formula, SheetCell(edit.scope or "", Cell(0, 0)), snapshot))
        case m.AddChart():
            found.append(SheetRange(edit.source_sheet or edit.sheet, edit.source))
        case m.AddPivot():
            found.append(SheetRange(edit.source_sheet, edit.source))
        case _:
            pass
    return tuple(dict.fromkeys(found))


def _all_references(texts: Iterable[str], cell: SheetCell, snapshot: Snapshot | None) -> Iterator[SheetRange]:
    for text in texts:
        yield from _references(text, cell, snapshot)


def _references(text: str, cell: SheetCell, snapshot: Snapshot | None) -> Iterator[SheetRange]:
    bound: tuple[BoundReference, ...]
    try:
        bound = references(text) if snapshot is None else precedents(text, cell, snapshot)
    except FormulaSyntaxError:
        return
    for reference in bound:
        if reference.range is not None:
            yield SheetRange(reference.sheet or cell.sheet, reference.range)


def is_destructive(snapshot: Snapshot, edit: m.Edit) -> bool:
    """Whether applying the edit overwrites or removes something that a person may want back.

    That is a value or a formula (unless the edit writes the same one), a name's meaning, a sheet. Raises what
    `apply` raises.
    """
    if isinstance(edit, m.DeleteRows | m.DeleteColumns):
        gone = band(structure_change(edit))
        return any(not content.is_blank for _, content in snapshot.sheet(edit.sheet).cells.items(gone))
    if isinstance(edit, m.DefineName):
        return any(_is_redefined(edit, name.name, name.scope, name.formula) for name in snapshot.names)
    if isinstance(edit, m.Restore):
        removes = edit.removes_sheet or edit.snapshot is not None
        if removes or edit.tables is not None or edit.names is not None:
            return True
    if not any(touch.facets & CONTENTS for touch in touches(edit)) or isinstance(edit, m.Sort):
        return False
    after = apply(snapshot, edit)
    for sheet in snapshot.sheets:
        for _, was, now in sheet.cells.changes(after.sheet(sheet.name).cells):
            if was is not None and not was.is_blank and _said(was) != _said(now or Content()):
                return True
    return False


def _said(content: Content) -> object:
    return content.value if content.formula is None else content.formula


def _is_redefined(edit: m.DefineName, name: str, scope: str | None, formula: str) -> bool:
    is_same = (
        name.casefold() == edit.name.casefold() and (scope or "").casefold() == (edit.scope or "").casefold()
    )
    return is_same and formula != edit.formula
