"""Sheets that belong together by their names: `Rice 2020 source` is to `Rice 2020` what
`Rice 2010 source` is to `Rice 2010`.

Between two sheets of like names some words differ; another sheet whose name has those words of the one has a
counterpart whose name has those of the other. So a formula that is taken over from a sibling sheet can follow
its own sheet's sources.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cellwright.proposers.template import Template

_WORD = re.compile(r"\d+|[^\W\d_]+|.", re.DOTALL)


def counterpart(own: str, sibling: str, other: str, names: Mapping[str, str]) -> str | None:
    """The sheet that is to `own` what `other` is to `sibling`; None where there is none.

    `names`: folded name -> name of the workbook's sheets.
    """
    here, there, words = _words(own), _words(sibling), _words(other)
    head = 0
    while head < min(len(here), len(there)) and here[head] == there[head]:
        head += 1
    tail = 0
    while tail < min(len(here), len(there)) - head and here[-1 - tail] == there[-1 - tail]:
        tail += 1
    old, new = there[head : len(there) - tail], here[head : len(here) - tail]
    if not old:
        return None
    for start in range(len(words) - len(old) + 1):
        if words[start : start + len(old)] == old:
            name = "".join([*words[:start], *new, *words[start + len(old) :]])
            found = names.get(name)
            if found is not None and found.casefold() != other.casefold():
                return found
    return None


def with_counterparts(
    template: Template, own: str, sibling: str, names: Mapping[str, str]
) -> Template | None:
    """A sibling sheet's formula over the counterparts of the sheets that it reads; None where it has none."""
    slots, is_other = [], False
    for slot in template.slots:
        found = None if slot.sheet is None else counterpart(own, sibling, slot.sheet, names)
        is_other = is_other or found is not None
        slots.append(slot if found is None else slot.on(found))
    return template.with_slots(tuple(slots), template.home) if is_other else None


def _words(name: str) -> list[str]:
    return _WORD.findall(name.casefold())
