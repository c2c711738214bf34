"""What an organisation's workbooks are like, in counts: functions, shapes, formats, names, layouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import TokenKind, tokenize
from cellwright.proposers.template import read_template
from cellwright.workbook.model import Snapshot
from cellwright.workbook.regions import regions

MOST = 25


@dataclass
class Conventions:
    """Counts over distinct regions, not cells: a long column speaks once."""

    workbooks: int = 0
    sheets: int = 0
    regions: int = 0
    cells: int = 0
    down: int = 0
    across: int = 0
    other_sheets: int = 0
    absolute: int = 0
    functions: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    sheet_names: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)

    def add(self, snapshot: Snapshot) -> None:
        """Count one workbook."""
        self.workbooks += 1
        self.names.update(name.name for name in snapshot.names)
        for sheet in snapshot.sheets:
            self.sheets += 1
            self.sheet_names[sheet.name] += 1
            for region in regions(sheet.cells.formulas()):
                template = read_template(region.formula, region.first)
                self.regions += 1
                self.cells += len(region.cells)
                self.down += region.bounds.bottom > region.bounds.top
                self.across += region.bounds.right > region.bounds.left
                self.other_sheets += any(slot.sheet is not None for slot in template.slots)
                self.absolute += any(slot.is_fixed for slot in template.slots)
                self.functions.update(_functions(region.formula))
                self.shapes["@".join(template.skeleton)] += 1
                self.formats[sheet.content(region.first).style.number_format] += 1

    def to_json(self) -> dict[str, Any]:
        """The counts, the commonest first."""
        share = max(1, self.regions)
        return {
            "workbooks": self.workbooks,
            "sheets": self.sheets,
            "regions": self.regions,
            "formula_cells": self.cells,
            "regions_down": round(self.down / share, 4),
            "regions_across": round(self.across / share, 4),
            "regions_that_read_other_sheets": round(self.other_sheets / share, 4),
            "regions_with_absolute_references": round(self.absolute / share, 4),
            "functions": dict(self.functions.most_common(MOST)),
            "shapes": dict(self.shapes.most_common(MOST)),
            "number_formats": dict(self.formats.most_common(MOST)),
            "sheet_names": dict(self.sheet_names.most_common(MOST)),
            "names": dict(self.names.most_common(MOST)),
        }


def measure(snapshots: Iterable[Snapshot]) -> Conventions:
    """The conventions of some workbooks."""
    found = Conventions()
    for snapshot in snapshots:
        found.add(snapshot)
    return found


def _functions(formula: str) -> set[str]:
    try:
        return {
            token.text.rstrip("(").upper() for token in tokenize(formula) if token.kind is TokenKind.FUNCTION
        }
    except FormulaSyntaxError:
        return set()
