"""Formula by example: the person typed two or three results; a small formula that gives them all is found.

Bottom-up enumeration over the columns (or rows) beside the examples, in order of size, keeping one expression
for each distinct vector of values (observational equivalence; Albarghouthi, Gulwani, Kincaid 2013). Numbers:
+ - * / over cells, their running neighbours and constants that recur. Texts: parts of a text cell split at a
delimiter, first letters, joins with a separator, case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cellwright.proposers.model import Place, cell_slot, cited, formula_candidate
from cellwright.proposers.template import read_template
from cellwright.reference import Cell, Range
from cellwright.verify.model import Candidate
from cellwright.workbook.model import Value

_LEAST_EXAMPLES = 2
_MOST_EXAMPLES = 6
_MOST_INPUTS = 6
_MOST_FOUND = 3
_MOST_EXPRESSIONS = 1200
_TOLERANCE = 1e-9
_CONSTANTS = (1.0, 2.0, 100.0, 1000.0, 12.0, 0.5)
_DELIMITERS = (" ", ",", "-", "@", ".", "/", "_", ";", ":", ", ")

Vector = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula text for the first example's row, without `=`, its size and its values on the examples."""

    text: str
    size: int
    values: Vector


class Example:
    """Searches small formulas that reproduce the constants typed next to an empty target."""

    name = "example"

    def propose(self, place: Place) -> list[Candidate]:
        """The smallest few formulas that give every example."""
        if place.sheet.is_filled(place.cell):
            return []
        found: list[Candidate] = []
        for line in ("column", "row"):
            examples = _examples(place, line)
            if len(examples) < _LEAST_EXAMPLES:
                continue
            wanted = tuple(place.sheet.value(cell) for cell in examples)
            if len(set(wanted)) < 2:
                continue
            inputs = _inputs(place, line, examples)
            search = _texts if isinstance(wanted[0], str) else _numbers
            for number, expression in enumerate(search(inputs, wanted)):
                template = read_template("=" + expression.text, examples[0]).copied(place.cell)
                if not template.is_inside:
                    continue
                features = {
                    "example": 1.0,
                    "example_count": min(len(examples), 5) / 5,
                    "example_size": expression.size / 5,
                    "example_later": float(number),
                }
                reason = f"Gives all {len(examples)} results typed in {examples[0].a1} to {examples[-1].a1}"
                citations = [cited(place.sheet.name, cell) for cell in (examples[0], examples[-1])]
                found.append(formula_candidate(place, template, self.name, reason, citations, features))
        return found


def _examples(place: Place, line: str) -> list[Cell]:
    """The constants of one type that end next to the place, above it (or to its left), in order."""
    cells: list[Cell] = []
    kind: type | None = None
    for distance in range(1, _MOST_EXAMPLES + 1):
        row, column = place.cell
        row, column = (row - distance, column) if line == "column" else (row, column - distance)
        if row < 0 or column < 0:
            break
        content = place.sheet.contents.get(Cell(row, column))
        if content is None or content.formula is not None or not isinstance(content.value, float | str):
            break
        if kind is not None and type(content.value) is not kind:
            break
        kind = type(content.value)
        cells.insert(0, Cell(row, column))
    if kind is str and len(cells) > _LEAST_EXAMPLES and cells[0].row == 0:
        cells = cells[1:]
    return cells


def _inputs(place: Place, line: str, examples: list[Cell]) -> list[Expression]:
    """The cells beside the examples as expressions, nearest first: filled for all and for the target."""
    found: list[Expression] = []
    along = range(1, 13)
    offsets = [-d for d in along] + list(along[:3])
    for offset in offsets:

        def beside(cell: Cell, offset: int = offset) -> Cell | None:
            row, column = (
                (cell.row, cell.column + offset) if line == "column" else (cell.row + offset, cell.column)
            )
            return Cell(row, column) if row >= 0 and column >= 0 else None

        cells = [beside(cell) for cell in (*examples, place.cell)]
        if any(cell is None or not place.sheet.is_filled(cell) for cell in cells):
            continue
        values = tuple(place.sheet.value(cell) for cell in cells[:-1] if cell is not None)
        if any(type(value) is not type(values[0]) for value in values):
            continue
        first = cells[0]
        if first is not None:
            found.append(Expression(cell_slot(None, first).text, 1, values))
        if len(found) >= _MOST_INPUTS:
            break
    return sorted(found, key=lambda e: Range.parse(e.text).first)


def _numbers(inputs: list[Expression], wanted: Vector) -> Iterator[Expression]:
    numbers = [e for e in inputs if isinstance(e.values[0], float)]
    if not numbers:
        return
    leaves = numbers + [Expression(f"{c:g}", 1, (c,) * len(wanted)) for c in _CONSTANTS]
    ratios = {_ratio(wanted, e.values) for e in numbers} - {None}
    for ratio in ratios:
        if ratio is not None and ratio not in _CONSTANTS and float(f"{ratio:.6g}") == ratio:
            leaves.append(Expression(f"{ratio:g}", 2, (ratio,) * len(wanted)))
    seen: set[Vector] = set()
    levels: dict[int, list[Expression]] = {1: []}
    count = 0
    for leaf in leaves:
        levels.setdefault(leaf.size, []).append(leaf)
        seen.add(_rounded(leaf.values))
    yielded = 0
    for leaf in numbers:
        if _same(leaf.values, wanted):
            yield leaf
            yielded += 1
    for size in range(3, 6):
        fresh: list[Expression] = []
        for left_size in range(1, size - 1):
            for a in levels.get(left_size, ()):
                for b in levels.get(size - 1 - left_size, ()):
                    for expression in _combined(a, b, size):
                        key = _rounded(expression.values)
                        if key in seen:
                            continue
                        seen.add(key)
                        count += 1
                        if _same(expression.values, wanted):
                            yield expression
                            yielded += 1
                            if yielded >= _MOST_FOUND:
                                return
                        fresh.append(expression)
                        if count >= _MOST_EXPRESSIONS:
                            return
        levels[size] = fresh
        if yielded:
            return


