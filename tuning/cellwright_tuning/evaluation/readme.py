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


def tables(results: Path) -> str:
    """The Markdown of every result file, by name; metrics of a class (`top1:own sheet`) stay in the file."""
    lines = ["| result | measured: value (95 % interval) | model | data | date |", "|---|---|---|---|---|"]
    machines = set()
    engine: list[str] = []
    for file in sorted(results.glob("*.json")):
        result = json.loads(file.read_text())
        machines.add(f"{result['machine']['cpu']}, {result['machine']['system']}")
        if file.stem.startswith(ENGINE):
            engine += ["", f"The engine, {result['date']} (`{result['command']}`):", "", engine_table(result)]
            continue
        told = [_told(name, metric) for name, metric in sorted(result["metrics"].items()) if ":" not in name]
        data = str(result.get("data_sha256", ""))[:8] or "generated"
        model = result["model"] or "-"
        lines.append(f"| {file.stem} | {'; '.join(told)} | {model} | {data} | {result['date']} |")
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
