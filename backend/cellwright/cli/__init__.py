"""`cellwright`: every command, loaded only when it is called. Data on stdout, people's words on stderr.

Errors of our own tree end in one line on stderr and exit code 1; a wrong option is click's exit code 2.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from importlib.metadata import entry_points

import click

from cellwright import __version__
from cellwright.errors import CellwrightError

# name: (module, attribute, what `cellwright --help` says of it)
COMMANDS = {
    "suggest": ("cellwright.cli.suggest", "suggest_command", "Verified formulas and edits for a place."),
    "ask": ("cellwright.cli.ask", "ask_command", "Words in: a plan of checked edits, or an answer."),
    "complete": ("cellwright.cli.formula", "complete_command", "Finish a formula that is being typed."),
    "repair": ("cellwright.cli.formula", "repair_command", "Mend a formula that Excel would not take."),
    "apply": ("cellwright.cli.files", "apply_command", "Apply a suggestion or edits; dry run first."),
    "undo": ("cellwright.cli.files", "undo_command", "Take back the last thing that was applied."),
    "diff": ("cellwright.cli.insight", "diff_command", "Compare two workbooks."),
    "explain": ("cellwright.cli.insight", "explain_command", "A formula in plain words, step by step."),
    "audit": ("cellwright.cli.insight", "audit_command", "What looks wrong in a workbook."),
    "serve": ("cellwright.cli.serve", "serve_command", "The server for Excel's pane and the playground."),
    "certs": ("cellwright.cli.certs", "certs_command", "A local certificate, so that Excel loads the pane."),
    "feedback": ("cellwright.cli.feedback", "feedback_group", "What was suggested and what became of it."),
    "model": ("cellwright.cli.model", "model_group", "Versions that tuning made: promote, take back."),
    "bench": ("cellwright.cli.bench", "bench_group", "Measure ourselves against peers."),
    "doctor": ("cellwright.cli.doctor", "doctor_command", "What of this machine Cellwright can use."),
    "demo": ("cellwright.cli.demo", "demo_command", "The whole journey on a copy of a sample."),
}
PLUGINS = "cellwright.commands"


class LazyGroup(click.Group):
    """A group whose commands are imported when called; others' commands come by entry point."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, ours and those of the entry points."""
        return [*COMMANDS, *sorted(point.name for point in entry_points(group=PLUGINS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in COMMANDS:
            module, attribute, _ = COMMANDS[cmd_name]
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        for point in entry_points(group=PLUGINS, name=cmd_name):
            loaded: click.Command = point.load()
            return loaded
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing ours."""
        rows = [(name, summary) for name, (_, _, summary) in COMMANDS.items()]
        for name in self.list_commands(ctx)[len(rows) :]:
            command = self.get_command(ctx, name)
            if command is not None:
                rows.append((name, command.get_short_help_str(60)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="cellwright")
@click.option("-v", "--verbose", count=True, help="Log more (twice: everything) on stderr.")
def cellwright(verbose: int) -> None:
    """Verified formulas and edits for your workbooks, on your own machine."""
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


def main() -> None:
    """The entry point of the command line."""
    try:
        cellwright()
    except CellwrightError as error:
        click.secho("error: ", fg="red", bold=True, nl=False, err=True)
        click.echo(" ".join(str(error).split()), err=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): no fault, but nothing more can be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
