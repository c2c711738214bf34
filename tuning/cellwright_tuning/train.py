"""Trains a model from a recipe; reads top to bottom.

    python -m cellwright_tuning.train tuning/recipes/mini.toml --out runs/mini [--minutes 9] [--steps N]
    torchrun --nproc-per-node 4 -m cellwright_tuning.train ...          # more than one process

The model is a Llama decoder (pre-norm, rotary positions, grouped-query attention, SwiGLU, tied embeddings)
stored as a Hugging Face directory. Matrices inside the blocks learn by Muon (momentum orthogonalised by
Newton-Schulz, scaled to AdamW's update size), the rest by AdamW. The rate warms up, stays, and falls
linearly at the end, so a run may be prolonged or finished early without being planned.

A run that stops goes on from `--out`: batches are numbered, so the data order is the same whatever
happened. Where only weights are left (an exported bf16 directory, or `--weights DIR`), the optimizer is
warmed anew. Nothing here downloads anything.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from transformers import LlamaConfig, LlamaForCausalLM

from cellwright.prompt import vocabulary
from cellwright.prompt.tasks import PROMPT_VERSION
from cellwright_tuning.data.batches import BatchRecipe, Pass, load_tokenizer, make_batch
from cellwright_tuning.training_kernels import SHORT_ROWS, summed_cross_entropy

SHARD_BYTES = "16MB"
HELD_BACK_BATCHES = 2


class NumberedBatches(Dataset[list[Pass]]):
    """Batches of this process by training step."""

    def __init__(self, recipe: BatchRecipe, rank: int, world: int) -> None:
        self.recipe, self.rank, self.world = recipe, rank, world

    def __getitem__(self, step: int) -> list[Pass]:
        return make_batch(self.recipe, step * self.world + self.rank)


def build_model(recipe: dict[str, Any]) -> LlamaForCausalLM:
    """A model with fresh weights; the last layer of each block starts small: depth adds no variance."""
    tokenizer = load_tokenizer(Path(recipe["tokenizer"]))
    config = LlamaConfig(
        **recipe["model"],
        vocab_size=tokenizer.get_vocab_size(),
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        pad_token_id=tokenizer.token_to_id(vocabulary.PAD),
        eos_token_id=tokenizer.token_to_id(vocabulary.END),
        bos_token_id=None,
    )
    torch.manual_seed(recipe["data"]["seed"])
    model = LlamaForCausalLM(config)
    for name, parameter in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            parameter.data.mul_((2 * config.num_hidden_layers) ** -0.5)
    return model


def build_optimizers(model: nn.Module, training: dict[str, Any]) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for embeddings and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    rate, decay = training["learning_rate"], training["weight_decay"]
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, weight_decay=0.0, betas=(0.9, 0.98)),
    ]


def rate_at(step: int, training: dict[str, Any], warm_from: int) -> float:
    """Factor of the learning rate: warm-up from `warm_from`, constant, linear fall at the end."""
    steps = training["steps"]
    warm = min(1.0, (step - warm_from + 1) / training["warmup_steps"])
    fall = min(1.0, (steps - step) / max(1, int(steps * training["decay_fraction"])))
    return float(max(0.0, min(warm, fall)))


def before_learnt(
    model: LlamaForCausalLM, batch: Pass, device: torch.device, bfloat16: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Of the N learnt tokens: what the last layer holds before each (N, D), their ids, their rows."""
    ids = torch.from_numpy(batch.ids).to(device, non_blocking=True)
    learnt = torch.from_numpy(batch.learnt).to(device, non_blocking=True)[:, 1:]
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16):
        hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state  # (B, T-1, D)
    rows = torch.arange(len(ids), device=device)[:, None].expand_as(learnt)[learnt]
    return hidden[learnt].to(torch.bfloat16 if bfloat16 else torch.float32), ids[:, 1:][learnt], rows


