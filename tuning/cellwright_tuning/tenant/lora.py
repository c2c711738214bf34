"""Tune a LoRA adapter of a checkpoint: supervised, by preference pairs, by single judgements.

    supervised   -log p(answer | prompt)
    dpo          -log sigmoid(b ((log p/q)(chosen) - (log p/q)(rejected))) + SUPPORT * supervised(chosen)
                 (Rafailov et al. 2023; the added term keeps the chosen answer likely, Pang et al. 2024)
    kto          w (1 - sigmoid(b (log p/q - z))) for good answers, w (1 - sigmoid(b (z - log p/q))) for bad
                 ones, z = max(0, mean log p/q of answers to others' prompts) (Ethayarajh et al. 2024)

p is the adapted model, q the same without its adapter. A share of every supervised step is general generated
data, so that nothing is forgotten. Only the adapter learns; the checkpoint is never written.

What a step reads depends on (seed, step, process) alone and the adapter is kept every few steps beside itself
and renamed, so a killed run goes on. A run ends at its steps or its time; a loss that is no number or more
memory than allowed raises TuningFailed, and what was kept before stays. Several processes under `accelerate
launch` each take a part of a step and add up their gradients.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from accelerate import PartialState
from accelerate.utils import reduce
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import LlamaForCausalLM

from cellwright.errors import CellwrightError, UsageError
from cellwright.prompt import vocabulary
from cellwright_tuning.data.batches import load_tokenizer
from cellwright_tuning.data.examples import stream
from cellwright_tuning.tenant.examples import Judgement, Pair, Supervised, TuningData
from cellwright_tuning.tenant.recipe import AdapterShape, Method, Training

SUPPORT = 0.2
REPLAYED = {"completion": 0.3, "repair": 0.4, "formula": 0.3}
PASS_TOKENS = 4096
Report = Callable[[int, dict[str, float]], None]
Losses = Iterator[tuple[Tensor, float]]


class TuningFailed(CellwrightError):
    """Tuning can't go on: a loss that is no number, too much memory; nothing that serves was touched."""

    code = "tuning_failed"


@dataclass(frozen=True)
class Row:
    """Token ids of a prompt with an answer, which begins at `start`."""

    ids: tuple[int, ...]
    start: int


