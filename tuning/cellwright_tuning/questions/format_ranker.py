"""A log-linear ranker of offered rules: which cells does a sentence mean?

P(offer) is proportional to exp(w . f); offers that pick out the same cells add up, and the loss of a
sentence is -log of what the wanted cells get (maximum marginal likelihood), with an L2 penalty; fitted by
L-BFGS on 1 thread in seconds. Not shipped: it may learn from the set that it is tested on by
cross-validation alone.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellwright.ask.condition_phrases import QUOTES

from .format_offers import Offer, words_of

Cells = frozenset[int]
Floats = NDArray[np.float64]

_FAMILY = {
    "gt": "order", "lt": "order", "ge": "order", "le": "order", "between": "order", "eq": "equal",
    "ne": "equal", "contains": "text", "begins": "text", "ends": "text", "top": "rank",
    "bottom": "rank", "above": "average", "below": "average", "unique": "duplicate",
}  # fmt: skip
_UP, _DOWN = frozenset({"gt", "ge", "top", "above"}), frozenset({"lt", "le", "bottom", "below"})
_CUES = {
    "duplicate": "dupl", "unique": "unique|distinct", "blank": "blank|empty|missing", "error": "error",
    "above": "above|over|average", "below": "below|under|average",
}  # fmt: skip
_COMPARES = re.compile(
    r"top|bottom|high|low|max|min|dupl|great|less|equal|than|between|contain|text|above|below|average|"
    r"value|[<>=]|find|percent|colou?r|where|start|blank|more",
    re.I,
)
_LEAST_SEEN = 2
STEPS = 80


@dataclass(frozen=True)
class Sentence:
    """One sentence with its offers and their cells; `shipped` are the cells of the shipped reader's rule.

    `said` is the sentence without places. `group` names the wanted rule: what folds keep together.
    """

    text: str
    said: str
    group: str
    wanted: Cells
    shipped: Cells | None
    offers: tuple[tuple[Offer, Cells], ...]
    kind: str
    height: int
    filled: int
    different: int

    @property
    def is_bare(self) -> bool:
        """Whether it says nothing of what is compared (`apply conditional formatting to C4:C10`)."""
        return _COMPARES.search(self.said) is None


def features(sentence: Sentence) -> list[list[str]]:
    """The names of the features of each offer, all of value 1."""
    words = {re.sub(r"^\d.*", "#", word) for word in words_of(QUOTES.sub(" ", sentence.said))[:40]}
    return [_features(sentence, offer, cells, words) for offer, cells in sentence.offers]


def _features(sentence: Sentence, offer: Offer, cells: Cells, words: set[str]) -> list[str]:
    base = offer.kind.removeprefix("not ").removesuffix("%")
    family = ("not " if offer.kind.startswith("not ") else "") + _FAMILY.get(base, base)
    direction = "up" if base in _UP else "down" if base in _DOWN else ""
    share = _bucket(len(cells) / max(1, sentence.height))
    bare, silent = sentence.is_bare, sentence.shipped is None
    is_shipped = cells == sentence.shipped
    repeats = sentence.different < 0.7 * sentence.height
    quotes = QUOTES.search(sentence.text) is not None
    source = offer.source
    found = [
        f"kind={offer.kind}", f"family={family}", f"source={source}", f"share={share}",
        f"{family}|{source}", f"{family}|share={share}", f"{source}|share={share}",
        f"{sentence.kind}|{family}", f"{source}|{family}|none={not cells}", f"{source}|none={not cells}",
        f"none={not cells}|{sentence.filled == 0}|{sentence.height <= 1}",
        f"all={len(cells) == sentence.height}", f"shipped={is_shipped}",
        f"silent={silent}|{source}", f"silent={silent}|{family}", f"quotes={quotes}|{source}",
        f"bare={bare}|{source}", f"bare={bare}|{source}|share={share}",
        f"bare={bare}|{source}|{sentence.kind}", f"bare={bare}|{family}|repeats={repeats}",
        f"height={min(3, sentence.height // 4)}|{source}|{bool(cells)}",
    ]  # fmt: skip
    if sentence.height <= 1:
        found.append(f"one row|{source}|{bool(cells)}")
    if is_shipped:
        found += [f"shipped|{family}", f"shipped|none={not cells}"]
    if base in _CUES:
        found.append(f"cue={re.search(_CUES[base], sentence.text, re.I) is not None}|{family}")
    contexts = ("before", "two before", "behind")
    for name, value in offer.facts.items():
        held = f"{name}={value}"
        found += [f"{held}|{source}", f"{held}|{family}|{source}"]
        if name in contexts:
            found += [f"{held}|{offer.kind}", f"{held}|{direction}"]
        elif bare:
            found.append(f"bare|{held}|{source}")
    for word in words:
        found += [f"{word}|{offer.kind}", f"{word}|{family}", f"{word}|{source}"]
        found += [f"{word}|{direction}"] * bool(direction) + [f"{word}|%"] * offer.kind.endswith("%")
    return found


def _bucket(share: float) -> int:
    return int(np.searchsorted([1e-9, 0.06, 0.15, 0.35, 0.65, 1.0], share, side="right"))


@dataclass(frozen=True)
class Ranker:
    """Weights by feature."""

    weights: dict[str, float]

    def cells(self, sentence: Sentence) -> Cells:
        """The cells that get the greatest share."""
        scores = np.array(
            [sum(self.weights.get(name, 0.0) for name in names) for names in features(sentence)]
        )
        shares: dict[Cells, float] = defaultdict(float)
        for (_, cells), mass in zip(sentence.offers, np.exp(scores - scores.max()), strict=True):
            shares[cells] += float(mass)
        return max(shares, key=lambda cells: shares[cells])


def fit(sentences: Sequence[Sentence], penalty: float) -> Ranker:
    """The ranker of sentences whose wanted cells are on offer; the others teach nothing."""
    held = [one for one in sentences if any(cells == one.wanted for _, cells in one.offers)]
    named = [features(one) for one in held]
    seen = Counter(name for rows in named for names in rows for name in names)
    ids = {name: place for place, name in enumerate(n for n, count in seen.items() if count >= _LEAST_SEEN)}
    flat: list[int] = []
    starts: list[int] = []
    owner: list[int] = []
    is_wanted: list[bool] = []
    for number, (one, rows) in enumerate(zip(held, named, strict=True)):
        for (_, cells), names in zip(one.offers, rows, strict=True):
            starts.append(len(flat))
            flat += [ids[name] for name in names if name in ids]
            owner.append(number)
            is_wanted.append(cells == one.wanted)
    weights = torch.zeros(len(ids), 1, requires_grad=True)
    index, offsets, owners = torch.tensor(flat), torch.tensor(starts), torch.tensor(owner)
    wanted = torch.tensor(is_wanted)
    optimiser = torch.optim.LBFGS([weights], max_iter=STEPS, history_size=20, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        scores = torch.nn.functional.embedding_bag(index, weights, offsets, mode="sum")[:, 0]
        every = _log_sums(scores, owners, len(held))
        right = _log_sums(scores[wanted], owners[wanted], len(held))
        total = (every - right).sum() + penalty / 2 * weights.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    found = weights.detach()[:, 0].tolist()
    return Ranker({name: found[place] for name, place in ids.items()})


def _log_sums(scores: Tensor, owners: Tensor, count: int) -> Tensor:
    """log of the sum of exp(scores) by owner; every owner has a score. (N,), (N,) -> (count,)"""
    most = torch.full((count,), -torch.inf).scatter_reduce(0, owners, scores.detach(), "amax")
    sums = torch.zeros(count).scatter_add(0, owners, torch.exp(scores - most[owners]))
    return torch.log(sums) + most
