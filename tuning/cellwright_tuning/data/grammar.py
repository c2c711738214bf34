"""Draws formulas from `grammar.txt` over a scene.

A template grammar: a production is text with slots; a slot expands a nonterminal, or asks the scene for a
reference or a constant; a nonterminal sees the letters bound around it. Depth is bounded by a budget: every
production knows the least depth it needs, and only those that fit are drawn, so generation always ends.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random

from .scene import Scene

_SLOT = re.compile(r"\{\{|\}\}|\{(?:([a-z])=)?([a-z_0-9]+)\}")


@dataclass(frozen=True)
class Piece:
    """Literal text (`slot` empty), or a slot; `bind` is the letter that remembers what it wrote."""

    text: str = ""
    slot: str = ""
    bind: str = ""


@dataclass(frozen=True)
class Production:
    """One line of the grammar; `depth` is the least number of nested nonterminals it needs."""

    weight: float
    pieces: tuple[Piece, ...]
    depth: int


class Grammar:
    """Nonterminals with their weighted productions."""

    def __init__(self, text: str) -> None:
        sections: dict[str, list[tuple[float, tuple[Piece, ...]]]] = {}
        section = ""
        for line in text.splitlines():
            if line.startswith("["):
                section = line.strip("[]")
                sections[section] = []
            elif line and not line.startswith("#"):
                weight, template = line.split(" ", 1)
                sections[section].append((float(weight), _compile(template)))
        depths = _least_depths(sections)
        self.productions: dict[str, list[Production]] = {
            name: [Production(weight, pieces, _depth(pieces, depths)) for weight, pieces in lines]
            for name, lines in sections.items()
        }
        self._choices: dict[tuple[str, int], tuple[list[Production], list[float]]] = {}

    def draw(self, scene: Scene, random: Random, root: str = "formula", budget: int = 5) -> str:
        """One formula text without `=`; `budget` bounds the nesting of nonterminals."""
        return self._expand(root, budget, scene, random, {})

    def _choose(self, name: str, budget: int, random: Random) -> Production:
        key = (name, budget)
        if key not in self._choices:
            fitting = [p for p in self.productions[name] if p.depth <= budget]
            if not fitting:
                fitting = [min(self.productions[name], key=lambda production: production.depth)]
            self._choices[key] = (fitting, list(accumulate(p.weight for p in fitting)))
        productions, sums = self._choices[key]
        return productions[bisect(sums, random.random() * sums[-1])]

    def _expand(self, name: str, budget: int, scene: Scene, random: Random, outer: dict[str, str]) -> str:
        bound = dict(outer)
        written: list[str] = []
        for piece in self._choose(name, budget, random).pieces:
            if not piece.slot:
                written.append(piece.text)
                continue
            if piece.slot in bound:
                written.append(bound[piece.slot])
                continue
            if piece.slot in self.productions:
                text = self._expand(piece.slot, budget - 1, scene, random, bound)
            else:
                draw = scene.slot(piece.slot)
                assert draw is not None, f"no slot {piece.slot} in the scene"
                text = draw()
            if piece.bind:
                bound[piece.bind] = text
            written.append(text)
        return "".join(written)


def _compile(template: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    position = 0
    for match in _SLOT.finditer(template):
        if match.start() > position:
            pieces.append(Piece(template[position : match.start()]))
        position = match.end()
        if match.group() in {"{{", "}}"}:
            pieces.append(Piece(match.group()[0]))
        else:
            pieces.append(Piece(slot=match.group(2), bind=match.group(1) or ""))
    if position < len(template):
        pieces.append(Piece(template[position:]))
    return tuple(pieces)


def _depth(pieces: tuple[Piece, ...], depths: dict[str, int]) -> int:
    return max((1 + depths[piece.slot] for piece in pieces if piece.slot in depths), default=0)


def _least_depths(sections: dict[str, list[tuple[float, tuple[Piece, ...]]]]) -> dict[str, int]:
    depths = dict.fromkeys(sections, 99)
    for _ in sections:
        for name, lines in sections.items():
            depths[name] = min(_depth(pieces, depths) for _, pieces in lines)
    return depths


@cache
def shipped_grammar() -> Grammar:
    """The grammar of `grammar.txt`."""
    return Grammar((files(__package__) / "grammar.txt").read_text(encoding="utf-8"))
