"""The scorer of candidate forms in numpy: from arrays to the logits of several nets.

The twin of `cellwright_tuning.questions.model`, where the parts are explained; weights are read from a file
of numpy arrays in half precision. LSTM gates come in torch's order: input, forget, cell, output.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.ask.questions.features import MIXED_SLOTS, SLOTS, Arrays, Vocabulary
from cellwright.ask.questions.judging import EVIDENCE, Floats, Reals


@dataclass(frozen=True)
class Scorer:
    """The weights of several nets with their vocabulary. P(answer) = sigmoid(`evidence` . its evidence).

    `sure` is the least probability at which an answer is shown as sure.
    """

    nets: tuple[Mapping[str, Floats], ...]
    vocabulary: Vocabulary
    evidence: tuple[float, ...] = (1.0, *(0.0,) * (len(EVIDENCE) - 1))
    sure: float = 0.5

    def scores(self, arrays: Arrays) -> Floats:
        """(E, N) logits of the candidates, one row a net."""
        return np.stack([_Net(net).scores(arrays) for net in self.nets])

    def calibrated(self, evidence: Reals) -> Reals:
        """P(right) of answers with that evidence: (A, EVIDENCE) -> (A,)."""
        p: Reals = 1 / (1 + np.exp(-evidence @ np.array(self.evidence)))
        return p


@dataclass(frozen=True)
class _Net:
    weights: Mapping[str, Floats]

    def scores(self, arrays: Arrays) -> Floats:
        """(N,) logits of the candidates."""
        w = self.weights
        words = w["embedding.weight"][arrays.words] + _linear(w, "word_facts", arrays.word_facts)
        h = np.concatenate([_lstm(w, words, ""), _lstm(w, words[::-1], "_reverse")[::-1]], 1)  # (T, STATE)

        op_look = _softmax(w["op_key"] @ h.T)  # (ops, T)
        op_score = np.einsum("ot,th,oh->o", op_look, h, w["op_value"], optimize=True) + w["op_bias"]
        op_score[0] = 0.0

        known = [_mean(w, ids) for ids in (arrays.headers, arrays.contents)]
        column = np.tanh(_linear(w, "header", np.concatenate([*known, arrays.column_facts], 1)))
        slot_look = _softmax(w["slot_key"] @ h.T)  # (S, T)
        wanted = np.einsum("sh,shw->sw", slot_look @ h, w["slot_map"])
        best = arrays.named.max(1)
        slot_score = (
            wanted @ column.T
            + w["slot_match"][:, None] * (slot_look @ arrays.named.T) * 3
            + w["slot_best"][:, None] * best[None]
            + w["slot_bias"][:, None]
        )  # (S, C)

        weight = np.logaddexp(0.0, _linear(w, "weight", h)[:, 0])
        pooled = h.max(0)
        question = np.tanh(_linear(w, "question", pooled))

        bits = (arrays.used[:, None] >> np.arange(len(arrays.words), dtype=np.uint64)) & np.uint64(1)
        has = arrays.columns >= 0
        at = np.maximum(arrays.columns, 0)
        roles = slot_score[np.arange(len(SLOTS)), at] * has
        matched = best[at] * has
        accounted: Floats = bits.astype(np.float32)
        for slot in range(len(SLOTS)):
            named: Floats = arrays.named[at[:, slot]] * has[:, slot, None].astype(np.float32)
            np.maximum(accounted, named, out=accounted)
        missing = (1 - accounted) @ weight
        ops = op_score[arrays.ops].sum(1)
        linked = self._links(arrays, h)
        held = _linear(w, "column", column)[at[:, MIXED_SLOTS]] * has[:, MIXED_SLOTS, None]
        templates = arrays.templates
        template = w["template.weight"][templates] @ pooled + w["template_bias.weight"][templates, 0]
        mixed = np.concatenate(
            [
                ops[:, None],
                roles,
                has,
                matched,
                linked[:, None],
                missing[:, None],
                arrays.form_facts,
                w["template_mix.weight"][templates],
                np.broadcast_to(question, (len(ops), len(question))),
                held.reshape(len(ops), -1),
            ],
            1,
        ).astype(np.float32)
        network = _linear(w, "mix_out", np.maximum(_linear(w, "mix_in", mixed), 0.0))[:, 0]
        scores: Floats = (ops + roles.sum(1) + linked - missing + template + network).astype(np.float32)
        return scores

    def _links(self, arrays: Arrays, h: Floats) -> Floats:
        """(N,) the summed scores of the value links that a candidate uses."""
        if not len(arrays.link_facts):
            return np.zeros(len(arrays.ops), np.float32)
        marks = arrays.link_words.astype(np.float32)
        span = marks @ h / np.maximum(marks.sum(1, keepdims=True), 1)
        w = self.weights
        hidden = np.tanh(_linear(w, "link_in", np.concatenate([span, arrays.link_facts], 1)))
        score = _linear(w, "link_out", hidden)[:, 0]
        linked: Floats = (score[np.maximum(arrays.links, 0)] * (arrays.links >= 0)).sum(1)
        return linked


def _linear(weights: Mapping[str, Floats], name: str, x: NDArray[Any]) -> Floats:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _mean(weights: Mapping[str, Floats], ids: NDArray[np.int32]) -> Floats:
    """(C, W) -> (C, D): the mean of the embeddings of the words that there are."""
    mean: Floats = weights["embedding.weight"][ids].sum(1) / np.maximum((ids > 0).sum(-1, keepdims=True), 1)
    return mean


def _softmax(x: Floats) -> Floats:
    raised = np.exp(x - x.max(-1, keepdims=True))
    scaled: Floats = raised / raised.sum(-1, keepdims=True)
    return scaled


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)), np.float32)


def _lstm(weights: Mapping[str, Floats], x: Floats, end: str) -> Floats:
    """(T, D) -> (T, H): one direction of one layer."""
    recurrent = weights[f"lstm.weight_hh_l0{end}"].T
    inputs = (
        x @ weights[f"lstm.weight_ih_l0{end}"].T
        + weights[f"lstm.bias_ih_l0{end}"]
        + weights[f"lstm.bias_hh_l0{end}"]
    )
    size = recurrent.shape[0]
    hidden = cell = np.zeros(size, np.float32)
    states = np.empty((len(x), size), np.float32)
    for t in range(len(x)):
        gates = inputs[t] + hidden @ recurrent
        cell = _sigmoid(gates[size : 2 * size]) * cell + _sigmoid(gates[:size]) * np.tanh(
            gates[2 * size : 3 * size]
        )
        hidden = _sigmoid(gates[3 * size :]) * np.tanh(cell)
        states[t] = hidden
    return states


def read_scorer(data: bytes) -> Scorer:
    """A scorer from the bytes of its `.npz` (arrays in half precision, and `meta`, JSON as bytes)."""
    with np.load(BytesIO(data)) as archive:
        meta = json.loads(archive["meta"].tobytes())
        nets = tuple(
            {
                name.partition("/")[2]: archive[name].astype(np.float32)
                for name in archive.files
                if name.startswith(f"{net}/")
            }
            for net in range(meta["nets"])
        )
    vocabulary = Vocabulary(
        {word: i for i, word in meta["words"]},
        {op: i for i, op in meta["ops"]},
        {template: i for i, template in meta["templates"]},
    )
    return Scorer(nets, vocabulary, tuple(meta["evidence"]), meta["sure"])


def scorer_bytes(scorer: Scorer) -> bytes:
    """The opposite of `read_scorer`."""
    vocabulary = scorer.vocabulary
    meta = {
        name: [[i, key] for key, i in table.items()]
        for name, table in (
            ("words", vocabulary.words),
            ("ops", vocabulary.ops),
            ("templates", vocabulary.templates),
        )
    }
    facts = {"nets": len(scorer.nets), "evidence": scorer.evidence, "sure": scorer.sure}
    target = BytesIO()
    arrays: dict[str, Any] = {
        f"{net}/{name}": array.astype(np.float16)
        for net, weights in enumerate(scorer.nets)
        for name, array in weights.items()
    }
    np.savez_compressed(target, meta=np.frombuffer(json.dumps(meta | facts).encode(), np.uint8), **arrays)
    return target.getvalue()


@cache
def shipped_scorer() -> Scorer:
    """The scorer that comes with the package."""
    return read_scorer(resources.files("cellwright.ask.questions").joinpath("scorer.npz").read_bytes())
