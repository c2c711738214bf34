"""`cellwright model`: the versions of a workspace, which of them serves, back and forth."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from cellwright.ask.planner.local import EnginePlanner
from cellwright.cli.display import console, messages
from cellwright.config import settings
from cellwright.errors import UsageError
from cellwright.feedback.store import FeedbackStore
from cellwright.registry.imported import describe, import_checkpoint, imported_models
from cellwright.registry.versions import SHIPPED_VERSION, Registry, State, next_stage

PLUGINS = "cellwright.model_commands"


class ModelGroup(click.Group):
    """The group; `eval` comes by entry point, since judging needs what tunes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours and those of the entry points."""
        return [*super().list_commands(ctx), *sorted(point.name for point in entry_points(group=PLUGINS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Ours, or loaded."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for point in entry_points(group=PLUGINS, name=cmd_name):
            loaded: click.Command = point.load()
            return loaded
        return None


@click.group("model", cls=ModelGroup)
def model_group() -> None:
    """Models: versions that tuning made (list, judge, promote, take back), larger ones to import."""


_workspace = click.option("--workspace", default=None, help="Whose; by default the one of the settings.")


@model_group.command("list")
@_workspace
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def list_command(workspace: str | None, as_json: bool) -> None:
    """Every version with its gate's word and what serves now."""
    registry = _registry(workspace)
    state, versions = registry.state(), registry.versions()
    imported = imported_models(settings().home)
    if as_json:
        record = {"state": asdict(state), "versions": [asdict(v) for v in versions]}
        click.echo(json.dumps(record | {"imported": [describe(model) for model in imported]}, indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("version", "made", "recipe", "gate", "serves"):
        table.add_column(column, overflow="fold")
    table.add_row(SHIPPED_VERSION, "", "", "", _serves(state, None))
    for model in imported:
        table.add_row(escape(model.name), "", f"imported, {model.bits} bits", "", "planner of ask")
    for version in versions:
        cells = (version.name, version.created, version.recipe, version.decided, _serves(state, version.name))
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


@model_group.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--name", default="", help="Under which name; by default the directory's.")
@click.option("--bits", type=click.Choice(["4", "8"]), default="4", show_default=True, help="Of a weight.")
@click.option("--replace", "replaces", is_flag=True, help="Though a model of that name is there.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def import_command(source: Path, name: str, bits: str, replaces: bool, as_json: bool) -> None:
    """Take SOURCE, the directory of a Llama, Qwen2 or Qwen3 instruct checkpoint, as planner of `ask`.

    It is quantized into Cellwright's format; afterwards `ask --planner NAME` asks it.
    """
    home = settings().home
    with messages.status("Quantizing"):
        model = import_checkpoint(
            source,
            home,
            name,
            4 if bits == "4" else 8,
            replaces=replaces,
            check=lambda model: EnginePlanner(model).close(),
        )
    if as_json:
        click.echo(json.dumps(describe(model)))
        return
    size_mb = model.weights.stat().st_size / 1e6
    click.echo(
        f"{model.name}  {model.architecture}  {model.bits} bits  {size_mb:,.1f} MB  {model.digest[:12]}"
    )
    messages.print(f'Ask it: cellwright ask BOOK "..." --planner {model.name}')


@model_group.command("promote")
@click.argument("version")
@_workspace
@click.option("--canary", is_flag=True, help="To a share of the workbooks first: 5, 25, then 100 %.")
@click.option("--force", is_flag=True, help="Though the gate refused it or was not asked.")
def promote_command(version: str, workspace: str | None, canary: bool, force: bool) -> None:
    """Let a VERSION serve; a running server follows with its next request."""
    registry = _registry(workspace)
    known = registry.version(version)
    if known.decided != "promote" and not force:
        said = "refused it" if known.decided else "was not asked"
        raise UsageError(f"expected a version that passed its gate; the gate {said} ({version}; --force)")
    state = registry.state()
    share = next_stage(state.share if state.canary == version else 0.0) if canary else 1.0
    registry.promote(version, share)
    _note("canary" if share < 1.0 else "promote", version, share, "by force" if force else "")
    click.echo(f"{version} serves {share:.0%} of the requests", err=True)


@model_group.command("rollback")
@_workspace
@click.option("--reason", default="", help="Why, in a few words.")
def rollback_command(workspace: str | None, reason: str) -> None:
    """Take back the canary, or what was promoted last; a running server follows with its next request."""
    registry = _registry(workspace)
    before, state = registry.state(), registry.rollback()
    _note("rollback", before.canary or before.current or SHIPPED_VERSION, 0.0, reason)
    click.echo(f"{state.current or SHIPPED_VERSION} serves", err=True)


def _registry(workspace: str | None) -> Registry:
    return Registry(settings().home, workspace or settings().workspace)


def _serves(state: State, name: str | None) -> str:
    if name is not None and name == state.canary:
        return f"canary {state.share:.0%}"
    return "current" if name == state.current else ""


def _note(action: str, version: str, share: float, reason: str) -> None:
    store = FeedbackStore(settings().store)
    try:
        store.runs.add_promotion(getpass.getuser(), action, version, share, reason)
    finally:
        store.close()