def _combined(a: Expression, b: Expression, size: int) -> Iterator[Expression]:
    for sign, function in _OPERATIONS.items():
        values: list[Value] = []
        for x, y in zip(a.values, b.values, strict=True):
            result = function(x, y) if isinstance(x, float) and isinstance(y, float) else None
            if result is None:
                break
            values.append(result)
        if len(values) == len(a.values):
            left = f"({a.text})" if a.size > 2 and sign in "*/" else a.text
            right = f"({b.text})" if b.size > 2 and sign in "*/-" else b.text
            yield Expression(f"{left}{sign}{right}", size, tuple(values))


_OPERATIONS: dict[str, Callable[[float, float], float | None]] = {
    "*": lambda x, y: x * y,
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "/": lambda x, y: x / y if y else None,
}


def _ratio(wanted: Vector, values: Vector) -> float | None:
    """The constant that turns the values into the wanted ones by multiplication."""
    ratios = [
        w / v
        for w, v in zip(wanted, values, strict=True)
        if isinstance(w, float) and isinstance(v, float) and v
    ]
    if len(ratios) == len(values) and max(ratios) - min(ratios) <= _TOLERANCE * max(map(abs, ratios)):
        return float(f"{ratios[0]:.10g}")
    return None


def _texts(inputs: list[Expression], wanted: Vector) -> Iterator[Expression]:
    texts = [e for e in inputs if isinstance(e.values[0], str)]
    parts: list[Expression] = []
    for e in texts:
        parts += _parts(e)
    pool = texts + parts
    yielded = 0
    for expression in [*pool, *(c for e in pool for c in _cases(e))]:
        if expression.values == wanted:
            yield expression
            yielded += 1
            if yielded >= _MOST_FOUND:
                return
    for expression in _joined(pool, wanted):
        yield expression
        yielded += 1
        if yielded >= _MOST_FOUND:
            return


def _joined(pool: list[Expression], wanted: Vector) -> Iterator[Expression]:
    """Two parts with one constant text between them, as typed or in lower case."""
    results = [str(value) for value in wanted]
    for cased in ("", "LOWER"):
        fold = str.lower if cased else str
        starts = [e for e in pool if _all(str.startswith, results, e, fold)]
        ends = [e for e in pool if _all(str.endswith, results, e, fold)]
        for a in starts:
            for b in ends:
                pairs = zip(results, a.values, b.values, strict=True)
                middles = {
                    r[len(str(x)) : len(r) - len(str(y))] for r, x, y in pairs if len(r) >= len(f"{x}{y}")
                }
                if len(middles) != 1 or '"' in (middle := middles.pop()):
                    continue
                if any(
                    fold(f"{x}{middle}{y}") != r for r, x, y in zip(results, a.values, b.values, strict=True)
                ):
                    continue
                text = f'{a.text}&"{middle}"&{b.text}' if middle else f"{a.text}&{b.text}"
                yield Expression(f"{cased}({text})" if cased else text, 4, wanted)


def _all(
    test: Callable[[str, str], bool], results: list[str], part: Expression, fold: Callable[[str], str]
) -> bool:
    return all(bool(v) and test(r, fold(str(v))) for r, v in zip(results, part.values, strict=True))


def _cases(e: Expression) -> Iterator[Expression]:
    for name, function in (
        ("UPPER", str.upper),
        ("LOWER", str.lower),
        ("PROPER", str.title),
        ("TRIM", str.strip),
    ):
        yield Expression(f"{name}({e.text})", e.size + 1, tuple(function(str(v)) for v in e.values))


def _parts(e: Expression) -> Iterator[Expression]:
    """What stands before and after a delimiter, and the first one to four letters."""
    texts = [str(value) for value in e.values]
    for mark in _DELIMITERS:
        if all(mark in text for text in texts):
            before = tuple(text.split(mark, 1)[0] for text in texts)
            after = tuple(text.split(mark, 1)[1] for text in texts)
            yield Expression(f'LEFT({e.text},FIND("{mark}",{e.text})-1)', 3, before)
            yield Expression(f'MID({e.text},FIND("{mark}",{e.text})+{len(mark)},LEN({e.text}))', 3, after)
    for count in (1, 2, 3, 4):
        yield Expression(f"LEFT({e.text},{count})", 2, tuple(text[:count] for text in texts))
        yield Expression(f"RIGHT({e.text},{count})", 2, tuple(text[-count:] for text in texts))


def _rounded(values: Vector) -> Vector:
    return tuple(float(f"{value:.9g}") if isinstance(value, float) else value for value in values)


def _same(values: Vector, wanted: Vector) -> bool:
    return all(
        isinstance(v, float) and isinstance(w, float) and abs(v - w) <= _TOLERANCE * max(1.0, abs(w))
        for v, w in zip(values, wanted, strict=True)
    )
