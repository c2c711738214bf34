"""Fit the scorer of questions: marginal likelihood of the right answer over sampled candidates.

    python -m cellwright_tuning.questions.fit HARVEST [--epochs 10] [--without PART] [--write]

Folds 1 to 4 teach, but for some tables of fold 1, which calibrate; fold 0 is held back and scored by
`cellwright eval tables-qa` alone. The loss of a question is -log of the summed probability of all forms
with the right answer (maximum marginal likelihood, Guu et al. 2017); each step draws anew which wrong forms
stand against them, half of them those that the net likes. Several nets of other seeds make the scorer; its
evidence is weighed on the questions that did not teach (`judging`). `--without` leaves a part out, to see
what it adds: `words` (no word is told from another), `network`, `matches` (headers and values in the
question), `facts`.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellwright.ask.questions.features import BUCKETS, COVERED, IS_TEXT, Vocabulary
from cellwright.ask.questions.judging import EVIDENCE, Floats, Reals, judged
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
    """How to fit. `right`, `wrong`, `hard` candidates are drawn a question; a step has `size` questions.

    Which wrong ones are hard is seen anew every `renew` epochs, after the first.
    """

    epochs: int = 8
    wrong: int = 80
    hard: int = 80
    right: int = 40
    size: int = 48
    rate: float = 3e-3
    renew: int = 4


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


def draw(
    example: Example, rng: np.random.Generator, recipe: Recipe, liked: Floats | None
) -> NDArray[np.intp]:
    """Indices of candidates: right ones, wrong ones by chance, and wrong ones by how a net liked them."""
    rights, wrongs = np.flatnonzero(example.right), np.flatnonzero(~example.right)
    if len(rights) > recipe.right:
        rights = rng.choice(rights, recipe.right, replace=False)
    if len(wrongs) > recipe.wrong + recipe.hard:
        drawn = rng.gumbel(size=len(wrongs))
        if liked is None:
            wrongs = wrongs[np.argsort(-drawn)[: recipe.wrong + recipe.hard]]
        else:
            hard = np.argsort(-(liked[wrongs] + drawn))
            rest = rng.choice(hard[recipe.hard :], recipe.wrong, replace=False)
            wrongs = wrongs[np.concatenate([hard[: recipe.hard], rest])]
    return np.concatenate([rights, wrongs])


def marginal_loss(scores: Tensor, owner: Tensor, right: Tensor, count: int) -> Tensor:
    """Mean over questions of -log of the summed P of the right candidates, in nats."""
    top = torch.full((count,), -1e9).scatter_reduce(0, owner, scores.detach(), "amax")
    mass = torch.exp(scores - top[owner])
    every = torch.zeros(count).index_add(0, owner, mass)
    good = torch.zeros(count).index_add(0, owner, mass * right)
    return -(torch.log(good + 1e-12) - torch.log(every)).mean()


@torch.no_grad()
def scored(model: QuestionModel, examples: list[Example]) -> list[Floats]:
    """The logits of every candidate of every question."""
    model.eval()
    found: list[Floats] = []
    for start in range(0, len(examples), 8):
        part = examples[start : start + 8]
        full = [e for e in part if len(e.right)]
        scores = model(collate([(e.arrays, np.arange(len(e.right))) for e in full])).numpy() if full else []
        place = 0
        for e in part:
            found.append(np.asarray(scores[place : place + len(e.right)], np.float32))
            place += len(e.right)
    model.train()
    return found


@dataclass(frozen=True)
class Outcomes:
    """For each question its likeliest answer's evidence (Q, EVIDENCE) and whether it is right (Q,)."""

    evidence: Reals
    hits: NDArray[np.bool_]


def outcomes(scores: Sequence[list[Floats]], examples: list[Example]) -> Outcomes:
    """What the nets together say; questions without a candidate are left out."""
    evidence, hits = [], []
    for i, e in enumerate(examples):
        if not len(e.right):
            continue
        facts = e.arrays.form_facts.astype(np.float32)
        found = judged(np.stack([one[i] for one in scores]), e.answer, facts[:, COVERED], facts[:, IS_TEXT])
        winner = int(found.shares.argmax())
        evidence.append(found.evidence[winner])
        hits.append(bool(e.right[e.answer == winner].any()))
    return Outcomes(np.array(evidence), np.array(hits))


