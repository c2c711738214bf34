"""Questions: a figure of `ask.figures`, else the likeliest answer of `ask.questions`, run before it is shown.

A figure is read where every word of the question is accounted for. Else only an answer whose formula gives
its value in our calculator is told as sure: of answers about as likely the first such one is shown; where
there is none, the likeliest, as unsure.
"""

from __future__ import annotations

from cellwright.ask.figures.answering import answered_figure
from cellwright.ask.model import Answer, Clarification
from cellwright.ask.questions.answer import Answer as Found
from cellwright.ask.questions.answer import answer
from cellwright.ask.scene import Scene
from cellwright.calc.calculator import Calculator
from cellwright.calc.values import same_value
from cellwright.errors import CellwrightError
from cellwright.reference import Cell, SheetCell, SheetRange
from cellwright.workbook.model import Snapshot

NOT_HERE = "That is not in this workbook."


def answered(question: str, scene: Scene) -> Answer | Clarification:
    """One answer, which column is meant, or that the workbook does not hold it; raises nothing of its own."""
    snapshot, calculator = scene.snapshot, scene.calculator
    sheet = None if scene.place is None else scene.place.sheet
    figure = answered_figure(question, scene)
    if isinstance(figure, Answer):
        return figure
    try:
        found = answer(snapshot, question, sheet=sheet)
    except CellwrightError as error:
        return figure or Answer(question, f"{NOT_HERE} ({error})")
    if not found:
        return figure or Answer(question, NOT_HERE)
    proven = next((one for one in found if _gives(one, snapshot, calculator)), None)
    best = proven if proven is not None and proven.probability >= found[0].probability / 2 else found[0]
    is_sure = best is proven and best.is_sure
    if figure is not None and not is_sure:
        return figure
    doubt = "" if is_sure else " (not sure)"
    return Answer(
        question, best.sentence + doubt, best.formula, str(best.value), best.cited, best.probability
    )


def _gives(one: Found, snapshot: Snapshot, calculator: Calculator) -> bool:
    """Whether the formula, run on the workbook, gives the answer's value."""
    try:
        computed = calculator.evaluate_many([(one.formula, _scratch(snapshot, one.cited))])[0]
    except CellwrightError:
        return False
    return not isinstance(computed, CellwrightError) and same_value(computed, one.value)


def _scratch(snapshot: Snapshot, cited: tuple[SheetRange, ...]) -> SheetCell:
    """A blank cell beside the table, where the formula can run."""
    name = cited[0].sheet if cited else snapshot.sheets[0].name
    used = snapshot.sheet(name).cells.bounds
    return SheetCell(name, Cell(0, 0) if used is None else Cell(used.bottom + 2, used.right + 2))
