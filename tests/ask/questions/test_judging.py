"""Answers out of the scores of several nets, and the evidence for each."""

from __future__ import annotations

import numpy as np

from cellwright.ask.questions.judging import EVIDENCE, Judged, judged

ANSWERS = np.array([0, 0, 1, 2])


def judge(*scores: list[float]) -> Judged:
    facts = np.array([0.1, 0.9, 0.5, 0.2], np.float32)
    return judged(np.array(scores, np.float32), ANSWERS, facts, np.array([1.0, 1.0, 0.0, 0.0], np.float32))


def test_forms_with_the_same_answer_add_up() -> None:
    found = judge([1.0, 1.0, 1.5, -9.0])
    assert found.shares[0] > found.shares[1]
    np.testing.assert_allclose(found.shares.sum(), 1.0)


def test_the_best_form_of_an_answer_is_the_one_with_the_highest_mean() -> None:
    assert judge([0.0, 1.0, 0.0, 0.0], [2.0, 1.5, 0.0, 0.0]).best.tolist() == [1, 2, 3]


def test_nets_that_agree_speak_for_an_answer() -> None:
    agreeing = EVIDENCE.index("agreeing")
    same = judge([3.0, 3.0, 0.0, 0.0], [3.0, 3.0, 0.0, 0.0]).evidence[0]
    split = judge([6.0, 6.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]).evidence[0]
    assert (same[agreeing], split[agreeing]) == (1.0, 0.5)
    least = EVIDENCE.index("least_share")
    assert same[least] > split[least]


def test_facts_are_those_of_the_best_form() -> None:
    evidence = judge([0.0, 2.0, 0.0, 0.0]).evidence
    covered, is_text = EVIDENCE.index("covered"), EVIDENCE.index("is_text")
    np.testing.assert_allclose(evidence[:, covered], [0.9, 0.5, 0.2], rtol=1e-6)
    assert evidence[:, is_text].tolist() == [1.0, 0.0, 0.0]


def test_one_answer_alone_is_certain_of_itself() -> None:
    found = judged(
        np.zeros((2, 3), np.float32), np.zeros(3, int), np.ones(3, np.float32), np.ones(3, np.float32)
    )
    assert found.shares.tolist() == [1.0]
    assert np.isfinite(found.evidence).all()
