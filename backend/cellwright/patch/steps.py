"""One edit after another: what the snapshot says differs before and after, put into the file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from cellwright.edits import model as edits
from cellwright.edits.cells import paste_area
from cellwright.edits.model import Edit
from cellwright.errors import UnsupportedWrite
from cellwright.patch import chart_file, mentions, pivot_file, restructure, sheet_rules, table_file
from cellwright.patch.bodies import Body, CellPatch, Constant, FormulaText, Raw, Result
from cellwright.patch.book_file import BookFile
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook.model import BLANK, Content, DefinedName, Sheet, Snapshot, Style, Value

_KEEPS_TEXTS = (
    edits.InsertRows,
    edits.InsertColumns,
    edits.DeleteRows,
    edits.DeleteColumns,
    edits.RenameSheet,
    edits.Restore,
)
"""Edits whose formulas the file had already, and which may be ones that we can't parse."""
_NOT_RESTORED = (
    "conditional_formats",
    "validations",
    "comments",
    "hidden_columns",
    "visibility",
    "charts",
    "pivots",
)
"""Facts that only the exact undo of a file puts back."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What is to become of a cell; `base` is the format that it takes, None for its own.

    `was` and `style` are the format before and after; where the cell keeps its own, the facets that differ
    between them change, and nothing else.
    """

    was: Style | None = None
    style: Style | None = None
    base: int | None = None
    body: Body | None = None