class Tuner:
    """A checkpoint with an adapter that learns."""

    def __init__(self, checkpoint: Path, shape: AdapterShape, adapter: Path | None = None) -> None:
        """`adapter` is a directory to go on from; raises UsageError where it is of another checkpoint."""
        if not (checkpoint / "config.json").is_file():
            raise UsageError(f"expected a checkpoint with a config.json, got {checkpoint}")
        self.process = PartialState(cpu=not torch.cuda.is_available())
        base = LlamaForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
        torch.manual_seed(0)
        config = LoraConfig(
            r=shape.rank, lora_alpha=shape.alpha, target_modules=list(shape.targets), task_type="CAUSAL_LM"
        )
        with warnings.catch_warnings():  # peft still asks transformers by a name of before
            warnings.simplefilter("ignore", FutureWarning)
            made = get_peft_model(base, config)
        assert isinstance(made, PeftModel)
        self.model = made
        if adapter is not None:
            self._start_from(adapter)
        nn.Module.to(self.model, self.process.device).train()
        self.tokenizer: Tokenizer = load_tokenizer(checkpoint)
        self.end, self.pad = (self._id(text) for text in (vocabulary.END, vocabulary.PAD))
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]

    def _id(self, text: str) -> int:
        found = self.tokenizer.token_to_id(text)
        if found is None:
            raise UsageError(f"expected a tokenizer with the token {text}, got one without")
        return found

    def _start_from(self, adapter: Path) -> None:
        try:
            weights = load_file(adapter / "adapter_model.safetensors")
            own = get_peft_model_state_dict(self.model)
        except (OSError, ValueError) as error:
            raise UsageError(f"expected an adapter, got {adapter}: {error}") from error
        if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in weights.items()}:
            raise UsageError(f"expected an adapter of this checkpoint and shape, got {adapter}")
        set_peft_model_state_dict(self.model, weights)

    def save(self, folder: Path) -> None:
        """The adapter as peft's directory."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {k: v.detach().cpu().contiguous() for k, v in get_peft_model_state_dict(self.model).items()}
        save_file(state, folder / "adapter_model.safetensors")
        self.model.peft_config["default"].save_pretrained(str(folder))

    def row(self, prompt: str, answer: str) -> Row:
        """A prompt with its answer and the end."""
        ids = self.tokenizer.encode(prompt).ids
        return Row((*ids, *self.tokenizer.encode(answer).ids, self.end), len(ids))

    def log_probabilities(self, rows: Sequence[Row], *, adapted: bool = True) -> tuple[Tensor, Tensor]:
        """(log-probability of each answer token, mask), both (rows, longest answer)."""
        width = max(len(row.ids) for row in rows)
        longest = max(len(row.ids) - row.start for row in rows)
        ids = torch.full((len(rows), width), self.pad)
        at = torch.zeros(len(rows), longest, dtype=torch.long)
        targets = torch.zeros(len(rows), longest, dtype=torch.long)
        mask = torch.zeros(len(rows), longest)
        for i, row in enumerate(rows):
            size = len(row.ids) - row.start
            ids[i, : len(row.ids)] = torch.tensor(row.ids)
            at[i, :size] = torch.arange(row.start - 1, len(row.ids) - 1)
            targets[i, :size] = torch.tensor(row.ids[row.start :])
            mask[i, :size] = 1.0
        device = self.process.device
        ids, at, targets, mask = ids.to(device), at.to(device), targets.to(device), mask.to(device)
        base = self.model.get_base_model()
        assert isinstance(base, LlamaForCausalLM)
        if adapted:
            hidden = base.model(input_ids=ids, use_cache=False).last_hidden_state  # (B, T, D)
        else:
            with torch.no_grad(), self.model.disable_adapter():
                hidden = base.model(input_ids=ids, use_cache=False).last_hidden_state
        chosen = hidden.gather(1, at[:, :, None].expand(-1, -1, hidden.shape[-1]))
        scores = functional.log_softmax(base.lm_head(chosen).float(), dim=-1)  # (B, A, V)
        return scores.gather(2, targets[:, :, None]).squeeze(2) * mask, mask

    def gains(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """(log p of whole answers, log p - log q of them), (rows,) each."""
        now = self.log_probabilities(rows)[0].sum(1)
        return now, now - self.log_probabilities(rows, adapted=False)[0].sum(1)


def preference_loss(chosen: Tensor, rejected: Tensor, beta: float) -> Tensor:
    """DPO's loss of each pair, from the gains log p/q of its answers, (pairs,)."""
    return -functional.logsigmoid(beta * (chosen - rejected))


def judgement_loss(gains: Tensor, is_good: Tensor, strangers: Tensor, beta: float) -> Tensor:
    """KTO's loss of each answer, (answers,), weighed so that good and bad ones count alike.

    `strangers` are the gains of answers put to others' prompts; no gradient goes through them.
    """
    z = strangers.detach().mean().clamp(min=0)
    good, bad = int(is_good.sum()), int((~is_good).sum())
    weight = torch.where(is_good, 1.0 / max(1, good), 1.0 / max(1, bad)) * len(gains) / 2
    value = torch.where(is_good, gains - z, z - gains)
    return weight * (1 - torch.sigmoid(beta * value))


def tune(
    tuner: Tuner,
    data: TuningData,
    training: Training,
    out: Path,
    *,
    report: Report = lambda step, metrics: None,
    memory_mb: int = 8192,
    deadline: float = math.inf,
) -> int:
    """Learn until the last step or the end of the time; returns the steps done. `out` keeps the state.

    Raises UsageError for data that can't teach by this method, TuningFailed as the module says.
    """
    batches = _Batches(tuner, data, training)
    optimizer = torch.optim.AdamW(
        tuner.parameters, lr=training.learning_rate, weight_decay=0.0, betas=(0.9, 0.98)
    )
    step = resume(tuner, optimizer, out)
    started = time.monotonic()
    ends = min(deadline, started + training.minutes * 60)
    while step < training.steps and time.monotonic() < ends:
        warm = min(1.0, (step + 1) / max(1, training.warmup_steps))
        left = max(
            0.05, 1 - max(step / training.steps, (time.monotonic() - started) / (training.minutes * 60))
        )
        for group in optimizer.param_groups:
            group["lr"] = training.learning_rate * min(warm, left)
        metrics = _step(tuner, batches, step, training)
        norm = float(nn.utils.clip_grad_norm_(tuner.parameters, training.clip_norm))
        if not math.isfinite(metrics["loss"]) or not math.isfinite(norm):
            raise TuningFailed(f"expected a finite loss, got {metrics['loss']} in step {step + 1}")
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if used > memory_mb:
            raise TuningFailed(
                f"expected at most {memory_mb} MiB of memory, got {used:.0f} in step {step + 1}"
            )
        optimizer.step()
        step += 1
        if tuner.process.is_main_process:
            report(step, metrics | {"norm": round(norm, 3), "seconds": round(time.monotonic() - started, 1)})
        if step % training.checkpoint_every == 0:
            keep(tuner, optimizer, out, step)
    keep(tuner, optimizer, out, step)
    return step


