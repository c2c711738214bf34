"""`cellwright suggest`: verified formulas and edits for a place in a workbook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from cellwright.calc.calculator import Calculator
from cellwright.cli.display import (
    badge,
    change_json,
    changes_table,
    console,
    messages,
    place,
    value_text,
)
from cellwright.cli.files import accept
from cellwright.config import settings
from cellwright.edits.text import edit_to_text
from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright.feedback.store import FeedbackStore
from cellwright.proposers.language import LanguageProposer
from cellwright.registry import find_model, shipped_model
from cellwright.suggest import suggest
from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.suggest.practice import PRACTICE_S, Practice, deadline
from cellwright.workbook import read_workbook


@click.command("suggest")
@click.argument("book", type=click.Path(path_type=Path))
@click.option("--cell", required=True, help="A cell or range, such as Sheet1!D7; without a sheet the first.")
@click.option(
    "-n", "count", type=click.IntRange(1, 50), default=5, show_default=True, help="At most so many."
)
@click.option("--all", "everything", is_flag=True, help="Also those the assistant would keep silent about.")
@click.option("--accept", "accepted", type=click.IntRange(1), default=None, help="Take the one of that rank.")
@click.option("--write", is_flag=True, help="With --accept: write it into BOOK (undo takes it back).")
@click.option("--typed", default="", help="What is typed into the cell so far, such as =SU.")
@click.option("--model", "name", default=None, help="A model's name or path, or none for the experts alone.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def suggest_command(
    book: Path,
    cell: str,
    count: int,
    everything: bool,
    accepted: int | None,
    write: bool,
    typed: str,
    name: str | None,
    as_json: bool,
) -> None:
    """Propose formulas and edits for a cell or range of BOOK, each run on the workbook first."""
    if write and accepted is None:
        raise UsageError("expected --accept RANK together with --write")
    snapshot = read_workbook(book)
    target = place(snapshot, cell)
    with (
        messages.status("trying candidates on the workbook"),
        Calculator(snapshot) as calculator,
        language_proposer(name) as engine,
    ):
        practice = Practice(snapshot, target.sheet, stop=deadline(PRACTICE_S))
        found = suggest(
            snapshot,
            target,
            calculator=calculator,
            engine=engine,
            n=count,
            typed=typed,
            practice=practice,
        )
    keep = settings().keep_cell_contents
    FeedbackStore(settings().store).record(found, workspace=settings().workspace, keep_cell_contents=keep)
    listed = found.candidates[:count] if everything else found.shown
    if as_json:
        click.echo(json.dumps(_json(found, listed), indent=1))
    else:
        show_suggestions(found, listed, everything=everything)
    if accepted is not None:
        chosen = next((s for s in listed if s.rank == accepted), None)
        if chosen is None:
            shown = f"one from 1 to {len(listed)}" if listed else "a suggestion to accept, and there is none"
            raise UsageError(f"expected {shown}, got rank {accepted} for {target.a1}")
        accept(book, snapshot, chosen.candidate.edits, suggestion_id=chosen.id, write=write, as_json=as_json)


@contextmanager
def language_proposer(name: str | None) -> Iterator[LanguageProposer | None]:
    """The model of that name, by default the shipped one; None for `none`, and where none is shipped."""
    if name == "none" or (name is None and shipped_model() is None):
        yield None
        return
    with Engine.open(find_model(name)) as engine:
        yield LanguageProposer(engine, engine.name)


def show_suggestions(found: Suggestions, listed: tuple[Suggestion, ...], *, everything: bool) -> None:
    """The table of suggestions, the changes of the first, and the times on stderr."""
    if not listed:
        hidden = len(found.candidates)
        hint = "" if everything or not hidden else f" ({hidden} unlikely ones: --all shows them)"
        console.print(f"Nothing sure enough to suggest for {found.target.a1}{hint}.")
        return
    table = Table(box=None, pad_edge=False, title=f"For {found.target.a1}", title_justify="left")
    for name, style in (("", "dim"), ("suggestion", "bold"), ("gives", ""), ("verdict", ""), ("P", "")):
        table.add_column(name, style=style, overflow="fold")
    table.add_column("why", style="dim", overflow="fold")
    table.add_column("id", style="dim")
    for s in listed:
        edits = [edit_to_text(edit).split(" | ", 2)[-1] for edit in s.candidate.edits]
        more = f" (+{len(edits) - 1})" if len(edits) > 1 else ""
        gives = value_text(s.verdict.changes[0].after) if s.verdict.changes else ""
        table.add_row(
            str(s.rank),
            escape(edits[0] + more),
            escape(gives),
            badge(s.verdict),
            f"{s.p_accept:.2f}",
            escape(s.candidate.reason),
            s.id[:8],
        )
    console.print(table)
    best = listed[0]
    if len(best.verdict.changes) > 1:
        console.print(f"\nThe first would change {len(best.verdict.changes)} cells:")
        console.print(changes_table(best.verdict.changes))
    if found.latency_ms:
        parts = ", ".join(f"{name} {ms:.0f} ms" for name, ms in found.latency_ms.items())
        messages.print(f"[dim]{parts}[/]")


def _json(found: Suggestions, listed: tuple[Suggestion, ...]) -> dict[str, Any]:
    return {
        "target": found.target.a1,
        "latency_ms": found.latency_ms,
        "suggestions": [
            {
                "id": s.id,
                "rank": s.rank,
                "is_shown": s.is_shown,
                "p_accept": round(s.p_accept, 4),
                "kind": s.candidate.kind.value,
                "proposer": s.candidate.proposer,
                "edits": [edit_to_text(edit) for edit in s.candidate.edits],
                "reason": s.candidate.reason,
                "citations": [c.a1 for c in s.candidate.citations],
                "verdict": s.verdict.status.value,
                "why": s.verdict.why,
                "changes": [change_json(change) for change in s.verdict.changes],
                "new_errors": [c.a1 for c in s.verdict.new_errors],
            }
            for s in listed
        ],
    }
