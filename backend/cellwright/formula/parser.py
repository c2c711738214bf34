"""Parse an Excel formula into a tree that keeps the person's own text.

Operator precedence by an explicit stack (shunting-yard, Dijkstra 1961), high to low: `#`, `:`, space, `,`
(union), unary `-` and `+`, `%`, `^`, `*` `/`, `+` `-`, `&`, comparisons; all left-associative, so that
`-2^2` is 4 and `2^3^2` is 64 as in Excel. Only parentheses and calls recurse, at most 64 levels deep, which
is Excel's own limit; longer texts than 8,192 characters are refused before anything else is looked at.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from cellwright.errors import FormulaSyntaxError, FormulaTooDeep, FormulaTooLong
from cellwright.formula import nodes
from cellwright.formula.lexis import read_prefix
from cellwright.formula.structured import read_brackets
from cellwright.formula.tokens import Token, TokenKind, tokenize
from cellwright.reference import column_index

MAX_LENGTH = 8192
MAX_DEPTH = 64

_UNION, _INTERSECTION, _RANGE = 80, 90, 100
_UNARY, _PERCENT, _IMPLICIT = 70, 60, 95
_BINARY = {
    "=": 10, "<>": 10, "<": 10, ">": 10, "<=": 10, ">=": 10,
    "&": 20, "+": 30, "-": 30, "*": 40, "/": 40, "^": 50, ":": _RANGE,
}  # fmt: skip
_STARTS_REFERENCE = frozenset(
    {
        TokenKind.CELL,
        TokenKind.COLUMNS,
        TokenKind.ROWS,
        TokenKind.SHEET,
        TokenKind.NAME,
        TokenKind.FUNCTION,
        TokenKind.BRACKETS,
        TokenKind.OPEN,
    }
)
_REFERENCE_LIKE = (
    nodes.ReferenceNode,
    nodes.StructuredReference,
    nodes.Name,
    nodes.FunctionCall,
    nodes.Call,
    nodes.Paren,
    nodes.Spill,
    nodes.Binary,
    nodes.ImplicitIntersection,
    nodes.Error,
)
_FILE_PREFIXES = ("_XLFN.", "_XLWS.", "_XLUDF.")


@lru_cache(maxsize=8192)
def parse(text: str) -> nodes.Formula:
    """Parse a formula; a missing leading `=` is added (spans count it).

    Raises FormulaTooLong, FormulaTooDeep or FormulaSyntaxError, each with the position of the trouble.
    """
    if not text.startswith("="):
        text = "=" + text
    if len(text) > MAX_LENGTH:
        raise FormulaTooLong(f"expected at most {MAX_LENGTH:,} characters, got {len(text):,}", MAX_LENGTH)
    return nodes.Formula(text, _Parser(text).formula())


def function_name(text: str) -> str:
    """A function's name in capitals and without the file's prefixes: `_xlfn._xlws.Sort` -> `SORT`."""
    name = text.upper()
    while name.startswith(_FILE_PREFIXES):
        name = name.split(".", 1)[1]
    return name


class _Parser:
    """One formula's tokens (spaces apart), read left to right."""

    def __init__(self, text: str) -> None:
        self._tokens: list[Token] = []
        self._after_space: list[bool] = []
        spaced = False
        for token in tokenize(text):
            if token.kind is TokenKind.SPACE:
                spaced = True
                continue
            self._tokens.append(token)
            self._after_space.append(spaced)
            spaced = False
        self._end = Token(TokenKind.UNKNOWN, "", len(text), len(text))
        self._tokens.append(self._end)
        self._after_space.append(spaced)
        self._index = 1  # after the `=`
        self._depth = 0
        self._locals: list[str] = []

    def formula(self) -> nodes.Node:
        root = self._expression(takes_union=True)
        if self._token is not self._end:
            raise self._unexpected("an operator or the end of the formula")
        return root

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _advance(self) -> Token:
        token = self._tokens[self._index]
        self._index += 1
        return token

    def _unexpected(self, expected: str) -> FormulaSyntaxError:
        token = self._token
        got = repr(token.text) if token.text else "the end"
        return FormulaSyntaxError(f"expected {expected}, got {got} at character {token.start}", token.start)

    def _expression(self, takes_union: bool) -> nodes.Node:
        operands: list[nodes.Node] = []
        operators: list[tuple[int, str, int]] = []  # (precedence, operator, start of a prefix or -1)
        while True:
            while self._token.kind is TokenKind.OPERATOR and self._token.text in "+-@":
                token = self._advance()
                operators.append((_IMPLICIT if token.text == "@" else _UNARY, token.text, token.start))
            operands.append(self._operand())
            self._postfixes(operands, operators)
            binary = self._binary(operands[-1], takes_union)
            if binary is None:
                break
            operator, precedence = binary
            _reduce(operands, operators, precedence)
            operators.append((precedence, operator, -1))
        _reduce(operands, operators, 0)
        return operands[0]

    def _binary(self, left: nodes.Node, takes_union: bool) -> tuple[str, int] | None:
        token = self._token
        if token.kind is TokenKind.OPERATOR and token.text in _BINARY:
            self._index += 1
            return token.text, _BINARY[token.text]
        if token.kind is TokenKind.COMMA and takes_union:
            self._index += 1
            return ",", _UNION
        is_operand = token.kind in _STARTS_REFERENCE or token.text.startswith("#REF")
        if self._after_space[self._index] and is_operand and isinstance(left, _REFERENCE_LIKE):
            return " ", _INTERSECTION
        return None

    def _postfixes(self, operands: list[nodes.Node], operators: list[tuple[int, str, int]]) -> None:
        while True:
            token = self._token
            if token.kind is TokenKind.OPERATOR and token.text == "#":
                self._index += 1
                operands[-1] = nodes.Spill(operands[-1].start, token.end, operands[-1])
            elif token.kind is TokenKind.OPERATOR and token.text == "%":
                self._index += 1
                _reduce(operands, operators, _PERCENT)
                operands[-1] = nodes.Percent(operands[-1].start, token.end, operands[-1])
            elif (
                token.kind is TokenKind.OPEN
                and not self._after_space[self._index]
                and _is_callable(operands[-1])
            ):
                arguments, end = self._arguments("")
                operands[-1] = nodes.Call(operands[-1].start, end, operands[-1], arguments)
            else:
                return

    def _operand(self) -> nodes.Node:
        token = self._token
        kind = token.kind
        if kind is TokenKind.CELL or kind is TokenKind.COLUMNS or kind is TokenKind.ROWS:
            return self._area(None)
        if kind is TokenKind.NUMBER:
            self._index += 1
            return nodes.Number(token.start, token.end, float(token.text), token.text)
        if kind is TokenKind.FUNCTION:
            return self._function()
        if kind is TokenKind.STRING:
            self._index += 1
            return nodes.String(token.start, token.end, token.text[1:-1].replace('""', '"'))
        if kind is TokenKind.SHEET:
            return self._after_prefix()
        if kind is TokenKind.NAME or kind is TokenKind.BRACKETS:
            return self._name(None)
        if kind is TokenKind.BOOLEAN:
            self._index += 1
            return nodes.Boolean(token.start, token.end, token.text.upper() == "TRUE")
        if kind is TokenKind.ERROR:
            self._index += 1
            return nodes.Error(token.start, token.end, token.text.upper())
        if kind is TokenKind.OPEN:
            return self._paren()
        if kind is TokenKind.OPEN_BRACE:
            return self._array()
        raise self._unexpected("a value, a reference or a function")

    def _area(self, prefix: Token | None) -> nodes.Node:
        token = self._advance()
        start = prefix.start if prefix else token.start
        sheets = read_prefix(prefix.text) if prefix else None
        end, last = token.end, None
        if token.kind is TokenKind.CELL:
            first = _corner(token.text)
            following = self._tokens[self._index + 1] if self._index + 1 < len(self._tokens) else self._end
            if self._token.text == ":" and following.kind is TokenKind.CELL:
                self._index += 2
                end, last = following.end, _corner(following.text)
        else:
            left, _, right = token.text.partition(":")
            first, last = _corner(left), _corner(right)
        if sheets is None:
            return nodes.ReferenceNode(start, end, first, last)
        return nodes.ReferenceNode(start, end, first, last, sheets.sheet, sheets.last_sheet, sheets.workbook)

    def _after_prefix(self) -> nodes.Node:
        prefix = self._advance()
        token = self._token
        if token.kind in {TokenKind.CELL, TokenKind.COLUMNS, TokenKind.ROWS}:
            return self._area(prefix)
        if token.kind is TokenKind.NAME or token.kind is TokenKind.BOOLEAN:
            return self._name(prefix)
        if token.kind is TokenKind.ERROR:
            self._index += 1
            return nodes.Error(prefix.start, token.end, token.text.upper(), read_prefix(prefix.text).sheet)
        if token.kind is TokenKind.FUNCTION:
            call = self._function()
            if isinstance(call, nodes.FunctionCall):
                call = replace(call, workbook=read_prefix(prefix.text).workbook)
            return replace(call, start=prefix.start)
        raise self._unexpected("a cell, a range or a name after the sheet")

    def _name(self, prefix: Token | None) -> nodes.Node:
        start = prefix.start if prefix else self._token.start
        sheets = read_prefix(prefix.text) if prefix else None
        workbook = sheets.workbook if sheets else None
        name: Token | None = None
        if self._token.kind is not TokenKind.BRACKETS:
            name = self._advance()
        token = self._token
        if token.kind is TokenKind.BRACKETS and (name is None or token.start == name.end):
            self._index += 1
            items, first, last = read_brackets(token.text, token.start)
            table = name.text if name else None
            return nodes.StructuredReference(start, token.end, table, items, first, last, workbook)
        assert name is not None  # a lone bracket was taken above
        is_local = prefix is None and local_name(name.text) in self._locals
        return nodes.Name(start, name.end, name.text, sheets.sheet if sheets else None, workbook, is_local)

    def _paren(self) -> nodes.Node:
        start = self._advance().start
        self._deepen(start)
        inner = self._expression(takes_union=True)
        if self._token.kind is not TokenKind.CLOSE:
            raise self._unexpected(")")
        self._depth -= 1
        return nodes.Paren(start, self._advance().end, inner)

    def _function(self) -> nodes.FunctionCall | nodes.Call:
        token = self._advance()
        if self._locals and local_name(token.text) in self._locals:
            callee = nodes.Name(token.start, token.end, token.text, is_local=True)
            arguments, end = self._arguments("")
            return nodes.Call(token.start, end, callee, arguments)
        name = function_name(token.text)
        arguments, end = self._arguments(name)
        return nodes.FunctionCall(token.start, end, name, arguments)

    def _arguments(self, name: str) -> tuple[tuple[nodes.Node, ...], int]:
        """The arguments between parentheses and where they end; LET and LAMBDA declare names on the way."""
        self._deepen(self._advance().start)
        declared = len(self._locals)
        arguments: list[nodes.Node] = []
        token = self._token
        if token.kind is TokenKind.CLOSE:
            self._depth -= 1
            return (), self._advance().end
        while True:
            token = self._token
            if token.kind in {TokenKind.COMMA, TokenKind.CLOSE}:
                arguments.append(nodes.Empty(token.start, token.start))
            else:
                arguments.append(self._expression(takes_union=False))
            if self._token.kind is TokenKind.COMMA:
                if name == "LAMBDA" or (name == "LET" and len(arguments) % 2):
                    arguments[-1] = self._declare(arguments[-1])
                self._index += 1
                continue
            if self._token.kind is not TokenKind.CLOSE:
                raise self._unexpected(", or )")
            del self._locals[declared:]
            self._depth -= 1
            return tuple(arguments), self._advance().end

    def _declare(self, argument: nodes.Node) -> nodes.Node:
        """Take an argument as a parameter's name; `[x]` is an optional parameter of LAMBDA."""
        if (
            isinstance(argument, nodes.StructuredReference)
            and argument.table is None
            and argument.first_column
        ):
            argument = nodes.Name(argument.start, argument.end, argument.first_column)
        if isinstance(argument, nodes.Name):
            self._locals.append(local_name(argument.name))
            return replace(argument, is_local=True)
        return argument

    def _array(self) -> nodes.Node:
        start = self._advance().start
        rows: list[tuple[nodes.Node, ...]] = []
        row: list[nodes.Node] = []
        while True:
            row.append(self._constant())
            token = self._token
            if token.kind not in {TokenKind.COMMA, TokenKind.SEMICOLON, TokenKind.CLOSE_BRACE}:
                raise self._unexpected(", or ; or }")
            self._index += 1
            if token.kind is TokenKind.COMMA:
                continue
            rows.append(tuple(row))
            row = []
            if token.kind is TokenKind.CLOSE_BRACE:
                if len({len(cells) for cells in rows}) > 1:
                    raise FormulaSyntaxError(
                        f"expected rows of equal length in the array, got {[len(cells) for cells in rows]}",
                        start,
                    )
                return nodes.ArrayConstant(start, token.end, tuple(rows))

    def _constant(self) -> nodes.Node:
        token = self._token
        if token.kind is TokenKind.OPERATOR and token.text in "+-":
            sign = self._advance()
            if self._token.kind is not TokenKind.NUMBER:
                raise self._unexpected("a number in the array")
            number = self._operand()
            return nodes.Unary(sign.start, number.end, number, sign.text)
        if token.kind in {TokenKind.NUMBER, TokenKind.STRING, TokenKind.BOOLEAN, TokenKind.ERROR}:
            return self._operand()
        raise self._unexpected("a constant in the array")

    def _deepen(self, position: int) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormulaTooDeep(
                f"expected at most {MAX_DEPTH} levels of nesting, got more at character {position}", position
            )


