"""Questions over tables on disk in WikiTableQuestions' layout: `questions.jsonl` beside csv files.

A row is `{id, utterance, context, targetValue}`; `context` is the csv's path; answers of a list are set apart
by `|`. A table is held back by the hash of its contents, so the split depends on no name or order.

    python -m cellwright_tuning.questions.data DATA OUT

writes the held-back fifth to OUT in the same layout.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cellwright.ask.questions.denotation import Denotation, denotation
from cellwright.reference import Cell, Range
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import Content, Sheet, Snapshot, Table, Value
from cellwright_tuning.evaluation.data import read_rows

FOLDS = 5
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.\d+)?")


@dataclass(frozen=True)
class Question:
    """One question with its table's file and the answer asked for."""

    id: str
    sentence: str
    table: Path
    target: Denotation
    answers: tuple[str, ...]


def read_questions(data: Path) -> Iterator[Question]:
    """The questions of a folder."""
    for row in read_rows(data / "questions.jsonl"):
        answers = tuple(
            part.replace("\\p", "|").replace("\\n", "\n") for part in row["targetValue"].split("|")
        )
        yield Question(row["id"], row["utterance"], data / row["context"], denotation(answers), answers)


@lru_cache(maxsize=4096)
def fold_of(table: Path) -> int:
    """0 to 4; fold 0 is held back."""
    return int(hashlib.sha256(table.read_bytes()).hexdigest(), 16) % FOLDS


def table_snapshot(path: Path) -> Snapshot:
    """A csv as a workbook of one sheet with one declared table; plain numerals become numbers."""
    text = path.read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text, newline=""), escapechar="\\", doublequote=False))
    width = max((len(row) for row in rows), default=1)
    cells: dict[Cell, Content] = {}
    for r, row in enumerate(rows):
        for c, raw in enumerate(row):
            value = _value(raw, is_header=r == 0)
            if value is not None:
                cells[Cell(r, c)] = Content(value=value)
    names = tuple(" ".join((rows[0] + [""] * width)[c].replace("\\n", " ").split()) for c in range(width))
    area = Range(0, 0, max(1, len(rows) - 1), width - 1)
    return Snapshot((Sheet("Table", CellStore(cells)),), tables=(Table("Data", "Table", area, names),))


def _value(raw: str, *, is_header: bool) -> Value:
    text = raw.replace("\\n", "\n").strip()
    if not text:
        return None
    if not is_header and _PLAIN_NUMBER.fullmatch(text) and len(text) < 16:
        return float(text.replace(",", ""))
    return text


def write_held_back(data: Path, out: Path) -> int:
    """Write the held-back fifth; returns how many questions it has."""
    (out / "csv").mkdir(parents=True, exist_ok=True)
    kept = []
    for row in read_rows(data / "questions.jsonl"):
        table = data / row["context"]
        if fold_of(table) == 0:
            target = out / row["context"]
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copyfile(table, target)
            kept.append(json.dumps(row, ensure_ascii=False))
    (out / "questions.jsonl").write_text("\n".join(kept) + "\n")
    return len(kept)


if __name__ == "__main__":
    print(write_held_back(Path(sys.argv[1]), Path(sys.argv[2])), "questions", file=sys.stderr)
