"""What changed between two snapshots, for undo and previews: contents cell by cell, and facts in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from cellwright.reference import SheetCell, column_letters, quote_sheet
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import (
    ConditionalFormat,
    Content,
    DataValidation,
    DefinedName,
    Sheet,
    Snapshot,
    Table,
)

_T = TypeVar("_T")
_EMPTY = CellStore()


@dataclass(frozen=True, slots=True)
class CellDiff:
    """One cell that changed; None where it held nothing. A changed format alone counts too."""

    cell: SheetCell
    before: Content | None
    after: Content | None

    @property
    def is_format_only(self) -> bool:
        """Value and formula are the same, only the format changed."""
        before, after = self.before or Content(), self.after or Content()
        return before.value == after.value and before.formula == after.formula


@dataclass(frozen=True, slots=True)
class FactDiff:
    """One fact beside the cells that changed, in words; None where it was not or is no more.

    `what` is the kind (`merge`, `name`, `table`, ...); `sheet` is None for facts of the workbook.
    """

    sheet: str | None
    what: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        place = "" if self.sheet is None else f"{self.sheet}: "
        if self.before is None:
            return f"{place}{self.what} {self.after} added"
        if self.after is None:
            return f"{place}{self.what} {self.before} removed"
        return f"{place}{self.what} {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class SnapshotDiff:
    """All that changed; cells in the order of the tabs, row by row."""

    cells: tuple[CellDiff, ...] = ()
    facts: tuple[FactDiff, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing changed."""
        return not self.cells and not self.facts


def diff(before: Snapshot, after: Snapshot) -> SnapshotDiff:
    """Compare two snapshots; sheets are matched by name, a renamed one by its place among the tabs."""
    cells: list[CellDiff] = []
    facts: list[FactDiff] = []
    for old, new in matched_sheets(before, after):
        name = new.name if new is not None else old.name if old is not None else ""
        if old is None or new is None:
            facts.append(FactDiff(None, "sheet", old.name if old else None, new.name if new else None))
        elif old.name != new.name:
            facts.append(FactDiff(None, "sheet", old.name, new.name))
        was, now = (_EMPTY if sheet is None else sheet.cells for sheet in (old, new))
        cells.extend(CellDiff(SheetCell(name, cell), *contents) for cell, *contents in was.changes(now))
        if old is not None and new is not None:
            facts.extend(_sheet_facts(name, old, new))
    facts.extend(_book_facts(before, after))
    return SnapshotDiff(tuple(cells), tuple(facts))


def matched_sheets(before: Snapshot, after: Snapshot) -> Iterator[tuple[Sheet | None, Sheet | None]]:
    """Pairs of the same sheet before and after, in the order of the tabs; None where there is none.

    Sheets of the same name belong together; of the others, those at the same place in rows of equal length.
    """
    olds = {sheet.name: sheet for sheet in before.sheets}
    news = {sheet.name: sheet for sheet in after.sheets}
    is_renaming = len(before.sheets) == len(after.sheets)
    taken: set[str] = set()
    for place, new in enumerate(after.sheets):
        old = olds.get(new.name)
        if old is None and is_renaming and before.sheets[place].name not in news:
            old = before.sheets[place]
        if old is not None:
            taken.add(old.name)
        yield old, new
    for old in before.sheets:
        if old.name not in taken:
            yield old, None


