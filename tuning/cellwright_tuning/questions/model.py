"""The scorer of candidate forms as a torch module; `cellwright.ask.questions.scorer` is its numpy twin.

A word is its embedding plus a projection of its facts; a bidirectional LSTM reads the question. Every
operator and every role of a column looks at the words by an attention of its own. A form's score is the sum
of

    its operators' scores, its template's score given the pooled question,
    its columns' scores in their roles (words looked at against the header's words, types and matches),
    its value links' scores, minus the weight of every word that nothing in the form accounts for,
    and a small network over all of these and the form's facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cellwright.ask.questions.contents import COLUMN_FACTS
from cellwright.ask.questions.features import (
    BUCKETS,
    FORM_FACTS,
    LINK_FACTS,
    MIXED_SLOTS,
    SLOTS,
    WORD_FACTS,
    Arrays,
)

WORD = 48
HIDDEN = 40
STATE = 2 * HIDDEN
TEMPLATE = 16
QUESTION = 24
COLUMN = 8
LINK_HIDDEN = 24
MIXED = 96
WORD_DROP = 0.1
UNKNOWN = 1
"""In training so many words are taken for one that is not known."""


@dataclass
class Batch:
    """B questions, words, columns and links padded; M candidates in one row, `owner` says whose."""

    words: Tensor  # (B, T)
    word_facts: Tensor  # (B, T, WORD_FACTS)
    lengths: Tensor  # (B,)
    headers: Tensor  # (B, C, HEADER_WORDS)
    contents: Tensor  # (B, C, CONTENT_WORDS)
    column_facts: Tensor  # (B, C, COLUMN_FACTS)
    named: Tensor  # (B, C, T)
    link_facts: Tensor  # (B, L, LINK_FACTS)
    link_words: Tensor  # (B, L, T)
    owner: Tensor  # (M,)
    ops: Tensor  # (M, MAX_OPS)
    templates: Tensor  # (M,)
    columns: Tensor  # (M, SLOTS)
    links: Tensor  # (M, MAX_LINKS)
    used: Tensor  # (M, T)
    form_facts: Tensor  # (M, FORM_FACTS)


def collate(items: Sequence[tuple[Arrays, NDArray[np.intp]]]) -> Batch:
    """Questions with the indices of the candidates to take of each."""
    first = [arrays for arrays, _ in items]
    t = max(len(a.words) for a in first)
    c = max(len(a.headers) for a in first)
    count = max(1, *(len(a.link_facts) for a in first))

    def padded(parts: Sequence[NDArray[Any]], shape: tuple[int, ...], kind: torch.dtype) -> Tensor:
        out = torch.zeros((len(parts), *shape), dtype=kind)
        for i, part in enumerate(parts):
            place: Any = (i, *(slice(0, n) for n in part.shape))
            out[place] = torch.from_numpy(part).to(kind)
        return out

    taken = [(a, np.asarray(which)) for a, which in items]
    used = np.concatenate([a.used[w] for a, w in taken])
    bits = (used[:, None] >> np.arange(t, dtype=np.uint64)) & np.uint64(1)

    def joined(name: str) -> Tensor:
        return torch.from_numpy(np.concatenate([getattr(a, name)[w] for a, w in taken]))

    real = torch.float32
    return Batch(
        padded([a.words for a in first], (t,), torch.int64),
        padded([a.word_facts for a in first], (t, WORD_FACTS), real),
        torch.tensor([len(a.words) for a in first]),
        padded([a.headers for a in first], (c, first[0].headers.shape[1]), torch.int64),
        padded([a.contents for a in first], (c, first[0].contents.shape[1]), torch.int64),
        padded([a.column_facts for a in first], (c, COLUMN_FACTS), real),
        padded([a.named for a in first], (c, t), real),
        padded([a.link_facts for a in first], (count, LINK_FACTS), real),
        padded([a.link_words for a in first], (count, t), real),
        torch.repeat_interleave(torch.arange(len(taken)), torch.tensor([len(w) for _, w in taken])),
        joined("ops").to(torch.int64),
        torch.from_numpy(np.concatenate([a.templates[w] for a, w in taken]).astype(np.int64)),
        joined("columns").to(torch.int64),
        joined("links").to(torch.int64),
        torch.from_numpy(bits.astype(np.float32)),
        joined("form_facts").to(real),
    )


class QuestionModel(nn.Module):
    """Scores of candidate forms, in logits."""

    def __init__(self, words: int, ops: int, templates: int, *, has_network: bool = True) -> None:
        super().__init__()
        slots = len(SLOTS)
        self.embedding = nn.Embedding(words + BUCKETS + 2, WORD, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.word_facts = nn.Linear(WORD_FACTS, WORD)
        self.lstm = nn.LSTM(WORD, HIDDEN, batch_first=True, bidirectional=True)
        self.header = nn.Linear(2 * WORD + COLUMN_FACTS, WORD)
        self.op_key = nn.Parameter(torch.randn(ops + 2, STATE) * 0.1)
        self.op_value = nn.Parameter(torch.randn(ops + 2, STATE) * 0.1)
        self.op_bias = nn.Parameter(torch.zeros(ops + 2))
        self.slot_key = nn.Parameter(torch.randn(slots, STATE) * 0.1)
        self.slot_map = nn.Parameter(torch.randn(slots, STATE, WORD) * 0.05)
        self.slot_match = nn.Parameter(torch.ones(slots))
        self.slot_best = nn.Parameter(torch.ones(slots))
        self.slot_bias = nn.Parameter(torch.zeros(slots))
        self.template = nn.Embedding(templates + 2, STATE)
        nn.init.zeros_(self.template.weight)
        self.template_bias = nn.Embedding(templates + 2, 1)
        nn.init.zeros_(self.template_bias.weight)
        self.template_mix = nn.Embedding(templates + 2, TEMPLATE)
        self.link_in = nn.Linear(STATE + LINK_FACTS, LINK_HIDDEN)
        self.link_out = nn.Linear(LINK_HIDDEN, 1)
        self.weight = nn.Linear(STATE, 1)
        self.question = nn.Linear(STATE, QUESTION)
        self.column = nn.Linear(WORD, COLUMN)
        mixed = 1 + 3 * slots + 2 + FORM_FACTS + TEMPLATE + QUESTION + len(MIXED_SLOTS) * COLUMN
        self.mix_in = nn.Linear(mixed, MIXED)
        self.mix_out = nn.Linear(MIXED, 1)
        self.drop = nn.Dropout(0.25)
        self.has_network = has_network

    def _mean(self, ids: Tensor) -> Tensor:
        """The mean of the embeddings of the words that there are: (B, C, W) -> (B, C, WORD)."""
        count = (ids > 0).sum(-1, keepdim=True).clamp(min=1)
        mean: Tensor = self.embedding(ids).sum(2) / count
        return mean

    def forward(self, batch: Batch) -> Tensor:
        """(M,) logits."""
        t = batch.words.shape[1]
        mask = torch.arange(t)[None] < batch.lengths[:, None]  # (B, T)
        words = batch.words
        if self.training:
            words = torch.where(torch.rand(words.shape) < WORD_DROP, UNKNOWN, words)
        x = self.drop(self.embedding(words) + self.word_facts(batch.word_facts))
        packed = nn.utils.rnn.pack_padded_sequence(x, batch.lengths, batch_first=True, enforce_sorted=False)
        h, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=t)
        h = self.drop(h)
        away = torch.where(mask, 0.0, -1e4)[:, None, :]

        op_look = functional.softmax(torch.einsum("bth,oh->bot", h, self.op_key) + away, -1)
        op_score = torch.einsum("bot,bth,oh->bo", op_look, h, self.op_value) + self.op_bias
        op_score = torch.cat([torch.zeros_like(op_score[:, :1]), op_score[:, 1:]], 1)

        known = [self.drop(self._mean(ids)) for ids in (batch.headers, batch.contents)]
        column = torch.tanh(self.header(torch.cat([*known, batch.column_facts], -1)))  # (B, C, WORD)
        slot_look = functional.softmax(torch.einsum("bth,sh->bst", h, self.slot_key) + away, -1)
        seen = torch.einsum("bst,bth->bsh", slot_look, h)
        wanted = torch.einsum("bsh,shw->bsw", seen, self.slot_map)
        best = batch.named.amax(2)  # (B, C)
        slot_score = (
            torch.einsum("bsw,bcw->bsc", wanted, column)
            + self.slot_match[:, None] * torch.einsum("bst,bct->bsc", slot_look, batch.named) * 3
            + self.slot_best[:, None] * best[:, None]
            + self.slot_bias[:, None]
        )

        width = batch.link_words.sum(-1, keepdim=True).clamp(min=1)
        span = torch.einsum("blt,bth->blh", batch.link_words, h) / width
        hidden = torch.tanh(self.link_in(torch.cat([span, batch.link_facts], -1)))
        link_score = self.link_out(hidden).squeeze(-1)

        weight = functional.softplus(self.weight(h).squeeze(-1)) * mask  # (B, T)
        pooled = (h + away.transpose(1, 2)).amax(1)  # (B, STATE)
        question = torch.tanh(self.question(pooled))

        owner = batch.owner
        ops = op_score[owner[:, None], batch.ops].sum(1)
        has = batch.columns >= 0
        at = batch.columns.clamp(min=0)
        slots = torch.arange(len(SLOTS))[None]
        roles = slot_score[owner[:, None], slots, at] * has
        matched = best[owner[:, None], at] * has
        named = batch.named[owner[:, None], at] * has[..., None]  # (M, S, T)
        accounted = torch.maximum(batch.used, named.amax(1))
        missing = (weight[owner] * (1 - accounted)).sum(1)
        linked = (link_score[owner[:, None], batch.links.clamp(min=0)] * (batch.links >= 0)).sum(1)
        held = self.column(column)[owner[:, None], at[:, MIXED_SLOTS]] * has[:, MIXED_SLOTS, None]
        template = (self.drop(pooled)[owner] * self.template(batch.templates)).sum(1)
        template = template + self.template_bias(batch.templates).squeeze(-1)
        mixed = torch.cat(
            [
                ops[:, None],
                roles,
                has.float(),
                matched,
                linked[:, None],
                missing[:, None],
                batch.form_facts,
                self.template_mix(batch.templates),
                question[owner],
                held.flatten(1),
            ],
            1,
        )
        total: Tensor = ops + roles.sum(1) + linked - missing + template
        if self.has_network:
            total = total + self.mix_out(self.drop(functional.relu(self.mix_in(mixed)))).squeeze(-1)
        return total
