"""The README's table of the engine's benchmark."""

from __future__ import annotations

from cellwright_tuning.evaluation.engine_table import engine_table


def row(peer: str, decode_ms: float, **others: object) -> dict[str, object]:
    return {
        "shape": "25M", "threads": 2, "depth": 512, "peer": peer, "decode_ms": {"value": decode_ms},
        "prefill_tokens_s": {"value": 1000.0}, "memory_mb": 10.4, **others,
    }  # fmt: skip


def metric(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def test_a_row_names_the_faster_setting_and_the_ratio() -> None:
    result = {
        "rows": [
            row("ours_q4", 0.5, bandwidth_share=0.42),
            row("llama_q4", 1.5),
            row("llama_q4_fa", 1.25),
            row("torch_int8", 4.0),
        ],
        "metrics": {
            "decode_25M_t2_d512_q4_vs_llama": metric(2.5),
            "prefill_25M_t2_d512_q4_vs_llama": metric(2.0),
            "score_25M_t2_ours_q4_alike": metric(1.75),
        },
        "ceilings": {
            "2": {"l2_gb_s": 300, "l3_gb_s": 200, "dram_gb_s": 40, "int8_gmac_s": 500, "fp32_gmac_s": 120}
        },
        "peers": {"ours_q4": "avx2", "llama_q4": "CPU : AVX2 = 1", "torch_int8": "torch 2.13.0, AVX512"},
        "failures": ["nobody, 25M: expected a peer"],
    }
    told, _, head, rule, line, *rest = engine_table(result).splitlines()
    assert told == "Instructions: llama.cpp avx2, ours avx2, torch avx512."
    assert head.count("|") == rule.count("|") == line.count("|")
    assert line == (
        "| 25M | 2 | 512 | 0.5 | 1.25 | 2.50 (2.40 to 2.60) |  |  |  | 4 |  | 1000 (2.00 llama.cpp) "
        "| 10 / 10 | 42% |"
    )
    assert "25M_t2_ours_q4_alike 1.75" in "\n".join(rest)
