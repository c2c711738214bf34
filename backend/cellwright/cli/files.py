"""`cellwright apply` and `undo`: change a file and take it back. Dry run unless --write."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cellwright.calc.calculator import Calculator
from cellwright.cli.display import (
    badge,
    change_json,
    changes_table,
    console,
    messages,
)
from cellwright.config import settings
from cellwright.edits.model import Edit
from cellwright.edits.text import edit_to_text, edits_from_text
from cellwright.errors import EditError, UsageError
from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.feedback.store import FeedbackStore
from cellwright.patch import apply_to_file, next_undo, undo_in_file
from cellwright.verify.model import Candidate, Kind, Status, Verdict
from cellwright.verify.verify import verify
from cellwright.workbook import read_workbook
from cellwright.workbook.model import Snapshot

BLOCKING = {Status.INVALID, Status.REFUSED}


@click.command("apply")
@click.argument("book", type=click.Path(path_type=Path))
@click.argument("what", nargs=-1, required=True)
@click.option("--write", is_flag=True, help="Write it into BOOK; without it nothing is changed.")
@click.option("--force", is_flag=True, help="Write although it leaves new errors.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def apply_command(book: Path, what: tuple[str, ...], write: bool, force: bool, as_json: bool) -> None:
    """Apply a suggestion or edits to BOOK, showing first what would change.

    WHAT is the start of a suggestion's id, edits such as 'FORMULA | Sheet1!C2 | =A2+B2', or a file with one
    edit a line.
    """
    snapshot = read_workbook(book)
    suggestion_id, edits = _edits(what)
    accept(book, snapshot, edits, suggestion_id=suggestion_id, write=write, force=force, as_json=as_json)


@click.command("undo")
@click.argument("book", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Take it back in BOOK; without it nothing is changed.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def undo_command(book: Path, write: bool, as_json: bool) -> None:
    """Take back the last thing that `apply --write` did to BOOK."""
    take_back(book, write=write, as_json=as_json)


def accept(
    book: Path,
    snapshot: Snapshot,
    edits: Sequence[Edit],
    *,
    suggestion_id: str | None = None,
    write: bool = False,
    force: bool = False,
    as_json: bool = False,
) -> None:
    """Verify edits on the snapshot, show what they change and, where asked to, write them into the file."""
    started = time.perf_counter()
    candidate = Candidate(Kind.EDIT, tuple(edits), "person", "asked for")
    with Calculator(snapshot) as calculator:
        verdict = verify(snapshot, candidate, calculator)
    if verdict.status in BLOCKING:
        raise EditError(f"{verdict.status.value}: {verdict.why}")
    if verdict.status is Status.MAKES_ERRORS and write and not force:
        places = ", ".join(cell.a1 for cell in verdict.new_errors[:5])
        raise EditError(f"it would leave new errors in {places}; --force writes it all the same")
    if write:
        unverified = set(verdict.unverified_cells)
        values = {c.cell: c.after for c in verdict.changes if c.cell not in unverified}
        report = apply_to_file(
            book,
            edits,
            snapshot=snapshot,
            values=values,
            unverified=unverified,
            note=suggestion_id or "",
        )
        if suggestion_id is not None:
            final = "; ".join(edit_to_text(edit) for edit in edits) if settings().keep_cell_contents else None
            latency_ms = (time.perf_counter() - started) * 1000
            outcome = Outcome(suggestion_id, OutcomeKind.ACCEPTED, latency_ms=latency_ms, final_text=final)
            FeedbackStore(settings().store).record_outcome(outcome)
        for warning in report.warnings:
            messages.print(f"[yellow]warning[/] {escape(warning)}")
    if as_json:
        click.echo(json.dumps(_json(edits, verdict, write), indent=1))
        return
    for edit in edits:
        console.print(escape(edit_to_text(edit)), badge(verdict))
    if verdict.changes:
        console.print(changes_table(verdict.changes))
    messages.print(
        "Written; `cellwright undo` takes it back." if write else "Dry run: --write changes the file."
    )


def take_back(book: Path, *, write: bool = False, as_json: bool = False) -> None:
    """Show and, where asked to, undo the last write that the journal beside the book tells of."""
    entry = next_undo(book)
    if entry is None:
        raise UsageError(f"expected something that Cellwright wrote into {book.name}, found nothing to undo")
    lines = [edit_to_text(edit) for edit in entry.edits]
    if write:
        undo_in_file(book)
        if entry.note:
            FeedbackStore(settings().store).record_outcome(Outcome(entry.note, OutcomeKind.UNDONE))
    if as_json:
        click.echo(json.dumps({"undone": lines, "written": write}))
        return
    for line in lines:
        console.print(f"[dim]{'took back' if write else 'would take back'}[/] {escape(line)}")
    if not write:
        messages.print("Dry run: --write takes it back in the file.")


def _edits(what: tuple[str, ...]) -> tuple[str | None, list[Edit]]:
    if len(what) == 1 and " | " not in what[0]:
        path = Path(what[0])
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            return None, _parsed(lines)
        found = FeedbackStore(settings().store).find(what[0])
        try:
            return found.id, _parsed(found.edits)
        except EditError as error:
            raise UsageError("expected a suggestion whose contents were kept, got a redacted one") from error
    return None, _parsed(what)


def _parsed(lines: Iterable[str]) -> list[Edit]:
    return [edit for line in lines if line.strip() for edit in edits_from_text(line)]


def _json(edits: Sequence[Edit], verdict: Verdict, written: bool) -> dict[str, Any]:
    return {
        "edits": [edit_to_text(edit) for edit in edits],
        "verdict": verdict.status.value,
        "why": verdict.why,
        "changes": [change_json(change) for change in verdict.changes],
        "new_errors": [cell.a1 for cell in verdict.new_errors],
        "written": written,
    }
