"""Reinforcement on a toy set: a policy that knows two answers learns which one the workbook pays."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from cellwright.prompt.vocabulary import END, PAD
from cellwright.reference import Cell, SheetCell
from cellwright.workbook.model import Content, Value
from cellwright_tuning import grpo
from cellwright_tuning.data import batches
from cellwright_tuning.data.batches import load_tokenizer
from cellwright_tuning.environment import Environment
from cellwright_tuning.grpo import (
    Rollout,
    advantages,
    policy_loss,
    telling,
    token_log_probabilities,
    train,
)
from cellwright_tuning.tasks import Task, formula_edit
from cellwright_tuning.train import build_model, export
from tests.workbooks import book

TUNING = Path(batches.__file__).resolve().parents[2]
TOKENIZER = TUNING / "tokenizer"
MODEL = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 64,
    "max_position_embeddings": 256,
}
D2 = SheetCell("Sheet1", Cell(1, 3))
ANSWERS = ("R[0]C[-2]*R[0]C[-1]", "R[0]C[-2]+R[0]C[-1]")


def environment() -> Environment:
    cells: dict[str, Value | Content] = {"A1": "item", "B1": "price", "C1": "count", "D1": "cost"}
    cells |= {"A2": "pen", "B2": 3.0, "C2": 7.0}
    snapshot = book(cells)
    return Environment([Task("whole", snapshot, D2, formula_edit(D2, "=B2*C2"), 21.0, snapshot)])


@pytest.fixture
def toy() -> Iterator[Environment]:
    with environment() as made:
        yield made


@pytest.fixture
def undecided(toy: Environment, tmp_path: Path) -> Path:
    """A tiny checkpoint that writes either answer about as often."""
    model = build_model({"tokenizer": str(TOKENIZER), "model": MODEL, "data": {"seed": 3}})
    tokenizer = load_tokenizer(TOKENIZER)
    prompt = toy.prompt(0).text
    rows = [tokenizer.encode(prompt + answer + END).ids for answer in ANSWERS]
    start, width = len(tokenizer.encode(prompt).ids), max(map(len, rows))
    pad = tokenizer.token_to_id(PAD)
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(60):
        logits = model(input_ids=ids[:, :-1]).logits[:, start - 1 :]
        loss = functional.cross_entropy(logits.transpose(1, 2), ids[:, start:])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    export(tmp_path / "first", model, TOKENIZER, torch.float32)
    return tmp_path / "first"


def recipe(steps: int) -> dict[str, Any]:
    shipped = tomllib.loads((TUNING / "recipes" / "reinforcement" / "mini.toml").read_text(encoding="utf-8"))
    shipped["rollout"] |= {"prompts_per_step": 1, "group": 8, "max_tokens": 16}
    shipped["training"] |= {"steps": steps, "learning_rate": 2e-3, "kl": 0.0, "checkpoint_every": 4}
    shipped["training"] |= {"evaluate_every": 100}
    return shipped


def log(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_a_few_steps_raise_the_reward(toy: Environment, undecided: Path, tmp_path: Path) -> None:
    with environment() as held_back:
        train(recipe(14), toy, held_back, undecided, tmp_path / "run")
    steps = [event for event in log(tmp_path / "run") if event["event"] == "step"]
    first = sum(event["reward"] for event in steps[:3]) / 3
    last = sum(event["reward"] for event in steps[-3:]) / 3
    assert first < 0.9
    assert last > first + 0.1
    held = [event for event in log(tmp_path / "run") if event["event"] == "held_back"]
    assert held[-1]["right"] == 1.0
    assert steps[0]["engine_gap"] < 0.5


def test_a_killed_run_goes_on(toy: Environment, undecided: Path, tmp_path: Path) -> None:
    with environment() as held_back:
        train(recipe(4), toy, held_back, undecided, tmp_path / "run")
        train(recipe(6), toy, held_back, undecided, tmp_path / "run")
    starts = [event["step"] for event in log(tmp_path / "run") if event["event"] == "start"]
    assert starts == [0, 4]
    assert [e["step"] for e in log(tmp_path / "run") if e["event"] == "step"] == [1, 2, 3, 4, 5, 6]


def test_advantages_compare_within_the_group() -> None:
    assert advantages([1.0, 0.0, 0.5]) == pytest.approx([0.5, -0.5, 0.0])
    assert advantages([0.3, 0.3]) == [0.0, 0.0]


def test_answers_of_a_group_that_agrees_teach_nothing() -> None:
    rewards = [*advantages([0.1, 0.1, 0.1]), *advantages([1.0, 0.0])]
    rollouts = [Rollout(0, (1,), (2,), -1.0, 0.0, advantage) for advantage in rewards]
    assert telling(rollouts) == rollouts[3:]


def test_token_log_probabilities_are_those_of_the_model() -> None:
    model = build_model({"tokenizer": str(TOKENIZER), "model": MODEL, "data": {"seed": 3}})
    rollouts = [Rollout(0, (5, 6, 7), (8, 9), 0.0, 1.0), Rollout(0, (5, 6), (7, 8, 9, 10), 0.0, 0.0)]
    found, mask = token_log_probabilities(model, rollouts, 0)
    for row, rollout in enumerate(rollouts):
        ids = torch.tensor([[*rollout.prompt, *rollout.answer]])
        scores = model(input_ids=ids).logits.log_softmax(-1)[0].detach()
        start = len(rollout.prompt) - 1
        wanted = [scores[start + i, token] for i, token in enumerate(rollout.answer)]
        assert found[row, : len(wanted)].tolist() == pytest.approx([float(w) for w in wanted], abs=1e-4)
        assert mask[row].sum() == len(wanted)


def test_the_loss_prefers_what_was_better_and_stays_near_the_reference() -> None:
    rollouts = [Rollout(0, (1,), (2,), -1.0, 1.0, 0.5), Rollout(0, (1,), (3,), -1.0, 0.0, -0.5)]
    old = torch.full((2, 1), -1.0)
    now = old.clone().requires_grad_(True)
    loss = policy_loss(now, old, old, torch.ones(2, 1), rollouts, {"clip": 0.2, "kl": 0.0})
    torch.autograd.backward(loss)
    assert now.grad is not None
    assert now.grad[0, 0] < 0 < now.grad[1, 0]
    apart = policy_loss(now + 1, old + 1, old, torch.ones(2, 1), rollouts, {"clip": 0.2, "kl": 1.0})
    near = policy_loss(now, old, old, torch.ones(2, 1), rollouts, {"clip": 0.2, "kl": 1.0})
    assert apart > near


def test_it_is_one_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["grpo", "--help"])
    with pytest.raises(SystemExit):
        grpo.main()
    assert "--weights" in capsys.readouterr().out
