"""Defined names that fit a place by their words: alone, or in place of the name in a neighbour's formula."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cellwright.proposers.model import Place, cited, formula_candidate
from cellwright.proposers.sources import neighbours
from cellwright.proposers.template import Template
from cellwright.verify.model import Candidate

_WORD = re.compile(r"[^\W\d][\w.]*")
_PART = re.compile(r"[^\W\d_]+|\d+")
_MOST_NAMES = 200
_KEYS = 2
_BEST = 3


class Names:
    """Offers defined names by the words of the place's labels."""

    name = "names"

    def propose(self, place: Place) -> list[Candidate]:
        """The best few names alone, and in the skeletons of the nearest formulas that use another name."""
        names = [
            name.name
            for name in place.snapshot.names[:_MOST_NAMES]
            if not name.is_hidden
            and not name.name.startswith("_")
            and (name.scope in (None, place.sheet.name))
        ]
        if not names:
            return []
        folded = {name.casefold(): name for name in names}
        fits = {name: _fit(name, place) for name in names}
        best = sorted(names, key=lambda name: -fits[name])[:_BEST]
        found = [
            formula_candidate(
                place,
                Template((f"={name}",), (), place.cell),
                self.name,
                f"Uses the name {name}",
                (),
                {"name_alone": 1.0, "name_fit": fits[name]},
            )
            for name in best
            if fits[name] > 0
        ]
        for source in neighbours(place, _KEYS):
            template = source.template.copied(place.cell)
            if not template.is_inside:
                continue
            for swapped, name in _swapped(template, folded, best):
                features = {"name_swapped": 1.0, "name_fit": fits[name], "name_near": 1.0 / source.steps}
                reason = f"As {source.cell.a1}, with the name {name}"
                citation = cited(source.sheet.name, source.cell)
                found.append(formula_candidate(place, swapped, self.name, reason, (citation,), features))
        return found


def _swapped(template: Template, folded: dict[str, str], best: list[str]) -> Iterator[tuple[Template, str]]:
    for i, piece in enumerate(template.skeleton):
        for match in _WORD.finditer(piece):
            if match.group().casefold() not in folded:
                continue
            for name in best:
                if name.casefold() == match.group().casefold():
                    continue
                changed = piece[: match.start()] + name + piece[match.end() :]
                skeleton = (*template.skeleton[:i], changed, *template.skeleton[i + 1 :])
                yield Template(skeleton, template.slots, template.home), name


def _fit(name: str, place: Place) -> float:
    """The share of a name's parts that are a word of the place's labels or abbreviate one."""
    words = [
        word
        for label in (*place.row_labels[:1], *place.column_labels[:1], place.sheet_label)
        for word in label
    ]
    joined = ["".join(label) for label in (*place.row_labels[:1], *place.column_labels[:1])]
    parts = [part.casefold() for part in _PART.findall(name)]
    if not parts:
        return 0.0
    return sum(any(_stands_for(part, word) for word in (*words, *joined)) for part in parts) / len(parts)


def _stands_for(part: str, word: str) -> bool:
    """`bio` or `biodsl` for `biofueldiesel`: the same first letter, all letters in order, at least three."""
    if part == word:
        return True
    if len(part) < 3 or part[0] != word[:1]:
        return False
    letters = iter(word)
    return all(letter in letters for letter in part)
