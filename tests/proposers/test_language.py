"""The language model in suggest: it writes for the workbook at hand, judges all, and knows its limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from cellwright.calc.calculator import Calculator
from cellwright.edits.model import SetFormulas
from cellwright.engine import Engine
from cellwright.errors import UsageError
from cellwright.formula import parse, walk
from cellwright.formula.functions import known_function
from cellwright.formula.nodes import FunctionCall
from cellwright.prompt.model import Answer
from cellwright.prompt.tasks import Prompt
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.language import LanguageProposer, formula_size
from cellwright.proposers.model import Place
from cellwright.proposers.template import read_template
from cellwright.rank.rank import Weights
from cellwright.reference import SheetRange
from cellwright.registry import shipped_model
from cellwright.suggest import suggest
from cellwright.workbook.model import Content, Snapshot, Value
from tests.workbooks import book

PRICES: dict[str, Value | Content] = {"A1": "item", "B1": "price", "C1": "count", "D1": "cost"}
PRICES |= {f"{c}{r}": float(r * k) for r in range(2, 7) for c, k in (("B", 1), ("C", 10))}
D4 = SheetRange.parse("Sheet1!D4")
EVERYTHING = Weights(0.0, {}, 0.0)


class Scripted:
    """A language model that writes what it is told and likes short answers."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.prompts: list[Prompt] = []

    def generate(self, prompt: Prompt, count: int) -> list[Answer]:
        self.prompts.append(prompt)
        return [Answer(text, -float(i)) for i, text in enumerate(self.answers[:count])]

    def score(self, prompt: Prompt, answers: Sequence[str]) -> list[float]:
        return [-float(len(answer)) for answer in answers]


class Overwhelmed(Scripted):
    """One whose context is too short for any workbook."""

    def generate(self, prompt: Prompt, count: int) -> list[Answer]:
        raise UsageError("expected a prefix that leaves 1 of 8 tokens for the answer, got one of 9")

    def score(self, prompt: Prompt, answers: Sequence[str]) -> list[float]:
        raise UsageError("expected a prefix that leaves 1 of 8 tokens for the answer, got one of 9")


def texts(found: Sequence[object]) -> list[str | None]:
    return [c.edits[0].formulas[0][0] for c in found if isinstance(c.edits[0], SetFormulas)]  # type: ignore[attr-defined]


def test_answers_become_candidates_with_their_log_probability() -> None:
    model = Scripted("R[0]C[-2]*R[0]C[-1]", "SUM(", "R[-9]C[0]")
    found = LanguageProposer(model).propose(Place(book(PRICES), D4))
    assert texts(found) == ["=B4*C4"]  # one does not parse, one points off the sheet
    assert found[0].log_probability == 0.0
    assert found[0].features["beam_first"] == 1.0


def test_the_prompt_says_what_the_workbook_has() -> None:
    model = Scripted()
    LanguageProposer(model).propose(Place(book(PRICES, {"A1": 1}), D4))
    assert model.prompts[0].sheets == frozenset({"SHEET1", "SHEET2"})
    assert model.prompts[0].names == frozenset()


def test_everybodys_formulas_are_judged() -> None:
    snapshot = book(PRICES | {"D2": "=B2*C2", "D3": "=B3*C3"})
    found = suggest(snapshot, D4, engine=LanguageProposer(Scripted("R[0]C[-1]"), "scripted"))
    formulas = [s for s in found.candidates if isinstance(s.candidate.edits[0], SetFormulas)]
    scored = [s.candidate.log_probability for s in formulas]
    assert None not in scored
    assert {s.candidate.proposer for s in found.candidates} > {"siblings"}
    assert found.candidates[0].model == "scripted"
    assert found.candidates[0].prompt_version is not None


def test_a_context_too_long_leaves_the_experts_alone() -> None:
    snapshot = book(PRICES | {"D2": "=B2*C2", "D3": "=B3*C3"})
    found = suggest(snapshot, D4, engine=LanguageProposer(Overwhelmed()))
    assert texts([s.candidate for s in found.candidates])[0] == "=B4*C4"
    assert LanguageProposer(Overwhelmed()).log_probabilities(Place(snapshot, D4), []) == []


def test_size_counts_pieces_and_the_end() -> None:
    assert formula_size("=SUM(A1:A9)+1") == 9


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    path = shipped_model()
    if path is None:
        pytest.skip("this build ships no model")
    with Engine.open(path, threads=1) as opened:
        yield opened


BOOKS: list[tuple[Snapshot, str]] = [
    (book(PRICES), "Sheet1!D4"),
    (book(PRICES | {"D2": "=B2*C2"}, {"A1": "item", "A2": "=Sheet1!B2"}), "Sheet1!D3"),
    (book(PRICES, {"A1": "Total", "B1": "Sales", "A2": "x"}), "Sheet2!B2"),
    (book({"A1": 1}), "Sheet1!A2"),
    (book(PRICES), "Sheet1!XFD1048576"),
]


@pytest.mark.parametrize("typed", ["", "=", "=SU", "=SUM(", "=B4*"])
@pytest.mark.parametrize("number", range(len(BOOKS)))
def test_whatever_is_shown_parses_binds_and_stays_within_the_workbook(
    engine: Engine, number: int, typed: str
) -> None:
    snapshot, target = BOOKS[number]
    with Calculator(snapshot) as calculator:
        found = suggest(
            snapshot,
            SheetRange.parse(target),
            calculator=calculator,
            engine=LanguageProposer(engine),
            typed=typed,
            weights=EVERYTHING,
            n=12,
        )
    sheets = {name.casefold() for name in snapshot.sheet_names}
    for suggestion in found.shown:
        assert suggestion.verdict.parses
        assert suggestion.verdict.binds
        for text in texts([suggestion.candidate]):
            assert text is not None
            assert "".join(text.split()).startswith(typed)
            calls = [n for n in walk(parse(text).root) if isinstance(n, FunctionCall)]
            assert all(known_function(call.name) is not None for call in calls)
            slots = read_template(text, SheetRange.parse(target).range.first).slots
            assert all(slot.is_inside for slot in slots)
            assert {(slot.sheet or "Sheet1").casefold() for slot in slots} <= sheets


def test_the_model_alone_writes_formulas_for_the_workbook(engine: Engine) -> None:
    snapshot, target = BOOKS[1]
    found = LanguageProposer(engine).propose(Place(snapshot, SheetRange.parse(target)))
    assert found
    assert len(EXPERTS) > 10
    assert all(c.log_probability is not None and c.log_probability <= 0 for c in found)
