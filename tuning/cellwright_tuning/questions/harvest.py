"""Candidates of every training question as arrays on disk, with which of them give the right answer.

    python -m cellwright_tuning.questions.harvest DATA OUT

Fold 0 is held back and left out here. Words come from folds 2 to 4: those of questions and headers that stand
there twice, those of cells that many tables have. Every candidate is kept, since fitting looks for the wrong
ones that it likes best. One pickle a chunk of questions, 1 GB in all.
"""

from __future__ import annotations

import collections
import pickle
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np

from cellwright.ask.grounding.links import ground
from cellwright.ask.grounding.table import TypedTable, tables_in
from cellwright.ask.grounding.text import tokens
from cellwright.ask.questions.contents import frequent_words
from cellwright.ask.questions.denotation import same
from cellwright.ask.questions.features import BUCKETS, Vocabulary, arrays
from cellwright.ask.questions.forms import Runner
from cellwright.ask.questions.search import candidates

from .data import Question, fold_of, read_questions, table_snapshot
from .example import Example

CHUNK = 500
LEAST_COUNT = 2
LEAST_TABLES = 6
"""A word of cells counts from so many tables on."""


def vocabulary_of(questions: list[Question], tables: dict[Path, TypedTable]) -> dict[str, int]:
    """Word -> id of the training questions' words and their tables' header words, rare ones left out."""
    counts: collections.Counter[str] = collections.Counter({"<year>": 9, "<number>": 9})
    for question in questions:
        counts.update(w for w in tokens(question.sentence) if not w[0].isdigit())
    held: collections.Counter[str] = collections.Counter()
    for table in tables.values():
        counts.update(w for column in table.columns for w in column.header_stems if not w[0].isdigit())
        held.update({w for column in table.columns for w in frequent_words(column) if not w[0].isdigit()})
    kept = sorted(
        {word for word, count in counts.items() if count >= LEAST_COUNT}
        | {word for word, count in held.items() if count >= LEAST_TABLES}
    )
    return {word: i for i, word in enumerate(kept, 1 + BUCKETS)}


def _shuffled(question: Question) -> tuple[bytes, str]:
    """An order of tables that has nothing to do with their names, questions of a table together."""
    table = question.table
    return sha256(f"{table.parent.name}/{table.name}".encode()).digest(), question.id


def harvest(data: Path, out: Path) -> None:
    """Write the chunks and the vocabularies; chunks that are there already stay, and the rest follows."""
    out.mkdir(parents=True, exist_ok=True)
    questions = sorted(
        (question for question in read_questions(data) if fold_of(question.table) != 0), key=_shuffled
    )
    files = dict.fromkeys(question.table for question in questions)
    tables = {file: tables_in(table_snapshot(file))[0] for file in files}
    taught = [q for q in questions if fold_of(q.table) > 1]
    words = vocabulary_of(taught, {q.table: tables[q.table] for q in taught})
    ops: dict[str, int] = {}
    templates: dict[str, int] = {}
    number = len(list(out.glob("chunk-*.pkl")))
    if number:
        words, ops, templates = pickle.loads((out / "vocabulary.pkl").read_bytes())
    runner: Runner | None = None
    chunk: list[Example] = []
    for i, question in enumerate(questions[number * CHUNK :], number * CHUNK):
        table = tables[question.table]
        if runner is None or runner.table is not table:
            runner = Runner(table)
        grounding = ground(question.sentence, table)
        found = candidates(grounding, runner)
        for made_of in {candidate.ops: candidate for candidate in found}.values():
            for op in made_of.ops:
                ops.setdefault(op, len(ops) + 1)
            templates.setdefault(made_of.template, len(templates) + 1)
        vocabulary = Vocabulary(words, ops, templates)
        ids: dict[frozenset[str | float], int] = {}
        answer = np.array([ids.setdefault(c.denotation, len(ids)) for c in found], np.int32)
        hits = {n for key, n in ids.items() if same(key, question.target)}
        right = np.isin(answer, list(hits))
        made = arrays(grounding, found, vocabulary)
        chunk.append(Example(question.id, fold_of(question.table), made, right, answer))
        if len(chunk) == CHUNK or i + 1 == len(questions):
            (out / f"chunk-{number:02}.pkl").write_bytes(pickle.dumps(chunk, protocol=5))
            chunk, number = [], number + 1
            (out / "vocabulary.pkl").write_bytes(pickle.dumps((words, ops, templates), protocol=5))
            print(i + 1, "questions,", len(templates), "templates", file=sys.stderr, flush=True)


if __name__ == "__main__":
    harvest(Path(sys.argv[1]), Path(sys.argv[2]))
