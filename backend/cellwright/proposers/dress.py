"""A plain reference put into the shape of a formula that is at home here: `Data!B5` as `Data!B5*About!$A$28`.

The shape comes from a neighbour, from the same cell of a sibling sheet or from the sheet's usual formulas:
one with exactly one loose reference, whose other parts are constants, names or fixed references and stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cellwright.edits.model import SetFormulas
from cellwright.proposers.carry import Carry
from cellwright.proposers.crossref import CrossReference
from cellwright.proposers.model import Place, Proposer, cited, formula_candidate
from cellwright.proposers.sources import neighbours, same_cell_elsewhere
from cellwright.proposers.template import Slot, Template, read_template
from cellwright.verify.model import Candidate

_KEYS = 2
_MOST_SHAPES = 5
_MOST_REFERENCES = 10
_USUAL = 2
_PLAIN = ("=", "")


class Dress:
    """Puts the plain references of other experts into shapes that the sheet uses."""

    name = "dress"

    def __init__(self, plain: Sequence[Proposer] = (CrossReference(), Carry())) -> None:
        self._plain = plain

    def propose(self, place: Place) -> list[Candidate]:
        """Every shape with every plain reference, the few best of each."""
        shapes = list(_shapes(place))
        if not shapes:
            return []
        plain = self._references(place)
        found: list[Candidate] = []
        for features, sheet, template, loose in shapes:
            for candidate, slot in plain:
                slots = (*template.slots[:loose], slot, *template.slots[loose + 1 :])
                dressed = template.with_slots(slots, place.cell)
                said = {**candidate.features, **features}
                reason = f"{candidate.reason}, as {template.text} does"
                found.append(
                    formula_candidate(
                        place,
                        dressed,
                        self.name,
                        reason,
                        [*candidate.citations, cited(sheet, template.home)],
                        said,
                    )
                )
        return found

    def _references(self, place: Place) -> list[tuple[Candidate, Slot]]:
        found: list[tuple[float, int, Candidate, Slot]] = []
        for proposer in self._plain:
            for candidate in proposer.propose(place):
                edit = candidate.edits[0]
                if isinstance(edit, SetFormulas) and edit.formulas[0][0] is not None:
                    slot = read_template(edit.formulas[0][0], place.cell).slots[0]
                    fit = candidate.features.get("cross_fit", 0.0) + candidate.features.get("cross_few", 0.0)
                    if not slot.is_fixed:
                        found.append((-fit, len(found), candidate, slot))
        found.sort(key=lambda item: item[:2])
        return [(candidate, slot) for _, _, candidate, slot in found[:_MOST_REFERENCES]]


_Shape = tuple[dict[str, float], str, Template, int]


def _shapes(place: Place) -> Iterator[_Shape]:
    """Features, sheet, template and the number of its loose slot, of shapes that differ, nearest first."""
    seen: set[object] = set()
    for kind, nearness, sheet, template in _at_home(place):
        loose = _loose(template)
        if loose is None:
            continue
        others = tuple(slot.text for i, slot in enumerate(template.slots) if i != loose)
        if (template.skeleton, others) in seen:
            continue
        seen.add((template.skeleton, others))
        yield {"dress": 1.0, f"dress_{kind}": 1.0, "dress_near": nearness}, sheet, template, loose
        if len(seen) >= _MOST_SHAPES:
            return


def _at_home(place: Place) -> Iterator[tuple[str, float, str, Template]]:
    for source in (*same_cell_elsewhere(place), *neighbours(place, _KEYS)):
        kind = "neighbour" if source.sheet is place.sheet else "sibling"
        yield kind, 1.0 / source.steps, source.sheet.name, source.template
    templates, habits = place.sheet.templates, place.sheet.habits
    for shape, count in habits.shapes.most_common(_USUAL):
        template = next(t for t in templates.values() if t.skeleton == shape)
        yield "usual", count / habits.formulas, place.sheet.name, template


def _loose(template: Template) -> int | None:
    """The one slot that moves, not fixed and no range; constants of other sheets often lack their `$`."""
    if template.skeleton == _PLAIN:
        return None
    loose = [i for i, slot in enumerate(template.slots) if not slot.is_fixed and slot.last is None]
    if not loose or any(template.slots[i].sheet is None for i in loose[1:]):
        return None
    return loose[0]
