"""The number format of a sibling block: where numbers next to the target share one format and it does not."""

from __future__ import annotations

from collections import Counter

from cellwright.edits.model import SetNumberFormat
from cellwright.proposers.model import Place, cited
from cellwright.reference import Cell
from cellwright.verify.model import Candidate, Kind

_REACH = 4
_LEAST = 3
_GENERAL = "General"


class Formats:
    """Proposes the format that the numbers of the same row or column agree on."""

    name = "formats"

    def propose(self, place: Place) -> list[Candidate]:
        """One candidate at most; only for a target that holds a number in the general format."""
        sheet, cell = place.sheet, place.cell
        style = sheet.style(cell)
        if not sheet.is_number(cell) or (style is not None and style.number_format != _GENERAL):
            return []
        for line in ("column", "row"):
            formats: Counter[str] = Counter()
            cells: list[Cell] = []
            for offset in (*range(-_REACH, 0), *range(1, _REACH + 1)):
                row, column = (
                    (cell.row + offset, cell.column) if line == "column" else (cell.row, cell.column + offset)
                )
                if row < 0 or column < 0 or not sheet.is_number(Cell(row, column)):
                    continue
                other = sheet.style(Cell(row, column))
                formats[other.number_format if other is not None else _GENERAL] += 1
                cells.append(Cell(row, column))
            if not formats:
                continue
            best, count = formats.most_common(1)[0]
            if best == _GENERAL or count < _LEAST or count < len(cells):
                continue
            edit = SetNumberFormat(place.target.sheet, place.target.range, best)
            features = {"format_agreed": 1.0, "format_count": min(count, 8) / 8}
            reason = f"The {count} numbers next to it in its {line} have the format {best}"
            citations = tuple(cited(sheet.name, c) for c in cells[:3])
            return [Candidate(Kind.EDIT, (edit,), self.name, reason, citations, features)]
        return []
