"""What the commands share for the eye: the console, values, verdict badges, tables of changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cellwright.errors import UsageError
from cellwright.reference import SheetRange
from cellwright.verify.model import CellChange, Status, Verdict
from cellwright.workbook.model import ErrorValue, Snapshot, Value

console = Console(highlight=False, soft_wrap=False)
messages = Console(stderr=True, highlight=False)

BADGES = {
    Status.VERIFIED: "[green]verified[/]",
    Status.UNVERIFIED: "[yellow]unverified[/]",
    Status.MAKES_ERRORS: "[red]makes errors[/]",
    Status.INVALID: "[red]invalid[/]",
    Status.REFUSED: "[red]refused[/]",
}


def value_text(value: Value) -> str:
    """A value as a person writes it: up to 15 significant digits, TRUE, "text", blank as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    return value.value if isinstance(value, ErrorValue) else value


def value_json(value: Value) -> Any:
    """A value for JSON; an error is `{"error": "#N/A"}` so that it is not mistaken for text."""
    return {"error": value.value} if isinstance(value, ErrorValue) else value


def change_json(change: CellChange) -> dict[str, Any]:
    """One changed cell for JSON."""
    return {
        "cell": change.cell.a1,
        "before": value_json(change.before),
        "after": value_json(change.after),
        "formula_before": change.formula_before,
        "formula_after": change.formula_after,
    }


def badge(verdict: Verdict) -> str:
    """The verdict as a coloured word, with the cause where there is one."""
    return BADGES[verdict.status] + (f" [dim]({escape(verdict.why)})[/]" if verdict.why else "")


def changes_table(changes: Sequence[CellChange], most: int = 12) -> Table:
    """Changed cells, before → after; past `most` a count of the rest."""
    table = Table(box=None, pad_edge=False, show_header=bool(changes))
    table.add_column("cell", style="cyan")
    table.add_column("before")
    table.add_column("")
    table.add_column("after", style="bold")
    table.add_column("formula", style="dim", overflow="fold")
    for change in changes[:most]:
        formula = change.formula_after if change.formula_after != change.formula_before else None
        table.add_row(
            change.cell.a1,
            escape(value_text(change.before)),
            "→",
            escape(value_text(change.after)),
            escape(formula or ""),
        )
    if len(changes) > most:
        table.add_row(f"… {len(changes) - most} more", "", "", "", "")
    return table


def place(snapshot: Snapshot, text: str) -> SheetRange:
    """The cell or range a person named; without a sheet on the first one. Raises for an unknown sheet."""
    if not snapshot.sheets:
        raise UsageError("expected a workbook with a worksheet, got one without")
    asked = SheetRange.parse(text, default_sheet=snapshot.sheets[0].name)
    return SheetRange(snapshot.sheet(asked.sheet).name, asked.range)
