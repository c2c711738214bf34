"""`cellwright bench`: workbook, engine, server, feedback; against peers where there are any."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import json
import platform
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from cellwright.cli.display import console, messages
from cellwright.errors import UsageError
from cellwright_kernels.bench.engine import COMMON, INSTRUCTIONS, PEERS, Options, report
from cellwright_kernels.bench.shapes import SHAPES

# What `bench workbook` measures: module and function, which takes the number of repeats.
WORKBOOK = (
    ("cellwright.workbook.bench", "bench_read"),
    ("cellwright.patch.bench", "bench_write"),
    ("cellwright.verify.bench", "bench_verify"),
)


@click.group("bench")
def bench_group() -> None:
    """Measure ourselves against peers, alternated in one run, as medians and ratios."""


@bench_group.command("workbook")
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True, help="Medians of so many.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write a JSON file.")
def workbook_command(repeats: int, json_file: Path | None) -> None:
    """Reading (against formualizer and openpyxl), writing one cell, verifying 16 candidates."""
    measured: dict[str, float] = {}
    for module, function in WORKBOOK:
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
        metrics = {key: {"value": v, "low": v, "high": v} for key, v in measured.items()}
        _write(json_file, {"suite": "bench-workbook", "model": None, "metrics": metrics})


@bench_group.command("engine")
@click.option("--shapes", default=",".join(SHAPES), show_default=True, help="Which model shapes.")
@click.option("--threads", default="1,2", show_default=True, help="Numbers of threads.")
@click.option("--depths", default="0,512,1024", show_default=True, help="Tokens of context before.")
@click.option("--peers", default=",".join(PEERS), show_default=True, help="Which engines, ours among them.")
@click.option(
    "--instructions",
    type=click.Choice(INSTRUCTIONS),
    default=COMMON,
    show_default=True,
    help="What all engines are held to; llama.cpp has to be built for it.",
)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Medians of so many.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=None, help="Keep weight files here between runs."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write a JSON file.")
def engine_command(
    shapes: str,
    threads: str,
    depths: str,
    peers: str,
    instructions: str,
    rounds: int,
    folder: Path | None,
    json_file: Path | None,
) -> None:
    """Decoding and prefill against torch and llama.cpp (`make bench-peers` builds the latter)."""
    try:
        numbers = [[int(n) for n in text.split(",")] for text in (threads, depths)]
    except ValueError as error:
        raise UsageError(f"expected whole numbers with commas, got {threads!r} and {depths!r}") from error
    unknown = [n for n in shapes.split(",") if n not in SHAPES] + [
        n for n in peers.split(",") if n not in PEERS
    ]
    if unknown:
        raise UsageError(
            f"expected shapes of {', '.join(SHAPES)} and peers of {', '.join(PEERS)}; got {unknown}"
        )
    options = Options(
        shapes.split(","), numbers[0], numbers[1], peers.split(","), rounds, 32, folder, instructions
    )
    result, text = report(options, lambda line: messages.print(f"[dim]{line}[/]"))
    from cellwright.engine.bench import cold_start, grammar_cost

    for name, value in (cold_start() | grammar_cost()).items():
        result["metrics"][name] = {"value": value, "low": value, "high": value}
    console.print(text, markup=False, soft_wrap=True)
    for name, value in result["metrics"].items():
        if "_vs_" in name or name.startswith(("score_", "cold_", "grammar_")):
            console.print(f"{name:<48} {value['value']:.2f} ({value['low']:.2f} to {value['high']:.2f})")
    if json_file is not None:
        _write(json_file, result)


@bench_group.command("suggest")
@click.argument("books", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--requests", "requests_each", type=click.IntRange(1), default=30, show_default=True, help="A workbook."
)
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True, help="Of an engine.")
@click.option("--model", default=None, help="A registered model or a path; the shipped one by default.")
@click.option(
    "--llama",
    "checkpoint",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="A checkpoint directory of the same model: llama.cpp serves the same path with it.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write a JSON file.")
def suggest_command(
    books: tuple[Path, ...],
    requests_each: int,
    threads: int,
    model: str | None,
    checkpoint: Path | None,
    json_file: Path | None,
) -> None:
    """The whole path of a suggestion, down the columns of BOOKS (workbooks or folders; ours by default)."""
    from cellwright.engine.engine import Engine
    from cellwright.registry import find_model
    from cellwright.server.rest import samples_folder
    from cellwright.suggest.bench import measure
    from cellwright_kernels.bench.llama_runtime import LlamaRuntime
    from cellwright_kernels.errors import KernelError

    files = [
        file
        for given in books or (samples_folder(),)
        for file in (sorted(given.rglob("*.xlsx")) if given.is_dir() else [given])
    ]
    with tempfile.TemporaryDirectory(prefix="cellwright-bench-") as scratch, contextlib.ExitStack() as opened:
        engines = {"ours": opened.enter_context(Engine.open(find_model(model), threads=threads))}
        if checkpoint is not None:
            try:
                runtime = LlamaRuntime(checkpoint, Path(scratch), threads=threads)
            except KernelError as error:
                raise UsageError(f"{error} (--llama)") from error
            engines["llama"] = opened.enter_context(Engine(runtime, "llama"))
        name = engines["ours"].name
        metrics = measure(files, engines, requests_each, lambda line: messages.print(f"[dim]{line}[/]"))
    for key, held in metrics.items():
        console.print(f"{key:<32} {held['value']:>9.4g} ({held['low']:.4g} to {held['high']:.4g})")
    if json_file is not None:
        _write(json_file, {"suite": "bench-suggest", "model": name, "metrics": metrics})


@bench_group.command("server")
@click.option(
    "--panes", type=click.IntRange(1, 1000), default=200, show_default=True, help="Connected panes."
)
@click.option(
    "--workbooks", type=click.IntRange(1), default=20, show_default=True, help="Workbooks they share."
)
@click.option("--seconds", type=float, default=120.0, show_default=True, help="How long.")
@click.option("--every", "every_s", type=float, default=2.0, show_default=True, help="Seconds per selection.")
@click.option("--model", default=None, help="As for `serve`.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write a JSON file.")
def server_command(
    panes: int, workbooks: int, seconds: float, every_s: float, model: str | None, json_file: Path | None
) -> None:
    """A server under the load of many panes: latencies, refusals, lost outcomes, memory."""
    from cellwright.server.bench import Load, measure

    load = Load(panes, workbooks, seconds, every_s, model)
    measured = measure(load, lambda line: messages.print(f"[dim]{line}[/]"))
    for name, value in measured.items():
        console.print(f"{name:<24} {value:.4g}")
    if json_file is not None:
        metrics = {key: {"value": v, "low": v, "high": v} for key, v in measured.items()}
        _write(json_file, {"suite": "bench-server", "model": model, "metrics": metrics})


@bench_group.command("feedback")
@click.option(
    "--outcomes", type=click.IntRange(1_000), default=1_000_000, show_default=True, help="How many."
)
@click.option(
    "--rounds", type=click.IntRange(5), default=40, show_default=True, help="Asks of each question."
)
@click.option("--postgresql", default=None, help="URL of an empty PostgreSQL database to measure, too.")
@click.option("--only-postgresql", is_flag=True, help="Leave SQLite's figures as they are in the JSON file.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=None, help="Keep the SQLite store here between runs."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write a JSON file.")
def feedback_command(
    outcomes: int,
    rounds: int,
    postgresql: str | None,
    only_postgresql: bool,
    folder: Path | None,
    json_file: Path | None,
) -> None:
    """The admin page's questions on a store of many outcomes: queue, filters, search, plots."""
    from cellwright.feedback.bench import measured_on

    if only_postgresql and postgresql is None:
        raise UsageError("expected --postgresql with the database's URL, got --only-postgresql alone")
    metrics: dict[str, dict[str, float]] = {}
    if only_postgresql and json_file is not None and json_file.is_file():
        held = json.loads(json_file.read_text(encoding="utf-8"))["metrics"]
        metrics = {key: value for key, value in held.items() if key.startswith("sqlite_")}
    with tempfile.TemporaryDirectory(prefix="cellwright-feedback-") as scratch:
        urls = {} if only_postgresql else {"sqlite": f"sqlite:///{(folder or Path(scratch)) / 'bench.db'}"}
        if postgresql is not None:
            urls["postgresql"] = postgresql
        for name, url in urls.items():
            found = measured_on(url, outcomes, rounds, lambda line: messages.print(f"[dim]{line}[/]"))
            metrics |= {f"{name}_{key}": value for key, value in found.items()}
    for key, held in metrics.items():
        console.print(f"{key:<44} {held['value']:>10.4g}")
    if json_file is not None:
        _write(json_file, {"suite": "bench-feedback", "model": None, "metrics": metrics})


def _write(file: Path, result: dict[str, Any]) -> None:
    facts = {
        "machine": {"cpu": cpu_name(), "system": platform.system(), "python": platform.python_version()},
        "command": told_command(sys.argv[1:]),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result | facts, indent=1) + "\n")


def cpu_name() -> str:
    """The processors' number and name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    names = []
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
    return f"{len(names)} x {names[0].split(':', 1)[1].strip()}" if names else platform.machine()


def told_command(arguments: Sequence[str]) -> str:
    """The command as results tell it: where a path lies on this machine is left out."""
    told = [Path(a).name if Path(a).is_absolute() else a for a in arguments]
    return shlex.join(["cellwright", *told])
