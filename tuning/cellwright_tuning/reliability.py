"""Does P(accept) hold? Reliability, precision of what is shown, and the threshold of silence.

Expected calibration error: the mean distance between probability and frequency over ten bins of equal width,
weighed by how many fall in each (Naeini, Cooper, Hauskrecht 2015). Brier score: the mean squared distance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, NamedTuple

BINS = 10
LEAST, MOST, STEP = 0.9, 0.98, 0.005
LEAST_EVIDENCE = 10

Forms = Mapping[str, tuple[str, ...]]


class Shown(NamedTuple):
    """A task's best candidate: its probability, whether it is right, whether any candidate was."""

    kind: str
    p_accept: float
    is_right: bool
    had_right: bool


def least_threshold(shown: Sequence[Shown], forms: Forms, precision: float) -> float:
    """The least probability, `LEAST` or more, from which on every form of task has that precision.

    A form with fewer than `LEAST_EVIDENCE` tasks above it has no say. Where no threshold up to `MOST` serves,
    the one whose worst form is best.
    """
    best, threshold = -1.0, LEAST
    for step in range(round((MOST - LEAST) / STEP) + 1):
        at = round(LEAST + step * STEP, 3)
        worst = 1.0
        for kinds in forms.values():
            spoken = [s.is_right for s in shown if s.kind in kinds and s.p_accept >= at]
            if len(spoken) >= LEAST_EVIDENCE:
                worst = min(worst, sum(spoken) / len(spoken))
        if worst >= precision:
            return at
        if worst > best:
            best, threshold = worst, at
    return threshold


def reliability(shown: Sequence[Shown], threshold: float, forms: Forms) -> dict[str, Any]:
    """Bins and summary figures; `shown` are the best candidates of tasks that nothing was fitted on."""
    bins = []
    error = 0.0
    for i in range(BINS):
        inside = [s for s in shown if i / BINS <= s.p_accept < (i + 1) / BINS or (i == 9 and s.p_accept == 1)]
        if not inside:
            continue
        told = sum(s.p_accept for s in inside) / len(inside)
        held = sum(s.is_right for s in inside) / len(inside)
        error += abs(told - held) * len(inside)
        bins.append({"told": round(told, 4), "held": round(held, 4), "tasks": len(inside)})
    report: dict[str, Any] = {
        "tasks": len(shown),
        "threshold": threshold,
        "calibration_error": round(error / max(1, len(shown)), 4),
        "brier": round(sum((s.p_accept - s.is_right) ** 2 for s in shown) / max(1, len(shown)), 4),
        "bins": bins,
    }
    for name, kinds in {**forms, **{kind: (kind,) for kind in sorted({s.kind for s in shown})}}.items():
        own = [s for s in shown if s.kind in kinds]
        spoken = [s for s in own if s.p_accept >= threshold]
        report[name] = {
            "tasks": len(own),
            "offered": _mean([s.had_right for s in own]),
            "top1": _mean([s.is_right for s in own]),
            "coverage": round(len(spoken) / max(1, len(own)), 4),
            "shown_precision": _mean([s.is_right for s in spoken]),
        }
    return report


def _mean(hits: Sequence[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None


def report_json(reports: Mapping[str, Mapping[str, Any]], provenance: Mapping[str, Any]) -> str:
    """The data behind the plot, in the shape of the other results."""
    metrics = {
        f"{part}_{name}": {"value": value, "low": value, "high": value, "tasks": report["tasks"]}
        for part, report in reports.items()
        for name, value in (
            ("calibration_error", report["calibration_error"]),
            ("brier", report["brier"]),
            ("blocks_shown_precision", report["blocks"]["shown_precision"]),
            ("cells_shown_precision", report["cells"]["shown_precision"]),
        )
        if value is not None
    }
    from cellwright_tuning.evaluation.command import machine

    facts = {
        "suite": "rank-calibration",
        "data_sha256": "",
        "model": provenance["model"],
        "machine": machine(),
        "command": provenance["command"],
        "date": provenance["date"],
        "tasks": provenance["tasks"],
        "metrics": metrics,
        "latency_ms": {},
        "failures": [],
        "reliability": reports,
    }
    return json.dumps(facts, indent=1) + "\n"


def svg(reports: Mapping[str, Mapping[str, Any]]) -> str:
    """A reliability plot: told probability across, frequency upwards, one line a ranker, area by tasks."""
    size, pad = 320, 44
    colors = ("#0f6cbd", "#b5540a", "#107c10", "#8764b8")

    def x(value: float) -> float:
        return round(pad + value * size, 1)

    def y(value: float) -> float:
        return round(pad / 2 + (1 - value) * size, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * pad} {size + 2 * pad}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect x="{pad}" y="{pad / 2}" width="{size}" height="{size}" fill="#fff" stroke="#999"/>',
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#bbb" stroke-dasharray="4 3"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text x="{x(tick)}" y="{y(0) + 15}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{pad - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    for report, color in zip(reports.values(), colors, strict=False):
        line = " ".join(f"{x(b['told'])},{y(b['held'])}" for b in report["bins"])
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.5"/>')
        for b in report["bins"]:
            radius = round(1.5 + 8 * sqrt(b["tasks"] / report["tasks"]), 1)
            at = f'cx="{x(b["told"])}" cy="{y(b["held"])}"'
            parts.append(f'<circle {at} r="{radius}" fill="{color}" fill-opacity="0.5"/>')
    for i, ((name, report), color) in enumerate(zip(reports.items(), colors, strict=False)):
        text = f"{name}: calibration error {report['calibration_error']:.3f}, {report['tasks']} tasks"
        parts.append(f'<text x="{pad + 8}" y="{pad / 2 + 16 + 15 * i}" fill="{color}">{text}</text>')
    middle = pad + size / 2
    parts.append(f'<text x="{middle}" y="{y(0) + 34}" text-anchor="middle">P(accept) told</text>')
    parts.append(
        f'<text x="12" y="{y(0.5)}" text-anchor="middle" transform="rotate(-90 12 {y(0.5)})">right</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"
