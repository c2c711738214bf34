"""Reinforcement: groups of answers to one prompt, compared by reward (GRPO; Shao et al. 2024).

    python -m cellwright_tuning.grpo tuning/recipes/reinforcement/mini.toml \
        --weights CHECKPOINT --out runs/grpo [--steps N]

Rollouts are drawn on our own engine under the grammar of formulas, from the policy's quantized weights;
rewards come from running each answer on its workbook (`environment.py`). With r_i the rewards of a group, the
advantage is r_i - mean(r), without division by the deviation, which would favour tasks that are nearly solved
or nearly hopeless (Liu et al. 2025). The loss of a token is -min(q A, clip(q, 1 - c, 1 + c) A) + b KL, where
q = p / p_old is taken against the policy before the step and KL is the estimator k3 against the first
checkpoint (Schulman 2020), averaged over all tokens of the step whose answers have an advantage: a group that
agrees teaches nothing and costs as much (Yu et al. 2025 leave such groups out, too). The engine's policy
differs a little from the one that learns (quantized, and the grammar takes the mass of what it forbids):
whole answers are weighed by min(2, p / p_engine). A rollout whose reward could not be computed is dropped and
counted.

A run that is killed goes on from `--out`: prompts and samples of a step depend on (seed, step) alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import LlamaForCausalLM

from cellwright.engine import Engine
from cellwright.engine.formula_grammar import FormulaGrammar, Scope
from cellwright_kernels.checkpoint import quantize_checkpoint

from .environment import Environment, generated_environment
from .train import Log, export, load_optimizers, save_checkpoint

LARGEST_WEIGHT = 2.0
LEAST_ADVANTAGE = 1e-6


@dataclass(frozen=True)
class Rollout:
    """One answer: token ids of prompt and answer (with its end), the engine's log-probability, the reward."""

    task: int
    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    engine_log_probability: float
    reward: float
    advantage: float = 0.0


def advantages(rewards: Sequence[float]) -> list[float]:
    """Each reward less the group's mean."""
    mean = sum(rewards) / len(rewards)
    return [reward - mean for reward in rewards]


def telling(rollouts: Sequence[Rollout]) -> list[Rollout]:
    """Those that are better or worse than their group; rewards that are equal may differ by rounding."""
    return [rollout for rollout in rollouts if abs(rollout.advantage) > LEAST_ADVANTAGE]


def roll_out(
    engine: Engine,
    environment: Environment,
    tasks: Sequence[int],
    options: dict[str, Any],
    seed: int,
    *,
    adapter: str | None = None,
) -> list[Rollout]:
    """A group of answers to each task with their rewards and advantages; too long prompts are left out."""
    rollouts: list[Rollout] = []
    for number in tasks:
        prompt = environment.prompt(number)
        ids = engine.tokenizer.encode(prompt.text)
        if len(ids) > options["max_prompt_tokens"]:
            continue
        scope = Scope(prompt.sheets, prompt.tables, prompt.names)
        answers = engine.complete(
            prompt.text,
            grammar=FormulaGrammar(engine.tokenizer, scope),
            n=options["group"],
            temperature=options["temperature"],
            seed=seed,
            max_tokens=options["max_tokens"],
            adapter=adapter,
        )
        judged = environment.judge(number, [answer.text for answer in answers])
        known: list[Rollout] = []
        for answer, one in zip(answers, judged, strict=True):
            if one.reward is None:
                continue
            # An answer without an end is the policy's own failure: it is worth nothing.
            end = (engine.tokenizer.end,) if answer.is_whole else ()
            reward = one.reward if answer.is_whole else 0.0
            known.append(Rollout(number, tuple(ids), (*answer.tokens, *end), answer.log_probability, reward))
        gains = advantages([one.reward for one in known]) if known else []
        rollouts += [replace(one, advantage=gain) for one, gain in zip(known, gains, strict=True)]
    return rollouts