class Writer:
    """Takes a file along with a snapshot, edit by edit."""

    def __init__(self, book: BookFile, snapshot: Snapshot, *, allow_protected: bool) -> None:
        self.book = book
        self.snapshot = snapshot
        self.cells_written = 0
        self._allow_protected = allow_protected
        self._pending: dict[str, dict[Cell, Pending]] = {}
        self._donors: dict[tuple[int | None, str], list[Raw]] = {}

    def step(self, edit: Edit, after: Snapshot) -> None:
        """Put what `edit` did, from the present snapshot to `after`, into the file."""
        before = self.snapshot
        self._require_unprotected(before, after, edit)
        self._donors = self._texts_that_move(edit)
        match edit:
            case edits.InsertRows() | edits.InsertColumns() | edits.DeleteRows() | edits.DeleteColumns():
                self._flush()
                before = restructure.restructure(self.book, before, after, edit)
            case edits.RenameSheet():
                self._flush()
                old = before.sheet(edit.sheet).name
                mentions.rename(self.book, old, edit.name)
                before = _renamed(before, old, edit.name)
            case edits.AddSheet():
                self._flush()
                self.book.add_sheet(edit.name, edit.at)
                added = after.sheet(edit.name)
                place = after.sheets.index(added)
                before = replace(before, sheets=(*before.sheets[:place], added, *before.sheets[place:]))
            case edits.AddConditionalFormat():
                self._flush()
                dxf = self.book.differential(edit.rule)
                sheet_rules.add_conditional_format(self.book.sheet(edit.sheet), edit.rule, dxf)
            case edits.AddDataValidation():
                sheet_rules.add_validation(self.book.sheet(edit.sheet), edit.validation)
            case edits.SetColumnWidth():
                self.book.sheet(edit.sheet).set_width(edit.left, edit.right, edit.width)
            case edits.Filter():
                self._filter(edit, before, after)
            case edits.Restore():
                self._require_restorable(before, after)
        self._write_differences(edit, before, after)
        match edit:
            case edits.AddChart():
                self._flush()
                chart_file.add_chart(self.book, edit.sheet, after.sheet(edit.sheet).charts[-1], after)
            case edits.AddPivot():
                self._flush()
                pivot_file.add_pivot(self.book, edit, before, after.sheet(edit.sheet).pivots[-1])
        self.snapshot = after

    def know(self, values: Mapping[SheetCell, Value]) -> None:
        """Results of formulas written so far, for the edits that come next: a sort, a pivot, a chart."""
        by_sheet: dict[str, dict[Cell, Content | None]] = {}
        for place, value in values.items():
            sheet = self.snapshot.sheet(place.sheet)
            content = sheet.content(place.cell)
            if content.formula is not None and not _is_same_value(content.value, value):
                by_sheet.setdefault(sheet.name, {})[place.cell] = replace(content, value=value)
                self._add(sheet.name, place.cell, Pending(body=Result(value)))
        for name, updates in by_sheet.items():
            self.snapshot = self.snapshot.with_sheet(self.snapshot.sheet(name).with_cells(updates))

    def set_results(self, values: Mapping[SheetCell, Value], unverified: Collection[SheetCell]) -> None:
        """Cached values of formulas and of what they spill into; those of `unverified` are dropped."""
        for place, value in (*values.items(), *((place, None) for place in unverified)):
            sheet = self.snapshot.sheet(place.sheet)
            content = sheet.content(place.cell)
            is_spilled = content.formula is None and any(
                place.cell in array.range for array in sheet.cells.arrays.values()
            )
            if content.formula is not None or is_spilled:
                self._add(sheet.name, place.cell, Pending(body=Result(value)))

    def finish(self) -> None:
        """Write all that is pending."""
        self._flush()
        self.book.finish()

    def _write_differences(self, edit: Edit, before: Snapshot, after: Snapshot) -> None:
        old_sheets = {sheet.name: sheet for sheet in before.sheets}
        for sheet in after.sheets:
            old = old_sheets.get(sheet.name)
            if old is not None and old is not sheet:
                self._write_cells(edit, old, sheet, after)
                self._write_facts(edit, old, sheet)
        if before.tables != after.tables:
            self._flush()
            table_file.write_tables(self.book, before.tables, after.tables)
        self._write_names(edit, before.names, after.names)

    def _write_cells(self, edit: Edit, old: Sheet, new: Sheet, after: Snapshot) -> None:
        gone: set[Cell] = set()
        tables = after.tables_on(new.name)
        is_new_text = not isinstance(edit, _KEEPS_TEXTS)
        for cell, was, now in _differences(edit, old, new):
            pending = Pending()
            if now.style != was.style or now.style.xf != was.style.xf:
                own = now.style.xf == was.style.xf
                pending = Pending(was=was.style, style=now.style, base=None if own else now.style.xf)
            if (now.formula, now.array) != (was.formula, was.array) or (
                now.formula is not None and now.value != was.value
            ):
                if now.formula is None:
                    pending = replace(pending, body=self._constant(cell, now.value))
                    if was.formula is not None:
                        gone.add(cell)
                elif (now.formula, now.array) == (was.formula, was.array):
                    pending = replace(pending, body=Result(now.value))
                else:
                    table = next((table.name for table in tables if cell in table.range), None)
                    body = self.book.formula(now.formula, now.value, now.array, cell, table, is_new_text)
                    pending = replace(pending, body=body)
                self.book.needs_calculation()
            elif not _is_same_value(now.value, was.value):
                pending = replace(pending, body=self._constant(cell, now.value))
                self.book.needs_calculation()
            if pending != Pending():
                self._add(new.name, cell, pending)
        self.book.formulas_gone(new.name, gone)
        self._require_outside_pivots(new.name)

    def _write_facts(self, edit: Edit, old: Sheet, new: Sheet) -> None:
        file_name = new.name
        if old.merges != new.merges:
            self.book.sheet(file_name).set_merges(new.merges)
        if old.hidden_rows != new.hidden_rows:
            changed = old.hidden_rows ^ new.hidden_rows
            self.book.sheet(file_name).patch({}, {row: row in new.hidden_rows for row in changed})
        if old.freeze != new.freeze:
            self.book.sheet(file_name).set_freeze(new.freeze)
        if isinstance(edit, edits.Restore) and old.column_widths != new.column_widths:
            for column in old.column_widths.keys() | new.column_widths.keys():
                if old.column_widths.get(column) != new.column_widths.get(column):
                    self.book.sheet(file_name).set_width(column, column, new.column_widths.get(column))
        if old.autofilter != new.autofilter and not isinstance(edit, edits.Filter):
            self.book.sheet(file_name).set_autofilter(new.autofilter)
        if old.comments != new.comments:
            raise UnsupportedWrite(
                f"expected cells without comments among those that move, got comments on {new.name!r}"
            )

    def _write_names(self, edit: Edit, old: tuple[DefinedName, ...], new: tuple[DefinedName, ...]) -> None:
        was = {(name.name, name.scope): name for name in old}
        now = {(name.name, name.scope): name for name in new}
        if isinstance(edit, edits.DefineName):  # may change the case of a name's letters
            folded = {(name.casefold(), scope) for name, scope in now}
            was = {key: name for key, name in was.items() if (key[0].casefold(), key[1]) in folded}
        changes: dict[tuple[str, str | None], DefinedName | None] = {
            key: now.get(key) for key in {**was, **now} if was.get(key) != now.get(key)
        }
        kept = {(name.casefold(), scope) for (name, scope), value in changes.items() if value is not None}
        for key in [k for k, v in changes.items() if v is None and (k[0].casefold(), k[1]) in kept]:
            del changes[key]
        if changes:
            self._flush()
            self.book.set_names(changes)
            self.book.needs_calculation()

    def _filter(self, edit: edits.Filter, before: Snapshot, after: Snapshot) -> None:
        sheet = after.sheet(edit.sheet)
        table = next((t for t in before.tables_on(sheet.name) if t.range.intersect(edit.range)), None)
        if table is not None:
            self._flush()
            table_file.set_filter(self.book, table, edit)
        else:
            self.book.sheet(sheet.name).set_autofilter(sheet.autofilter, edit)

    def _texts_that_move(self, edit: Edit) -> dict[tuple[int | None, str], list[Raw]]:
        """The bytes of the texts that an edit only moves or copies, by (column where it keeps it, text)."""
        match edit:
            case edits.Sort():
                name, area, by_column = edit.sheet, edit.range, True
            case edits.CopyRange() if edit.what != "formats":
                name, area, by_column = edit.source_sheet, edit.source, False
            case edits.Fill():
                name, area, by_column = edit.sheet, edit.source, False
            case _:
                return {}
        sheet = self.snapshot.sheet(name)
        texts = {
            cell: content.value
            for cell, content in sheet.cells.items(area)
            if content.formula is None and isinstance(content.value, str)
        }
        if not texts:
            return {}
        self._flush()
        raw = self.book.sheet(sheet.name).grid.raw(set(texts))
        donors: dict[tuple[int | None, str], list[Raw]] = {}
        for cell, text in texts.items():
            if cell in raw:
                donors.setdefault((cell.column if by_column else None, text), []).append(raw[cell])
        return donors

    def _constant(self, cell: Cell, value: Value) -> Body:
        if isinstance(value, str):
            for key in ((cell.column, value), (None, value)):
                donors = self._donors.get(key)
                if donors:
                    return donors.pop(0) if len(donors) > 1 else donors[0]
        return Constant(value)

    def _add(self, sheet: str, cell: Cell, new: Pending) -> None:
        pending = self._pending.setdefault(sheet, {})
        old = pending.get(cell, Pending())
        body = old.body if new.body is None else new.body
        if isinstance(new.body, Result) and isinstance(old.body, FormulaText):
            body = replace(old.body, value=new.body.value)
        if new.style is None:
            pending[cell] = Pending(old.was, old.style, old.base, body)
        else:
            base = old.base if new.base is None else new.base
            pending[cell] = Pending(old.was or new.was, new.style, base, body)

    def _flush(self) -> None:
        """Put pending cells into their sheets."""
        for name, pending in self._pending.items():
            sheet = self.book.sheet(name)
            styled = {cell for cell, new in pending.items() if new.style is not None}
            present = sheet.grid.formats(styled) if styled else {}
            patches = {}
            for cell, new in pending.items():
                xf = None
                if new.style is not None and new.was is not None:
                    if new.base is not None:
                        xf = self.book.styles.index_of(new.style, new.base)
                    else:
                        xf = self.book.styles.changed(new.was, new.style, present[cell])
                patches[cell] = CellPatch(xf, new.body)
            sheet.patch(patches)
            self.cells_written += len(patches)
        self._pending.clear()

    def _require_outside_pivots(self, sheet: str) -> None:
        filled = [cell for cell, new in self._pending.get(sheet, {}).items() if new.body is not None]
        for area in self.book.pivot_ranges(sheet) if filled else ():
            if hit := next((cell for cell in filled if cell in area), None):
                raise UnsupportedWrite(
                    f"expected cells outside pivot tables, got {hit.a1} inside the one on {area} of {sheet!r}"
                )

    def _require_unprotected(self, before: Snapshot, after: Snapshot, edit: Edit) -> None:
        if self._allow_protected or isinstance(edit, edits.RenameSheet):
            return
        named = {name for name in (getattr(edit, "sheet", None),) if isinstance(name, str)}
        for sheet in before.sheets:
            if sheet.is_protected and sheet.name.casefold() in {name.casefold() for name in named}:
                raise UnsupportedWrite(
                    f"expected a sheet without protection, got the protected sheet {sheet.name!r}"
                )

    @staticmethod
    def _require_restorable(before: Snapshot, after: Snapshot) -> None:
        if before.sheet_names != after.sheet_names:
            raise UnsupportedWrite("expected a restore that keeps the sheets, got one that changes them")
        for old, new in zip(before.sheets, after.sheets, strict=True):
            for fact in _NOT_RESTORED:
                if getattr(old, fact) != getattr(new, fact):
                    raise UnsupportedWrite(
                        f"expected a restore of cells, got one of the {fact} of {new.name!r}"
                    )


