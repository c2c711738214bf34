"""`nl-to-format`: a sentence over a small table -> a conditional format.

DATA is jsonl of `{query, code, data}` or `{NL Utterance, Code, Data}`; `code` is a rule such as
`AND(GreaterThan(c[2], 0), TextEquals(c[3], 'Worldwide'))`, a column without `c[...]` the last one of the
table that is not an index. `cells`: the same rows are picked out, by running both rules; `rule`: the same
kind of rule with the same operands on the same columns. Scales, bars and icons pick nothing out and count for
`rule` only. Intervals resample rules, since many rows share one. What is asked is the sentence alone, as a
person would.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cellwright.ask.ask import ask
from cellwright.ask.conditions import AllOf, AnyOf, Condition, Not, Operand, Test, tests_of
from cellwright.ask.frames import Frame, FrameColumn, frames_on
from cellwright.ask.highlight import highlighted, rows_meeting
from cellwright.ask.model import Plan
from cellwright.ask.rules import Look, conditional_format
from cellwright.calc.calculator import Calculator
from cellwright.edits.model import AddConditionalFormat
from cellwright.errors import CalcError
from cellwright.reference import Cell, SheetRange
from cellwright.workbook.cells import CellStore
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import ConditionalFormat, Content, ErrorValue, Sheet, Snapshot, Value
from cellwright_tuning.evaluation.data import read_rows
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.leaving_out import left_out
from cellwright_tuning.evaluation.sample import sampled

_SHEET = "Sheet1"
_SCALES = {"colorscale": "colorScale", "databar": "dataBar", "iconset": "iconSet"}
_CALL = re.compile(r"\s*([A-Za-z]+)\s*\(")
_NUMBER = re.compile(r"[-+]?\$?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", re.I)
_KINDS = {
    "greaterthan": "gt", "lessthan": "lt", "greaterthanequal": "ge", "lessthanequal": "le", "equals": "eq",
    "textequals": "eq", "notequals": "ne", "textcontains": "contains", "contains": "contains",
    "startswith": "begins", "textstartswith": "begins", "endswith": "ends", "textendswith": "ends",
    "between": "between", "blanks": "blank", "errors": "error", "duplicate": "duplicate",
    "duplicates": "duplicate", "unique": "unique", "aboveaverage": "above", "belowaverage": "below",
    "top": "top", "bottom": "bottom", "toppercent": "top", "bottompercent": "bottom",
}  # fmt: skip


_LEAST = {"between": 2, "blank": 0, "error": 0, "duplicate": 0, "unique": 0, "above": 0, "below": 0}
"""How many operands a test needs, where it is not one."""


class UnknownRule(ValueError):
    """A rule that is not one of the language."""


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One result a row."""
    rows = [row for row in read_rows(data) if sentence_of(row) and code_of(row)]
    calculator: Calculator | None = None
    try:
        for row in sampled(rows, options):
            snapshot, frame = table_of(row.get("data") or row.get("Data") or [])
            if calculator is None:
                calculator = Calculator(snapshot)
            else:
                calculator.load(snapshot)
            with left_out(options.without):
                result = _result(row, snapshot, frame, calculator)
            yield result
    finally:
        if calculator is not None:
            calculator.close()


def sentence_of(row: dict[str, Any]) -> str:
    """What is asked."""
    return str(row.get("query") or row.get("NL Utterance") or "")


def code_of(row: dict[str, Any]) -> str:
    """The rule that is wanted, as the data writes it."""
    return str(row.get("code") or row.get("Code") or "")


def _result(row: dict[str, Any], snapshot: Snapshot, frame: Frame, calculator: Calculator) -> TaskResult:
    sentence, code = sentence_of(row), code_of(row)
    started = time.perf_counter()
    place = selection_of(row, frame)
    *_, plan = ask(snapshot, sentence, place=place, calculator=calculator)
    latency_ms = (time.perf_counter() - started) * 1000
    rules = rules_of(plan)
    group = group_of(row)
    try:
        wanted: Condition | str = read_rule(code, frame)
    except UnknownRule as error:
        return TaskResult(group, {}, latency_ms=latency_ms, failure=f"gold: {error}")
    same_rule = _is_same_rule(wanted, rules, frame)
    metrics = {"rule": (float(same_rule), 1.0)}
    same_cells = same_rule
    gold = wanted_rows(wanted, frame, snapshot)
    if gold is not None:
        same_cells = picked_rows(rules, snapshot, calculator) == gold
        metrics["cells"] = (float(same_cells), 1.0)
    failure = None if same_cells else f"{_kind(plan)}: {sentence[:120]} | {code[:80]}"
    confidence = plan.confidence if isinstance(plan, Plan) else None
    return TaskResult(group, metrics, confidence, same_cells, latency_ms, failure)


