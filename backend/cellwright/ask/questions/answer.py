"""A question about a sheet -> answers: formula, value, the cells it read, one sentence, P(right).

The story: every table of the sheet (or of the workbook) is grounded in the question; the best linked few
are searched for candidate forms; the scorer's nets give each form a logit; forms with the same answer add
up; how likely an answer is, is read from its share and what else speaks for it. What links to nothing gives
no answer: it is not in this workbook. Formulas are text here; whoever shows one has it computed
(`cellwright.verify`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cellwright.ask.grounding.links import Grounding, ground
from cellwright.ask.grounding.table import TypedTable, tables_in
from cellwright.ask.questions.conditions import number_text
from cellwright.ask.questions.denotation import Denotation, answer_key
from cellwright.ask.questions.features import COVERED, IS_TEXT, Arrays, arrays
from cellwright.ask.questions.forms import Form, Runner, rows_of
from cellwright.ask.questions.formula import LIST_SEPARATOR, write_formula
from cellwright.ask.questions.judging import judged
from cellwright.ask.questions.scorer import Scorer, shipped_scorer
from cellwright.ask.questions.search import candidates
from cellwright.ask.questions.sentence import sentence_of
from cellwright.ask.questions.values import Candidate
from cellwright.errors import UsageError
from cellwright.reference import SheetRange
from cellwright.workbook.model import Snapshot

MAX_TABLES = 3
MAX_QUESTION = 400


@dataclass(frozen=True)
class Answer:
    """One answer. `values` are its texts or numbers as in the cells, `value` what the formula gives.

    `is_sure`: the probability is high enough to be shown without a doubt, and the columns have headers.
    `is_pinned`: the formula names the answer's cells and does not compute it.
    """

    formula: str
    value: str | float
    values: tuple[str | float, ...]
    cited: tuple[SheetRange, ...]
    sentence: str
    probability: float
    is_sure: bool
    is_pinned: bool
    form: Form


def answer(
    snapshot: Snapshot,
    question: str,
    *,
    sheet: str | None = None,
    n: int = 5,
    scorer: Scorer | None = None,
) -> list[Answer]:
    """At most n answers, likeliest first; none where nothing in the question stands in the workbook.

    Raises UsageError for an empty or overlong question and for a sheet that isn't there.
    """
    scorer = scorer or shipped_scorer()
    return [written(one, scorer) for one in ranked(snapshot, question, scorer, sheet=sheet)[:n]]


@dataclass(frozen=True)
class Ranked:
    """One answer of one table before its formula is written: its likeliest form, and P(right)."""

    grounding: Grounding
    runner: Runner
    candidate: Candidate
    probability: float


def ranked(
    snapshot: Snapshot, question: str, scorer: Scorer, *, sheet: str | None = None, insist: bool = False
) -> list[Ranked]:
    """Every answer that the search reaches, likeliest first.

    `insist`: the question is known to be about these tables, so linking to nothing is no reason for silence.
    """
    asked = question.strip()
    if not 0 < len(asked) <= MAX_QUESTION:
        raise UsageError(f"expected a question of 1 to {MAX_QUESTION} characters, got {len(asked)}")
    searched: list[tuple[Grounding, Runner, list[Candidate], Arrays]] = []
    for grounding in _groundings(snapshot, asked, sheet, insist):
        runner = Runner(grounding.table)
        forms = candidates(grounding, runner)
        if forms:
            searched.append((grounding, runner, forms, arrays(grounding, forms, scorer.vocabulary)))
    if not searched:
        return []
    ids: dict[tuple[int, Denotation], int] = {}
    every = [(place, form) for place, one in enumerate(searched) for form in one[2]]
    answer_ids = np.array([ids.setdefault((place, form.denotation), len(ids)) for place, form in every])
    scores = np.concatenate([scorer.scores(one[3]) for one in searched], 1)
    facts = np.concatenate([one[3].form_facts for one in searched]).astype(np.float32)
    found = judged(scores, answer_ids, facts[:, COVERED], facts[:, IS_TEXT])
    probabilities = scorer.calibrated(found.evidence)
    return [
        Ranked(*searched[every[best][0]][:2], every[best][1], float(probabilities[which]))
        for which in np.argsort(-found.shares, kind="stable")
        for best in [int(found.best[which])]
    ]


def _groundings(snapshot: Snapshot, question: str, sheet: str | None, insist: bool) -> list[Grounding]:
    """The tables that the question links to best."""
    grounded = [ground(question, table) for table in tables_in(snapshot, sheet) if table.rows]
    linked = [grounding for grounding in grounded if insist or grounding.links_anything]
    return sorted(linked, key=_strength, reverse=True)[:MAX_TABLES]


def _strength(grounding: Grounding) -> float:
    """How much of the sentence stands in the table: words of values, and words that name columns."""
    used = 0
    for link in grounding.values:
        if link.how in ("exact", "part"):
            used |= link.span
    named = sum(max((row[t] for row in grounding.named), default=0.0) for t in range(len(grounding.words)))
    return used.bit_count() + named


def written(one: Ranked, scorer: Scorer) -> Answer:
    """A ranked answer with its formula and sentence."""
    formula = write_formula(one.candidate, one.grounding, one.runner)
    values = shown_values(one.candidate, one.grounding.table)
    value = one_value(values)
    return Answer(
        formula=formula.formula,
        value=value,
        values=values,
        cited=formula.cited,
        sentence=sentence_of(one.candidate.form, one.grounding.table, value),
        probability=one.probability,
        is_sure=one.probability >= scorer.sure and _is_named(one),
        is_pinned=formula.is_pinned,
        form=one.candidate.form,
    )


def _is_named(one: Ranked) -> bool:
    """Whether every column that the form uses has a header, and the table more than one row."""
    table = one.grounding.table
    return len(table.rows) > 1 and all(table.columns[column].header for _, column in one.candidate.roles)


def one_value(values: tuple[str | float, ...]) -> str | float:
    """What one cell shows: the value itself, or several in one text."""
    if len(values) == 1:
        return values[0]
    return LIST_SEPARATOR.join(number_text(v) if isinstance(v, float) else v for v in values)


def shown_values(candidate: Candidate, table: TypedTable) -> tuple[str | float, ...]:
    """The answers as they stand in the cells; computed numbers as numbers."""
    form = candidate.form
    columns = [column for role, column in candidate.roles if role == "A"]
    keys = candidate.denotation
    if form[0] == "get":
        cells = table.columns[form[2]].cells
        texts: list[str | float] = []
        for row in rows_of(candidate.rows):
            cell = cells[row]
            shown: str | float = cell.numbers[0] if cell.is_native and cell.day is None else cell.text
            if cell.text and shown not in texts:
                texts.append(shown)
        return tuple(texts)
    if columns and all(isinstance(key, str) for key in keys):
        from_cells = _texts_of(keys, table, columns[-1] if form[0] in ("more", "fewer") else columns[0])
        if from_cells:
            return from_cells
    return tuple(sorted(keys, key=str))


def _texts_of(keys: Denotation, table: TypedTable, column: int) -> tuple[str, ...]:
    """The cells' own texts of keys, where every key stands in the column."""
    texts = {answer_key(cell.text): cell.text for cell in reversed(table.columns[column].cells) if cell.text}
    return tuple(texts[key] for key in texts if key in keys) if keys <= texts.keys() else ()
