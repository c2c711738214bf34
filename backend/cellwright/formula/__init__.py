"""Excel's formula language: parse, print, normalise, precedents, shift; the person's own text survives."""

from cellwright.formula.fileform import add_file_prefixes, strip_file_prefixes
from cellwright.formula.functions import Function, functions, known_function
from cellwright.formula.locale import Locale, from_local, to_local
from cellwright.formula.nodes import Formula, Node, walk
from cellwright.formula.parser import parse
from cellwright.formula.precedents import BoundReference, Problem, precedents, references
from cellwright.formula.r1c1 import from_r1c1, normalise, to_r1c1
from cellwright.formula.risks import Risk, RiskKind, risks
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
    "Function",
    "Locale",
    "Node",
    "Problem",
    "Risk",
    "RiskKind",
    "StructureChange",
    "Token",
    "TokenKind",
    "add_file_prefixes",
    "from_local",
    "from_r1c1",
    "functions",
    "known_function",
    "move_range",
    "normalise",
    "parse",
    "precedents",
    "references",
    "rename_sheet",
    "risks",
    "shift_fill",
    "shift_structure",
    "strip_file_prefixes",
    "to_local",
    "to_r1c1",
    "tokenize",
    "walk",
]
