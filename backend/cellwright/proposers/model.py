"""What a proposer is given and what it gives: Place and the Proposer protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from cellwright.edits.model import SetFormulas
from cellwright.prompt.context import formula_prompt
from cellwright.prompt.tasks import Prompt
from cellwright.proposers.asked import functions_asked_for
from cellwright.proposers.index import (
    SheetIndex,
    WorkbookIndex,
    index_sheet,
    index_workbook,
    label_of,
    label_words,
)
from cellwright.proposers.template import Corner, Slot, Template
from cellwright.reference import Cell, Range, SheetRange
from cellwright.verify.model import Candidate, Kind
from cellwright.workbook.model import Snapshot

Label = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a formula or edit is wanted: a snapshot and a target, whose first cell decides.

    `typed` is what the person has typed into it so far.
    """

    snapshot: Snapshot
    target: SheetRange
    typed: str = ""

    @cached_property
    def index(self) -> WorkbookIndex:
        """Lookups over the whole workbook."""
        return index_workbook(self.snapshot)

    @cached_property
    def sheet(self) -> SheetIndex:
        """Lookups over the target's sheet; raises UsageError where it is unknown."""
        return index_sheet(self.snapshot.sheet(self.target.sheet))

    @cached_property
    def prompt(self) -> Prompt:
        """What a language model reads of the place."""
        return formula_prompt(self.snapshot, self.target.sheet, self.cell, self.typed)

    @property
    def cell(self) -> Cell:
        """The first cell of the target."""
        return self.target.range.first

    @cached_property
    def row_labels(self) -> list[Label]:
        """The labels left of the cell, nearest first."""
        return labels_at(self.sheet, self.sheet.row_labels(self.cell))

    @cached_property
    def column_labels(self) -> list[Label]:
        """The labels above the cell, nearest first."""
        return labels_at(self.sheet, self.sheet.column_labels(self.cell))

    @cached_property
    def said(self) -> frozenset[str]:
        """The aggregate functions that the labels ask for."""
        return functions_asked_for([*self.row_labels[:2], *self.column_labels[:1]])

    @cached_property
    def around(self) -> list[Template]:
        """The templates next to the cell, up to two cells away in its row and column."""
        row, column = self.cell
        templates = self.sheet.templates
        found = []
        for distance in (1, 2):
            for at in (
                (row - distance, column),
                (row + distance, column),
                (row, column - distance),
                (row, column + distance),
            ):
                template = templates.get(Cell(*at)) if min(at) >= 0 else None
                if template is not None:
                    found.append(template)
        return found

    @cached_property
    def shares(self) -> dict[tuple[str, Slot], tuple[float, ...]]:
        """What was found of a reference from here, by who asked: candidates share their references."""
        return {}

    @cached_property
    def sheet_label(self) -> Label:
        """The words of the sheet's name."""
        return label_words(self.sheet.name)


def labels_at(sheet: SheetIndex, cells: Iterable[Cell]) -> list[Label]:
    """The labels that stand in those cells."""
    labels = (label_of(sheet.value(cell)) for cell in cells)
    return [label for label in labels if label]


class Proposer(Protocol):
    """An expert: looks at a place and offers candidates, best first or unordered; it never raises."""

    @property
    def name(self) -> str:
        """Under which name its candidates are logged and weighed."""
        ...

    def propose(self, place: Place) -> list[Candidate]:
        """Its candidates for a place; empty where it has nothing to say."""
        ...


def formula_candidate(
    place: Place,
    template: Template,
    proposer: str,
    reason: str,
    citations: Iterable[SheetRange] = (),
    features: Mapping[str, float] | None = None,
) -> Candidate:
    """A formula for the whole target: written for its first cell, copied over the rest as a fill would."""
    target = place.target.range
    formulas = tuple(
        tuple(_text(template, Cell(row, column)) for column in range(target.left, target.right + 1))
        for row in range(target.top, target.bottom + 1)
    )
    edit = SetFormulas(place.target.sheet, target, formulas)
    return Candidate(Kind.FORMULA, (edit,), proposer, reason, tuple(citations), features or {})


def _text(template: Template, cell: Cell) -> str | None:
    """The formula's text in another cell; None where a copy would point off the grid."""
    copied = template if cell == template.home else template.copied(cell)
    return copied.text if copied.is_inside else None


def cited(sheet: str, cell: Cell) -> SheetRange:
    """One cell as a citation."""
    return SheetRange(sheet, Range.of(cell))


def cell_slot(sheet: str | None, cell: Cell, *, row_fixed: bool = False, column_fixed: bool = False) -> Slot:
    """A reference to one cell."""
    return Slot(sheet, Corner(cell.row, cell.column, row_fixed, column_fixed))
