"""Questions: the likeliest answer of `ask.questions`, its formula run on the workbook before it is shown."""

from __future__ import annotations

from cellwright.ask.model import Answer
from cellwright.ask.questions.answer import answer
from cellwright.calc.calculator import Calculator
from cellwright.calc.values import NoValue
from cellwright.errors import CellwrightError
from cellwright.reference import Cell, SheetCell, SheetRange
from cellwright.workbook.model import ErrorValue, Snapshot

NOT_HERE = "That is not in this workbook."


def answered(question: str, snapshot: Snapshot, place: SheetRange | None, calculator: Calculator) -> Answer:
    """One answer, or that the workbook does not hold it; raises nothing of the question's own."""
    sheet = None if place is None else place.sheet
    try:
        found = answer(snapshot, question, sheet=sheet)
    except CellwrightError as error:
        return Answer(question, f"{NOT_HERE} ({error})")
    if not found:
        return Answer(question, NOT_HERE)
    best = found[0]
    scratch = _scratch(snapshot, best.cited)
    try:
        computed = calculator.evaluate_many([(best.formula, scratch)])[0]
    except CellwrightError:
        computed = NoValue("no worker")
    runs = not isinstance(computed, CellwrightError | NoValue | ErrorValue)
    doubt = "" if best.is_sure and runs else " (not sure)"
    return Answer(
        question, best.sentence + doubt, best.formula, str(best.value), best.cited, best.probability
    )


def _scratch(snapshot: Snapshot, cited: tuple[SheetRange, ...]) -> SheetCell:
    """A blank cell beside the table, where the formula can run."""
    name = cited[0].sheet if cited else snapshot.sheets[0].name
    used = snapshot.sheet(name).cells.bounds
    return SheetCell(name, Cell(0, 0) if used is None else Cell(used.bottom + 2, used.right + 2))
