"""`cellwright feedback`: what was suggested and what became of it."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from cellwright.cli.display import console
from cellwright.config import settings
from cellwright.errors import UsageError
from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.feedback.store import FeedbackStore, LoggedSuggestion

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@click.group("feedback")
def feedback_group() -> None:
    """Suggestions and outcomes in the store of this machine."""


@feedback_group.command("list")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="Those that were not shown, too.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def list_command(limit: int, everything: bool, as_json: bool) -> None:
    """The latest suggestions with their outcomes, newest first."""
    found = FeedbackStore(settings().store).recent(limit, shown_only=not everything)
    if as_json:
        click.echo(json.dumps([asdict(s) for s in found], indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("id", "when", "place", "suggestion", "P", "outcome"):
        table.add_column(column, overflow="fold")
    for s in found:
        outcome = s.outcome or "-"
        table.add_row(s.id[:8], s.created[:16], s.target, _first(s), f"{s.p_accept:.2f}", outcome)
    console.print(table if found else "No suggestion has been logged yet.")


@feedback_group.command("show")
@click.argument("suggestion")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def show_command(suggestion: str, as_json: bool) -> None:
    """One suggestion, whole; SUGGESTION is the start of its id."""
    found = FeedbackStore(settings().store).find(suggestion)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
        return
    for name, value in asdict(found).items():
        if name == "edits":
            value = "\n".join(value)
        console.print(f"[bold]{name:14}[/] ", end="")
        console.print(str(value), markup=False)


@feedback_group.command("label")
@click.argument("suggestion")
@click.argument("outcome", type=click.Choice([k.value for k in OutcomeKind]))
@click.option("--reason", default=None, help="Why, in a few words.")
def label_command(suggestion: str, outcome: str, reason: str | None) -> None:
    """Say what became of a suggestion."""
    store = FeedbackStore(settings().store)
    found = store.find(suggestion)
    store.record_outcome(Outcome(found.id, OutcomeKind(outcome), found.was_shown, reject_reason=reason))
    click.echo(f"{found.id[:8]} {outcome}", err=True)


@feedback_group.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-n", "--limit", type=click.IntRange(1), default=1_000_000, help="At most so many.")
def export_command(file: Path, limit: int) -> None:
    """Write the log to FILE: .jsonl or .csv, or - for JSON lines on stdout."""
    rows = FeedbackStore(settings().store).recent(limit, shown_only=False)
    if str(file) == "-":
        sys.stdout.writelines(json.dumps(asdict(row)) + "\n" for row in rows)
    elif file.suffix == ".jsonl":
        file.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows))
    elif file.suffix == ".csv":
        with file.open("w", newline="") as handle:
            names = list(LoggedSuggestion.__dataclass_fields__)
            writer = csv.writer(handle)
            writer.writerow(names)
            writer.writerows([[harmless(value) for value in asdict(row).values()] for row in rows])
    else:
        raise UsageError(f"expected a file that ends in .jsonl or .csv, got {file.name!r}")
    click.echo(f"{len(rows)} suggestions", err=True)


@feedback_group.command("stats")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def stats_command(as_json: bool) -> None:
    """Counts and the accept rate."""
    stats = FeedbackStore(settings().store).stats()
    if as_json:
        click.echo(json.dumps(stats, indent=1))
        return
    rate = stats["accept_rate"]
    console.print(f"requests           {stats['requests']}")
    console.print(f"suggestions shown  {stats['suggestions_shown']}")
    for kind, count in stats["outcomes"].items():
        console.print(f"{kind:18} {count}")
    console.print(f"accept rate        {'-' if rate is None else format(rate, '.2f')}")


def harmless(value: object) -> str:
    """Text for a CSV cell that no spreadsheet takes for a formula: a quote goes before = + - @."""
    text = "; ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
    return "'" + text if text.startswith(FORMULA_STARTS) and not isinstance(value, float) else text


def _first(logged: LoggedSuggestion) -> str:
    more = f" (+{len(logged.edits) - 1})" if len(logged.edits) > 1 else ""
    return (logged.edits[0].split(" | ", 2)[-1] if logged.edits else "") + more
