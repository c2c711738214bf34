"""Batches: the same by number, little padding, only answers learnt."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from cellwright.prompt import vocabulary
from cellwright_tuning.data import batches
from cellwright_tuning.data.batches import BatchRecipe, load_tokenizer, make_batch

TUNING = Path(batches.__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recipe() -> BatchRecipe:
    mixture = (("completion", 0.3), ("repair", 0.5), ("formula", 0.2))
    return BatchRecipe(
        TUNING / "tokenizer", mixture, seed=9, tokens=6000, tokens_per_pass=2048, max_tokens=300
    )


def test_a_batch_is_the_same_whenever_it_is_made(recipe: BatchRecipe) -> None:
    for first, again in zip(make_batch(recipe, 7), make_batch(recipe, 7), strict=True):
        assert np.array_equal(first.ids, again.ids)
        assert np.array_equal(first.learnt, again.learnt)
    assert not np.array_equal(make_batch(recipe, 7)[0].ids, make_batch(recipe, 8)[0].ids)


def test_passes_keep_their_size_and_waste_little(recipe: BatchRecipe) -> None:
    passes = make_batch(recipe, 1)
    pad = load_tokenizer(recipe.tokenizer).token_to_id(vocabulary.PAD)
    assert all(p.ids.size <= recipe.tokens_per_pass for p in passes)
    filled = sum(int((p.ids != pad).sum()) for p in passes)
    assert filled >= recipe.tokens
    assert filled / sum(p.ids.size for p in passes) > 0.75


def test_only_answers_and_their_end_are_learnt(recipe: BatchRecipe) -> None:
    tokenizer = load_tokenizer(recipe.tokenizer)
    end, answer = (tokenizer.token_to_id(token) for token in (vocabulary.END, vocabulary.ANSWER))
    for batch in make_batch(recipe, 2):
        for ids, learnt in zip(batch.ids, batch.learnt, strict=True):
            places = np.flatnonzero(learnt)
            assert ids[places[-1]] == end
            assert len(places) == places[-1] - places[0] + 1
            assert ids[places[0] - 1] == answer or places[0] == 1


@pytest.mark.parametrize("path", sorted((TUNING / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_recipes_name_known_tasks_and_fit(path: Path) -> None:
    recipe = tomllib.loads(path.read_text())
    assert recipe["name"] == path.stem
    assert set(recipe["data"]["mixture"]) <= {"completion", "repair", "formula"}
    assert recipe["training"]["max_tokens"] <= recipe["model"]["max_position_embeddings"]
    assert recipe["training"]["tokens_per_step"] % recipe["training"]["tokens_per_pass"] == 0
