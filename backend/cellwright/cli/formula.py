"""`cellwright complete` and `cellwright repair`: a formula's text, with or without its workbook."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from cellwright.calc.calculator import Calculator
from cellwright.cli.display import badge, console, messages, place, value_text
from cellwright.edits.model import SetFormulas
from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright.proposers.completion import propose_completions
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.repair import propose_repairs
from cellwright.reference import Range, SheetRange
from cellwright.registry import find_model, shipped_model
from cellwright.suggest import suggest
from cellwright.suggest.practice import PRACTICE_S, Practice, deadline
from cellwright.verify.model import Candidate, Kind, Verdict
from cellwright.verify.verify import verify_many
from cellwright.workbook import read_workbook


@click.command("complete")
@click.argument("typed")
@click.option(
    "-n", "count", type=click.IntRange(1, 50), default=5, show_default=True, help="At most so many."
)
@click.option("--model", "name", default=None, help="A model's name or path; without it the shipped one.")
@click.option("--book", type=click.Path(path_type=Path), default=None, help="Try them on a workbook.")
@click.option("--cell", default=None, help="With --book: the cell the formula is typed into.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def complete_command(
    typed: str, count: int, name: str | None, book: Path | None, cell: str | None, as_json: bool
) -> None:
    """Finish the formula of which TYPED is the beginning; with --book and --cell, for that place."""
    with Engine.open(find_model(name)) as engine:
        if book is not None and cell is not None:
            _tell_rows(_completed(typed, count, engine, book, cell), as_json)
            return
        found = propose_completions(typed, engine, count)
    _tell([(c.formula, c.probability) for c in found], Kind.COMPLETION, book, cell, as_json)


def _completed(
    typed: str, count: int, engine: Engine, book: Path, cell: str
) -> list[tuple[str, float, Verdict | None]]:
    """Formulas for the cell that begin with what is typed, with P(accept) and verdict."""
    snapshot = read_workbook(book)
    target = place(snapshot, cell)
    with Calculator(snapshot) as calculator:
        found = suggest(
            snapshot,
            target,
            calculator=calculator,
            engine=LanguageProposer(engine, engine.name),
            typed=typed if typed.lstrip().startswith("=") else f"={typed}",
            n=count,
            practice=Practice(snapshot, target.sheet, stop=deadline(PRACTICE_S)),
        )
    rows: list[tuple[str, float, Verdict | None]] = []
    for suggestion in found.candidates[:count]:
        edit = suggestion.candidate.edits[0]
        if isinstance(edit, SetFormulas) and edit.formulas[0][0] is not None:
            rows.append((edit.formulas[0][0], suggestion.p_accept, suggestion.verdict))
    return rows


@click.command("repair")
@click.argument("formula")
@click.option(
    "-n", "count", type=click.IntRange(1, 50), default=5, show_default=True, help="At most so many."
)
@click.option("--model", "name", default=None, help="A model's name or path, or none for the search alone.")
@click.option("--book", type=click.Path(path_type=Path), default=None, help="Try them on a workbook.")
@click.option("--cell", default=None, help="With --book: the formula's cell.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def repair_command(
    formula: str, count: int, name: str | None, book: Path | None, cell: str | None, as_json: bool
) -> None:
    """Propose what FORMULA, which Excel would not take, was meant to be."""
    use_model = name != "none" and (name is not None or shipped_model() is not None)
    opened: AbstractContextManager[Engine | None]
    opened = Engine.open(find_model(name)) if use_model else nullcontext()
    with opened as engine:
        found = propose_repairs(formula, count, engine)
    _tell([(r.formula, r.probability) for r in found], Kind.REPAIR, book, cell, as_json)


def _tell(
    found: Sequence[tuple[str, float]], kind: Kind, book: Path | None, cell: str | None, as_json: bool
) -> None:
    verdicts = _tried([formula for formula, _ in found], kind, book, cell)
    _tell_rows([(*pair, verdict) for pair, verdict in zip(found, verdicts, strict=True)], as_json)


def _tell_rows(found: Sequence[tuple[str, float, Verdict | None]], as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "formula": formula,
                "probability": round(probability, 4),
                "verdict": verdict.status.value if verdict else None,
            }
            for formula, probability, verdict in found
        ]
        click.echo(json.dumps(rows, indent=1))
        return
    if not found:
        messages.print("Nothing found that Excel would take.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("", "formula", "P", "gives", "verdict"):
        table.add_column(column, overflow="fold")
    for rank, (formula, probability, verdict) in enumerate(found, 1):
        gives = value_text(verdict.changes[0].after) if verdict and verdict.changes else ""
        told = badge(verdict) if verdict else ""
        table.add_row(str(rank), escape(formula), f"{probability:.2f}", escape(gives), told)
    console.print(table)


def _tried(
    formulas: Sequence[str], kind: Kind, book: Path | None, cell: str | None
) -> Sequence[Verdict | None]:
    """The verdicts on the workbook, or None for each where none was named."""
    if book is None and cell is None:
        return [None] * len(formulas)
    if book is None or cell is None:
        raise UsageError("expected --book and --cell together")
    snapshot = read_workbook(book)
    target = place(snapshot, cell)
    where = SheetRange(target.sheet, Range.of(target.range.first))
    candidates = [
        Candidate(kind, (SetFormulas(where.sheet, where.range, ((formula,),)),), "text", "")
        for formula in formulas
    ]
    with Calculator(snapshot) as calculator:
        return verify_many(snapshot, candidates, calculator)