def fit(
    taught: list[Example], watched: list[Example], model: QuestionModel, recipe: Recipe, seed: int
) -> None:
    """Adam with a rate that rises for a tenth of the steps and falls to nothing by a cosine."""
    rng = np.random.default_rng(seed)
    useful = [e for e in taught if e.right.any() and not e.right.all()]
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=1e-3)
    steps = recipe.epochs * (len(useful) // recipe.size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=steps + 1, pct_start=0.1
    )
    liked: Sequence[Floats | None] = [None] * len(useful)
    began = time.process_time()
    for epoch in range(recipe.epochs):
        if recipe.hard and epoch % recipe.renew == 1:
            liked = scored(model, useful)
        order = rng.permutation(len(useful))
        total, batches = 0.0, 0
        for start in range(0, len(order) - recipe.size + 1, recipe.size):
            part = [useful[i] for i in order[start : start + recipe.size]]
            chosen = [draw(useful[i], rng, recipe, liked[i]) for i in order[start : start + recipe.size]]
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
        if epoch % 4 == 3 or epoch + 1 == recipe.epochs:
            told += f", right {outcomes([scored(model, watched)], watched).hits.mean():.4f}"
        print(f"{told}, {time.process_time() - began:.0f} s of processor", file=sys.stderr, flush=True)


def weighed(found: Outcomes) -> tuple[float, ...]:
    """The weights of the logistic regression of being right on the evidence (Newton's steps, ridge)."""
    x, ridge = found.evidence, np.full(len(EVIDENCE), 3.0)
    ridge[-1] = 1e-3
    w = np.zeros(len(EVIDENCE))
    for _ in range(30):
        q = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (found.hits - q) - ridge * w
        w = w + np.linalg.solve((x * (q * (1 - q))[:, None]).T @ x + np.diag(ridge), gradient)
    return tuple(map(float, w))


def sure_from(probabilities: Reals, hits: NDArray[np.bool_]) -> float:
    """The least probability from which on at least `PRECISION` of the answers are right.

    Wilson's lower bound counts, since those few questions say it only roughly.
    """
    order = np.argsort(-probabilities)
    n = np.arange(1, len(order) + 1)
    p, z = np.cumsum(hits[order]) / n, 1.96
    least = (p + z**2 / (2 * n) - z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)
    good = np.flatnonzero(least >= PRECISION)
    return float(probabilities[order[good[-1]]]) if len(good) else 1.0


def precision_at(probabilities: Reals, hits: NDArray[np.bool_], coverage: float) -> float:
    """How many of the likeliest answers are right, `coverage` of all."""
    order = np.argsort(-probabilities)[: round(coverage * len(hits))]
    return float(hits[order].mean())


def scorer_of(models: Sequence[QuestionModel], vocabulary: Vocabulary, watched: list[Example]) -> Scorer:
    """The fitted scorer, calibrated on questions that did not teach."""
    found = outcomes([scored(model, watched) for model in models], watched)
    nets = tuple({name: tensor.numpy() for name, tensor in m.state_dict().items()} for m in models)
    scorer = Scorer(nets, vocabulary, weighed(found))
    probabilities = scorer.calibrated(found.evidence)
    best = precision_at(probabilities, found.hits, 0.4)
    weights = ", ".join(f"{name} {w:.2f}" for name, w in zip(EVIDENCE, scorer.evidence, strict=True))
    told = f"together: right {found.hits.mean():.4f}, of the surest 40 % {best:.4f}; {weights}"
    print(told, file=sys.stderr, flush=True)
    return replace(scorer, sure=sure_from(probabilities, found.hits))


def main() -> None:
    """Fit, and put the weights into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("harvest", type=Path)
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--chunks", type=int, default=None, help="only the first so many chunks")
    parser.add_argument("--nets", type=int, default=3)
    parser.add_argument("--watch", type=int, default=700, help="questions of fold 1 that calibrate")
    parser.add_argument("--without", choices=PARTS, default=None)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--write", action="store_true", help="into the package")
    given = parser.parse_args()
    torch.set_num_threads(1)
    examples, vocabulary = load(given.harvest, given.chunks)
    if given.without:
        examples = without(examples, given.without)
    watched = [e for e in examples if e.fold == 1][: given.watch]
    kept_out = {id(e) for e in watched}
    taught = [e for e in examples if id(e) not in kept_out]
    size = max(vocabulary.words.values()) - BUCKETS
    could = np.mean([e.right.any() for e in watched])
    print(
        f"{len(taught)} teach, {len(watched)} watch (reached {could:.4f}); "
        f"{len(vocabulary.templates)} templates",
        file=sys.stderr,
    )
    models = []
    for seed in range(SEED, SEED + given.nets):
        torch.manual_seed(seed)
        model = QuestionModel(
            size, len(vocabulary.ops), len(vocabulary.templates), has_network=given.without != "network"
        )
        fit(taught, watched, model, Recipe(epochs=given.epochs), seed)
        models.append(model)
        scorer = scorer_of(models, vocabulary, watched)
        data = scorer_bytes(scorer)
        print(f"{len(data)} bytes, sure from {scorer.sure:.3f}", file=sys.stderr, flush=True)
        if given.out:
            given.out.write_bytes(data)
    if given.write:
        target = files("cellwright.ask.questions").joinpath("scorer.npz")
        Path(str(target)).write_bytes(data)


if __name__ == "__main__":
    main()
