"""The numpy scorer against its torch twin, and its file."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellwright.ask.grounding.links import ground
from cellwright.ask.grounding.table import tables_in
from cellwright.ask.questions.features import FORM_FACTS, MAX_OPS, SLOTS, Arrays, Vocabulary, arrays
from cellwright.ask.questions.forms import Runner
from cellwright.ask.questions.scorer import Scorer, read_scorer, scorer_bytes
from cellwright.ask.questions.search import candidates
from cellwright.ask.questions.values import Candidate
from cellwright_tuning.questions.model import QuestionModel, collate
from tests.ask.questions.tables import EVENTS, MEDALS, table_book


def searched(
    rows: tuple[tuple[object, ...], ...], question: str
) -> tuple[list[Candidate], Arrays, Vocabulary]:
    table = tables_in(table_book(rows))[0]
    grounding = ground(question, table)
    found = candidates(grounding, Runner(table))
    ops = {op: i for i, op in enumerate(sorted({op for c in found for op in c.ops}), 1)}
    templates = {t: i for i, t in enumerate(sorted({c.template for c in found}), 1)}
    words = {word: i for i, word in enumerate(sorted(set(grounding.words)), 65)}
    vocabulary = Vocabulary(words, ops, templates)
    return found, arrays(grounding, found, vocabulary), vocabulary


def model_of(vocabulary: Vocabulary) -> QuestionModel:
    torch.manual_seed(1)
    model = QuestionModel(len(vocabulary.words), len(vocabulary.ops), len(vocabulary.templates))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def scorer_of(model: QuestionModel, vocabulary: Vocabulary) -> Scorer:
    return Scorer(({name: tensor.numpy() for name, tensor in model.state_dict().items()},), vocabulary)


@pytest.mark.parametrize(
    ("rows", "question"),
    [
        (MEDALS, "how many more gold than Japan did Kenya win?"),
        (EVENTS, "second last city before 12 May 2003"),
        (EVENTS, "what?"),
    ],
)
def test_numpy_gives_what_torch_gives(rows: tuple[tuple[object, ...], ...], question: str) -> None:
    _, made, vocabulary = searched(rows, question)
    model = model_of(vocabulary)
    with torch.no_grad():
        theirs = model(collate([(made, np.arange(len(made.ops)))])).numpy()
    [ours] = scorer_of(model, vocabulary).scores(made)
    np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-3)


def test_a_batch_of_questions_scores_like_each_alone() -> None:
    _, first, vocabulary = searched(MEDALS, "most gold of Kenya or Japan")
    _, second, _ = searched(EVENTS, "city")
    model = model_of(vocabulary)
    with torch.no_grad():
        both = model(collate([(a, np.arange(len(a.ops))) for a in (first, second)])).numpy()
        alone = model(collate([(second, np.arange(len(second.ops)))])).numpy()
    np.testing.assert_allclose(both[len(first.ops) :], alone, rtol=1e-3, atol=1e-3)


def test_the_file_keeps_scores_to_half_precision() -> None:
    _, made, vocabulary = searched(MEDALS, "most gold")
    scorer = scorer_of(model_of(vocabulary), vocabulary)
    again = read_scorer(scorer_bytes(scorer))
    assert again.vocabulary == scorer.vocabulary
    np.testing.assert_allclose(again.scores(made), scorer.scores(made), rtol=0.02, atol=0.05)


def test_keys_of_superlatives_have_slots_of_their_own() -> None:
    found, made, _ = searched(MEDALS, "most gold")
    index = next(i for i, c in enumerate(found) if c.form == ("get", ("max", ("all",), 2, "n"), 1))
    row = dict(zip(SLOTS, made.columns[index].tolist(), strict=True))
    assert (row["X"], row["N"], row["K"], row["A"]) == (2, -1, -1, 1)
    assert made.ops.shape[1] == MAX_OPS
    assert made.form_facts.shape[1] == FORM_FACTS
    assert np.isfinite(made.form_facts).all()


def test_several_nets_give_a_row_each_and_keep_their_order_in_the_file() -> None:
    _, made, vocabulary = searched(MEDALS, "most gold")
    first, second = model_of(vocabulary), model_of(vocabulary)
    with torch.no_grad():
        second.op_bias += 1.0
    both = Scorer(
        scorer_of(first, vocabulary).nets + scorer_of(second, vocabulary).nets, vocabulary, sure=0.7
    )
    again = read_scorer(scorer_bytes(both))
    assert again.scores(made).shape == (2, len(made.ops))
    assert (again.scores(made)[1] > again.scores(made)[0]).all()
    assert (again.sure, again.evidence) == (0.7, both.evidence)
