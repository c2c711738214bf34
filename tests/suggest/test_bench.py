"""The benchmark of the suggest path: what it asks, what it counts, and llama.cpp in the engine's place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cellwright.cli.bench import bench_group
from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright.prompt.tasks import repair_prompt
from cellwright.registry import find_model
from cellwright.server.rest import samples_folder
from cellwright.suggest.bench import ALONE, measure, requests
from cellwright_kernels.bench.llama_runtime import LlamaRuntime

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "tuning" / "checkpoints" / "mini"
SALES = samples_folder() / "sales.xlsx"


def test_requests_walk_down_a_column_whose_other_cells_are_filled() -> None:
    asked = list(requests(SALES, 3))
    assert len(asked) == 3
    columns = {target.range.left for _, target in asked}
    rows = [target.range.top for _, target in asked]
    assert len(columns) == 1
    assert rows == list(range(rows[0], rows[0] + 3))
    for snapshot, target in asked:
        sheet = snapshot.sheet(target.sheet)
        assert sheet.formula(target.range.first) is None
        assert sheet.formula(target.range.first._replace(row=target.range.top - 1)) is not None


def test_figures_tell_times_tokens_and_whether_engines_agree() -> None:
    with (
        Engine.open(find_model(), threads=1) as ours,
        Engine.open(find_model(), threads=1) as other,
    ):
        told: list[str] = []
        figures = measure([SALES], {"ours": ours, "other": other}, 4, told.append)
    assert figures["requests"]["value"] == 4
    assert figures["same_first"]["value"] == 1.0
    assert figures["ours_fresh_tokens_p50"]["value"] == figures["other_fresh_tokens_p50"]["value"]
    assert 0 < figures["ours_fresh_tokens_p50"]["value"] < figures["ours_prompt_tokens_p50"]["value"]
    assert figures[f"{ALONE}_ms_p50"]["value"] > 0
    for name in ("ours_ms_p50", "ours_ms_p95", "ours_model_ms_p50", "ours_vs_other_total"):
        figure = figures[name]
        assert 0 < figure["low"] <= figure["value"] <= figure["high"]
    assert told == ["sales.xlsx: 4 requests in all"]


def test_workbooks_without_columns_of_formulas_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected workbooks with columns of formulas, got 0"):
        measure([], {}, 4, lambda _: None)


def test_without_llama_cpp_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(UsageError, match=r"expected llama-cpp-python.*\(--llama\)"):
        bench_group.main(["suggest", str(SALES), "--llama", str(CHECKPOINT)], standalone_mode=False)


def test_llama_cpp_says_what_our_decoder_says(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    prompt = repair_prompt('=IF(A1>3,"x" "y")')
    with (
        Engine(LlamaRuntime(CHECKPOINT, tmp_path), "llama") as peer,
        Engine.open(find_model(), threads=1) as ours,
    ):
        answers = ["A1", 'IF(A1>3,"x","y")', 'IF(A1>3,"x"&"y")']
        assert peer.score(prompt, answers) == pytest.approx(ours.score(prompt, answers), abs=0.5)
        assert peer.generate(prompt, 2)[0].text == ours.generate(prompt, 2)[0].text
