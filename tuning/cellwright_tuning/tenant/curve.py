"""The picture of the `tenant` experiment: top-1 over the number of outcomes, beside what stays where it is.

python -m cellwright_tuning.tenant.curve tuning/results/tenant.json docs/tenant-curve.svg
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, PAD = 460, 260, 48
LEVELS = {"before": "#8a8886", "environment": "#107c10", "after": "#0f6cbd"}
_POINT = re.compile(r"curve_(\d+)_top1")


def svg(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """The plot of a result's metrics; the curve with its intervals, the levels as lines."""
    points = sorted((int(m[1]), metrics[m[0]]) for m in map(_POINT.fullmatch, metrics) if m)
    levels = {name: metrics[f"top1_{name}"]["value"] for name in LEVELS if f"top1_{name}" in metrics}
    highest: list[float] = [p["high"] for _, p in points]
    most: float = max([*highest, *levels.values(), 0.1]) * 1.1
    last = max([n for n, _ in points] + [1])

    def x(count: float) -> float:
        return round(PAD + count / last * WIDTH, 1)

    def y(value: float) -> float:
        return round(PAD / 2 + (1 - value / most) * HEIGHT, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 3 * PAD} {HEIGHT + 2 * PAD}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect x="{PAD}" y="{PAD / 2}" width="{WIDTH}" height="{HEIGHT}" fill="#fff" stroke="#999"/>',
    ]
    for count, _ in points:
        parts.append(f'<text x="{x(count)}" y="{y(0) + 15}" text-anchor="middle">{count}</text>')
    for tick in range(5):
        value = most * tick / 4
        parts.append(f'<text x="{PAD - 6}" y="{y(value) + 4}" text-anchor="end">{value:.2f}</text>')
    for name, value in levels.items():
        color = LEVELS[name]
        parts.append(
            f'<path d="M{x(0)} {y(value)}H{x(last)}" stroke="{color}" stroke-dasharray="5 3" fill="none"/>'
            f'<text x="{x(last) + 4}" y="{y(value) + 4}" fill="{color}">{name}</text>'
        )
    upper = [f"{x(n)},{y(p['high'])}" for n, p in points]
    lower = [f"{x(n)},{y(p['low'])}" for n, p in reversed(points)]
    parts.append(f'<polygon points="{" ".join(upper + lower)}" fill="#b5540a" fill-opacity="0.15"/>')
    line = " ".join(f"{x(n)},{y(p['value'])}" for n, p in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#b5540a" stroke-width="2"/>')
    parts.append(
        f'<text x="{PAD + WIDTH / 2}" y="{y(0) + 34}" text-anchor="middle">'
        "outcomes that the ranker learnt from, with the library</text>"
        f'<text x="12" y="{y(most / 2)}" text-anchor="middle" '
        f'transform="rotate(-90 12 {y(most / 2)})">top-1</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Draw the curve of a tenant result.")
    parser.add_argument("result", type=Path)
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    told = json.loads(given.result.read_text(encoding="utf-8"))
    given.picture.write_text(svg(told["metrics"]), encoding="utf-8")


if __name__ == "__main__":
    main()