def _sheet_facts(name: str, old: Sheet, new: Sheet) -> Iterator[FactDiff]:
    def sets(
        what: str, was: Iterable[_T], now: Iterable[_T], text: Callable[[_T], str]
    ) -> Iterator[FactDiff]:
        was, now = list(was), list(now)
        yield from (FactDiff(name, what, text(item), None) for item in was if item not in now)
        yield from (FactDiff(name, what, None, text(item)) for item in now if item not in was)

    def runs(
        what: str, was: Iterable[int], now: Iterable[int], text: Callable[[int], str]
    ) -> Iterator[FactDiff]:
        was, now = set(was), set(now)
        yield from (FactDiff(name, what, run, None) for run in _runs(was - now, text))
        yield from (FactDiff(name, what, None, run) for run in _runs(now - was, text))

    yield from sets("merge", old.merges, new.merges, str)
    yield from sets("conditional format", old.conditional_formats, new.conditional_formats, rule_text)
    yield from sets("validation", old.validations, new.validations, rule_text)
    yield from sets("comment", old.comments, new.comments, lambda note: f"{note.cell.a1} {note.text!r}")
    yield from runs("hidden rows", old.hidden_rows, new.hidden_rows, lambda row: str(row + 1))
    yield from runs("hidden columns", old.hidden_columns, new.hidden_columns, column_letters)
    for column in sorted(old.column_widths.keys() | new.column_widths.keys()):
        was, now = old.column_widths.get(column), new.column_widths.get(column)
        if was != now:
            widths = (
                None if width is None else f"{column_letters(column)} {width:g}" for width in (was, now)
            )
            yield FactDiff(name, "width of column", *widths)
    freezes = tuple(None if sheet.freeze is None else sheet.freeze.a1 for sheet in (old, new))
    filters = tuple(None if sheet.autofilter is None else sheet.autofilter.a1 for sheet in (old, new))
    for what, pair in (
        ("frozen panes at", freezes),
        ("autofilter", filters),
        ("visibility", (old.visibility.value, new.visibility.value)),
        ("protection", tuple("on" if sheet.is_protected else "off" for sheet in (old, new))),
    ):
        if pair[0] != pair[1]:
            yield FactDiff(name, what, *pair)


def _book_facts(before: Snapshot, after: Snapshot) -> Iterator[FactDiff]:
    tables = ({table.name: table_text(table) for table in book.tables} for book in (before, after))
    names = ({_scoped(name): name.formula for name in book.names} for book in (before, after))
    for what, (was, now) in (("table", tuple(tables)), ("name", tuple(names))):
        for key in dict.fromkeys((*was, *now)):
            if was.get(key) != now.get(key):
                pair = (f"{key} {side[key]}" if key in side else None for side in (was, now))
                yield FactDiff(None, what, *pair)
    orders = tuple(
        [sheet.name for sheet in book.sheets if before.has_sheet(sheet.name) and after.has_sheet(sheet.name)]
        for book in (before, after)
    )
    if orders[0] != orders[1]:
        yield FactDiff(None, "order of sheets", *(", ".join(order) for order in orders))
    if before.is_1904 != after.is_1904:
        systems = ("1904" if book.is_1904 else "1900" for book in (before, after))
        yield FactDiff(None, "date system", *systems)


def rule_text(rule: ConditionalFormat | DataValidation) -> str:
    """`B2:B9 cellIs greaterThan =5, fill #FF0000`."""
    facts = [" ".join(area.a1 for area in rule.ranges), rule.type, rule.operator or "", *rule.formulas]
    text = " ".join(fact for fact in facts if fact)
    if isinstance(rule, ConditionalFormat):
        looks = (("fill", rule.fill), ("font", rule.font_color), ("bold", rule.bold or None))
        text += "".join(f", {what} {look}" for what, look in looks if look is not None)
    return text


def table_text(table: Table) -> str:
    """`Sheet1!A1:C9 (Region, Amount, Tax)`."""
    return f"{quote_sheet(table.sheet)}!{table.range} ({', '.join(table.columns)})"


def _scoped(name: DefinedName) -> str:
    return name.name if name.scope is None else f"{quote_sheet(name.scope)}!{name.name}"


def _runs(places: Iterable[int], text: Callable[[int], str]) -> Iterator[str]:
    """Consecutive places as `3:5`."""
    run: list[int] = []
    for place in (*sorted(places), None):
        if run and place != run[-1] + 1:
            yield text(run[0]) if len(run) == 1 else f"{text(run[0])}:{text(run[-1])}"
            run = []
        if place is not None:
            run.append(place)
