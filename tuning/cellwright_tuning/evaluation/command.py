"""`cellwright eval SUITE DATA`: run one suite, print its metrics, write them as JSON."""

from __future__ import annotations

import datetime
import json
import platform
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cellwright.cli.bench import cpu_name, told_command
from cellwright.errors import UsageError
from cellwright_tuning.evaluation.data import data_sha256
from cellwright_tuning.evaluation.harness import PARTS_OF, Options, Report, TaskResult, summarise
from cellwright_tuning.evaluation.models import model_of, told_model
from cellwright_tuning.evaluation.suites import load_suite, suite_names


@click.command("eval")
@click.argument("suite")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--model",
    default=None,
    help="A model's name or path, or none for the experts alone; by default the shipped one (tenant: none).",
)
@click.option("--limit", type=click.IntRange(1), default=None, help="At most so many tasks or files.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample and intervals.")
@click.option("--easy", is_flag=True, help="formula: hide single cells inside regions.")
@click.option(
    "--all", "every", is_flag=True, help="fidelity: LibreOffice opens every file; tenant: every arm."
)
@click.option(
    "--without",
    type=click.Choice(sorted({part for parts in PARTS_OF.values() for part in parts})),
    default=None,
    help="formula and the suites of asking: leave one part of the assistant out, to see what it adds.",
)
@click.option(
    "--test",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    help="tenant: the left-out region's workbooks, in a folder of the same sub-folders.",
)
@click.option("--recipe", type=click.Path(path_type=Path), default=None, help="tenant: how it tunes (TOML).")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="formula: processes at once."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write a JSON file.")
def evaluate(
    suite: str,
    data: Path,
    model: str | None,
    limit: int | None,
    seed: int,
    easy: bool,
    without: str | None,
    every: bool,
    test: Path | None,
    recipe: Path | None,
    jobs: int,
    json_file: Path | None,
) -> None:
    """Score the assistant on DATA in the layout of SUITE, with 95 % bootstrap intervals."""
    if suite not in suite_names():
        raise UsageError(f"expected one of the suites {', '.join(suite_names())}; got {suite!r}")
    if not data.exists():
        raise UsageError(f"expected a file or folder with the data, got {data}")
    if without is not None and without not in PARTS_OF.get(suite, ()):
        parts = ", ".join(PARTS_OF.get(suite, ())) or "none"
        raise UsageError(f"expected a part that {suite} can leave out ({parts}), got {without!r}")
    loaded = load_suite(suite)
    model = model_of(loaded, model)
    options = Options(
        limit=limit,
        seed=seed,
        model=model,
        easy=easy,
        without=without,
        every=every,
        test=test,
        recipe=recipe,
        jobs=jobs,
    )
    results = _watched(loaded.run(data, options))
    report = summarise(loaded, results, seed)
    if report.tasks == 0:
        raise UsageError(f"expected tasks of the suite {suite} in {data}, found none")
    _show(suite, report)
    if json_file is not None:
        facts = {
            "suite": suite,
            "data_sha256": data_sha256(data),
            "model": told_model(model),
            "machine": machine(),
            "command": told_command(sys.argv[1:]),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        }
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(facts | report.to_json(), indent=1) + "\n")


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {"cpu": cpu_name(), "system": platform.system(), "python": platform.python_version()}


def _watched(results: Iterable[TaskResult]) -> Iterator[TaskResult]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("tasks", total=None)
        for result in results:
            progress.advance(task)
            yield result


def _show(suite: str, report: Report) -> None:
    table = Table(title=f"{suite}: {report.tasks} tasks", title_justify="left")
    table.add_column("metric")
    for column in ("value", "95 % low", "high", "tasks"):
        table.add_column(column, justify="right")
    for name, metric in sorted(report.metrics.items()):
        table.add_row(
            name, f"{metric.value:.4f}", f"{metric.low:.4f}", f"{metric.high:.4f}", str(metric.tasks)
        )
    console = Console()
    console.print(table)
    if report.latency_ms:
        p50, p95 = report.latency_ms["p50"], report.latency_ms["p95"]
        console.print(f"latency p50 {p50:.1f} ms, p95 {p95:.1f} ms; failures {len(report.failures)}")
