"""Write the README's tables from the files under `tuning/results`, so that no number is typed by hand.

    python -m cellwright_tuning.evaluation.readme README.md

Everything between `<!-- results -->` and `<!-- /results -->` is replaced.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cellwright_tuning.evaluation.engine_table import engine_table

ENGINE = "bench-engine"
"""Results whose name begins so have tables of their own."""
START, END = "<!-- results -->", "<!-- /results -->"
RESULTS = Path(__file__).resolve().parents[2] / "results"


HEADLINES: dict[str, tuple[str, ...]] = {
    "bench-workbook": (
        "read_ratio_formualizer",
        "read_ratio_openpyxl",
        "read_cellwright_mb",
        "write_ratio_apply",
        "verify_ratio",
    ),
    "bench-feedback": (
        "sqlite_outcomes",
        "sqlite_worst_p95_ms",
        "postgresql_outcomes",
        "postgresql_worst_p95_ms",
    ),
    "bench-tasks": ("pass", "pass_case", "valid"),
    "calc": ("verified", "verified_wrong", "equal"),
    "completion": ("top5_at_50", "top5_at_75", "top5_at_90"),
    "fidelity": ("handled", "crashed", "identical_members", "reopened", "undo", "libreoffice"),
    "formula": (
        "top1",
        "top5",
        "top1_own_sheet",
        "top5_own_sheet",
        "coverage",
        "shown_precision",
        "precision_at_50",
    ),
    "nl-to-format": ("cells", "rule"),
    "quantization": ("all_int4_minus_float", "all_int8_minus_float"),
    "repair": ("top1", "top5", "precision_at_50"),
    "tables-qa": ("accuracy", "precision_at_40"),
    "tasks": ("exec", "pass"),
    "tenant": (
        "top1_before",
        "top1_environment",
        "top1_after",
        "top1_after_practice",
        "accept_before",
        "accept_after",
        "shown_ratio",
        "general_delta",
    ),
}
"""What the README tells of a suite; of one that is not here, its first metrics. The files hold the rest."""
_FIRST = 6


def tables(results: Path) -> str:
    """The Markdown of every result file, by name."""
    lines = ["| result | measured: value (95 % interval) | model | data | date |", "|---|---|---|---|---|"]
    machines = set()
    engine: list[str] = []
    for file in sorted(results.glob("*.json")):
        result = json.loads(file.read_text())
        machines.add(f"{result['machine']['cpu']}, {result['machine']['system']}")
        if file.stem.startswith(ENGINE):
            engine += ["", f"The engine, {result['date']} (`{result['command']}`):", "", engine_table(result)]
            continue
        metrics = result["metrics"]
        names = HEADLINES.get(result["suite"]) or [name for name in metrics if ":" not in name][:_FIRST]
        told = "; ".join(_told(name, metrics[name]) for name in names if name in metrics)
        data = str(result.get("data_sha256", ""))[:8] or "generated"
        link = f"[{file.stem}](tuning/results/{file.name})"
        lines.append(f"| {link} | {told} | {result['model'] or '-'} | {data} | {result['date']} |")
    return "\n".join([*lines, *engine, "", f"Measured on: {'; '.join(sorted(machines))}."])


def _told(name: str, metric: dict[str, Any]) -> str:
    if metric["low"] == metric["high"]:
        return f"{name} {metric['value']:.4g}"
    return f"{name} {metric['value']:.3f} ({metric['low']:.3f} to {metric['high']:.3f})"


def rewrite(readme: str, results: Path) -> str:
    """The README with its table made anew; raises ValueError where the marks are missing."""
    head, start, rest = readme.partition(START)
    _, end, tail = rest.partition(END)
    if not start or not end:
        raise ValueError(f"expected {START} and {END} in the README")
    return f"{head}{START}\n{tables(results)}\n{END}{tail}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(rewrite(path.read_text(), RESULTS))
