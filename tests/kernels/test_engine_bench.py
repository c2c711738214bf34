"""The engine benchmark: GGUF blocks, ratios, and one small run of the real thing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cellwright_kernels.bench import gguf
from cellwright_kernels.bench.engine import (
    Cell,
    Options,
    instructions_of,
    interval,
    ratios,
    report,
    reservations,
)
from cellwright_kernels.bench.shapes import SHAPES, parameters, random_state
from cellwright_kernels.errors import UnsupportedModel


@pytest.mark.parametrize(("kind", "bound"), [("q4_0", 0.13), ("q8_0", 0.005)])
def test_gguf_blocks_stand_for_the_weights(kind: str, bound: float) -> None:
    weights = np.random.default_rng(0).standard_normal((8, 64), dtype=np.float32)
    _, shape, data = gguf._tensor(weights, kind)
    blocks = np.frombuffer(data, np.uint8).reshape(16, -1)
    scales = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    if kind == "q4_0":
        values = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    else:
        values = np.ascontiguousarray(blocks[:, 2:]).view(np.int8).astype(np.float32)
    assert shape == (8, 64)
    assert np.abs((values * scales).reshape(8, 64) - weights).max() <= bound * np.abs(weights).max()


def test_gguf_starts_as_the_format_says(tmp_path: Path) -> None:
    gguf.write_gguf(tmp_path / "m", random_state(SHAPES["4M"]), SHAPES["4M"], "q4_0")
    head = (tmp_path / "m").read_bytes()[:24]
    assert head[:8] == b"GGUF\x03\x00\x00\x00"
    assert int.from_bytes(head[8:16], "little") == 2 + 9 * SHAPES["4M"].layers
    with pytest.raises(UnsupportedModel):
        gguf.write_gguf(tmp_path / "n", {}, replace(SHAPES["4M"], tied_embeddings=False), "q4_0")


def test_shapes_have_their_sizes() -> None:
    for name, expected in {"4M": 4e6, "25M": 27e6, "60M": 64e6, "0.5B": 0.49e9}.items():
        assert abs(parameters(SHAPES[name]) / expected - 1) < 0.1


def test_ratios_take_the_faster_setting_and_the_same_round() -> None:
    def cell(step: list[float], quiet: float, prefill: list[float]) -> Cell:
        return Cell(step, [quiet] * 3, prefill, [1, 1, 1])

    cells = {
        ("25M", 2, 512, "ours_q4"): cell([1.0, 2.0, 4.0], 1.0, [2.0, 2.0, 2.0]),
        ("25M", 2, 512, "llama_q4"): cell([3.0, 6.0, 12.0], 4.0, [8.0, 8.0, 8.0]),
        ("25M", 2, 512, "llama_q4_fa"): cell([9.0, 9.0, 9.0], 3.0, [5.0, 5.0, 5.0]),
    }
    metrics = ratios(cells)
    assert metrics["decode_25M_t2_d512_q4_vs_llama"] == {"value": 3.0, "low": 3.0, "high": 3.0}
    assert metrics["quiet_25M_t2_d512_q4_vs_llama"]["value"] == 3.0
    assert metrics["prefill_25M_t2_d512_q4_vs_llama"]["value"] == 2.5
    assert interval([1.0, 2.0, 9.0])["value"] == 2.0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_small_run(tmp_path: Path) -> None:
    options = Options(["4M"], [1], [0, 64], ["ours_q4", "ours_q8", "nobody_else"], 2, 4, tmp_path)
    result, text = report(options)
    assert result["suite"] == "bench-engine"
    assert set(result) >= {"data_sha256", "model", "machine", "tasks", "metrics", "latency_ms", "failures"}
    assert result["metrics"]["decode_ms_4M_t1_d64_ours_q4"]["value"] > 0
    assert "nobody_else, 4M: expected a peer, got 'nobody_else'" in result["failures"]
    assert "ours_q8" in text
    assert result["instructions"] == options.instructions
    assert result["peers"]["ours_q4"] in ("avx2", "neon", "numpy")
    assert result["metrics"]["score_4M_t1_ours_q4_alike"]["value"] > 0


def test_a_result_says_where_peers_ran_other_instructions() -> None:
    assert instructions_of("CPU : SSE3 = 1 | AVX2 = 1 | AVX512 = 1 | AVX512_VNNI = 1") == "avx512"
    assert instructions_of("torch 2.13.0+cpu, AVX2") == instructions_of("avxvnni") == "avx2"
    assert instructions_of("numpy") == ""
    alike = {"ours_q4": "avx2", "llama_q4": "CPU : AVX2 = 1", "torch_int8": "torch 2.13.0, AVX2"}
    assert reservations(alike, 0.1, 2) == []
    unlike = alike | {"ours_q4": "avx512", "torch_int8": "torch 2.13.0, AVX512"}
    assert reservations(unlike, 0.1, 2) == ["llama_q4 ran avx2, ours avx512"]
    assert reservations(alike, 3.25, 2) == ["other work ran: load average 3.2 on 2 processors at the start"]


def test_large_shapes_meet_fewer_peers() -> None:
    options = Options()
    assert options.peers_of("0.5B") == ["ours_q4", "llama_q4", "llama_q4_fa"]
    assert options.depths_of("0.5B") == [0, 512]
    assert options.peers_of("25M") == list(options.peers)
