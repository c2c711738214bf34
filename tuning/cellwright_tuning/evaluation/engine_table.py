"""The README's table of the engine's benchmark, from `tuning/results/bench-engine.json`.

Times are medians in milliseconds for a decoded token; ratios are medians of ratios within a round, against
the faster of llama.cpp's settings with and without flash attention.
"""

from __future__ import annotations

from typing import Any

from cellwright_kernels.bench.engine import instructions_of

Rows = dict[tuple[str, int, int], dict[str, dict[str, Any]]]
_RIVALS = (("llama", "llama.cpp"), ("torch_int8", "torch int8"))
_TOLD_PEERS = ("ours_q4", "llama_q4", "torch_int8")
_ENGINES = {"ours": "ours", "llama": "llama.cpp", "torch": "torch"}
_HEAD = (
    "| shape | threads | depth | int4 ms | llama.cpp q4_0 ms | times faster "
    "| int8 ms | q8_0 ms | times faster | torch int8 ms | torch ms "
    "| prefill tokens/s (times faster) | MB ours / llama.cpp | of bandwidth |"
)


def engine_table(result: dict[str, Any]) -> str:
    """Markdown: a row for each shape, number of threads and depth, then what else was measured."""
    rows: Rows = {}
    for row in result["rows"]:
        rows.setdefault((row["shape"], row["threads"], row["depth"]), {})[row["peer"]] = row
    lines = [_instructions(result), ""]
    lines += [_HEAD, "|" + "---|" * (_HEAD.count("|") - 1)]
    lines += [_line(place, peers, result["metrics"]) for place, peers in rows.items()]
    return "\n".join([*lines, "", *_notes(result)])


def _instructions(result: dict[str, Any]) -> str:
    """What each engine of the table ran with, by its own account."""
    measured = {row["peer"] for row in result["rows"]}
    told: dict[str, set[str]] = {}
    for name in sorted(measured & result["peers"].keys()):
        engine = _ENGINES[name.split("_")[0]]
        told.setdefault(engine, set()).add(instructions_of(result["peers"][name]) or "unknown")
    parts = [f"{engine} {' and '.join(sorted(ran))}" for engine, ran in told.items()]
    return f"Instructions: {', '.join(parts)}."


def _line(place: tuple[str, int, int], peers: dict[str, dict[str, Any]], metrics: dict[str, Any]) -> str:
    shape, threads, depth = place
    suffix = f"{shape}_t{threads}_d{depth}"
    cells = [shape, str(threads), str(depth)]
    for bits in ("q4", "q8"):
        cells += [
            _decode(_ours(peers, bits)),
            _decode(_fastest(peers, (f"llama_{bits}", f"llama_{bits}_fa"))),
            _ratio(metrics.get(f"decode_{suffix}_{bits}_vs_llama")),
        ]
    cells += [_decode(peers.get(name)) for name in ("torch_int8", "torch_eager")]
    mine, theirs = _ours(peers, "q4"), _fastest(peers, ("llama_q4", "llama_q4_fa"))
    prefill = ""
    if mine and depth:
        found = [(rival, metrics.get(f"prefill_{suffix}_q4_vs_{key}")) for key, rival in _RIVALS]
        ratios = ", ".join(f"{metric['value']:.2f} {rival}" for rival, metric in found if metric)
        prefill = f"{mine['prefill_tokens_s']['value']:.0f}" + (f" ({ratios})" if ratios else "")
    memory = " / ".join(f"{peer['memory_mb']:.0f}" for peer in (mine, theirs) if peer)
    share = f"{mine['bandwidth_share']:.0%}" if mine and "bandwidth_share" in mine else ""
    return "| " + " | ".join([*cells, prefill, memory, share]) + " |"


def _notes(result: dict[str, Any]) -> list[str]:
    metrics = result["metrics"]
    notes = []
    for threads, limit in result["ceilings"].items():
        notes.append(
            f"Ceilings of {threads} thread{'s' if threads != '1' else ''}: L2 {limit['l2_gb_s']:.0f} GB/s, "
            f"last level {limit['l3_gb_s']:.0f}, memory {limit['dram_gb_s']:.0f}; int8 "
            f"{limit['int8_gmac_s']:.0f} G multiply-adds/s, float32 {limit['fp32_gmac_s']:.0f}."
        )
    scores = [
        f"{name.removeprefix('score_')} {metric['value']:.2f}"
        for name, metric in sorted(metrics.items())
        if name.startswith("score_")
    ]
    if scores:
        notes.append(
            "Scoring 8 candidates of 20 tokens after 512 read before, in generations of one of them: "
            + "; ".join(scores)
            + "."
        )
    if "cold_start_s" in metrics:
        notes.append(
            f"A cold process gives its first token {metrics['cold_start_s']['value']:.2f} s after the bare "
            f"interpreter would be ready (25M; {metrics['cold_start_cpu_s']['value']:.2f} s of processor). "
            f"The grammar costs {metrics['grammar_us']['value']:.1f} µs a token, "
            f"{metrics['grammar_us_first']['value']:.1f} where every state is new."
        )
    notes += [f"`{name}` ran {result['peers'][name]}." for name in _TOLD_PEERS if name in result["peers"]]
    notes += [f"Reservation: {failure}." for failure in result["failures"]]
    return [f"- {note}" for note in notes]


def _ours(peers: dict[str, dict[str, Any]], bits: str) -> dict[str, Any] | None:
    return next((row for name, row in peers.items() if name.startswith(f"ours_{bits}")), None)


def _fastest(peers: dict[str, dict[str, Any]], names: tuple[str, ...]) -> dict[str, Any] | None:
    return min((peers[n] for n in names if n in peers), key=lambda r: r["decode_ms"]["value"], default=None)


def _decode(row: dict[str, Any] | None) -> str:
    return f"{row['decode_ms']['value']:.3g}" if row else ""


def _ratio(metric: dict[str, Any] | None) -> str:
    return f"{metric['value']:.2f} ({metric['low']:.2f} to {metric['high']:.2f})" if metric else ""
