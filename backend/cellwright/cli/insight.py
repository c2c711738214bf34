"""`cellwright explain`, `audit` and `diff`: look at a workbook, change nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from cellwright.calc.calculator import Calculator
from cellwright.cli.display import console, messages, place, value_json, value_text
from cellwright.edits.text import edit_to_text
from cellwright.insight.audit import audit
from cellwright.insight.compare import compare
from cellwright.insight.explain import Explanation, explain
from cellwright.insight.finding import Finding, Severity
from cellwright.reference import SheetCell
from cellwright.workbook import read_workbook

COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


@click.command("explain")
@click.argument("book", type=click.Path(path_type=Path))
@click.option("--cell", required=True, help="The cell with the formula, such as Sheet1!D7.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def explain_command(book: Path, cell: str, as_json: bool) -> None:
    """Say in plain words what the formula of a cell does, with the values of its parts."""
    snapshot = read_workbook(book)
    target = place(snapshot, cell)
    where = SheetCell(target.sheet, target.range.first)
    with messages.status("working out the parts"), Calculator(snapshot) as calculator:
        told = explain(snapshot, where, calculator.evaluate)
    if as_json:
        click.echo(json.dumps(_explained(told), indent=1))
        return
    console.print(f"[bold]{where.a1}[/]  {escape(told.formula)}  [dim]=[/] {escape(value_text(told.value))}")
    console.print(escape(told.summary))
    if told.steps:
        steps = Table(box=None, pad_edge=False, title="\nStep by step", title_justify="left")
        for column in ("part", "gives", "in words"):
            steps.add_column(column, overflow="fold")
        for step in told.steps:
            gives = value_text(step.value) if step.has_value else "?"
            steps.add_row(escape(step.text), f"[bold]{escape(gives)}[/]", f"[dim]{escape(step.words)}[/]")
        console.print(steps)
    if told.inputs:
        reads = Table(box=None, pad_edge=False, title="\nIt reads", title_justify="left", show_header=False)
        for given in told.inputs:
            where_from = given.place.a1 if given.place else given.text
            reads.add_row(f"[cyan]{escape(where_from)}[/]", escape(given.name or ""), escape(given.note))
        console.print(reads)
    if told.dependents:
        readers = Table(box=None, pad_edge=False, title="\nRead by", title_justify="left", show_header=False)
        for reader in told.dependents:
            readers.add_row(
                f"[cyan]{escape(reader.place.a1)}[/]", escape(reader.name or ""), escape(reader.formula)
            )
        console.print(readers)
    for note in told.notes:
        console.print(f"[yellow]note[/] {escape(note)}")


@click.command("audit")
@click.argument("book", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Every finding, the notes too.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout, every finding.")
def audit_command(book: Path, everything: bool, as_json: bool) -> None:
    """List what looks wrong or risky in BOOK, worst first."""
    snapshot = read_workbook(book)
    with messages.status("auditing"):
        findings = audit(snapshot)
    if as_json:
        click.echo(json.dumps([finding.to_json() for finding in findings], indent=1))
        return
    shown = [f for f in findings if everything or f.severity is not Severity.NOTE]
    for finding in shown:
        _tell(finding)
    counts = Counter(finding.severity for finding in findings)
    told = ", ".join(f"{counts[s]} {s.value}{'' if counts[s] == 1 else 's'}" for s in Severity)
    hidden = len(findings) - len(shown)
    console.print(f"[bold]{told}[/]" + (" [dim](--all shows the notes)[/]" if hidden else ""))


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def diff_command(old: Path, new: Path, as_json: bool) -> None:
    """Compare two workbooks, by cells and by regions of equal formulas."""
    found = compare(read_workbook(old), read_workbook(new))
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=1))
        return
    console.print(found.render())


def _tell(finding: Finding) -> None:
    color = COLORS[finding.severity]
    where = finding.place.a1 if finding.place else "workbook"
    console.print(
        f"[{color}]{finding.severity.value:7}[/] [cyan]{escape(where)}[/] {escape(finding.sentence)}"
    )
    for edit in finding.edits[:1]:
        console.print(f"        [dim]mend:[/] {escape(edit_to_text(edit))}")


def _explained(told: Explanation) -> dict[str, Any]:
    return {
        "cell": told.cell.a1,
        "formula": told.formula,
        "value": value_json(told.value),
        "name": told.name,
        "summary": told.summary,
        "steps": [
            {"text": s.text, "words": s.words, "value": value_json(s.value) if s.has_value else None}
            for s in told.steps
        ],
        "reads": [
            {"text": i.text, "place": i.place.a1 if i.place else None, "name": i.name, "note": i.note}
            for i in told.inputs
        ],
        "read_by": [
            {"place": d.place.a1, "count": d.count, "formula": d.formula, "name": d.name}
            for d in told.dependents
        ],
        "notes": list(told.notes),
    }
