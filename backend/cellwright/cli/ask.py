"""`cellwright ask`: words in; a plan of checked edits or a computed answer out. Dry run unless --write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cellwright.ask.ask import ask
from cellwright.ask.memory import SessionFile
from cellwright.ask.model import Answer, Clarification, Event, Plan, Progress, Step, StepChecked, Turn
from cellwright.ask.planner.asking import ask_planner
from cellwright.ask.planner.opening import open_planner
from cellwright.calc.calculator import Calculator
from cellwright.cli.display import badge, change_json, changes_table, console, messages, place
from cellwright.config import settings
from cellwright.edits.text import edit_to_text
from cellwright.errors import UsageError
from cellwright.patch import apply_to_file
from cellwright.reference import SheetRange
from cellwright.verify.model import Status
from cellwright.workbook import read_workbook
from cellwright.workbook.model import Snapshot

_SHOWN = 8


@click.command("ask")
@click.argument("book", type=click.Path(path_type=Path))
@click.argument("request")
@click.option("--cell", default=None, help="The selection, such as Sheet1!B2:B9.")
@click.option("--context", default="", help="What the request may rest on, such as 'Profit = Sales - COGS'.")
@click.option("--write", is_flag=True, help="Write the plan into BOOK (undo takes it back).")
@click.option("--all-steps", is_flag=True, help="With --write: also steps that would lose something.")
@click.option(
    "--session", type=click.Path(path_type=Path), default=None, help="The file of the conversation."
)
@click.option(
    "--planner",
    default=None,
    help="An imported model's name, a local server's URL, or none; see docs/models.md.",
)
@click.option("--new", is_flag=True, help="Begin a new conversation.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def ask_command(
    book: Path,
    request: str,
    cell: str | None,
    context: str,
    write: bool,
    all_steps: bool,
    session: Path | None,
    planner: str | None,
    new: bool,
    as_json: bool,
) -> None:
    """Tell BOOK what you want: a plan of edits, each tried on the workbook first, or an answer.

    REQUEST is plain English, such as 'total the sales by region on a new sheet' or 'which product sold
    most?'.
    """
    if not request.strip():
        raise UsageError("expected a request in words, got nothing")
    snapshot = read_workbook(book)
    selection = place(snapshot, cell) if cell is not None else None
    memory = SessionFile(session or settings().home / "ask-session.json", book)
    history = () if new else memory.turns()
    outcome: object = None
    told = ""
    for event in _events(planner, snapshot, request, selection, history, context):
        if isinstance(event, Progress) and not as_json:
            if event.text != told:  # a larger model says twice a second that it is at work
                messages.print(f"[dim]{escape(event.text)}[/]")
            told = event.text
        elif isinstance(event, StepChecked) and not as_json:
            _show_step(event.number, event.step)
        outcome = event
    if isinstance(outcome, Plan):
        written = _write(book, snapshot, outcome, all_steps) if write else False
        if as_json:
            click.echo(json.dumps(_plan_json(outcome, written), indent=1))
        else:
            _end(outcome, written)
    elif isinstance(outcome, Answer):
        if as_json:
            click.echo(json.dumps(_answer_json(outcome), indent=1))
        else:
            _show_answer(outcome)
    elif isinstance(outcome, Clarification):
        if as_json:
            click.echo(json.dumps(_question_json(outcome), indent=1))
        else:
            _show_question(outcome)
    memory.add(request, outcome)


def _events(
    reference: str | None,
    snapshot: Snapshot,
    request: str,
    selection: SheetRange | None,
    history: Sequence[Turn],
    context: str,
) -> Iterator[Event]:
    planner = open_planner(reference, settings())
    if planner is None:
        yield from ask(snapshot, request, place=selection, history=history, context=context)
        return
    with closing(planner), Calculator(snapshot) as calculator:
        yield from ask_planner(
            planner,
            snapshot,
            request,
            lend=lambda: nullcontext(calculator),
            place=selection,
            history=history,
            context=context,
        )


def _write(book: Path, snapshot: Snapshot, plan: Plan, all_steps: bool) -> bool:
    """Write the plan as one change; raises UsageError where a step would lose something or makes errors."""
    for number, step in enumerate(plan.steps, 1):
        if step.is_ticked or all_steps:
            continue
        lost = f"lose {step.destroys}" if step.destroys else "leave new errors"
        raise UsageError(f"step {number} would {lost}; --all-steps writes it all the same")
    doubted = {cell for step in plan.steps for cell in step.verdict.unverified_cells}
    held = {
        cell: value
        for step in plan.steps
        for cell, value in step.results.items()
        if plan.after.has_sheet(cell.sheet)
    }
    report = apply_to_file(
        book,
        plan.edits,
        snapshot=snapshot,
        values={cell: value for cell, value in held.items() if cell not in doubted},
        unverified={cell for cell in doubted if plan.after.has_sheet(cell.sheet)},
        interim=plan.interim,
        note="",
    )
    for warning in report.warnings:
        messages.print(f"[yellow]warning[/] {escape(warning)}")
    return True


def _show_step(number: int, step: Step) -> None:
    mark = "[green]✓[/]" if step.is_ticked else "[red]![/]"
    console.print(f"{mark} {number}. {escape(step.title)}  {badge(step.verdict)}")
    if step.destroys:
        console.print(f"     [red]would lose {escape(step.destroys)}[/]")
    if step.verdict.changes:
        console.print(changes_table(step.verdict.changes, _SHOWN))


def _end(plan: Plan, written: bool) -> None:
    for part in plan.left_out:
        messages.print(f"[yellow]not understood:[/] {escape(part)}")
    messages.print(
        "Written; `cellwright undo` takes it back." if written else "Dry run: --write changes the file."
    )


def _show_answer(answer: Answer) -> None:
    console.print(escape(answer.text))
    if answer.formula is not None:
        cited = ", ".join(area.a1 for area in answer.citations)
        console.print(f"[dim]{escape(answer.formula)}   from {escape(cited)}   P {answer.confidence:.2f}[/]")


def _show_question(question: Clarification) -> None:
    console.print(escape(question.text))
    for number, choice in enumerate(question.choices, 1):
        console.print(f"  {number}. {escape(choice.label)}   [dim]{escape(choice.request)}[/]")


def _plan_json(plan: Plan, written: bool) -> dict[str, Any]:
    return {
        "type": "plan",
        "steps": [
            {
                "title": step.title,
                "edits": [edit_to_text(edit) for edit in step.edits],
                "verdict": step.verdict.status.value,
                "why": step.verdict.why,
                "destroys": step.destroys,
                "is_ticked": step.is_ticked,
                "citations": [area.a1 for area in step.citations],
                "changes": [change_json(change) for change in step.verdict.changes],
                "new_errors": [cell.a1 for cell in step.verdict.new_errors],
            }
            for step in plan.steps
        ],
        "left_out": list(plan.left_out),
        "confidence": plan.confidence,
        "is_safe": all(step.verdict.status is not Status.MAKES_ERRORS for step in plan.steps),
        "written": written,
    }


def _answer_json(answer: Answer) -> dict[str, Any]:
    return {
        "type": "answer",
        "text": answer.text,
        "formula": answer.formula,
        "value": answer.value,
        "citations": [area.a1 for area in answer.citations],
        "confidence": answer.confidence,
    }


def _question_json(question: Clarification) -> dict[str, Any]:
    choices = [{"label": choice.label, "request": choice.request} for choice in question.choices]
    return {"type": "clarification", "text": question.text, "choices": choices}
