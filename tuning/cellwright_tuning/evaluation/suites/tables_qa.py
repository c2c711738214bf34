"""`tables-qa`: a question over a table -> a formula whose value is the answer.

DATA is a folder in WikiTableQuestions' layout (`questions.jsonl` beside csv files, see
`cellwright_tuning.questions.data`). `accuracy` is denotation accuracy of the first answer: the set of its
values equals the target's after normalisation. `reached` is the share of questions that any candidate form
answers, the ceiling of ranking. Intervals resample whole tables. `calculated` is the share of a sample of
first formulas that our calculator computes to the answer, `sure_right` how many of those told as sure are
right, and `sure_proven` how many of those of the sample whose formula computes to them, which is what the
product tells as sure. `figures` is how many questions the product answers by reading them word by word
(`ask.figures`), before any search, and `figures_right` how many of these are right; the other metrics leave
them out. `missed_*` are the shares of all questions whose first answer is wrong because no form reaches the
answer, the operation is another, a column is, or the rows are. The model option is not used: the parser has
weights of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from cellwright.ask.figures.answering import answered_figure
from cellwright.ask.grounding.quantities import read_number
from cellwright.ask.model import Answer as Found
from cellwright.ask.questions.answer import Answer, Ranked, ranked, written
from cellwright.ask.questions.denotation import Denotation, denotation, same
from cellwright.ask.questions.scorer import shipped_scorer
from cellwright.ask.questions.values import Candidate
from cellwright.ask.scene import Scene
from cellwright.calc.calculator import Calculator
from cellwright.errors import CalcError
from cellwright.reference import Cell, SheetCell
from cellwright.workbook.model import Snapshot
from cellwright_tuning.evaluation.data import unpacked
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult
from cellwright_tuning.evaluation.leaving_out import left_out
from cellwright_tuning.evaluation.sample import sampled
from cellwright_tuning.questions.data import Question, read_questions, table_snapshot

KINDS = ("unreached", "operation", "column", "rows")
CALCULATED_EVERY = 10
"""Every so many questions the first formula is computed."""


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One result a question."""
    with unpacked(data) as folder:
        root = folder if (folder / "questions.jsonl").is_file() else _inner(folder)
        by_id = {question.id: question for question in read_questions(root)}
        chosen = [by_id[row["id"]] for row in sampled([{"id": id_} for id_ in by_id], options)]
        by_table = groupby(sorted(chosen, key=lambda q: q.table.as_posix()), key=lambda q: q.table)
        number = 0
        with Calculator(Snapshot(())) as calculator:
            for table, questions in by_table:
                snapshot = table_snapshot(table)
                calculator.load(snapshot)
                for question in questions:
                    is_sample = number % CALCULATED_EVERY == 0
                    with left_out(options.without):
                        result = _result(question, snapshot, calculator if is_sample else None)
                    yield result if options.without else _with_figure(result, question, snapshot, calculator)
                    number += 1


def _inner(folder: Path) -> Path:
    """The folder inside an archive that holds the questions."""
    found = sorted(folder.rglob("questions.jsonl"))
    return found[0].parent if found else folder


def _result(question: Question, snapshot: Snapshot, calculator: Calculator | None) -> TaskResult:
    started = time.perf_counter()
    scorer = shipped_scorer()
    found = ranked(snapshot, question.sentence, scorer, insist=True)
    answers = [written(one, scorer) for one in found[:1]]
    latency_ms = (time.perf_counter() - started) * 1000
    is_right = bool(answers) and same(denotation(answers[0].values), question.target)
    metrics = {f"missed_{kind}": (0.0, 1.0) for kind in KINDS} | {
        "accuracy": (float(is_right), 1.0),
        "reached": (float(any(same(one.candidate.denotation, question.target) for one in found)), 1.0),
    }
    if not is_right:
        metrics[f"missed_{kind_of_miss(found, question.target)}"] = (1.0, 1.0)
    if answers:
        metrics["computed"] = (float(not answers[0].is_pinned), 1.0)
        if answers[0].is_sure:
            metrics["sure_right"] = (float(is_right), 1.0)
    if answers and calculator is not None:
        is_computed = _computes(answers[0], snapshot, calculator)
        metrics["calculated"] = (float(is_computed), 1.0)
        if answers[0].is_sure and is_computed:
            metrics["sure_proven"] = (float(is_right), 1.0)
    return TaskResult(
        group=question.table.as_posix(),
        metrics=metrics,
        confidence=answers[0].probability if answers else None,
        is_right=is_right,
        latency_ms=latency_ms,
    )


def _with_figure(
    result: TaskResult, question: Question, snapshot: Snapshot, calculator: Calculator
) -> TaskResult:
    """The result with what reading the question word by word gives; `calculator` holds the table."""
    found = answered_figure(question.sentence, Scene(snapshot, calculator, question.sentence))
    metrics = dict(result.metrics) | {"figures": (float(isinstance(found, Found)), 1.0)}
    if isinstance(found, Found):
        number = read_number(found.value)
        value = found.value if number is None else number
        is_right = any(same(denotation([one]), question.target) for one in (value, found.value))
        metrics["figures_right"] = (float(is_right), 1.0)
    return replace(result, metrics=metrics)


def kind_of_miss(found: Sequence[Ranked], target: Denotation) -> str:
    """Why the first answer is wrong, against the likeliest form that is right."""
    right = next((one.candidate for one in found if same(one.candidate.denotation, target)), None)
    if right is None:
        return "unreached"
    first = found[0].candidate
    if first.template != right.template:
        return "operation"
    return "column" if _columns(first) != _columns(right) else "rows"


def _columns(candidate: Candidate) -> list[tuple[str, int]]:
    return [(role, column) for role, column in candidate.roles if role in ("A", "K")]


def _computes(one: Answer, snapshot: Snapshot, calculator: Calculator) -> bool:
    """Whether the calculator's value of the formula is the answer."""
    area = snapshot.tables[0].range
    at = SheetCell(snapshot.sheets[0].name, Cell(area.top, area.right + 2))
    try:
        calculator.load(snapshot)
        value = calculator.evaluate(one.formula, at)
    except CalcError:
        return False
    if not isinstance(value, str | float):
        return False
    return denotation([value]) == denotation([one.value])


SUITE = Suite("tables-qa", run, curves={"precision_at_40": 0.4})