def rules_of(plan: object) -> list[ConditionalFormat]:
    """The rules that a plan adds; none of what is no plan."""
    if not isinstance(plan, Plan):
        return []
    return [edit.rule for edit in plan.edits if isinstance(edit, AddConditionalFormat)]


def group_of(row: dict[str, Any]) -> str:
    """Rows of one rule belong together."""
    return re.sub(r"\s+", "", code_of(row)).casefold()


def wanted_rows(wanted: Condition | str, frame: Frame, snapshot: Snapshot) -> frozenset[int] | None:
    """The rows that a rule picks out; None of scales, and of rules that compare with a cell."""
    if isinstance(wanted, str) or any(o.cell for test in tests_of(wanted) for o in test.operands):
        return None
    own = _column(wanted) or frame.columns[-1]
    return frozenset(rows_meeting(wanted, frame, own, snapshot))


def picked_rows(
    rules: Sequence[ConditionalFormat], snapshot: Snapshot, calculator: Calculator
) -> frozenset[int] | None:
    """The rows that rules pick out; None where there are none, or one cannot be computed."""
    try:
        found = {cell.row for rule in rules for cell in highlighted(rule, _SHEET, snapshot, calculator)}
    except CalcError:
        return None
    return frozenset(found) if rules else None


def selection_of(row: dict[str, Any], frame: Frame) -> SheetRange | None:
    """In the second layout the sentence is about one column, `Value`: it is what the person has selected."""
    value = frame.named("Value") if "NL Utterance" in row else None
    return None if value is None else frame.place(frame.body(value))


def _kind(plan: object) -> str:
    return "other cells" if isinstance(plan, Plan) else "no plan"


def table_of(rows: Sequence[Sequence[Any]]) -> tuple[Snapshot, Frame]:
    """The table of a row as a workbook, header first; texts that are numbers become numbers."""
    cells: dict[Cell, Content] = {}
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            held = _value(value) if place else (str(value) if value is not None else None)
            if held is not None and held != "":
                cells[Cell(place, column)] = Content(held)
    sheet = Sheet(_SHEET, CellStore(cells))
    snapshot = Snapshot((sheet,))
    width = len(rows[0]) if rows else 1
    columns = []
    found = frames_on(snapshot, sheet)
    for column in range(width):
        known = next((one for frame in found for one in frame.columns if one.column == column), None)
        name = str(rows[0][column]) if rows else ""
        kind = known.kind if known is not None else ColumnKind.EMPTY
        columns.append(FrameColumn(column, name, kind, known is not None))
    return snapshot, Frame(_SHEET, 0, 1, max(1, len(rows) - 1), tuple(columns))


def _value(value: Any) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if re.fullmatch(r"\s*[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*", text, re.I):
        return float(text.replace(",", ""))
    if re.fullmatch(r"\s*[-+]?[$€£]\s?\d[\d,]*(?:\.\d+)?\s*", text):
        return float(re.sub(r"[$€£,\s]", "", text))
    if text.upper() in ("#ERR", "#VALUE!", "#REF!", "#NAME?"):
        return ErrorValue.VALUE
    if text.upper() in ("#N/A", "#DIV/0!"):
        return ErrorValue.NA
    return text


def read_rule(code: str, frame: Frame) -> Condition | str:
    """The rule of a row as a condition, or the kind of a scale. Raises UnknownRule."""
    text = code.strip()
    name = text.partition("(")[0].strip().casefold()
    if name in _SCALES:
        return _SCALES[name]
    return _Parser(text, frame).condition()


