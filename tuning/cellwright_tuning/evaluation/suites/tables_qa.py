"""`tables-qa`: a question over a table -> a formula whose value is the answer.

DATA is a folder in WikiTableQuestions' layout (`questions.jsonl` beside csv files, see
`cellwright_tuning.questions.data`). `accuracy` is denotation accuracy of the first answer: the set of its
values equals the target's after normalisation. `reached` is the share of questions that any candidate form
answers, the ceiling of ranking. Intervals resample whole tables. `calculated` is the share of a sample of
first formulas that our calculator computes to the answer. The model option is not used: the parser has
weights of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from cellwright.ask.questions.answer import Answer, answer
from cellwright.ask.questions.denotation import Denotation, denotation, same
from cellwright.calc.calculator import Calculator
from cellwright.errors import CalcError
from cellwright.reference import Cell, SheetCell
from cellwright.workbook.model import Snapshot
from cellwright_tuning.evaluation.data import unpacked
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.sample import sampled
from cellwright_tuning.questions.data import Question, read_questions, table_snapshot

CALCULATED_EVERY = 12
"""Every so many questions the formula is computed, which needs a worker of its own."""
EVERY_ANSWER = 100_000


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One result a question."""
    with unpacked(data) as folder:
        root = folder if (folder / "questions.jsonl").is_file() else _inner(folder)
        by_id = {question.id: question for question in read_questions(root)}
        chosen = sampled([{"id": id_} for id_ in by_id], options)
        snapshots: dict[Path, Snapshot] = {}
        for number, row in enumerate(chosen):
            question = by_id[row["id"]]
            if question.table not in snapshots:
                snapshots = {question.table: table_snapshot(question.table)}
            yield _result(question, snapshots[question.table], calculate=number % CALCULATED_EVERY == 0)


def _inner(folder: Path) -> Path:
    """The folder inside an archive that holds the questions."""
    found = sorted(folder.rglob("questions.jsonl"))
    return found[0].parent if found else folder


def _result(question: Question, snapshot: Snapshot, *, calculate: bool) -> TaskResult:
    started = time.perf_counter()
    answers = answer(snapshot, question.sentence, n=EVERY_ANSWER)
    latency_ms = (time.perf_counter() - started) * 1000
    is_right = bool(answers) and same(_key(answers[0]), question.target)
    metrics = {
        "accuracy": (float(is_right), 1.0),
        "reached": (float(any(same(_key(one), question.target) for one in answers)), 1.0),
    }
    if answers:
        metrics["computed"] = (float(not answers[0].is_pinned), 1.0)
        if answers[0].is_sure:
            metrics["sure_right"] = (float(is_right), 1.0)
    if answers and calculate:
        metrics["calculated"] = (float(_computes(answers[0], snapshot)), 1.0)
    return TaskResult(
        group=question.table.as_posix(),
        metrics=metrics,
        confidence=answers[0].probability if answers else None,
        is_right=is_right,
        latency_ms=latency_ms,
    )


def _key(answer: Answer) -> Denotation:
    return denotation(answer.values)


def _computes(one: Answer, snapshot: Snapshot) -> bool:
    """Whether the calculator's value of the formula is the answer."""
    area = snapshot.tables[0].range
    at = SheetCell(snapshot.sheets[0].name, Cell(area.top, area.right + 2))
    with Calculator(snapshot) as calculator:
        try:
            value = calculator.evaluate(one.formula, at)
        except CalcError:
            return False
    if not isinstance(value, str | float):
        return False
    return denotation([value]) == denotation([one.value])


SUITE = Suite("tables-qa", run, curves={"precision_at_40": 0.4})
