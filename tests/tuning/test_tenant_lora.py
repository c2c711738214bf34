"""Adapters on a tiny model: each method learns, a kill goes on, what can't teach is told."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
import torch

from cellwright.engine import Engine
from cellwright.errors import ModelError, UsageError
from cellwright_kernels.checkpoint import quantize_checkpoint
from cellwright_tuning.tenant.examples import Judgement, Pair, Supervised, TuningData
from cellwright_tuning.tenant.lora import (
    Tuner,
    TuningFailed,
    judgement_loss,
    kept,
    preference_loss,
    tune,
)
from cellwright_tuning.tenant.recipe import AdapterShape, Method, Training, read_recipe
from cellwright_tuning.train import build_model, export
from tests.tuning.test_grpo import MODEL, TOKENIZER

SHAPE = AdapterShape(rank=4, alpha=8)
PROMPT = "<|formula|><|here|><|header|>gross<|answer|>"
HOUSE, OTHER = "ROUND(R[0]C[-1]*1.19,2)", "R[0]C[-1]*1.19"
DATA = TuningData(
    [Supervised(PROMPT, HOUSE)],
    [Pair(PROMPT, HOUSE, OTHER)],
    [Judgement(PROMPT, HOUSE, True), Judgement(PROMPT, OTHER, False)],
)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Threads that wait for one another on a busy machine take a hundred times as long."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    model = build_model({"tokenizer": str(TOKENIZER), "model": MODEL, "data": {"seed": 3}})
    export(folder, model, TOKENIZER, torch.float32)
    return folder


def training(method: str, **changes: object) -> Training:
    options = {"steps": 12, "learning_rate": 2e-2, "tokens_per_step": 256, "max_tokens": 128, "replay": 0.0}
    return Training(Method(method), **(options | {"warmup_steps": 1, "checkpoint_every": 4} | changes))  # type: ignore[arg-type]


def apart(tuner: Tuner) -> float:
    """How much likelier the house's answer is than the other, in nats a token."""
    with torch.no_grad():
        rows = [tuner.row(PROMPT, answer) for answer in (HOUSE, OTHER)]
        scores, mask = tuner.log_probabilities(rows)
        each = scores.sum(1) / mask.sum(1)
    return float(each[0] - each[1])


@pytest.mark.parametrize("method", ["supervised", "dpo", "kto"])
def test_each_method_comes_to_prefer_what_was_taken(checkpoint: Path, tmp_path: Path, method: str) -> None:
    tuner = Tuner(checkpoint, SHAPE)
    before = apart(tuner)
    losses: list[float] = []
    tune(tuner, DATA, training(method), tmp_path, report=lambda step, m: losses.append(m["loss"]))
    assert apart(tuner) > before + 0.02
    assert losses[-1] < losses[0]


def test_our_engine_serves_the_adapter(checkpoint: Path, tmp_path: Path) -> None:
    tuner = Tuner(checkpoint, SHAPE)
    tune(tuner, DATA, training("supervised", steps=20), tmp_path / "run")
    tuner.save(tmp_path / "adapter")
    quantize_checkpoint(checkpoint, tmp_path / "m.cellwright", 8)
    with Engine.open(tmp_path / "m.cellwright") as engine:
        plain = engine.log_probabilities(PROMPT, [HOUSE])[0]
        engine.load_adapter("house", tmp_path / "adapter")
        adapted = engine.log_probabilities(PROMPT, [HOUSE], adapter="house")[0]
        assert engine.log_probabilities(PROMPT, [HOUSE])[0] == plain
        with torch.no_grad():
            wanted = float(tuner.log_probabilities([tuner.row(PROMPT, HOUSE)])[0].sum())
    assert adapted > plain + 1
    assert adapted == pytest.approx(wanted, abs=0.5)


def test_an_adapter_of_another_base_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    Tuner(checkpoint, SHAPE).save(tmp_path / "adapter")
    larger = build_model(
        {"tokenizer": str(TOKENIZER), "model": MODEL | {"hidden_size": 64}, "data": {"seed": 3}}
    )
    export(tmp_path / "larger", larger, TOKENIZER, torch.float32)
    with pytest.raises(UsageError, match="expected an adapter of this checkpoint"):
        Tuner(tmp_path / "larger", SHAPE, tmp_path / "adapter")
    quantize_checkpoint(tmp_path / "larger", tmp_path / "m.cellwright", 8)
    with Engine.open(tmp_path / "m.cellwright") as engine, pytest.raises(ModelError):
        engine.load_adapter("x", tmp_path / "adapter")


def test_a_run_goes_on_where_it_was(checkpoint: Path, tmp_path: Path) -> None:
    whole = Tuner(checkpoint, SHAPE)
    tune(whole, DATA, training("supervised", steps=8), tmp_path / "whole")
    tune(Tuner(checkpoint, SHAPE), DATA, training("supervised", steps=4), tmp_path / "parts")
    resumed = Tuner(checkpoint, SHAPE)
    steps: list[int] = []
    tune(
        resumed,
        DATA,
        training("supervised", steps=8),
        tmp_path / "parts",
        report=lambda s, _: steps.append(s),
    )
    assert steps == [5, 6, 7, 8]
    assert apart(resumed) == pytest.approx(apart(whole), abs=0.3)