@torch.no_grad()
def evaluate(
    model: LlamaForCausalLM, recipe: BatchRecipe, device: torch.device, bfloat16: bool
) -> dict[str, float]:
    """Loss a token, and the share of answers whose every token is the most likely one, for each task."""
    result: dict[str, float] = {}
    for task, _ in recipe.mixture:
        only = BatchRecipe(
            recipe.tokenizer,
            ((task, 1.0),),
            recipe.seed + 1_000_000,
            8_192,
            recipe.tokens_per_pass,
            recipe.max_tokens,
        )
        loss = tokens = right = answers = 0.0
        for number in range(HELD_BACK_BATCHES):
            for batch in make_batch(only, number, held_back=True):
                hidden, targets, rows = before_learnt(model, batch, device, bfloat16)
                logits = (hidden @ model.lm_head.weight.to(hidden.dtype).T).float()  # (N, V)
                entropy = functional.cross_entropy(logits, targets, reduction="none")
                hit = logits.argmax(-1) == targets
                missed = torch.zeros(len(batch.ids), device=device).index_add_(0, rows, (~hit).float())
                loss, tokens = loss + float(entropy.sum()), tokens + len(entropy)
                right, answers = right + float((missed == 0).sum()), answers + len(missed)
        result[f"{task}_loss"], result[f"{task}_greedy"] = round(loss / tokens, 4), round(right / answers, 4)
    return result


def save_checkpoint(
    folder: Path,
    model: LlamaForCausalLM,
    optimizers: list[torch.optim.Optimizer],
    progress: dict[str, Any],
    tokenizer: Path,
) -> None:
    """Writes beside `folder` and renames, so that a kill leaves the last checkpoint whole."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    export(fresh, model, tokenizer, torch.float32)
    names = {id(p): name for name, p in model.named_parameters()}
    state = {
        f"{names[id(p)]}|{key}": value.detach().cpu().contiguous()
        for optimizer in optimizers
        for p, values in optimizer.state.items()
        for key, value in values.items()
    }
    save_file(state, fresh / "optimizer.safetensors")
    (fresh / "progress.json").write_text(json.dumps(progress, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def export(folder: Path, model: LlamaForCausalLM, tokenizer: Path, dtype: torch.dtype) -> None:
    """A Hugging Face directory: config, tokenizer, weights in shards of at most 16 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: value.detach().to("cpu", dtype)
        for name, value in model.state_dict().items()
        if name != "lm_head.weight"
    }
    model.save_pretrained(folder, state_dict=weights, max_shard_size=SHARD_BYTES)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["dtype"] = str(dtype).removeprefix("torch.")
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer / name, folder / name)


def load_optimizers(folder: Path, model: nn.Module, optimizers: list[torch.optim.Optimizer]) -> None:
    """Puts the saved moments back, by parameter name."""
    saved = load_file(folder / "optimizer.safetensors")
    parameters = dict(model.named_parameters())
    for key, value in saved.items():
        name, entry = key.split("|")
        parameter = parameters[name]
        owner = next(
            o for o in optimizers if any(p is parameter for group in o.param_groups for p in group["params"])
        )
        owner.state[parameter][entry] = value.to(parameter.device) if value.ndim else value


def steps_of(
    recipe: BatchRecipe, start: int, stop: int, workers: int, rank: int, world: int
) -> Iterator[list[Pass]]:
    """The batches of steps `start` to `stop`, made ahead by worker processes where there are any."""
    batches = NumberedBatches(recipe, rank, world)
    if workers == 0:
        yield from (batches[step] for step in range(start, stop))
    else:
        yield from DataLoader(
            batches,
            batch_size=None,
            sampler=range(start, stop),
            num_workers=workers,
            prefetch_factor=4,
            multiprocessing_context="spawn",
        )


