"""A plain reference to another sheet, found by labels or because its result waits to be used.

By labels: the cell where the target's row label and column label (or the sheet's name) meet on another sheet,
either way round. By need: formulas of other sheets that nothing refers to, likeliest in a small output sheet.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.proposers.analogy import overlap
from cellwright.proposers.index import SheetIndex, label_of
from cellwright.proposers.model import Label, Place, cell_slot, cited, formula_candidate
from cellwright.proposers.template import Template
from cellwright.reference import Cell
from cellwright.verify.model import Candidate

_MOST = 10
_MOST_LABEL_CELLS = 40


class CrossReference:
    """Offers cells of other sheets that carry the target's labels, and results nothing uses yet."""

    name = "crossref"

    def propose(self, place: Place) -> list[Candidate]:
        """The best few by labels, then the unused results nearest in name."""
        if place.sheet.templates.get(place.cell) is not None:
            return []
        found: list[Candidate] = []
        for sheet in place.index.sheets():
            if sheet is place.sheet:
                continue
            seen = _seen(place, sheet)
            for cell, features in _best(seen):
                features["cross_unused"] = float(not place.index.is_referenced(sheet.name, cell))
                features["cross_nearness"] = 1.0 / _tabs(place, sheet)
                reason = f"Takes the value of the same label from {sheet.name}!{cell.a1}"
                for fixed in (False, True):
                    template = _reference(place, sheet.name, cell, fixed)
                    said = features | {"cross_fixed": float(fixed)}
                    found.append(
                        formula_candidate(place, template, self.name, reason, [cited(sheet.name, cell)], said)
                    )
            found += self._unused(place, sheet, set(seen))
        return found

    def _unused(self, place: Place, sheet: SheetIndex, seen: set[Cell]) -> Iterator[Candidate]:
        orphans = [cell for cell in place.index.orphans(sheet) if cell not in seen]
        if not orphans:
            return
        wanted = {word for label in (*place.row_labels[:1], *place.column_labels[:1]) for word in label}
        wanted |= set(place.sheet_label)
        ranked = sorted(orphans, key=lambda cell: (-_shared(sheet, cell, wanted), -cell.row, cell.column))
        for cell in ranked[:4]:
            features = {
                "cross_unused": 1.0,
                "cross_orphan": 1.0,
                "cross_few": 1.0 / len(orphans),
                "cross_words": _shared(sheet, cell, wanted),
                "cross_nearness": 1.0 / _tabs(place, sheet),
            }
            reason = f"Takes the result of {sheet.name}!{cell.a1}, which nothing uses yet"
            for fixed in (False, True):
                template = _reference(place, sheet.name, cell, fixed)
                said = features | {"cross_fixed": float(fixed)}
                yield formula_candidate(place, template, self.name, reason, [cited(sheet.name, cell)], said)


def _seen(place: Place, sheet: SheetIndex) -> dict[Cell, dict[str, float]]:
    """Cell -> the ways in which its labels are the place's."""
    seen: dict[Cell, dict[str, float]] = {}
    for kind, cell, fit in _by_labels(place, sheet):
        features = seen.setdefault(cell, {})
        features[f"cross_{kind}"] = 1.0
        features["cross_fit"] = max(fit, features.get("cross_fit", 0.0))
    return seen


def _best(seen: dict[Cell, dict[str, float]]) -> list[tuple[Cell, dict[str, float]]]:
    return sorted(seen.items(), key=lambda item: -item[1]["cross_fit"] - len(item[1]))[:_MOST]


def _reference(place: Place, sheet: str, cell: Cell, fixed: bool) -> Template:
    slot = cell_slot(sheet, cell, row_fixed=fixed, column_fixed=fixed)
    return Template(("=", ""), (slot,), place.cell)


def _tabs(place: Place, sheet: SheetIndex) -> int:
    names = [name.casefold() for name in place.snapshot.sheet_names]
    return max(1, abs(names.index(place.sheet.name.casefold()) - names.index(sheet.name.casefold())))


def _shared(sheet: SheetIndex, cell: Cell, wanted: set[str]) -> float:
    """How well the labels of a cell match wanted words, 0 to 1."""
    return max(
        (len(wanted.intersection(label)) / len(set(label)) for label in sheet.labels_of(cell)), default=0.0
    )


def _by_labels(place: Place, sheet: SheetIndex) -> Iterator[tuple[str, Cell, float]]:
    if sheet.is_filled(place.cell) and _same_heading(place, sheet):
        yield "position", place.cell, 0.8
    for row_label in place.row_labels[:2]:
        row_cells = sheet.labels.get(row_label, [])[:_MOST_LABEL_CELLS]
        for column_label in place.column_labels[:2]:
            column_cells = sheet.labels.get(column_label, [])[:_MOST_LABEL_CELLS]
            yield from _meetings(sheet, row_cells, column_cells)
        if row_cells:
            yield from _beside(sheet, row_cells, place)
    for column_label in place.column_labels[:1]:
        yield from _beside(sheet, sheet.labels.get(column_label, [])[:_MOST_LABEL_CELLS], place)


def _same_heading(place: Place, sheet: SheetIndex) -> bool:
    """Whether the same cell of another sheet stands under (or beside) the same label."""
    cell = place.cell
    ours = [*place.sheet.column_labels(cell, 1), *place.sheet.row_labels(cell, 1)]
    return not ours or any(label_of(sheet.value(c)) == label_of(place.sheet.value(c)) for c in ours)


def _meetings(sheet: SheetIndex, rows: list[Cell], columns: list[Cell]) -> Iterator[tuple[str, Cell, float]]:
    """Where the row of one label meets the column of the other, both ways round."""
    for a in rows:
        for b in columns:
            if a.column < b.column and b.row < a.row and sheet.is_number(Cell(a.row, b.column)):
                yield "meeting", Cell(a.row, b.column), 1.0
            if b.column < a.column and a.row < b.row and sheet.is_number(Cell(b.row, a.column)):
                yield "turned", Cell(b.row, a.column), 1.0


def _beside(sheet: SheetIndex, labels: list[Cell], place: Place) -> Iterator[tuple[str, Cell, float]]:
    """The first number right of a label and the first below it, better where the other labels share words."""
    words: list[Label] = [*place.column_labels[:1], place.sheet_label]
    for label in labels:
        columns = [c for c in sheet.filled_columns.get(label.row, ()) if c > label.column][:3]
        for kind, cells in (
            ("right", [Cell(label.row, c) for c in columns]),
            (
                "under",
                [Cell(r, label.column) for r in sheet.filled_rows.get(label.column, ()) if r > label.row][:1],
            ),
        ):
            for cell in cells:
                if not sheet.is_number(cell):
                    continue
                heads = [label_of(sheet.value(c)) for c in sheet.column_labels(cell, 1)]
                fit = max((overlap(h, w) for h in heads if h for w in words if w), default=0.0)
                yield kind, cell, 0.4 + 0.5 * fit
                break