def _differences(edit: Edit, old: Sheet, new: Sheet) -> Iterator[tuple[Cell, Content, Content]]:
    """(cell, content before, content after) where they differ, in format indices too where an edit copies."""
    seen: set[Cell] = set()
    for cell, was, now in old.cells.changes(new.cells):
        seen.add(cell)
        yield cell, was or BLANK, now or BLANK
    area = _copied_onto(edit, new)
    if area is None:
        return
    was_there, is_there = dict(old.cells.items(area)), dict(new.cells.items(area))
    for cell in sorted((was_there.keys() | is_there.keys()) - seen):
        was, now = was_there.get(cell, BLANK), is_there.get(cell, BLANK)
        if was.style.xf != now.style.xf:
            yield cell, was, now


def _copied_onto(edit: Edit, sheet: Sheet) -> Range | None:
    match edit:
        case edits.CopyRange() if sheet.name.casefold() == edit.sheet.casefold():
            return paste_area(edit)
        case edits.Fill() if sheet.name.casefold() == edit.sheet.casefold():
            return edit.target
        case edits.Sort() if sheet.name.casefold() == edit.sheet.casefold():
            return edit.range
        case _:
            return None


def _renamed(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    """The snapshot with the sheet's name changed and no formula: what the file says after the rename."""
    return replace(
        snapshot,
        sheets=tuple(replace(s, name=new) if s.name == old else s for s in snapshot.sheets),
        tables=tuple(replace(t, sheet=new) if t.sheet == old else t for t in snapshot.tables),
        names=tuple(replace(n, scope=new) if n.scope == old else n for n in snapshot.names),
    )


def _is_same_value(first: Value, second: Value) -> bool:
    return first == second and isinstance(first, bool) == isinstance(second, bool)