def test_data_that_cannot_teach_is_told(checkpoint: Path, tmp_path: Path) -> None:
    accepts = TuningData(DATA.supervised, [], [Judgement(PROMPT, HOUSE, True)])
    for method, data, told in (
        ("supervised", TuningData(), "expected accepted suggestions or tasks to learn from, got none"),
        ("dpo", accepts, "got 1 accepted ones alone"),
        ("kto", accepts, "got 1 accepted and 0 rejected"),
    ):
        with pytest.raises(UsageError, match=told):
            tune(Tuner(checkpoint, SHAPE), data, training(method), tmp_path / method)
        assert kept(tmp_path / method) is None


def test_a_loss_that_is_no_number_ends_the_run_and_leaves_what_was_kept(
    checkpoint: Path, tmp_path: Path
) -> None:
    tuner = Tuner(checkpoint, SHAPE)
    tune(tuner, DATA, training("supervised", steps=4), tmp_path)
    with torch.no_grad():
        tuner.parameters[0].fill_(math.nan)
        tuner.save(tmp_path / "state")
    with pytest.raises(TuningFailed, match="expected a finite loss, got nan in step 5"):
        tune(tuner, DATA, training("supervised", steps=8), tmp_path)
    with pytest.raises(TuningFailed, match="MiB of memory"):
        tune(Tuner(checkpoint, SHAPE), DATA, training("supervised"), tmp_path / "big", memory_mb=1)


def test_time_ends_a_run(checkpoint: Path, tmp_path: Path) -> None:
    done = tune(Tuner(checkpoint, SHAPE), DATA, training("supervised", steps=100_000, minutes=0.01), tmp_path)
    assert 0 < done < 100_000
    assert kept(tmp_path) is not None


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_kill_at_any_moment_leaves_a_state_to_go_on_from(checkpoint: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.tuning.test_tenant_lora import *\ntorch.set_num_threads(1)\n"
        "tune(Tuner(Path(sys.argv[1]), SHAPE), DATA, training('supervised', steps=10**6, checkpoint_every=1),"
        " Path(sys.argv[2]), report=lambda s, m: print(s, flush=True))"
    )
    random, reached = Random(0), 0
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", code, str(checkpoint), str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            first = int(process.stdout.readline())
            assert first > reached - 2
            time.sleep(random.random() * 2)
            os.kill(process.pid, signal.SIGKILL)
            reached = max([first, *(int(line) for line in process.stdout.read().split())])
        folder = kept(tmp_path)
        assert folder is not None
        Tuner(checkpoint, SHAPE, folder)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_learn_what_one_does(checkpoint: Path, tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(
        "import sys; from pathlib import Path\n"
        "from tests.tuning.test_tenant_lora import *\n"
        "tuner = Tuner(Path(sys.argv[1]), SHAPE)\n"
        "tune(tuner, DATA, training('supervised', steps=10), Path(sys.argv[2]))\n"
        "print(tuner.process.num_processes, round(apart(tuner), 3), flush=True)\n"
        "tuner.process.destroy_process_group()\n"
    )
    launch = [
        "-m",
        "accelerate.commands.launch",
        "--multi_gpu",  # two processes by torch's own launcher, on processors too: `--cpu` starts one
        "--num_processes",
        "2",
        "--num_machines",
        "1",
        "--mixed_precision",
        "no",
        "--dynamo_backend",
        "no",
        "--num_cpu_threads_per_process",
        "1",
    ]
    done = subprocess.run(
        [sys.executable, *launch, str(script), str(checkpoint), str(tmp_path / "run")],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    told = [line.split() for line in done.stdout.splitlines() if line.startswith("2 ")]
    assert len(told) == 2
    assert told[0] == told[1]
    assert float(told[0][1]) > apart(Tuner(checkpoint, SHAPE)) + 0.02


def test_losses_are_those_of_the_papers() -> None:
    chosen, rejected = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 1.0])
    wanted = torch.log1p(torch.exp(-0.1 * (chosen - rejected)))
    assert torch.allclose(preference_loss(chosen, rejected, 0.1), wanted)
    gains, good = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([True, False, False])
    loss = judgement_loss(gains, good, torch.tensor([1.0, 0.0]), 0.1)
    value = [0.1 * (2 - 0.5), 0.1 * (0.5 + 1), 0.1 * (0.5 - 0.5)]
    weights = [1.5, 0.75, 0.75]
    told = [weight * (1 - 1 / (1 + math.exp(-v))) for weight, v in zip(weights, value, strict=True)]
    assert loss.tolist() == pytest.approx(told)


def test_a_recipe_is_read_strictly(tmp_path: Path) -> None:
    def told(text: str) -> str:
        (tmp_path / "r.toml").write_text(text)
        with pytest.raises(UsageError) as caught:
            read_recipe(tmp_path / "r.toml")
        return str(caught.value)

    assert "got stepz" in told('name = "x"\n[[phases]]\nmethod = "dpo"\nstepz = 3')
    assert "expected a method of supervised, dpo, kto, grpo, got 'ppo'" in told(
        'name = "x"\n[[phases]]\nmethod = "ppo"'
    )
    assert "expected int, got 'many'" in told('name = "x"\n[[phases]]\nsteps = "many"')
    assert "expected TOML" in told("name = ")
    assert "expected a name" in told("minutes = 3")
    assert "rank from 1 to 256" in told('name = "x"\n[adapter]\nrank = 0')
    with pytest.raises(UsageError, match="expected a recipe"):
        read_recipe(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["mini", "grpo", "experiment", "arms"])
def test_shipped_recipes(name: str) -> None:
    recipe = read_recipe(TOKENIZER.parent / "recipes" / "tenant" / f"{name}.toml")
    assert recipe.minutes <= 30
