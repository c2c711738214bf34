"""Fit the scorer of questions: marginal likelihood of the right answer over sampled candidates.

    python -m cellwright_tuning.questions.fit HARVEST [--epochs 10] [--without PART] [--write]

Folds 1 to 4 teach, but for some tables of fold 1, which calibrate; fold 0 is held back and scored by
`cellwright eval tables-qa` alone. The loss of a question is -log of the summed probability of all forms with
the right answer (maximum marginal likelihood, Guu et al. 2017); each step draws anew which wrong forms stand
against them. `--without` leaves a part out, to see what it adds: `words` (no word is told from another),
`network`, `matches` (headers and values in the question), `facts`.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellwright.ask.questions.features import BUCKETS, Vocabulary
from cellwright.ask.questions.scorer import Scorer, scorer_bytes

from .example import Example
from .model import QuestionModel, collate

SEED = 7
LEAST_RIGHT = 4
"""A template needs so many questions that it may answer; rarer ones share one id."""
PRECISION = 0.82
PARTS = ("words", "network", "matches", "facts")


@dataclass(frozen=True)
class Recipe:
    """How to fit. `wrong` and `right` candidates are drawn for a question; a step has `size` questions."""

    epochs: int = 10
    wrong: int = 140
    right: int = 40
    size: int = 48
    rate: float = 3e-3


def load(folder: Path, chunks: int | None = None) -> tuple[list[Example], Vocabulary]:
    """The harvested questions, rare templates made one, and their vocabulary."""
    examples: list[Example] = []
    for path in sorted(folder.glob("chunk-*.pkl"))[:chunks]:
        examples += pickle.loads(path.read_bytes())
    words, ops, templates = pickle.loads((folder / "vocabulary.pkl").read_bytes())
    seen = Counter(int(template) for e in examples for template in set(e.arrays.templates[e.right].tolist()))
    kept = sorted(template for template, count in seen.items() if count >= LEAST_RIGHT and template)
    renamed = np.zeros(len(templates) + 1, np.uint16)
    renamed[kept] = np.arange(1, len(kept) + 1)
    names = {number: template for template, number in templates.items()}
    for i, example in enumerate(examples):
        changed = replace(example.arrays, templates=renamed[example.arrays.templates])
        examples[i] = replace(example, arrays=changed)
    return examples, Vocabulary(words, ops, {names[old]: int(renamed[old]) for old in kept})


def without(examples: list[Example], part: str) -> list[Example]:
    """The examples with one part's inputs made nothing."""
    changed = []
    for e in examples:
        a = e.arrays
        if part == "words":
            a = replace(a, words=np.ones_like(a.words), headers=np.minimum(a.headers, 1))
        elif part == "matches":
            a = replace(a, named=np.zeros_like(a.named), word_facts=np.zeros_like(a.word_facts))
        elif part == "facts":
            a = replace(a, form_facts=np.zeros_like(a.form_facts))
        changed.append(replace(e, arrays=a))
    return changed


def draw(example: Example, rng: np.random.Generator, recipe: Recipe) -> NDArray[np.intp]:
    """Indices of candidates: right ones first, then wrong ones."""
    rights, wrongs = np.flatnonzero(example.right), np.flatnonzero(~example.right)
    if len(rights) > recipe.right:
        rights = rng.choice(rights, recipe.right, replace=False)
    if len(wrongs) > recipe.wrong:
        wrongs = rng.choice(wrongs, recipe.wrong, replace=False)
    return np.concatenate([rights, wrongs])


def marginal_loss(scores: Tensor, owner: Tensor, right: Tensor, count: int) -> Tensor:
    """Mean over questions of -log of the summed P of the right candidates, in nats."""
    top = torch.full((count,), -1e9).scatter_reduce(0, owner, scores.detach(), "amax")
    mass = torch.exp(scores - top[owner])
    every = torch.zeros(count).index_add(0, owner, mass)
    good = torch.zeros(count).index_add(0, owner, mass * right)
    return -(torch.log(good + 1e-12) - torch.log(every)).mean()


