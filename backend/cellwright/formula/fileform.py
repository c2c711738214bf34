"""The form of formulas in files <-> the form people see.

A file marks functions that are newer than Excel 2007 with `_xlfn.` (two of them with `_xlfn._xlws.`),
parameters of LET and LAMBDA with `_xlpm.`, the declaration of an optional one with `_xlop.`, a function that
is passed by name with `_xleta.`; it writes `A1#` as `_xlfn.ANCHORARRAY(A1)`, `@A1:A9` as
`_xlfn.SINGLE(A1:A9)` and `Sales[@Amount]` as `Sales[[#This Row],[Amount]]`. (Office Open XML, MS-XLSX
future functions; parameters and optional parameters as files that Excel saved have them.)
"""

from __future__ import annotations

import re

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import nodes
from cellwright.formula.functions import known_function
from cellwright.formula.parser import function_name, parse
from cellwright.formula.structured import read_brackets, write_brackets
from cellwright.formula.tokens import TokenKind, tokenize

_ANY_PREFIX = re.compile(r"_xl", re.IGNORECASE)
_FUNCTION_PREFIX = re.compile(r"(?:_xlfn\.|_xlws\.|_xludf\.|_xlpm\.)+", re.IGNORECASE)
_NAME_PREFIX = re.compile(r"(?:_xlpm\.|_xlop\.|_xleta\.)", re.IGNORECASE)
_WRAPPERS = {"ANCHORARRAY": "#", "SINGLE": "@"}
_TAKES_LAMBDA = frozenset({"BYROW", "BYCOL", "MAP", "REDUCE", "SCAN", "MAKEARRAY", "GROUPBY", "PIVOTBY"})


def strip_file_prefixes(text: str) -> str:
    """A file's formula as a person sees it; text without prefixes comes back as it is. Never fails."""
    if not _ANY_PREFIX.search(text):
        return text
    pieces: list[str] = []
    open_calls: list[str] = []  # what each open parenthesis turns into when it closes
    skip_open = False
    for token in tokenize(text):
        piece = token.text
        if token.kind is TokenKind.FUNCTION:
            match = _FUNCTION_PREFIX.match(piece)
            bare = piece[match.end() :] if match else piece
            skip_open = bare.upper() in _WRAPPERS and bare != piece
            if skip_open:
                open_calls.append(bare.upper())
                continue
            piece = bare
        elif token.kind is TokenKind.OPEN:
            if skip_open:
                skip_open = False
                pieces.append("\0")  # decided when the call closes
                continue
            open_calls.append("")
        elif token.kind is TokenKind.CLOSE and open_calls:
            wrapper = open_calls.pop()
            if wrapper:
                _unwrap(pieces, _WRAPPERS[wrapper])
                continue
        elif token.kind is TokenKind.NAME:
            piece = _plain_name(piece)
        pieces.append(piece)
    result = "".join(pieces)
    return text if "\0" in result else result  # a call that never closes: broken text, left alone


def _plain_name(text: str) -> str:
    match = _NAME_PREFIX.match(text)
    if match is None:
        return text
    rest = text[match.end() :]
    return f"[{rest}]" if match.group().lower() == "_xlop." else rest


def _unwrap(pieces: list[str], mark: str) -> None:
    """Turn what follows the last open mark into `inner#` or `@inner`, in parentheses where needed."""
    start = len(pieces) - 1 - pieces[::-1].index("\0")
    inner = "".join(pieces[start + 1 :])
    try:
        root = parse("=" + inner).root
        is_simple = not isinstance(root, nodes.Binary | nodes.Unary | nodes.Percent) or (
            isinstance(root, nodes.Binary) and root.operator == ":" and mark == "@"
        )
    except FormulaSyntaxError:
        is_simple = False
    body = inner if is_simple else f"({inner})"
    pieces[start:] = ["@" + body] if mark == "@" else [body + "#"]


def add_file_prefixes(text: str, table: str | None = None) -> str:
    """A person's formula as a file writes it; `table` is the table that holds the formula's cell.

    The table's name is put before a bare `[@Amount]`. Raises FormulaSyntaxError where it does not parse.
    """
    formula = parse(text)
    edits: list[tuple[int, int, str]] = []
    for node in nodes.walk(formula.root):
        edits.extend(_edits(formula, node, table))
    result = formula.text
    # From the end, and at one place the innermost (walked later) first, so that offsets stay right.
    for _, (start, end, piece) in sorted(enumerate(edits), key=lambda e: (e[1][0], e[0]), reverse=True):
        result = result[:start] + piece + result[end:]
    return result


def _edits(formula: nodes.Formula, node: nodes.Node, table: str | None) -> list[tuple[int, int, str]]:
    if isinstance(node, nodes.FunctionCall):
        function = known_function(node.name)
        written = formula.text[node.start : formula.text.index("(", node.start)]
        edits = []
        if function and function.file_prefix and "!" not in written:
            edits.append(
                (node.start, node.start + len(written), function.file_prefix + function_name(written))
            )
        if node.name in _TAKES_LAMBDA:
            edits += [
                (argument.start, argument.start, "_xleta.")
                for argument in node.arguments
                if isinstance(argument, nodes.Name)
                and not argument.is_local
                and known_function(argument.name)
            ]
        return edits
    if isinstance(node, nodes.Name) and node.is_local:
        written = formula.source(node)
        if written.startswith("["):
            return [(node.start, node.end, f"_xlop.{node.name}")]
        return [] if written.lower().startswith("_xl") else [(node.start, node.start, "_xlpm.")]
    if isinstance(node, nodes.Spill):
        inner = formula.source(node)
        return [
            (node.start, node.start, "_xlfn.ANCHORARRAY("),
            (node.start + len(inner) - 1, node.end, ")"),
        ]
    if isinstance(node, nodes.ImplicitIntersection):
        return [(node.start, node.start + 1, "_xlfn.SINGLE("), (node.end, node.end, ")")]
    if isinstance(node, nodes.StructuredReference):
        return _structured(formula, node, table)
    return []


def _structured(
    formula: nodes.Formula, node: nodes.StructuredReference, table: str | None
) -> list[tuple[int, int, str]]:
    written = formula.source(node)
    offset = written.index("[", len(node.table or ""))
    brackets = written[offset:]
    if "@" in brackets:
        read = read_brackets(brackets)
        if "#This Row" in read.items:
            brackets = write_brackets(read, in_file=True)
    name = written[:offset] or (table or "")
    return [] if name + brackets == written else [(node.start, node.end, name + brackets)]
