"""Excel's formula language: parse, print, normalise, precedents, shift; the person's own text survives."""

from cellwright.formula.nodes import Formula, Node, walk
from cellwright.formula.parser import parse
from cellwright.formula.precedents import BoundReference, Problem, precedents, references
from cellwright.formula.r1c1 import from_r1c1, normalise, to_r1c1
from cellwright.formula.shift import (
    Axis,
    StructureChange,
    move_range,
    rename_sheet,
    shift_fill,
    shift_structure,
)
from cellwright.formula.tokens import Token, TokenKind, tokenize

__all__ = [
    "Axis",
    "BoundReference",
    "Formula",
    "Node",
    "Problem",
    "StructureChange",
    "Token",
    "TokenKind",
    "from_r1c1",
    "move_range",
    "normalise",
    "parse",
    "precedents",
    "references",
    "rename_sheet",
    "shift_fill",
    "shift_structure",
    "to_r1c1",
    "tokenize",
    "walk",
]
