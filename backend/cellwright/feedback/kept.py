"""The kept rate: how much of what was accepted is still there when the file is saved.

Per edited cell 1 where it still holds what was suggested, else the share of the suggested formula's tokens
that survive in order (longest common subsequence over the suggested tokens), 0 for a value that was
replaced. The rate is the mean over the cells. Clicks say that somebody accepted; this says that it was
right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cellwright.edits.model import Edit, SetFormulas, SetValues
from cellwright.formula import TokenKind, tokenize
from cellwright.reference import Cell, SheetCell
from cellwright.workbook.model import Snapshot, Value

Written = Mapping[SheetCell, str | Value]
"""What was suggested for each cell: a formula with its `=`, or a value."""


def written_by(edits: Sequence[Edit]) -> dict[SheetCell, str | Value]:
    """The contents that edits put into cells; of edits that are neither formulas nor values nothing."""
    written: dict[SheetCell, str | Value] = {}
    for edit in edits:
        if not isinstance(edit, SetFormulas | SetValues):
            continue
        rows = edit.formulas if isinstance(edit, SetFormulas) else edit.values
        for down, row in enumerate(rows):
            for right, content in enumerate(row):
                if isinstance(edit, SetFormulas) and content is None:
                    continue
                cell = Cell(edit.range.top + down, edit.range.left + right)
                written[SheetCell(edit.sheet, cell)] = content
    return written


def kept_rate(written: Written, now: Snapshot) -> float | None:
    """The mean over the written cells, 0 to 1; None where nothing was written. A sheet that is gone keeps
    nothing."""
    if not written:
        return None
    return sum(_kept(content, cell, now) for cell, content in written.items()) / len(written)


def _kept(content: str | Value, cell: SheetCell, now: Snapshot) -> float:
    if not now.has_sheet(cell.sheet):
        return 0.0
    sheet = now.sheet(cell.sheet)
    formula = sheet.formula(cell.cell)
    if not (isinstance(content, str) and content.startswith("=")):
        return float(formula is None and sheet.value(cell.cell) == content)
    return 0.0 if formula is None else surviving(_tokens(content), _tokens(formula))


def surviving(suggested: Sequence[str], now: Sequence[str]) -> float:
    """The share of the suggested tokens that are still there in order."""
    if not suggested:
        return 1.0
    row = [0] * (len(now) + 1)
    for token in suggested:
        diagonal = 0
        for j, other in enumerate(now, start=1):
            above = row[j]
            row[j] = diagonal + 1 if token == other else max(row[j], row[j - 1])
            diagonal = above
    return row[-1] / len(suggested)


def _tokens(formula: str) -> list[str]:
    return [token.text.upper() for token in tokenize(formula) if token.kind is not TokenKind.SPACE]
