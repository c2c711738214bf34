"""`cellwright demo`: the main job on a sample, start to end, on a copy: suggest, apply, undo."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import click

from cellwright.calc.calculator import Calculator
from cellwright.cli.display import console, messages, place
from cellwright.cli.files import accept, take_back
from cellwright.cli.suggest import show_suggestions
from cellwright.errors import UsageError
from cellwright.suggest import suggest
from cellwright.workbook import read_workbook

SAMPLE = Path("samples/sales.xlsx")
CELL = "Report!E6"


@click.command("demo")
@click.option(
    "--book", type=click.Path(path_type=Path), default=SAMPLE, show_default=True, help="A workbook."
)
@click.option("--cell", default=CELL, show_default=True, help="The cell to propose for.")
def demo_command(book: Path, cell: str) -> None:
    """Show the whole journey on a copy of a sample workbook; the sample itself stays as it is."""
    if not book.is_file():
        raise UsageError(f"expected a workbook to show the journey on, got {book}")
    with tempfile.TemporaryDirectory(prefix="cellwright-demo-") as folder:
        copy = Path(shutil.copy(book, folder))
        before = hashlib.sha256(copy.read_bytes()).hexdigest()
        console.print(f"[bold]1. cellwright suggest {book.name} --cell {cell}[/]")
        snapshot = read_workbook(copy)
        target = place(snapshot, cell)
        with messages.status("trying candidates on the workbook"), Calculator(snapshot) as calculator:
            found = suggest(snapshot, target, calculator=calculator)
        show_suggestions(found, found.shown, everything=False)
        if not found.shown:
            raise UsageError(f"expected a suggestion for {cell} of {book.name}, got none")
        console.print(f"\n[bold]2. cellwright apply {book.name} {found.shown[0].id[:8]} --write[/]")
        accept(copy, snapshot, found.shown[0].candidate.edits, write=True)
        console.print(f"\n[bold]3. cellwright undo {book.name} --write[/]")
        take_back(copy, write=True)
        same = hashlib.sha256(copy.read_bytes()).hexdigest() == before
        console.print(
            "[green]The file is byte for byte what it was.[/]" if same else "[red]The file differs.[/]"
        )
        if not same:
            raise UsageError("expected undo to give the file back byte for byte")
