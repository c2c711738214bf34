"""A planner's lines tried on the workbook, each as those before leave it; its formula run for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cellwright.ask.answering import NOT_HERE
from cellwright.ask.checking import Checked, try_draft
from cellwright.ask.model import Answer, Clarification, Draft, Plan, Step
from cellwright.ask.planner.lines import Line, Written
from cellwright.ask.planner.losses import losses
from cellwright.calc.calculator import Calculator
from cellwright.calc.values import NoValue
from cellwright.edits.display import general_text
from cellwright.edits.invert import restoring
from cellwright.edits.words import words_of_all
from cellwright.errors import CellwrightError
from cellwright.formula import nodes, parse, precedents
from cellwright.reference import Cell, SheetCell, SheetRange, quote_sheet
from cellwright.verify.check import check_formula
from cellwright.verify.model import Status
from cellwright.workbook.model import ErrorValue, Snapshot

CONFIDENCE = 0.5
"""What is told of a plan or answer of a planner: its own certainty is not calibrated."""
_MOST_CITED = 20

Outcome = Plan | Answer | Clarification
Problem = tuple[str, str]
"""A line, and what went wrong with it."""


@dataclass(frozen=True)
class Tried:
    """What came of an answer (None: nothing that can be used), and what went wrong."""

    outcome: Outcome | None
    problems: tuple[Problem, ...] = ()


def try_written(
    written: Written, request: str, snapshot: Snapshot, place: SheetRange | None, calculator: Calculator
) -> Tried:
    """Try an answer; `calculator` may hold another snapshot afterwards."""
    if written.question is not None:
        return Tried(Clarification(request, written.question))
    if written.is_nothing:
        return Tried(Answer(request, NOT_HERE))
    if written.formula is not None:
        return _answered(written.formula, request, snapshot, place, calculator)
    return _planned(written.lines, request, snapshot, calculator)


def _planned(lines: Sequence[Line], request: str, snapshot: Snapshot, calculator: Calculator) -> Tried:
    steps: list[Step] = []
    problems: list[Problem] = []
    left_out: list[str] = []
    state = snapshot
    for line in lines:
        found = line.problem or _step(line, state, calculator)
        if isinstance(found, str):
            problems.append((line.text, found))
            left_out.append(f"{words_of_all(line.edits) or line.text} ({found})")
            continue
        if found.step.verdict.status is Status.MAKES_ERRORS:
            problems.append((line.text, found.step.verdict.why or "it makes errors"))
        steps.append(found.step)
        state = found.after
    if not steps:
        return Tried(None, tuple(problems))
    undo = restoring(state, snapshot)
    plan = Plan(request, tuple(steps), snapshot, state, undo, tuple(left_out), CONFIDENCE)
    return Tried(plan, tuple(problems))


def _step(line: Line, before: Snapshot, calculator: Calculator) -> Checked | str:
    title = words_of_all(line.edits)
    tried = try_draft(Draft(title, line.edits, "planner"), before, calculator)
    if isinstance(tried, str):
        return tried
    lost = losses(line.edits, before, tried.after)
    return replace(tried, step=replace(tried.step, destroys=lost))


def _answered(
    formula: str, request: str, snapshot: Snapshot, place: SheetRange | None, calculator: Calculator
) -> Tried:
    at = _beside(snapshot, snapshot.sheet_names[0] if place is None else place.sheet)
    check = check_formula(formula, at, snapshot)
    if check.why:
        return Tried(None, ((formula, check.why),))
    formula = _with_sheets(formula, at.sheet)
    try:
        value = calculator.evaluate_many([(formula, at)])[0]
    except CellwrightError as error:
        return Tried(None, ((formula, str(error)),))
    if isinstance(value, CellwrightError | NoValue | ErrorValue) or value is None:
        return Tried(None, ((formula, f"it gives {value}"),))
    cited = [
        SheetRange(bound.sheet or at.sheet, bound.range)
        for bound in precedents(formula, at, snapshot)
        if bound.range is not None
    ]
    text = general_text(value)
    places = tuple(dict.fromkeys(cited))[:_MOST_CITED]
    return Tried(Answer(request, f"The formula gives {text}.", formula, text, places, CONFIDENCE))


def _beside(snapshot: Snapshot, sheet: str) -> SheetCell:
    """A blank cell away from what the sheet holds, where a formula can run."""
    used = snapshot.sheet(sheet).cells.bounds
    return SheetCell(sheet, Cell(0, 0) if used is None else Cell(used.bottom + 2, used.right + 2))


def _with_sheets(formula: str, sheet: str) -> str:
    """The formula with that sheet named where it names none: it then says the same wherever it stands."""
    bare = [
        node.start
        for node in nodes.walk(parse(formula).root)
        if isinstance(node, nodes.ReferenceNode) and node.sheet is None
    ]
    for start in sorted(bare, reverse=True):
        formula = f"{formula[:start]}{quote_sheet(sheet)}!{formula[start:]}"
    return formula
