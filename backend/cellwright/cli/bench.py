"""`cellwright bench NAME`: measure ourselves against peers, in one run, and write what was found."""

from __future__ import annotations

import datetime
import importlib
import json
import platform
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.table import Table

from cellwright.cli.display import console, messages
from cellwright.errors import UsageError

# The measurements of each benchmark: module and function, which takes the number of repeats.
BENCHMARKS: dict[str, tuple[tuple[str, str], ...]] = {
    "workbook": (
        ("cellwright.workbook.bench", "bench_read"),
        ("cellwright.patch.bench", "bench_write"),
        ("cellwright.verify.bench", "bench_verify"),
    ),
}


@click.command("bench")
@click.argument("name")
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True, help="Medians of so many.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write a JSON file.")
def bench_command(name: str, repeats: int, json_file: Path | None) -> None:
    """Run the benchmark NAME: workbook (reading, writing, verifying)."""
    if name not in BENCHMARKS:
        raise UsageError(f"expected one of the benchmarks {', '.join(BENCHMARKS)}; got {name!r}")
    measured: dict[str, float] = {}
    for module, function in BENCHMARKS[name]:
        messages.print(f"[dim]{module}.{function}[/]")
        measure: Callable[[int], dict[str, float]] = getattr(importlib.import_module(module), function)
        measured |= {f"{function.removeprefix('bench_')}_{key}": v for key, v in measure(repeats).items()}
    table = Table(box=None, pad_edge=False)
    table.add_column("measure")
    table.add_column("value", justify="right")
    for key, value in measured.items():
        table.add_row(key, f"{value:.4g}")
    console.print(table)
    if json_file is not None:
        result = {
            "suite": f"bench-{name}",
            "model": None,
            "machine": {"cpu": cpu_name(), "system": platform.system(), "python": platform.python_version()},
            "command": shlex.join(["cellwright", *sys.argv[1:]]),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "metrics": {key: {"value": v, "low": v, "high": v} for key, v in measured.items()},
        }
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(result, indent=1) + "\n")


def cpu_name() -> str:
    """The processors' number and name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    names = []
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
    return f"{len(names)} x {names[0].split(':', 1)[1].strip()}" if names else platform.machine()
