"""`cellwright feedback`: what was suggested and what became of it, and what a reviewer does with it."""

from __future__ import annotations

import datetime
import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from cellwright.cli.display import console
from cellwright.config import settings
from cellwright.errors import StoreError, UsageError
from cellwright.feedback.erase import Scope, erase
from cellwright.feedback.exchange import import_jsonl, write_csv, write_jsonl, write_parquet
from cellwright.feedback.model import Label, LabelKind, Outcome, OutcomeKind
from cellwright.feedback.queue import Filters, Queue, QueueLine
from cellwright.feedback.store import FeedbackStore, LoggedSuggestion
from cellwright.feedback.tallies import GROUPS, Measures, Tallies
from cellwright.feedback.trace import Trace, trace_of


@contextmanager
def opened() -> Iterator[FeedbackStore]:
    """The store of this machine, for one command."""
    store = FeedbackStore(settings().store)
    try:
        yield store
    finally:
        store.close()


@click.group("feedback")
def feedback_group() -> None:
    """Suggestions and outcomes in the store: look, label, export, import, delete."""


json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@feedback_group.command("list")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="Those that were not shown, too (without filters).")
@click.option("--workspace", default="", help="Of this workspace.")
@click.option("--user", default="", help="Of this person.")
@click.option("--model", default="", help="By this model.")
@click.option("--kind", default="", help="Of this kind: formula, completion, repair, edit, answer.")
@click.option("--outcome", default="", help="With this outcome, or undecided.")
@click.option("--label", default="", help="With this label, or undecided.")
@click.option("--since", default="", help="From this day on, such as 2026-03-01.")
@click.option("--until", default="", help="Up to this day.")
@click.option("--text", default="", help="With all these words; a* stands for words that begin so.")
@json_option
def list_command(limit: int, everything: bool, as_json: bool, **filters: str) -> None:
    """The latest suggestions with their outcomes, newest first."""
    wanted = Filters.of(filters)
    with opened() as store:
        if wanted != Filters():
            if everything:
                raise UsageError("expected filters or --all, got both: filters look at what was shown")
            ids = _queued(store, wanted, limit)
            found = [store.find(line.suggestion_id) for line in ids]
        else:
            found = store.recent(limit, shown_only=not everything)
    if as_json:
        click.echo(json.dumps([asdict(s) for s in found], indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("id", "when", "place", "suggestion", "P", "outcome"):
        table.add_column(column, overflow="fold")
    for s in found:
        cells = (s.id[:8], s.created[:16], s.target, _first(s), f"{s.p_accept:.2f}", s.outcome or "-")
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table if found else "No suggestion is logged that fits.")


@feedback_group.command("show")
@click.argument("suggestion")
@json_option
def show_command(suggestion: str, as_json: bool) -> None:
    """One suggestion, whole; SUGGESTION is the start of its id."""
    with opened() as store:
        found = store.find(suggestion)
        trace = trace_of(store.database, found.id)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"trace": asdict(trace)}, indent=1, default=str))
        return
    for name, value in asdict(found).items():
        text = "\n".join(value) if name == "edits" else "-" if value is None else str(value)
        console.print(f"[bold]{name:14}[/] {escape(text)}")
    _print_trace(trace)


@feedback_group.command("label")
@click.argument("suggestion")
@click.argument("label", type=click.Choice([kind.value for kind in LabelKind]))
@click.option("--note", default="", help="Why, in a few words.")
@click.option("--as", "user", default=None, help="In whose name; by default yours on this machine.")
def label_command(suggestion: str, label: str, note: str, user: str | None) -> None:
    """Say what you think of a suggestion; tuning leaves excluded ones out."""
    with opened() as store:
        found = store.find(suggestion)
        store.label(Label(found.id, user or getpass.getuser(), LabelKind(label), note))
    click.echo(f"{found.id[:8]} {label}", err=True)


@feedback_group.command("outcome")
@click.argument("suggestion")
@click.argument("outcome", type=click.Choice([kind.value for kind in OutcomeKind]))
@click.option("--reason", default=None, help="Why, in a few words.")
@click.option("--kept-rate", type=float, default=None, help="The share that is still there, 0 to 1.")
def outcome_command(suggestion: str, outcome: str, reason: str | None, kept_rate: float | None) -> None:
    """Say what became of a suggestion."""
    if (outcome == OutcomeKind.KEPT.value) != (kept_rate is not None):
        raise UsageError(f"expected --kept-rate with kept and with nothing else, got {outcome}")
    with opened() as store:
        found = store.find(suggestion)
        store.record_outcome(
            Outcome(
                found.id, OutcomeKind(outcome), found.was_shown, reject_reason=reason, kept_rate=kept_rate
            )
        )
    click.echo(f"{found.id[:8]} {outcome}", err=True)


@feedback_group.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--workspace", default=None, help="Of this workspace alone.")
def export_command(file: Path, workspace: str | None) -> None:
    """Write the log to FILE: .jsonl, .csv or .parquet, or - for JSON lines on stdout."""
    with opened() as store:
        try:
            count, what = _exported(store, file, workspace)
        except OSError as error:
            raise StoreError(f"expected to write {file.name}: {error.strerror or error}") from error
        store.people.note(getpass.getuser(), "export feedback", file.name, {what: count})
    click.echo(f"{count} {what}", err=True)


@feedback_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def import_command(file: Path, as_json: bool) -> None:
    """Take over an export (.jsonl): all of it, or with a broken line nothing."""
    with opened() as store:
        done = import_jsonl(store, file, getpass.getuser())
    if as_json:
        click.echo(json.dumps(asdict(done)))
    click.echo(
        f"{done.requests} requests with {done.suggestions} suggestions, {done.outcomes} outcomes and"
        f" {done.labels} labels; {done.known} were known",
        err=True,
    )


