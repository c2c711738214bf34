"""`cellwright tune environment|run|status` and `cellwright model eval`.

What needs torch is imported when a run begins, not for `--help`.
"""

from __future__ import annotations

import datetime
import getpass
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

import cellwright_tuning
from cellwright.cli.display import console, messages
from cellwright.config import settings
from cellwright.errors import CellwrightError
from cellwright.feedback.store import FeedbackStore
from cellwright.registry import find_model
from cellwright.registry.versions import STAGES, Registry

if TYPE_CHECKING:
    from cellwright_tuning.tenant.recipe import Recipe
    from cellwright_tuning.tenant.run import Workplace

_NIGHT = datetime.time(2, 0)


@click.group("tune")
def tune_group() -> None:
    """Make the assistant your own: from your workbooks and from what people decide."""


@tune_group.command("environment")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--workspace", default=None, help="Whose it is; by default the one of the settings.")
@click.option(
    "--check/--no-check", default=True, show_default=True, help="Run the drawn tasks' own formulas."
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def environment_command(folder: Path, workspace: str | None, check: bool, as_json: bool) -> None:
    """Turn the workbooks below FOLDER into tasks: read, split by family, measured, checked."""
    from cellwright_tuning.tenant.survey import survey

    registry = Registry(settings().home, workspace or settings().workspace)
    with messages.status("reading the workbooks"):
        told = survey(folder.resolve(), check=check)
    registry.folder.mkdir(parents=True, exist_ok=True)
    file = registry.folder / "environment.json"
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(told, indent=1), encoding="utf-8")
    fresh.replace(file)
    if as_json:
        click.echo(json.dumps(told, indent=1))
        return
    conventions = told["conventions"]
    families = f"{told['families']} families, {told['held_back']} held back"
    console.print(f"workbooks          {told['workbooks']} in {families}")
    console.print(f"regions to fill    {conventions['regions']} ({conventions['formula_cells']} cells)")
    console.print(f"errors to repair   {told['repairs']}")
    if check:
        console.print(f"checked by running {told['checked']} of {told['tried']}")
    for name in ("functions", "number_formats", "sheet_names"):
        common = ", ".join(escape(str(key)) for key in list(conventions[name])[:8])
        console.print(f"{name.replace('_', ' '):18} {common}", overflow="fold")
    messages.print(f"kept in {file}; `cellwright tune run` learns from it")


@tune_group.command("run")
@click.option(
    "--recipe",
    type=click.Path(path_type=Path),
    default=None,
    help="A TOML file; by default the small model's.",
)
@click.option("--workspace", default=None, help="Whose; by default the one of the settings.")
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), default=None, help="The served model's weights."
)
@click.option("--resume", "resumed", default=None, help="Go on with a run; the start of its id.")
@click.option("--promote", type=click.Choice(["no", "canary", "all"]), default="no", show_default=True,
              help="What becomes of a version that passes its gate.")  # fmt: skip
@click.option("--nightly", is_flag=True, help="Wait for two o'clock, run, and again the next night.")
@click.option("--json", "as_json", is_flag=True, help="The gate's report as JSON on stdout.")
def run_command(
    recipe: Path | None,
    workspace: str | None,
    checkpoint: Path | None,
    resumed: str | None,
    promote: str,
    nightly: bool,
    as_json: bool,
) -> None:
    """Learn, judge, and keep the result as a version; nothing serves differently until it is promoted."""
    from cellwright_tuning.tenant.recipe import read_recipe

    wanted = default_recipe() if recipe is None else read_recipe(recipe)
    if not nightly:
        _run(wanted, workspace, checkpoint, resumed, promote, as_json)
        return
    while True:
        _wait_for_night()
        try:
            _run(wanted, workspace, checkpoint, resumed, promote, as_json)
        except CellwrightError as error:  # the next night may have more to learn from
            messages.print(f"this night: {error}")