def token_log_probabilities(
    model: LlamaForCausalLM, rollouts: Sequence[Rollout], pad: int
) -> tuple[Tensor, Tensor]:
    """(log-probability of each answer token, mask), both (rollouts, longest answer)."""
    width = max(len(r.prompt) + len(r.answer) for r in rollouts)
    longest = max(len(r.answer) for r in rollouts)
    ids = torch.full((len(rollouts), width), pad)
    mask = torch.zeros(len(rollouts), longest)
    at = torch.zeros(len(rollouts), longest, dtype=torch.long)
    targets = torch.zeros(len(rollouts), longest, dtype=torch.long)
    for i, r in enumerate(rollouts):
        ids[i, : len(r.prompt) + len(r.answer)] = torch.tensor([*r.prompt, *r.answer])
        mask[i, : len(r.answer)] = 1.0
        at[i, : len(r.answer)] = torch.arange(len(r.prompt) - 1, len(r.prompt) + len(r.answer) - 1)
        targets[i, : len(r.answer)] = torch.tensor(r.answer)
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state  # (B, T, D)
    chosen = hidden.gather(1, at[:, :, None].expand(-1, -1, hidden.shape[-1]))
    scores = functional.log_softmax(model.lm_head(chosen).float(), dim=-1)  # (B, A, V)
    return scores.gather(2, targets[:, :, None]).squeeze(2) * mask, mask


def policy_loss(
    now: Tensor, old: Tensor, reference: Tensor, mask: Tensor, rollouts: Sequence[Rollout], options: Any
) -> Tensor:
    """The mean over the step's tokens of the clipped objective and the distance from the reference."""
    advantage = torch.tensor([r.advantage for r in rollouts])[:, None]
    behaviour = torch.tensor([r.engine_log_probability for r in rollouts])
    weight = torch.exp(old.sum(1) - behaviour).clamp(max=LARGEST_WEIGHT)[:, None]
    ratio = torch.exp(now - old)
    clipped = ratio.clamp(1 - options["clip"], 1 + options["clip"])
    gain = torch.minimum(ratio * advantage, clipped * advantage) * weight
    apart = torch.exp(reference - now) - (reference - now) - 1
    loss: Tensor = ((options["kl"] * apart - gain) * mask).sum() / mask.sum()
    return loss


class Policy:
    """The model that learns, the one it must stay near, and the engine that draws from it."""

    def __init__(self, weights: Path, first: Path, training: dict[str, Any], bits: int) -> None:
        self.model = LlamaForCausalLM.from_pretrained(weights, dtype=torch.float32).train()
        self.reference = LlamaForCausalLM.from_pretrained(first, dtype=torch.float32).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=training["learning_rate"], weight_decay=0.0, betas=(0.9, 0.98)
        )
        self.tokenizer = first
        self._bits, self._threads = bits, training["threads"]
        self._folder = tempfile.TemporaryDirectory(prefix="cellwright-policy-")
        self._engine: Engine | None = None

    def engine(self, refresh: bool) -> Engine:
        """The engine with the policy's weights, quantized anew where asked."""
        if self._engine is None or refresh:
            if self._engine is not None:
                self._engine.close()
            folder = Path(self._folder.name)
            export(folder / "weights", self.model, self.tokenizer, torch.float32)
            quantize_checkpoint(folder / "weights", folder / "policy.cellwright", self._bits)  # type: ignore[arg-type]
            self._engine = Engine.open(folder / "policy.cellwright", threads=self._threads)
        return self._engine

    def close(self) -> None:
        """Free the engine and its files."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._folder.cleanup()

    def learn(self, rollouts: Sequence[Rollout], training: dict[str, Any]) -> dict[str, float]:
        """One step on a step's rollouts; figures for the log."""
        pad = int(self.model.config.pad_token_id or 0)
        with torch.no_grad():
            reference, mask = token_log_probabilities(self.reference, rollouts, pad)
        now, _ = token_log_probabilities(self.model, rollouts, pad)
        old = now.detach()
        loss = policy_loss(now, old, reference, mask, rollouts, training)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), training["clip_norm"])
        self.optimizer.step()
        behaviour = torch.tensor([r.engine_log_probability for r in rollouts])
        return {
            "loss": round(float(loss.detach()), 5),
            "norm": round(float(norm), 4),
            "engine_gap": round(float((old.sum(1) - behaviour).abs().mean()), 4),
            "kl": round(float(((old - reference) * mask).sum() / mask.sum()), 5),
        }


