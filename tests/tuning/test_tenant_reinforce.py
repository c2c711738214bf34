"""Reinforcement of an adapter in a workbook: in one process, over two Ray nodes, and by TRL's trainer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright.registry import find_model
from cellwright_kernels.checkpoint import quantize_checkpoint
from cellwright_tuning.environment import Environment
from cellwright_tuning.tenant.lora import Tuner
from cellwright_tuning.tenant.recipe import AdapterShape, Method, Rollouts, Training
from cellwright_tuning.tenant.reinforce import Drawing, reinforce
from cellwright_tuning.tenant.rollouts import RayDrawing
from cellwright_tuning.tenant.run import default_checkpoint
from tests.tuning.test_grpo import environment, undecided

__all__ = ["undecided"]

SHAPE = AdapterShape(rank=4, alpha=8)
TRAINING = Training(
    Method.GRPO,
    steps=4,
    learning_rate=2e-2,
    checkpoint_every=5,
    rollouts=Rollouts(prompts_per_step=1, group=8, max_tokens=16, kl=0.0),
)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Threads that wait for one another on a busy machine take a hundred times as long."""
    torch.set_num_threads(1)


@pytest.fixture
def toy() -> Iterator[Environment]:
    with environment() as made:
        yield made


@pytest.fixture
def model(undecided: Path, tmp_path: Path) -> Path:
    quantize_checkpoint(undecided, tmp_path / "m.cellwright", 8)
    return tmp_path / "m.cellwright"


def test_rollouts_of_the_engine_move_the_adapter(
    toy: Environment, undecided: Path, model: Path, tmp_path: Path
) -> None:
    rewards: list[float] = []
    with Engine.open(model) as engine:
        done = reinforce(
            Tuner(undecided, SHAPE),
            Drawing(engine, toy, TRAINING),
            1,
            TRAINING,
            tmp_path / "run",
            report=lambda step, metrics: rewards.append(metrics["reward"]),
        )
        with pytest.raises(UsageError, match="tasks that can be checked"):
            reinforce(Tuner(undecided, SHAPE), Drawing(engine, toy, TRAINING), 0, TRAINING, tmp_path / "none")
    assert done == TRAINING.steps
    assert len(rewards) == TRAINING.steps
    assert all(0.0 <= reward <= 1.0 for reward in rewards)
    weights = load_file(tmp_path / "run" / "state" / "adapter_model.safetensors")
    assert any(bool(value.abs().sum() > 0) for name, value in weights.items() if "lora_B" in name)


def test_the_shipped_models_adapter_comes_to_write_what_the_workbook_pays(
    toy: Environment, tmp_path: Path
) -> None:
    """The tiny checkpoint can't show it: its rows of `*` and `+` lie 0.1 apart; no adapter moves them."""
    rewards: list[float] = []
    training = replace(TRAINING, steps=16, learning_rate=2e-3)
    tuner = Tuner(default_checkpoint(), SHAPE)
    with Engine.open(find_model()) as engine:
        reinforce(
            tuner,
            Drawing(engine, toy, training),
            1,
            training,
            tmp_path / "run",
            report=lambda step, metrics: rewards.append(metrics["reward"]),
        )
    first, last = sum(rewards[:4]) / 4, sum(rewards[-4:]) / 4
    assert first < 0.5
    assert last > first + 0.2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_nodes_draw_what_one_process_does(
    toy: Environment,
    undecided: Path,
    model: Path,
    tmp_path: Path,
) -> None:
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    ray = pytest.importorskip("ray")
    Tuner(undecided, SHAPE).save(tmp_path / "adapter")
    with Engine.open(model) as engine:
        alone = Drawing(engine, toy, TRAINING)(tmp_path / "adapter", [0, 0], 7)
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False)
        with RayDrawing(model, toy.tasks, TRAINING, workers=2) as draw:
            spread = draw(tmp_path / "adapter", [0, 0], 7)
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert [(r.answer, r.reward) for r in spread] == [(r.answer, r.reward) for r in alone]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")  # what TRL, its data sets and their threads warn of is theirs
def test_trl_learns_in_the_same_environment(toy: Environment, undecided: Path, tmp_path: Path) -> None:
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    from peft import LoraConfig
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    from cellwright.prompt.vocabulary import END, PAD

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(undecided / "tokenizer.json"), eos_token=END, pad_token=PAD
    )
    options = trl.GRPOConfig(
        output_dir=str(tmp_path / "out"),
        per_device_train_batch_size=8,
        num_generations=8,
        max_completion_length=16,
        max_steps=2,
        learning_rate=1e-2,
        logging_steps=1,
        report_to=[],
        use_cpu=True,
        save_strategy="no",
    )
    trainer = trl.GRPOTrainer(
        model=LlamaForCausalLM.from_pretrained(undecided),
        reward_funcs=toy.trl_reward,
        args=options,
        train_dataset=datasets.Dataset.from_list(toy.rows() * 8),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=4, lora_alpha=8, task_type="CAUSAL_LM"),
    )
    trainer.train()
    rewards = [entry["reward"] for entry in trainer.state.log_history if "reward" in entry]
    assert len(rewards) == 2
    assert all(0.0 <= reward <= 1.0 for reward in rewards)