@feedback_group.command("delete")
@click.option("--workspace", default=None, help="Of this workspace.")
@click.option(
    "--user", default=None, help="Of this person; alone also what they decided on others' requests."
)
@click.option("--before", default=None, help="From before this day, such as 2026-03-01.")
@click.option("--suggestion", default=None, help="The request of this suggestion.")
@click.option("--write", is_flag=True, help="Do it; else it is only told what would go.")
@json_option
def delete_command(
    workspace: str | None,
    user: str | None,
    before: str | None,
    suggestion: str | None,
    write: bool,
    as_json: bool,
) -> None:
    """Delete what fits all that is named, and say which adapters learned from it."""
    with opened() as store:
        scope = Scope(
            workspace, user, _day(before), None if suggestion is None else store.find(suggestion).id
        )
        done = erase(store, scope, getpass.getuser(), is_dry_run=not write)
    if as_json:
        click.echo(json.dumps(asdict(done) | {"is_written": write}))
    click.echo(
        f"{'deleted' if write else 'would delete'} {done.requests} requests, {done.suggestions} suggestions,"
        f" {done.outcomes} outcomes, {done.labels} labels{'' if write else ' (--write does it)'}",
        err=True,
    )
    if done.adapters:
        click.echo(f"adapters that learned from them: {', '.join(done.adapters)}", err=True)


@feedback_group.command("stats")
@click.option("--by", type=click.Choice(GROUPS), default=None, help="A line for each week, model, ...")
@json_option
def stats_command(by: str | None, as_json: bool) -> None:
    """Counts, accept rate and kept rate."""
    with opened() as store:
        if by is not None:
            _tell_measures(Tallies(store.database).measures(by, Filters()), by, as_json)  # type: ignore[arg-type]
            return
        stats = store.stats()
    if as_json:
        click.echo(json.dumps(stats, indent=1))
        return
    console.print(f"requests           {stats['requests']}")
    console.print(f"suggestions shown  {stats['suggestions_shown']}")
    for kind, count in stats["outcomes"].items():
        console.print(f"{kind:18} {count}")
    console.print(f"accept rate        {_rate(stats['accept_rate'])}")
    console.print(f"kept rate          {_rate(stats['kept_rate'])}")


def _queued(store: FeedbackStore, filters: Filters, limit: int) -> list[QueueLine]:
    queue = Queue(store.database)
    lines: list[QueueLine] = []
    before = None
    while len(lines) < limit:
        page = queue.page(filters, before=before, limit=min(200, limit - len(lines)))
        lines += page.lines
        before = page.next_before
        if before is None:
            break
    return lines


def _exported(store: FeedbackStore, file: Path, workspace: str | None) -> tuple[int, str]:
    if str(file) == "-":
        return write_jsonl(store, sys.stdout, workspace=workspace), "requests"
    if file.suffix == ".jsonl":
        with file.open("w", encoding="utf-8") as out:
            return write_jsonl(store, out, workspace=workspace), "requests"
    if file.suffix == ".csv":
        with file.open("w", encoding="utf-8", newline="") as out:
            return write_csv(store, out, workspace=workspace), "suggestions"
    if file.suffix == ".parquet":
        return write_parquet(store, file, workspace=workspace), "suggestions"
    raise UsageError(f"expected a file that ends in .jsonl, .csv or .parquet, got {file.name!r}")


def _tell_measures(measured: list[Measures], by: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(m) for m in measured], indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for column in (by, "shown", "accept rate", "kept rate", "p50 ms", "p95 ms"):
        table.add_column(column, justify="left" if column == by else "right")
    for m in measured:
        latencies = ("-" if ms is None else f"{ms:.0f}" for ms in (m.latency_p50_ms, m.latency_p95_ms))
        table.add_row(
            escape(m.group) or "-", str(m.shown), _rate(m.accept_rate), _rate(m.kept_rate), *latencies
        )
    console.print(table)


def _print_trace(trace: Trace) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("rank", "proposer", "P", "propensity", "verdict", "edit"):
        table.add_column(column, overflow="fold")
    for c in trace.candidates:
        edit = c.edits[0].split(" | ", 2)[-1] if c.edits else ""
        mark = "*" if c.suggestion_id == trace.suggestion_id else " "
        cells = (f"{c.rank}{mark}", c.proposer, f"{c.p_accept:.3f}", f"{c.propensity:.3f}", c.status, edit)
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    for outcome in trace.outcomes:
        told = [outcome.kind.value, outcome.user, outcome.reject_reason or "", outcome.final_text or ""]
        console.print(f"{outcome.created:%Y-%m-%d %H:%M} {escape(' '.join(filter(None, told)))}")
    for label in trace.labels:
        told = [label.label.value, "by", label.user, label.note]
        console.print(f"{label.created:%Y-%m-%d %H:%M} {escape(' '.join(filter(None, told)))}")
    if trace.context is not None:
        console.print("\n[bold]What the model read[/]")
        console.print(trace.context, markup=False)


def _day(text: str | None) -> datetime.datetime | None:
    if text is None:
        return None
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"expected a day such as 2026-03-01, got {text!r}") from error
    return datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)


def _rate(rate: Any) -> str:
    return "-" if rate is None else f"{rate:.2f}"


def _first(logged: LoggedSuggestion) -> str:
    more = f" (+{len(logged.edits) - 1})" if len(logged.edits) > 1 else ""
    return (logged.edits[0].split(" | ", 2)[-1] if logged.edits else "") + more