def _reduce(operands: list[nodes.Node], operators: list[tuple[int, str, int]], precedence: int) -> None:
    """Build what binds at least as tightly as `precedence`."""
    while operators and operators[-1][0] >= precedence:
        _, operator, start = operators.pop()
        right = operands.pop()
        if start < 0:
            left = operands.pop()
            operands.append(nodes.Binary(left.start, right.end, operator, left, right))
        elif operator == "@":
            operands.append(nodes.ImplicitIntersection(start, right.end, right))
        else:
            operands.append(nodes.Unary(start, right.end, right, operator))


def _is_callable(node: nodes.Node) -> bool:
    return isinstance(node, nodes.FunctionCall | nodes.Call | nodes.Paren)


def local_name(text: str) -> str:
    """A parameter's name for comparison: case folded, without the file's `_xlpm.`."""
    name = text.casefold()
    return name[6:] if name.startswith("_xlpm.") else name


def _corner(text: str) -> nodes.Corner:
    column_absolute = text.startswith("$")
    body = text[1:] if column_absolute else text
    letters = body.rstrip("0123456789")
    digits = body[len(letters) :]
    if not letters:
        return nodes.Corner(int(digits) - 1, None, is_row_absolute=column_absolute)
    row_absolute = letters.endswith("$")
    letters = letters.rstrip("$")
    if not letters:
        return nodes.Corner(int(digits) - 1, None, is_row_absolute=True)
    row = int(digits) - 1 if digits else None
    return nodes.Corner(row, column_index(letters), row_absolute, column_absolute)
