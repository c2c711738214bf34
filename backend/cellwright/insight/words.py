"""Formulas in plain words: noun phrases for every part, with the headers of the cells they read.

The phrases of functions are in `words.txt`; conditionals, criteria and lookups, whose words depend on how
they are used, are built here. A long chain of operators is told term by term, without recursion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files

from cellwright.formula import Formula, known_function, nodes
from cellwright.formula.precedents import BoundReference
from cellwright.insight.labels import Labels
from cellwright.reference import Cell, Range, SheetRange

_OPERATORS = {
    "+": "plus", "-": "minus", "*": "times", "/": "divided by", "^": "to the power of", "&": "followed by",
    "=": "equals", "<>": "is not", "<": "is less than", ">": "is greater than", "<=": "is at most",
    ">=": "is at least", ":": "to", " ": "where it meets", ",": "and",
}  # fmt: skip
_MAX_TERMS = 8
_MAX_ITEMS = 6
_PLACEHOLDER = re.compile(r"\{(\??)(\|?)(\d*)(\*?)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_CRITERION = re.compile(r"(<>|<=|>=|=|<|>)?(.*)", re.DOTALL)


@cache
def _templates() -> dict[str, str]:
    lines = files(__package__).joinpath("words.txt").read_text("utf-8").splitlines()
    pairs = (line.split(" = ", 1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs}


def phrased_functions() -> frozenset[str]:
    """The functions that have words of their own."""
    return frozenset(_templates()) | frozenset(_SPECIAL)


def joined(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    if len(words) > _MAX_ITEMS:
        words = [*words[: _MAX_ITEMS - 1], f"{len(words) - _MAX_ITEMS + 1} more"]
    return (
        words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else "nothing"
    )


class Phrases:
    """Words for the parts of one formula in one cell."""

    def __init__(
        self, formula: Formula, bound: tuple[BoundReference, ...], home: str, labels: Labels
    ) -> None:
        self._formula = formula
        self._home = home
        self._labels = labels
        self._places: dict[tuple[int, int], BoundReference] = {}
        for reference in bound:
            self._places.setdefault((reference.start, reference.end), reference)

    def of(self, node: nodes.Node) -> str:
        """A noun phrase (for a condition, a clause) for a part of the formula."""
        match node:
            case nodes.Binary():
                return self._chain(node)
            case nodes.FunctionCall():
                return self._call(node)
            case nodes.Paren():
                inner = self.of(node.operand)
                return f"({inner})" if isinstance(_bare(node), nodes.Binary) else inner
            case nodes.ReferenceNode() | nodes.StructuredReference():
                return self._reference(node)
            case nodes.Name():
                return self._name(node)
            case nodes.Unary() | nodes.Percent() | nodes.Spill() | nodes.ImplicitIntersection():
                return self._wrapped(node)
            case nodes.String():
                return f"“{node.value}”" if node.value else "empty text"
            case nodes.Boolean():
                return "true" if node.value else "false"
            case nodes.Empty():
                return "nothing"
            case nodes.Error():
                return "a deleted cell (#REF!)" if node.text == "#REF!" else f"the error {node.text}"
            case nodes.ArrayConstant():
                return "the list " + self._formula.source(node)
        return self._formula.source(node)

    def place(self, node: nodes.Node) -> SheetRange | None:
        """The range that a reference names; None for what is none or is not bound."""
        reference = self._places.get((node.start, node.end))
        return reference.place if reference else None

    def _wrapped(self, node: nodes.Node) -> str:
        marks = ""
        inner = node
        while isinstance(inner, nodes.Unary | nodes.Percent | nodes.Spill | nodes.ImplicitIntersection):
            if isinstance(inner, nodes.Unary) and inner.operator == "-":
                marks += "-"
            inner = inner.operand
        text = self.of(inner)
        if marks == "--":
            return f"{text} (true as 1, false as 0)"
        if isinstance(node, nodes.Percent) or isinstance(inner, nodes.Number):
            return self._formula.source(node)
        if isinstance(node, nodes.Spill):
            return f"everything that {text} spills"
        return f"minus {text}" if len(marks) % 2 else text

    def _chain(self, node: nodes.Binary) -> str:
        """Operators along the left edge of the tree, however many."""
        terms: list[tuple[str, nodes.Node]] = []
        left: nodes.Node = node
        while isinstance(left, nodes.Binary):
            terms.append((left.operator, left.right))
            left = left.left
        terms.reverse()
        text = self._term(left)
        for index, (operator, right) in enumerate(terms):
            if index >= _MAX_TERMS:
                return f"{text}, and so on ({len(terms) - index} more)"
            if operator in {"=", "<>"} and isinstance(right, nodes.String) and not right.value:
                text = f"{text} is {'not ' if operator == '<>' else ''}empty"
                continue
            if operator == "^" and isinstance(right, nodes.Number) and isinstance(terms[0][1], nodes.Number):
                text = (
                    f"{text}^{right.text}"
                    if index == 0 and isinstance(left, nodes.Number)
                    else (f"{text} to the power of {right.text}")
                )
                continue
            text = f"{text} {_OPERATORS[operator]} {self._term(right)}"
        return text

    def _term(self, node: nodes.Node) -> str:
        """A part of a chain, in parentheses where its own words would run into the next ones."""
        text = self.of(node)
        is_long = isinstance(node, nodes.FunctionCall) and re.search(r", | where | if | in the row of ", text)
        return f"({text})" if is_long else text

    def _reference(self, node: nodes.Node) -> str:
        place = self.place(node)
        written = self._formula.source(node)
        if place is None:
            return written
        return self._labels.describe(place, self._home, written if "!" in written else None)

    def _name(self, node: nodes.Name) -> str:
        place = None if node.is_local else self.place(node)
        return node.name if place is None else f"{node.name} ({place.a1.replace('$', '')})"

    def _call(self, node: nodes.FunctionCall) -> str:
        special = _SPECIAL.get(node.name)
        if special is not None:
            words = special(self, node.arguments)
            if words is not None:
                return words
        template = _templates().get(node.name)
        if template is None:
            listed = joined([self.of(argument) for argument in node.arguments])
            kind = "" if known_function(node.name) else "the workbook's own "
            return f"{kind}{node.name} of {listed}" if node.arguments else f"{kind}{node.name}"
        return self._fill(template, node.arguments)

    def _fill(self, template: str, arguments: Sequence[nodes.Node]) -> str:
        def has(index: int) -> bool:
            return index < len(arguments) and not isinstance(arguments[index], nodes.Empty)

        def optional(match: re.Match[str]) -> str:
            present, _, absent = match[1].partition("||")
            wanted = [int(number) - 1 for number in re.findall(r"\{\??(\d+)", present)]
            return present if all(has(index) for index in wanted) else absent

        def placed(match: re.Match[str]) -> str:
            criterion, alternative, number, rest = match.groups()
            if rest:
                chosen = arguments[int(number or 1) - 1 :]
                return joined([self.of(argument) for argument in chosen], "or" if alternative else "and")
            index = int(number) - 1
            if not has(index):
                return "nothing"
            return self.criterion(arguments[index]) if criterion else self.of(arguments[index])

        return _PLACEHOLDER.sub(placed, _OPTIONAL.sub(optional, template))

    def criterion(self, node: nodes.Node) -> str:
        """A criterion of SUMIF and its like as a clause: `">5"` -> `is greater than 5`."""
        if isinstance(node, nodes.String):
            match = _CRITERION.fullmatch(node.value)
            assert match is not None  # the pattern takes any text
            operator, rest = match[1] or "=", match[2]
            if not rest:
                return "is filled" if operator == "<>" else "is empty"
            value = rest if re.fullmatch(r"-?[\d.,]+%?", rest) else f"“{rest}”"
            verb = "is" if operator == "=" else _OPERATORS[operator]
            pattern = " (as a pattern)" if re.search(r"(?<!~)[*?]", rest) else ""
            return f"{verb} {value}{pattern}"
        if isinstance(node, nodes.Binary) and node.operator == "&" and isinstance(node.left, nodes.String):
            operator = node.left.value
            if operator in _OPERATORS and operator not in "+-*/^&: ,":
                verb = "is" if operator == "=" else _OPERATORS[operator]
                return f"{verb} {self.of(node.right)}"
        return f"is {self.of(node)}"

    def where(self, pairs: Sequence[nodes.Node]) -> str:
        """Ranges and criteria in turn: `Region is “North” and Year is at least 2020`."""
        clauses = [
            f"{self.of(pairs[index])} {self.criterion(pairs[index + 1])}"
            for index in range(0, len(pairs) - 1, 2)
        ]
        return joined(clauses)

    def column_of(self, table: nodes.Node, number: nodes.Node) -> str:
        """The column that a lookup takes its value from, by its header where it can be known."""
        place = self.place(table)
        if place is None or not isinstance(number, nodes.Number):
            return f"column {self.of(number)}"
        index = int(number.value) - 1
        if not 0 <= index < place.range.width:
            return f"column {self.of(number)}"
        area, column = place.range, place.range.left + index
        header = self._labels.of(SheetRange(place.sheet, Range(area.top, column, area.bottom, column)))
        if header is None:
            header = self._labels.column_header(place.sheet, Cell(area.top, column))
        return f"{header} (column {index + 1})" if header else f"column {index + 1}"


def _bare(node: nodes.Node) -> nodes.Node:
    while isinstance(node, nodes.Paren):
        node = node.operand
    return node


_Arguments = tuple[nodes.Node, ...]


def _if(phrases: Phrases, arguments: _Arguments) -> str | None:
    if len(arguments) < 2:
        return None
    otherwise = phrases.of(arguments[2]) if len(arguments) > 2 else "false"
    return f"{phrases.of(arguments[1])} if {phrases.of(arguments[0])}, otherwise {otherwise}"


def _ifs(phrases: Phrases, arguments: _Arguments) -> str | None:
    parts = [
        f"{phrases.of(arguments[index + 1])} if {phrases.of(arguments[index])}"
        for index in range(0, len(arguments) - 1, 2)
    ]
    return "the first that fits: " + "; ".join(parts) if parts else None


def _switch(phrases: Phrases, arguments: _Arguments) -> str | None:
    if len(arguments) < 3:
        return None
    cases = [
        f"{phrases.of(arguments[index + 1])} for {phrases.of(arguments[index])}"
        for index in range(1, len(arguments) - 1, 2)
    ]
    default = f"; otherwise {phrases.of(arguments[-1])}" if len(arguments) % 2 == 0 else ""
    return f"depending on {phrases.of(arguments[0])}: {'; '.join(cases)}{default}"


def _summed_if(noun: str) -> Callable[[Phrases, _Arguments], str | None]:
    def words(phrases: Phrases, arguments: _Arguments) -> str | None:
        if len(arguments) < 2:
            return None
        summed = arguments[2] if len(arguments) > 2 else arguments[0]
        return f"{noun} {phrases.of(summed)} where {phrases.where(arguments[:2])}"

    return words


def _summed_ifs(noun: str) -> Callable[[Phrases, _Arguments], str | None]:
    def words(phrases: Phrases, arguments: _Arguments) -> str | None:
        return (
            f"{noun} {phrases.of(arguments[0])} where {phrases.where(arguments[1:])}"
            if len(arguments) > 2
            else None
        )

    return words


def _count_ifs(phrases: Phrases, arguments: _Arguments) -> str | None:
    if len(arguments) < 2:
        return None
    noun = "how many cells there are" if len(arguments) == 2 else "how many rows there are"
    return f"{noun} where {phrases.where(arguments)}"


def _vlookup(phrases: Phrases, arguments: _Arguments) -> str | None:
    if len(arguments) < 3:
        return None
    value, table, number = arguments[:3]
    last = arguments[3] if len(arguments) > 3 else None
    is_exact = isinstance(last, nodes.Boolean | nodes.Number | nodes.Empty) and not getattr(
        last, "value", False
    )
    how = "is" if is_exact else "is the last up to"
    return (
        f"{phrases.column_of(table, number)} in the row of {phrases.of(table)} "
        f"whose first column {how} {phrases.of(value)}"
    )


def _index(phrases: Phrases, arguments: _Arguments) -> str | None:
    """INDEX with MATCH inside is a lookup and is told as one."""
    if len(arguments) < 2:
        return None
    matches = [argument for argument in arguments[1:3] if isinstance(argument, nodes.FunctionCall)]
    matches = [match for match in matches if match.name in {"MATCH", "XMATCH"} and len(match.arguments) >= 2]
    others = [a for a in arguments[1:3] if a not in matches and not isinstance(a, nodes.Empty)]
    if not matches or any(
        not isinstance(other, nodes.Number) or other.value not in (0, 1) for other in others
    ):
        return None
    clauses = [f"{phrases.of(match.arguments[1])} is {phrases.of(match.arguments[0])}" for match in matches]
    return f"the value of {phrases.of(arguments[0])} where {joined(clauses)}"


def _let(phrases: Phrases, arguments: _Arguments) -> str | None:
    if len(arguments) < 3:
        return None
    named = [
        f"{phrases.of(arguments[index])} for {phrases.of(arguments[index + 1])}"
        for index in range(0, len(arguments) - 1, 2)
    ]
    return f"{phrases.of(arguments[-1])}, writing {joined(named)}"


def _subtotal(phrases: Phrases, arguments: _Arguments) -> str | None:
    if len(arguments) < 2 or not isinstance(arguments[0], nodes.Number):
        return None
    nouns = {
        1: "the average of", 2: "how many numbers there are in", 3: "how many cells are filled in",
        4: "the largest of", 5: "the smallest of", 6: "the product of", 7: "the standard deviation of",
        9: "the total of",
    }  # fmt: skip
    noun = nouns.get(int(arguments[0].value) % 100)
    if noun is None:
        return None
    listed = joined([phrases.of(argument) for argument in arguments[1:]])
    return f"{noun} {listed}, without rows that a filter hides"


_SPECIAL: dict[str, Callable[[Phrases, _Arguments], str | None]] = {
    "IF": _if,
    "IFS": _ifs,
    "SWITCH": _switch,
    "SUMIF": _summed_if("the total of"),
    "AVERAGEIF": _summed_if("the average of"),
    "SUMIFS": _summed_ifs("the total of"),
    "AVERAGEIFS": _summed_ifs("the average of"),
    "MAXIFS": _summed_ifs("the largest of"),
    "MINIFS": _summed_ifs("the smallest of"),
    "COUNTIF": _count_ifs,
    "COUNTIFS": _count_ifs,
    "VLOOKUP": _vlookup,
    "INDEX": _index,
    "LET": _let,
    "SUBTOTAL": _subtotal,
}
