"""Measurements as a table for people."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from cellwright_kernels.bench.ceilings import Ceilings

_COLUMNS = (
    f"{'shape':>6} {'thr':>3} {'depth':>5}  {'peer':<14} {'decode ms':>10} {'low':>7} {'high':>7} "
    f"{'quiet':>7} {'prefill t/s':>11} {'MB':>6} {'GB/s':>6} {'of mem':>6} {'of int8':>7}"
)


def machine() -> str:
    """Processor, cores in use, system."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = f"{names[0]} x{len(names)}" if names else model
    return f"{model}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def table(rows: list[dict[str, Any]], limits: dict[int, Ceilings | None], failures: list[str]) -> str:
    """Machine, ceilings, then a line a row: decode in the median, quiet in the tenth percentile."""
    lines = [machine()]
    for threads, limit in limits.items():
        if limit:
            lines.append(
                f"ceilings, {threads} threads: L2 {limit.l2_gb_s:.0f} GB/s, L3 {limit.l3_gb_s:.0f}, "
                f"DRAM {limit.dram_gb_s:.0f}; int8 {limit.int8_gmac_s:.0f} G multiply-adds/s, "
                f"float32 {limit.fp32_gmac_s:.0f}"
            )
    lines.append(_COLUMNS)
    lines += [_line(row) for row in rows]
    lines += [f"not measured: {failure}" for failure in failures]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    decode, quiet = row["decode_ms"], row["quiet_ms"]["value"]
    prefill = f"{row['prefill_tokens_s']['value']:.0f}" if row["depth"] else ""
    speed, share = (f"{row['gb_s']:.1f}", f"{row['bandwidth_share']:.0%}") if "gb_s" in row else ("", "")
    int8 = f"{row['prefill_int8_share']:.0%}" if "prefill_int8_share" in row else ""
    return (
        f"{row['shape']:>6} {row['threads']:>3} {row['depth']:>5}  {row['peer']:<14} "
        f"{decode['value']:>10.3f} {decode['low']:>7.3f} {decode['high']:>7.3f} {quiet:>7.3f} "
        f"{prefill:>11} {row['memory_mb']:>6.0f} {speed:>6} {share:>6} {int8:>7}"
    )
