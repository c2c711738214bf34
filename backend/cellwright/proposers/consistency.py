"""One cell that differs from a run of equal formulas round it: the run's formula is proposed for it.

The cell may hold another formula or a typed-in number. Both sides of the cell in its row or its column must
hold the run's formula, at least three cells of it in all, so that the edge of a block is left alone.
"""

from __future__ import annotations

from cellwright.proposers.model import Place, cited, formula_candidate
from cellwright.proposers.template import Template
from cellwright.reference import Cell
from cellwright.verify.model import Candidate

_LEAST_RUN = 3
_REACH = 50


class Consistency:
    """Proposes the formula of a run for the one cell in it that differs."""

    name = "consistency"

    def propose(self, place: Place) -> list[Candidate]:
        """At most one candidate a direction; nothing for an empty cell."""
        if not place.sheet.is_filled(place.cell) or not place.target.range.is_cell:
            return []
        present = place.sheet.templates.get(place.cell)
        found: list[Candidate] = []
        for step, line in (((1, 0), "column"), ((0, 1), "row")):
            before, after = _run(place, (-step[0], -step[1])), _run(place, step)
            if not before or not after or len(before) + len(after) < _LEAST_RUN:
                continue
            if before[0].key != after[0].key:
                continue
            template = before[0].copied(place.cell)
            if not template.is_inside or (present is not None and present.key == template.key):
                continue
            cells = [t.home for t in (*before, *after)]
            reason = f"{cells[0].a1} and {len(cells) - 1} other cells of the {line} hold this formula"
            features = {
                "inconsistent": 1.0,
                "inconsistent_run": min(len(cells), 10) / 10,
                "inconsistent_typed": float(present is None),
            }
            citations = [cited(place.sheet.name, cell) for cell in (before[0].home, after[0].home)]
            found.append(formula_candidate(place, template, self.name, reason, citations, features))
        return found


def _run(place: Place, step: tuple[int, int]) -> list[Template]:
    """The templates of equal identity that follow the place in one direction without a gap."""
    run: list[Template] = []
    for distance in range(1, _REACH + 1):
        row, column = place.cell.row + step[0] * distance, place.cell.column + step[1] * distance
        template = place.sheet.templates.get(Cell(row, column)) if row >= 0 and column >= 0 else None
        if template is None or (run and template.key != run[0].key):
            break
        run.append(template)
    return run
