"""Reinforce an adapter in the organisation's own workbooks: answers are run there, the result is the reward.

Rollouts are drawn by our engine with the adapter in one of its slots (the base weights stay as served);
reward, advantage and loss are those of `grpo.py`, the reference is the model without its adapter.
`rollouts.py` spreads the tasks of a step over several processes.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import torch
from torch import nn

from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright_tuning.environment import Environment
from cellwright_tuning.grpo import Rollout, policy_loss, roll_out
from cellwright_tuning.tenant.lora import Report, Row, Tuner, TuningFailed, keep, resume
from cellwright_tuning.tenant.recipe import Training

POLICY = "policy"
Drawn = Callable[[Path, list[int], int], list[Rollout]]
"""From an adapter's folder, tasks and a seed to rollouts with their rewards."""


def rollout_options(training: Training) -> dict[str, float | int]:
    """The options as `grpo.py` reads them."""
    r = training.rollouts
    return {
        "group": r.group,
        "temperature": r.temperature,
        "max_tokens": r.max_tokens,
        "max_prompt_tokens": r.max_prompt_tokens,
        "clip": r.clip,
        "kl": r.kl,
    }


class Drawing:
    """Draws rollouts in this process: one engine, one environment."""

    def __init__(self, engine: Engine, environment: Environment, training: Training) -> None:
        self._engine, self._environment = engine, environment
        self._options = rollout_options(training)

    def __call__(self, adapter: Path, tasks: list[int], seed: int) -> list[Rollout]:
        """See `Drawn`."""
        self._engine.load_adapter(POLICY, adapter)
        return [
            rollout
            for task in tasks
            for rollout in roll_out(
                self._engine, self._environment, [task], self._options, seed + task, adapter=POLICY
            )
        ]


def reinforce(
    tuner: Tuner,
    draw: Drawn,
    tasks: int,
    training: Training,
    out: Path,
    *,
    report: Report = lambda step, metrics: None,
    deadline: float = math.inf,
) -> int:
    """Roll out, judge and learn until the last step or the end of the time; returns the steps done."""
    if tasks == 0:
        raise UsageError("expected tasks that can be checked by running them, got none")
    optimizer = torch.optim.AdamW(tuner.parameters, lr=training.learning_rate, weight_decay=0.0)
    step, started = resume(tuner, optimizer, out), time.monotonic()
    ends = min(deadline, started + training.minutes * 60)
    with tempfile.TemporaryDirectory(prefix="cellwright-policy-") as folder:
        while step < training.steps and time.monotonic() < ends:
            random = Random(f"{training.seed}/{step}")
            chosen = random.sample(range(tasks), min(training.rollouts.prompts_per_step, tasks))
            tuner.save(Path(folder))
            rollouts = draw(Path(folder), chosen, random.getrandbits(32))
            step += 1
            metrics = {"rollouts": float(len(rollouts))}
            if rollouts:
                metrics["reward"] = round(sum(r.reward for r in rollouts) / len(rollouts), 4)
            if any(r.advantage for r in rollouts):
                metrics["loss"] = _learn(tuner, rollouts, training, optimizer)
                if not math.isfinite(metrics["loss"]):
                    raise TuningFailed(f"expected a finite loss, got {metrics['loss']} in step {step}")
            report(step, metrics | {"seconds": round(time.monotonic() - started, 1)})
            if step % training.checkpoint_every == 0:
                keep(tuner, optimizer, out, step)
    keep(tuner, optimizer, out, step)
    return step


def _learn(
    tuner: Tuner, rollouts: list[Rollout], training: Training, optimizer: torch.optim.Optimizer
) -> float:
    rows = [Row((*r.prompt, *r.answer), len(r.prompt)) for r in rollouts]
    reference = tuner.log_probabilities(rows, adapted=False)[0]
    now, mask = tuner.log_probabilities(rows)
    loss = policy_loss(now, now.detach(), reference, mask, rollouts, rollout_options(training))
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(tuner.parameters, training.clip_norm)
    if math.isfinite(float(loss.detach())):
        optimizer.step()
    return float(loss.detach())