def _step(tuner: Tuner, batches: _Batches, step: int, training: Training) -> dict[str, float]:
    """Gradients of one step, of all processes together."""
    for parameter in tuner.parameters:
        parameter.grad = None
    totals = [0.0, 0.0]
    for loss, weight in batches.losses(step):
        torch.autograd.backward(loss)
        totals[0] += float(loss.detach())
        totals[1] += weight
    total = torch.tensor(totals, device=tuner.process.device)
    if tuner.process.num_processes > 1:
        total = reduce(total, "sum")
        for parameter in tuner.parameters:
            grad = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
            parameter.grad = reduce(grad, "sum")
    count = max(1.0, float(total[1]))
    for parameter in tuner.parameters:
        if parameter.grad is not None:
            parameter.grad /= count
    return {"loss": round(float(total[0]) / count, 5) if math.isfinite(float(total[0])) else float(total[0])}


class _Batches:
    """What each step reads, and its losses as (sum, how many it is over)."""

    def __init__(self, tuner: Tuner, data: TuningData, training: Training) -> None:
        self._tuner, self._training = tuner, training
        self._supervised = [self._fit(one) for one in data.supervised]
        self._pairs = [
            (self._fit(Supervised(p.prompt, p.chosen)), self._fit(Supervised(p.prompt, p.rejected)))
            for p in data.pairs
        ]
        self._judged = [(self._fit(Supervised(j.prompt, j.answer)), j.is_good) for j in data.judgements]
        _check(data, training.method)

    def _fit(self, one: Supervised) -> Row | None:
        row = self._tuner.row(one.prompt, one.answer)
        return row if len(row.ids) <= self._training.max_tokens else None

    def losses(self, step: int) -> Losses:
        """Of this process's part of a step; each is backpropagated before the next is made."""
        process = self._tuner.process
        random = Random(f"{self._training.seed}/{step}/{process.process_index}")
        budget = self._training.tokens_per_step // process.num_processes
        match self._training.method:
            case Method.SUPERVISED:
                yield from self._learn(random, budget, step)
            case Method.DPO:
                yield from self._prefer(random, budget)
            case Method.KTO:
                yield from self._judge(random, budget)
            case Method.GRPO:
                raise UsageError("expected a method that learns from examples, got grpo")

    def _learn(self, random: Random, budget: int, step: int) -> Losses:
        rows = _draw(
            [row for row in self._supervised if row], random, int(budget * (1 - self._training.replay))
        )
        rows += self._replayed(step, int(budget * self._training.replay))
        for part in passes(rows):
            scores, mask = self._tuner.log_probabilities(part)
            yield -scores.sum(), float(mask.sum())

    def _replayed(self, step: int, budget: int) -> list[Row]:
        rows: list[Row] = []
        shard = step * self._tuner.process.num_processes + self._tuner.process.process_index
        examples = stream(REPLAYED, self._training.seed, shard=shard)
        while sum(len(row.ids) for row in rows) < budget:
            example = next(examples)
            row = self._fit(Supervised(example.prompt, example.answer))
            rows += [row] if row else []
        return rows

    def _prefer(self, random: Random, budget: int) -> Losses:
        usable = [(good, bad) for good, bad in self._pairs if good and bad]
        chosen = _draw_pairs(usable, random, budget)
        for start in range(0, len(chosen), 4):
            part = chosen[start : start + 4]
            log_p, gains = self._tuner.gains([row for pair in part for row in pair])
            loss = preference_loss(gains[0::2], gains[1::2], self._training.beta)
            sizes = torch.tensor([len(good.ids) - good.start for good, _ in part], device=log_p.device)
            yield (loss - SUPPORT * log_p[0::2] / sizes).sum(), float(len(part))

    def _judge(self, random: Random, budget: int) -> Losses:
        usable = [(row, is_good) for row, is_good in self._judged if row]
        good = [item for item in usable if item[1]]
        bad = [item for item in usable if not item[1]]
        count = max(2, budget // (2 * sum(len(row.ids) for row, _ in usable) // len(usable)))
        part = random.choices(good, k=count // 2) + random.choices(bad, k=count - count // 2)
        for start in range(0, len(part), 8):
            some = sorted(part[start :: max(1, len(part) // 8)], key=lambda item: len(item[0].ids))[:8]
            rows = [row for row, _ in some]
            strangers = [
                Row((*row.ids[: row.start], *other.ids[other.start :]), row.start)
                for row, other in zip(rows, rows[1:] + rows[:1], strict=True)
            ]
            with torch.no_grad():
                apart = self._tuner.gains(strangers)[1]
            is_good = torch.tensor([flag for _, flag in some], device=apart.device)
            loss = judgement_loss(self._tuner.gains(rows)[1], is_good, apart, self._training.beta)
            yield loss.sum(), float(len(some))


def _check(data: TuningData, method: Method) -> None:
    if method is Method.SUPERVISED and not data.supervised:
        raise UsageError("expected accepted suggestions or tasks to learn from, got none")
    if method is Method.DPO and not data.pairs:
        raise UsageError(
            "expected accepted answers with rejected or edited ones beside them to learn preferences from, "
            f"got {len(data.supervised)} accepted ones alone"
        )
    good = sum(one.is_good for one in data.judgements)
    if method is Method.KTO and good in (0, len(data.judgements)):
        raise UsageError(
            f"expected both accepted and rejected suggestions to judge by, got {good} accepted and "
            f"{len(data.judgements) - good} rejected"
        )


def _draw(rows: Sequence[Row], random: Random, budget: int) -> list[Row]:
    found: list[Row] = []
    size = 0
    while rows and size < budget:
        row = random.choice(rows)
        found.append(row)
        size += len(row.ids)
    return found


def _draw_pairs(pairs: Sequence[tuple[Row, Row]], random: Random, budget: int) -> list[tuple[Row, Row]]:
    found: list[tuple[Row, Row]] = []
    size = 0
    while pairs and size < budget:
        pair = random.choice(pairs)
        found.append(pair)
        size += 2 * (len(pair[0].ids) + len(pair[1].ids))
    return found


def passes(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows by length, in passes of at most `PASS_TOKENS` tokens with padding."""
    found: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: len(row.ids)):
        if found and (len(found[-1]) + 1) * len(row.ids) <= PASS_TOKENS:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def keep(tuner: Tuner, optimizer: torch.optim.Optimizer, out: Path, step: int) -> None:
    """The adapter, the optimizer's moments and the step; written beside and renamed."""
    if not tuner.process.is_main_process:
        return
    folder, fresh = out / "state", out / "state.new"
    shutil.rmtree(fresh, ignore_errors=True)
    tuner.save(fresh)
    moments = {
        f"{i}|{key}": value.detach().cpu().contiguous()
        for i, parameter in enumerate(tuner.parameters)
        for key, value in optimizer.state.get(parameter, {}).items()
    }
    save_file(moments, fresh / "optimizer.safetensors")
    (fresh / "progress.json").write_text(json.dumps({"step": step}), encoding="utf-8")
    old = out / "state.old"
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def resume(tuner: Tuner, optimizer: torch.optim.Optimizer, out: Path) -> int:
    """Put the kept state back; the step to go on from."""
    folder = kept(out)
    if folder is None:
        return 0
    set_peft_model_state_dict(tuner.model, load_file(folder / "adapter_model.safetensors"))
    for key, value in load_file(folder / "optimizer.safetensors").items():
        number, name = key.split("|")
        optimizer.state[tuner.parameters[int(number)]][name] = value
    return int(json.loads((folder / "progress.json").read_text(encoding="utf-8"))["step"])


def kept(out: Path) -> Path | None:
    """The last whole state of a run: a kill between two renames leaves the one before."""
    for folder in (out / "state", out / "state.old"):
        if (folder / "progress.json").is_file():
            return folder
    return None


def judged_of(pairs: Sequence[Pair]) -> list[Judgement]:
    """Pairs as single judgements."""
    return [
        judgement
        for pair in pairs
        for judgement in (
            Judgement(pair.prompt, pair.chosen, True),
            Judgement(pair.prompt, pair.rejected, False),
        )
    ]
