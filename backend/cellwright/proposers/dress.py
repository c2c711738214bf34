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
from cellwright.proposers.sources import Source, neighbours, same_cell_elsewhere
from cellwright.proposers.template import Slot, Template, read_template
from cellwright.verify.model import Candidate

_KEYS = 2
_MOST_SHAPES = 5
_MOST_REFERENCES = 10
_USUAL = 2


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
        for features, template, loose in shapes:
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
                        [*candidate.citations, cited(place.sheet.name, template.home)],
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


def _shapes(place: Place) -> Iterator[tuple[dict[str, float], Template, int]]:
    seen: set[object] = set()

    def offer(
        kind: str, template: Template, nearness: float
    ) -> Iterator[tuple[dict[str, float], Template, int]]:
        loose = [i for i, slot in enumerate(template.slots) if not slot.is_fixed and slot.last is None]
        if len(loose) > 1:  # constants on other sheets are often written without `$`
            loose = loose[:1] if all(template.slots[i].sheet is not None for i in loose[1:]) else []
        if len(loose) != 1 or template.skeleton == ("=", ""):
            return
        others = tuple(slot.text for i, slot in enumerate(template.slots) if i != loose[0])
        if (template.skeleton, others) in seen or len(seen) >= _MOST_SHAPES:
            return
        seen.add((template.skeleton, others))
        yield {"dress": 1.0, f"dress_{kind}": 1.0, "dress_near": nearness}, template, loose[0]

    sources: list[Source] = [*same_cell_elsewhere(place), *neighbours(place, _KEYS)]
    for source in sources:
        yield from offer(
            "sibling" if source.sheet is not place.sheet else "neighbour", source.template, 1.0 / source.steps
        )
    for shape, count in place.sheet.habits.shapes.most_common(_USUAL):
        home = next(cell for cell, template in place.sheet.templates.items() if template.skeleton == shape)
        yield from offer("usual", place.sheet.templates[home], count / max(1, place.sheet.habits.formulas))