def evaluate(engine: Engine, environment: Environment, tasks: Sequence[int]) -> dict[str, float]:
    """Mean reward and share of right formulas of the likeliest answer."""
    rewards, right = [], []
    for number in tasks:
        prompt = environment.prompt(number)
        if len(engine.tokenizer.encode(prompt.text)) > engine.decoder.context // 2:
            continue
        answers = engine.generate(prompt, 1)
        judged = environment.judge(number, [answer.text for answer in answers[:1]])
        if judged and judged[0].reward is not None:
            rewards.append(judged[0].reward)
            right.append(judged[0].parts["right_formula"])
    count = max(1, len(rewards))
    return {"reward": round(sum(rewards) / count, 4), "right": round(sum(right) / count, 4)}


def train(
    recipe: dict[str, Any], environment: Environment, held_back: Environment, first: Path, out: Path
) -> None:
    """Roll out, judge and learn until the recipe's last step."""
    training, rollout = recipe["training"], recipe["rollout"]
    torch.set_num_threads(training["threads"])
    torch.manual_seed(training["seed"])
    checkpoint = out / "checkpoint"
    is_resumed = (checkpoint / "progress.json").exists()
    policy = Policy(checkpoint if is_resumed else first, first, training, rollout["bits"])
    step = 0
    if is_resumed:
        step = json.loads((checkpoint / "progress.json").read_text(encoding="utf-8"))["step"]
        load_optimizers(checkpoint, policy.model, [policy.optimizer])
    log = Log(out / "log.jsonl")
    log.write(event="start", step=step, tasks=len(environment.tasks), recipe=recipe)
    asked = list(range(min(training["evaluate_tasks"], len(held_back.tasks))))
    if step == 0:
        log.write(event="held_back", step=0, **evaluate(policy.engine(True), held_back, asked))
    while step < training["steps"]:
        started = time.monotonic()
        random = Random(f"{training['seed']}/{step}")
        count = min(rollout["prompts_per_step"], len(environment.tasks))
        chosen = random.sample(range(len(environment.tasks)), count)
        engine = policy.engine(step % rollout["refresh_every"] == 0)
        rollouts = roll_out(engine, environment, chosen, rollout, random.getrandbits(32))
        step += 1
        taught = telling(rollouts)
        moved = policy.learn(taught, training) if taught else {}
        log.write(
            event="step",
            step=step,
            reward=round(sum(r.reward for r in rollouts) / max(1, len(rollouts)), 4),
            rollouts=len(rollouts),
            taught=len(taught),
            failures=sum(environment.failures.values()),
            seconds=round(time.monotonic() - started, 2),
            **moved,
        )
        if step % training["evaluate_every"] == 0 or step == training["steps"]:
            log.write(event="held_back", step=step, **evaluate(policy.engine(True), held_back, asked))
        if step % training["checkpoint_every"] == 0 or step == training["steps"]:
            progress = {"step": step, "recipe": recipe}
            save_checkpoint(checkpoint, policy.model, [policy.optimizer], progress, first)
    policy.close()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Reinforce a checkpoint on generated workbooks.")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--weights", type=Path, required=True, help="checkpoint to start from")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run: checkpoint, log")
    parser.add_argument("--steps", type=int, help="in place of the recipe's")
    given = parser.parse_args()
    recipe = tomllib.loads(given.recipe.read_text(encoding="utf-8"))
    recipe["training"]["steps"] = given.steps or recipe["training"]["steps"]
    tasks = recipe["tasks"]
    with (
        generated_environment(tasks["seed"], tasks["workbooks"]) as environment,
        generated_environment(tasks["seed"] + "/held back", 1 + tasks["workbooks"] // 10) as held_back,
    ):
        train(recipe, environment, held_back, given.weights, given.out)


if __name__ == "__main__":
    main()