def _run(
    recipe: Recipe,
    workspace: str | None,
    checkpoint: Path | None,
    resumed: str | None,
    promote: str,
    as_json: bool,
) -> None:
    from cellwright_tuning.tenant import run as runs

    place = workplace(workspace, checkpoint)
    try:
        if resumed is None:
            session = runs.start(place, recipe)
        else:
            session = runs.TuningSession(place, recipe, place.store.runs.find(resumed))
        messages.print(f"run {session.run.id[:8]} of {recipe.name}; at most {recipe.minutes:g} minutes")
        if place.checkpoint is None:
            messages.print(
                "no adapter is tuned: give --checkpoint with the model's weights, this build has none; "
                "library and ranker learn all the same"
            )
        report = runs.work(session)
        if report.decided == "promote" and promote != "no":
            share = STAGES[0] if promote == "canary" else 1.0
            runs.promoted(place, report, getpass.getuser(), share)
    finally:
        place.store.close()
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=1))
    else:
        click.echo("\n".join(report.lines()))


@tune_group.command("status")
@click.argument("run", required=False)
@click.option("-n", "--limit", type=click.IntRange(1), default=10, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def status_command(run: str | None, limit: int, as_json: bool) -> None:
    """The latest runs; with the start of a RUN's id its progress and its gate's report."""
    store = FeedbackStore(settings().store)
    try:
        found = [store.runs.find(run)] if run else store.runs.recent(limit)
        events = store.runs.events(found[0].id) if run else []
        reports = store.runs.reports(found[0].id) if run else []
    finally:
        store.close()
    if as_json:
        told = [vars(one) | {"created_at": one.created_at.isoformat()} for one in found]
        click.echo(json.dumps(told, indent=1, default=str))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("run", "recipe", "workspace", "when", "status", "version", "problem"):
        table.add_column(column, overflow="fold")
    for one in found:
        when = one.created_at.isoformat(timespec="minutes")
        cells = (
            one.id[:8],
            one.recipe,
            one.workspace or "",
            when,
            one.status,
            one.adapter or "",
            one.problem or "",
        )
        table.add_row(*(escape(str(cell)) for cell in cells))
    console.print(table if found else "No run yet.")
    for event in events[-limit:]:
        line = ", ".join(
            f"{k} {v:g}" if isinstance(v, int | float) else str(v) for k, v in event.metrics.items()
        )
        console.print(f"  {event.at.isoformat(timespec='seconds')[11:19]} {escape(line)}")
    for report in reports[:1]:
        console.print(f"  gate: {report.decided}")
        for reason in report.report.get("reasons", ()):
            console.print(f"    {escape(reason)}")


@click.command("eval")
@click.argument("version")
@click.option("--workspace", default=None, help="Whose; by default the one of the settings.")
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), default=None, help="The served model's weights."
)
@click.option(
    "--tasks", type=click.IntRange(1), default=200, show_default=True, help="Held-back regions asked."
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def eval_command(
    version: str, workspace: str | None, checkpoint: Path | None, tasks: int, as_json: bool
) -> None:
    """Ask the gate about a VERSION again, against what serves now."""
    from cellwright_tuning.tenant import run as runs

    place = workplace(workspace, checkpoint)
    try:
        report = runs.judge(place, version, tasks)
    finally:
        place.store.close()
    click.echo(json.dumps(report.to_json(), indent=1) if as_json else "\n".join(report.lines()))


def workplace(workspace: str | None, checkpoint: Path | None) -> Workplace:
    """The settings' home and store."""
    from cellwright_tuning.tenant.run import Workplace, shipped_checkpoint

    store = FeedbackStore(settings().store)
    return Workplace(
        settings().home,
        workspace or settings().workspace,
        store,
        checkpoint or shipped_checkpoint(),
        find_model(),
    )


def default_recipe() -> Recipe:
    """The recipe for the shipped model; in an installed build, which has no checkpoint to tune, no phases."""
    from cellwright_tuning.tenant.recipe import Recipe, read_recipe

    path = Path(cellwright_tuning.__file__).resolve().parents[1] / "recipes" / "tenant" / "mini.toml"
    return read_recipe(path) if path.is_file() else Recipe("tenant")


def _wait_for_night() -> None:
    now = datetime.datetime.now()
    then = datetime.datetime.combine(now.date(), _NIGHT)
    if then <= now:
        then += datetime.timedelta(days=1)
    messages.print(f"waiting until {then.isoformat(timespec='minutes')}")
    time.sleep((then - now).total_seconds())