def main() -> None:
    """Train; the module's docstring says how."""
    parser = argparse.ArgumentParser(description="Train a Cellwright model from a recipe.")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of this run: checkpoint, log")
    parser.add_argument("--minutes", type=float, help="stop (resumable) after this long")
    parser.add_argument(
        "--steps", type=int, help="total steps in place of the recipe's; moves the final fall of the rate"
    )
    parser.add_argument(
        "--weights", type=Path, help="start from these weights, with a fresh optimizer at step --first-step"
    )
    parser.add_argument(
        "--first-step", type=int, default=0, help="step at which --weights go on (its data comes next)"
    )
    parser.add_argument("--export", type=Path, help="also write a bf16 directory here at the end")
    options = parser.parse_args()
    started = time.monotonic()

    recipe = tomllib.loads(options.recipe.read_text(encoding="utf-8"))
    recipe["tokenizer"] = str(options.recipe.resolve().parent.parent / recipe["tokenizer"])
    training, data = recipe["training"], recipe["data"]
    training["steps"] = options.steps or training["steps"]
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    torch.set_num_threads(training["threads"])
    torch.set_float32_matmul_precision("high")

    checkpoint = options.out / "checkpoint"
    step = tokens = warm_from = 0
    weights = checkpoint if (checkpoint / "progress.json").exists() else options.weights
    model = build_model(recipe)
    if weights is not None:
        model = LlamaForCausalLM.from_pretrained(weights, dtype=torch.float32)
    nn.Module.to(model, device).train()
    if device.type == "cpu":
        model.set_attn_implementation(SHORT_ROWS)
    optimizers = build_optimizers(model, training)
    if weights == checkpoint and weights is not None:
        progress = json.loads((checkpoint / "progress.json").read_text(encoding="utf-8"))
        step, tokens, warm_from = progress["step"], progress["tokens"], progress["warm_from"]
        load_optimizers(checkpoint, model, optimizers)
    elif weights is not None:
        step = warm_from = options.first_step

    batch_recipe = BatchRecipe(
        tokenizer=Path(recipe["tokenizer"]),
        mixture=tuple(data["mixture"].items()),
        seed=data["seed"],
        tokens=training["tokens_per_step"] // world,
        tokens_per_pass=training["tokens_per_pass"],
        max_tokens=training["max_tokens"],
    )
    log = Log(options.out / "log.jsonl") if rank == 0 else None
    if log:
        parameters = sum(p.numel() for p in model.parameters())
        log.write(
            event="start", step=step, parameters=parameters, world=world, device=str(device), recipe=recipe
        )

    def checkpoint_now() -> None:
        if rank == 0:
            progress = {
                "step": step,
                "tokens": tokens,
                "warm_from": warm_from,
                "prompt_version": PROMPT_VERSION,
                "recipe": recipe,
            }
            save_checkpoint(checkpoint, model, optimizers, progress, Path(recipe["tokenizer"]))

    window, window_tokens, window_start = [0.0, 0.0], 0, time.monotonic()
    for passes in steps_of(batch_recipe, step, training["steps"], data["workers"], rank, world):
        learnt = torch.tensor(float(sum(batch.learnt[:, 1:].sum() for batch in passes)), device=device)
        if world > 1:
            dist.all_reduce(learnt)
        for batch in passes:
            hidden, targets, _ = before_learnt(model, batch, device, training["bfloat16"])
            loss = summed_cross_entropy(hidden, model.lm_head.weight, targets) / learnt
            torch.autograd.backward(loss)
            window[0] += float(loss.detach()) if device.type == "cpu" else 0.0
            window_tokens += int(batch.learnt.shape[0] * batch.learnt.shape[1])
        if device.type != "cpu":
            window[0] += float(loss.detach()) * len(passes)
        if world > 1:
            for parameter in model.parameters():
                dist.all_reduce(parameter.grad)
        norm = nn.utils.clip_grad_norm_(model.parameters(), training["clip_norm"])
        factor = rate_at(step, training, warm_from)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = training["learning_rate"] * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        step += 1
        tokens += training["tokens_per_step"]
        window[1] += 1
        out_of_time = options.minutes is not None and time.monotonic() - started > options.minutes * 60
        if log and step % training["log_every"] == 0:
            seconds = time.monotonic() - window_start
            log.write(
                event="step",
                step=step,
                tokens=tokens,
                loss=round(window[0] / window[1], 4),
                rate=round(factor, 4),
                norm=round(float(norm), 3),
                tokens_per_s=round(window_tokens * world / seconds),
            )
            window, window_tokens, window_start = [0.0, 0.0], 0, time.monotonic()
        if step % training["evaluate_every"] == 0 or step == training["steps"]:
            model.train(False)
            scores = evaluate(model, batch_recipe, device, training["bfloat16"])
            model.train()
            if log:
                log.write(event="held_back", step=step, tokens=tokens, **scores)
            window_start = time.monotonic()
        if step % training["checkpoint_every"] == 0 or step == training["steps"] or out_of_time:
            checkpoint_now()
        if out_of_time:
            break
    if rank == 0 and options.export:
        export(options.export, model, Path(recipe["tokenizer"]), torch.bfloat16)
    if world > 1:
        dist.destroy_process_group()


class Log:
    """Appends one JSON line an event to a file and to stderr."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def write(self, **event: Any) -> None:
        line = json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **event})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
