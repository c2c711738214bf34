"""`cellwright doctor`: what of this machine Cellwright can use, and what it does without."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import click
from rich.markup import escape

from cellwright import __version__
from cellwright.cli.display import console
from cellwright.config import settings
from cellwright.errors import CellwrightError

MARKS = {"ok": "[green]ok[/]     ", "degraded": "[yellow]degraded[/]", "broken": "[red]broken[/]  "}


@dataclass(frozen=True)
class Finding:
    """One check: `state` is ok, degraded (it works, less well) or broken."""

    check: str
    state: str
    detail: str


def _python() -> Finding:
    system = f"{platform.system()} {platform.machine()}"
    detail = f"Cellwright {__version__}, Python {platform.python_version()} on {system}"
    return Finding("python", "ok" if sys.version_info >= (3, 11) else "broken", detail)


def _calculators() -> Finding:
    from cellwright.calc.calculator import Calculator
    from cellwright.reference import SheetCell
    from cellwright.workbook.cells import CellStore
    from cellwright.workbook.model import Sheet, Snapshot

    with Calculator(Snapshot((Sheet("Sheet1", CellStore()),))) as calculator:
        got = calculator.evaluate("=SUM(40,2)", SheetCell.parse("Sheet1!A1"))
    names = ", ".join(f"{name} {version(name)}" for name in ("formualizer", "ironcalc", "formulas"))
    return Finding("calculators", "ok" if got == 42.0 else "broken", f"{names}; =SUM(40,2) gives {got}")


def _sandbox() -> Finding:
    from cellwright.calc.sandbox import sandbox_support

    support = sandbox_support()
    state = "degraded" if support.missing else "ok"
    detail = "; ".join(support.missing) or "workers have no network, no exec, and capped memory and time"
    return Finding("sandbox", state, detail)


def _scanner() -> Finding:
    from cellwright.workbook.scan import library

    if library() is None:
        return Finding(
            "scanner", "degraded", "no compiler found: workbooks are read by the slower Python path"
        )
    return Finding("scanner", "ok", "native, compiled for this machine")


def _kernels() -> Finding:
    from cellwright_kernels import variants

    supported = variants.supported()
    if not supported:
        return Finding("kernels", "degraded", "no compiler found: the model runs on numpy, slower")
    return Finding("kernels", "ok", ", ".join(supported))


def _model() -> Finding:
    from cellwright.engine import Engine
    from cellwright.registry import shipped_model

    path = shipped_model()
    if path is None:
        return Finding("model", "degraded", "this build ships none: the experts work alone")
    with Engine.open(path) as engine:
        return Finding("model", "ok", f"{path.stem} {engine.name}, runs on {engine.decoder.backend}")


def _store() -> Finding:
    from cellwright.feedback.store import FeedbackStore

    stats = FeedbackStore(settings().store).stats()
    return Finding("store", "ok", f"{settings().store}: {stats['requests']} requests")


def _disk() -> Finding:
    home = settings().home if settings().home.exists() else Path.home()
    free_mb = shutil.disk_usage(home).free // 2**20
    return Finding("disk", "ok" if free_mb > 500 else "degraded", f"{free_mb} MB free in {home}")


CHECKS: tuple[tuple[str, Callable[[], Finding]], ...] = (
    ("python", _python),
    ("calculators", _calculators),
    ("sandbox", _sandbox),
    ("scanner", _scanner),
    ("kernels", _kernels),
    ("model", _model),
    ("store", _store),
    ("disk", _disk),
)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def doctor_command(as_json: bool) -> None:
    """Check this machine; exit code 1 where something is broken."""
    findings = []
    for name, check in CHECKS:
        try:
            findings.append(check())
        except (CellwrightError, OSError, ImportError) as error:
            findings.append(Finding(name, "broken", " ".join(str(error).split())))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            console.print(f"{MARKS[finding.state]} [bold]{finding.check:12}[/] {escape(finding.detail)}")
    if any(finding.state == "broken" for finding in findings):
        sys.exit(1)
