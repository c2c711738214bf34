"""The ledger of sources: complete, true to the files, and shipped models' cards are held to it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cellwright_tuning.data import exclusions
from cellwright_tuning.data.examples import draw_formula
from cellwright_tuning.data.exclusions import excluded, identity, is_excluded, is_long, targets
from cellwright_tuning.data.statistics import LEAST, LEAST_CONSTANT, shipped_statistics
from cellwright_tuning.evaluation.data import read_rows

TUNING = Path(exclusions.__file__).resolve().parents[2]
CARDS = sorted((TUNING / "checkpoints").glob("*/README.md"))


def _sources() -> list[dict[str, Any]]:
    sources: list[dict[str, Any]] = tomllib.loads((TUNING / "sources.toml").read_text())["sources"]
    return sources


def test_every_source_says_what_it_is_and_what_it_may_do() -> None:
    for source in _sources():
        assert {"name", "what", "licence", "use", "count"} <= source.keys()
        assert source["use"] in {"weights", "statistics", "tenant", "evaluation"}
        assert "sha256" in source or source["name"] == "generator"


def test_the_ledger_names_the_files_that_are_here(shared_data: Path) -> None:
    for source in _sources():
        if "sha256" in source:
            (file,) = shared_data.glob(f"{source['name']}.*")
            assert hashlib.sha256(file.read_bytes()).hexdigest() == source["sha256"], source["name"]


def test_statistics_come_from_sources_that_allow_it_and_keep_counts_only() -> None:
    allowed = {
        source["name"].removesuffix("_formulas") for source in _sources() if source["use"] == "statistics"
    }
    statistics = shipped_statistics()
    assert set(statistics) == allowed
    for table in statistics.values():
        assert all(n >= LEAST for shapes in table["places"].values() for n in shapes.values())
        assert all(n >= LEAST_CONSTANT for n in table["constants"].values())
        assert '"' not in "".join(shape for shapes in table["places"].values() for shape in shapes)


def test_evaluation_targets_are_excluded_wherever_they_stand(shared_data: Path) -> None:
    for source in _sources():
        path = shared_data / f"{source['name']}.jsonl.zst"
        if source["use"] == "evaluation" and path.is_file():
            rows = read_rows(path)
            missing = [text for text in targets(rows) if not is_excluded(text)]
            assert not missing, f"run `python -m cellwright_tuning.data.exclusions` on {source['name']}"


def test_the_generator_draws_no_evaluation_target() -> None:
    random = Random(21)
    formulas = (draw_formula(random, held_back=None) for _ in range(6000))
    assert not [text for text in formulas if is_long(text) and identity(text) in excluded()]


def test_identity_is_the_same_after_a_move_and_another_for_another_formula() -> None:
    first = 'IF(B6="x",SUM(B6:C6)*2,$A$1)'
    assert identity(first) == identity(' if(D9="x", sum(D9:E9)*2 ,$A$1)')
    assert identity(first) != identity('IF(B6="x",SUM(B6:D6)*2,$A$1)')
    assert is_long(first)
    assert not is_long("SUM(A1:A9)")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.parent.name)
def test_a_model_card_names_its_sources_and_its_weights(card: Path) -> None:
    text = card.read_text()
    sources = [source for source in _sources() if source.get("only", "language") == "language"]
    used = {source["name"] for source in sources if source["use"] in {"weights", "statistics"}}
    named = {source["name"] for source in _sources() if f"`{source['name']}`" in text}
    assert used <= named
    forbidden = {source["name"] for source in _sources() if source["use"] == "tenant"}
    assert not forbidden & named
    for shard in card.parent.glob("*.safetensors"):
        assert hashlib.sha256(shard.read_bytes()).hexdigest() in text
        assert shard.stat().st_size <= 16 * 2**20
    config = json.loads((card.parent / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]


def test_there_is_a_card_for_every_checkpoint() -> None:
    folders = {path.parent for path in (TUNING / "checkpoints").glob("*/config.json")}
    assert folders == {card.parent for card in CARDS}
    assert list(islice(folders, 1)), "no shipped checkpoint"