@torch.no_grad()
def outcomes(model: QuestionModel, examples: list[Example]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """For each question the likeliest answer's share of the softmax, and whether it is right."""
    model.eval()
    shares, hits = [], []
    for start in range(0, len(examples), 8):
        part = [e for e in examples[start : start + 8] if len(e.right)]
        if not part:
            continue
        scores = model(collate([(e.arrays, np.arange(len(e.right))) for e in part])).numpy()
        place = 0
        for e in part:
            own = scores[place : place + len(e.right)].astype(np.float64)
            place += len(own)
            mass = np.bincount(e.answer, weights=np.exp(own - own.max()))
            winner = int(mass.argmax())
            shares.append(float(mass[winner] / mass.sum()))
            hits.append(bool(e.right[e.answer == winner].any()))
    model.train()
    return np.array(shares), np.array(hits)


def fit(taught: list[Example], watched: list[Example], model: QuestionModel, recipe: Recipe) -> None:
    """Adam with a rate that rises for a tenth of the steps and falls to nothing by a cosine."""
    rng = np.random.default_rng(SEED)
    useful = [e for e in taught if e.right.any() and not e.right.all()]
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=1e-3)
    steps = recipe.epochs * (len(useful) // recipe.size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=steps + 1, pct_start=0.1
    )
    began = time.process_time()
    for epoch in range(recipe.epochs):
        order = rng.permutation(len(useful))
        total, batches = 0.0, 0
        for start in range(0, len(order) - recipe.size + 1, recipe.size):
            part = [useful[i] for i in order[start : start + recipe.size]]
            chosen = [draw(e, rng, recipe) for e in part]
            batch = collate([(e.arrays, which) for e, which in zip(part, chosen, strict=True)])
            hit = np.concatenate([e.right[w] for e, w in zip(part, chosen, strict=True)])
            loss = marginal_loss(
                model(batch), batch.owner, torch.from_numpy(hit.astype(np.float32)), len(part)
            )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            total, batches = total + float(loss.detach()), batches + 1
        told = f"epoch {epoch + 1}: loss {total / max(1, batches):.3f}"
        if epoch % 5 == 4 or epoch + 1 == recipe.epochs:
            told += f", right {outcomes(model, watched)[1].mean():.4f}"
        print(f"{told}, {time.process_time() - began:.0f} s of processor", file=sys.stderr, flush=True)


def calibration(shares: NDArray[np.float64], hits: NDArray[np.bool_]) -> tuple[float, float]:
    """(scale, bias) of the logistic regression of being right on the logit of the share (Newton's steps)."""
    p = np.clip(shares, 1e-6, 1 - 1e-6)
    x = np.stack([np.log(p / (1 - p)), np.ones_like(p)], 1)
    w = np.array([1.0, 0.0])
    for _ in range(30):
        q = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (hits - q) - 1e-3 * w
        w = w + np.linalg.solve((x * (q * (1 - q))[:, None]).T @ x + 1e-3 * np.eye(2), gradient)
    return float(w[0]), float(w[1])


def sure_from(probabilities: NDArray[np.float64], hits: NDArray[np.bool_]) -> float:
    """The least probability from which on `PRECISION` of the answers are right."""
    order = np.argsort(-probabilities)
    precision = np.cumsum(hits[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= PRECISION)
    return float(probabilities[order[good[-1]]]) if len(good) else 1.0


def scorer_of(model: QuestionModel, vocabulary: Vocabulary, watched: list[Example]) -> Scorer:
    """The fitted scorer, calibrated on questions that did not teach."""
    shares, hits = outcomes(model, watched)
    scale, bias = calibration(shares, hits)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    scorer = Scorer(weights, vocabulary, scale, bias)
    probabilities = np.array([scorer.calibrated(share) for share in shares])
    return replace(scorer, sure=sure_from(probabilities, hits))


def main() -> None:
    """Fit, and put the weights into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("harvest", type=Path)
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--chunks", type=int, default=None, help="only the first so many chunks")
    parser.add_argument("--watch", type=int, default=500, help="questions of fold 1 that calibrate")
    parser.add_argument("--without", choices=PARTS, default=None)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    examples, vocabulary = load(given.harvest, given.chunks)
    if given.without:
        examples = without(examples, given.without)
    watched = [e for e in examples if e.fold == 1][: given.watch]
    kept_out = {id(e) for e in watched}
    taught = [e for e in examples if id(e) not in kept_out]
    size = max(vocabulary.words.values()) - BUCKETS
    model = QuestionModel(
        size, len(vocabulary.ops), len(vocabulary.templates), has_network=given.without != "network"
    )
    could = np.mean([e.right.any() for e in watched])
    print(
        f"{len(taught)} teach, {len(watched)} watch (reached {could:.4f}); "
        f"{len(vocabulary.templates)} templates",
        file=sys.stderr,
    )
    fit(taught, watched, model, Recipe(epochs=given.epochs))
    scorer = scorer_of(model, vocabulary, watched)
    data = scorer_bytes(scorer)
    print(f"{len(data)} bytes, sure from {scorer.sure:.3f}", file=sys.stderr)
    if given.out:
        given.out.write_bytes(data)
    if given.write:
        target = files("cellwright.ask.questions").joinpath("scorer.npz")
        Path(str(target)).write_bytes(data)


if __name__ == "__main__":
    main()