class _Parser:
    def __init__(self, text: str, frame: Frame) -> None:
        self._text = text
        self._frame = frame

    def condition(self) -> Condition:
        return self._read(self._text)

    def _read(self, text: str) -> Condition:
        match = _CALL.match(text)
        if match is None or not text.rstrip().endswith(")"):
            raise UnknownRule(text[:60])
        name = match[1].casefold()
        body = text.rstrip()[match.end() : -1]
        parts = _arguments(body)
        if name in ("and", "or", "not"):
            inner = tuple(self._read(part) for part in parts if part.strip())
            if not inner:
                raise UnknownRule(text[:60])
            if name == "not":
                return Not(inner[0])
            return AllOf(inner) if name == "and" else AnyOf(inner)
        if name not in _KINDS:
            raise UnknownRule(text[:60])
        return self._test(name, parts)

    def _test(self, name: str, parts: list[str]) -> Test:
        column, operator, length = None, "", False
        operands: list[Operand] = []
        for part in parts:
            named = re.fullmatch(r"\s*(LEN\()?\s*c\[(\d+)\]\s*\)?\s*", part)
            if named and column is None:
                column, length = self._at(int(named[2])), bool(named[1])
            elif named:
                operands.append(Operand(column=self._at(int(named[2]))))
            elif part.strip():
                operands.append(self._operand(part, name))
        kind = _KINDS[name]
        if length:
            kind, operator = "length", kind
        if kind in ("top", "bottom") and not operands:
            operands = [Operand(10.0)]
        if len(operands) < _LEAST.get(kind, 1):
            raise UnknownRule(f"{name} without a value")
        percent = kind in ("top", "bottom") and (
            name.endswith("percent") or any(part.strip().endswith("%") for part in parts)
        )
        return Test(kind, column or self._last(), tuple(operands), operator, percent)

    def _operand(self, part: str, name: str) -> Operand:
        text = part.strip()
        quoted = re.fullmatch(r"(['\"])(.*)\1", text, re.S)
        bare = quoted[2] if quoted else text
        cell = re.fullmatch(r"\$?[A-Z]{1,2}\$?\d+", bare)
        if cell:
            return Operand(cell=bare)
        plain = bare.rstrip("%").replace("$", "").replace(",", "")
        if _NUMBER.fullmatch(plain) and not (quoted and name.startswith("text")):
            if name in ("textcontains", "contains", "startswith", "endswith", "textstartswith"):
                return Operand(text=bare)
            return Operand(float(plain))
        return Operand(text=bare)

    def _at(self, place: int) -> FrameColumn:
        if place >= len(self._frame.columns):
            raise UnknownRule(f"column {place} of {len(self._frame.columns)}")
        return self._frame.columns[place]

    def _last(self) -> FrameColumn:
        value = next((c for c in self._frame.columns if c.name.casefold() == "value"), None)
        return value or self._frame.columns[-1]


def _arguments(body: str) -> list[str]:
    """The arguments of a call; commas inside brackets and quotes do not cut."""
    parts, depth, quote, current = [], 0, "", ""
    for character in body:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and not current.strip():
            quote = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(current)
            current = ""
            continue
        current += character
    return [*parts, current]


def _column(condition: Condition) -> FrameColumn | None:
    match condition:
        case Test():
            return condition.column
        case Not():
            return _column(condition.part)
        case AllOf() | AnyOf():
            return next((found for part in condition.parts if (found := _column(part)) is not None), None)


def _is_same_rule(wanted: Condition | str, rules: list[ConditionalFormat], frame: Frame) -> bool:
    """Whether one rule is asked for and given, of one kind, with the same operands on the same column."""
    if len(rules) != 1:
        return False
    rule = rules[0]
    if isinstance(wanted, str):
        return rule.type == wanted
    own = _column(wanted) or frame.columns[-1]
    gold = conditional_format(wanted, frame, (own,), Look(), 1)
    return (rule.type, rule.operator, _bare(rule.formulas), rule.options) == (
        gold.type, gold.operator, _bare(gold.formulas), gold.options,
    )  # fmt: skip


def _bare(formulas: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.replace("$", "").replace(" ", "").casefold() for text in formulas)


SUITE = Suite("nl-to-format", run)
