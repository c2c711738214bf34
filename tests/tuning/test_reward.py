"""Reward and environment: the workbook says what an answer is worth; failures are counted, never zeroed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellwright.errors import CalcTimeout
from cellwright.reference import Cell, SheetCell
from cellwright.verify.model import Status, Verdict
from cellwright.workbook.model import Content, ErrorValue, Snapshot, Value
from cellwright_tuning.environment import Environment, generated_environment
from cellwright_tuning.reward import WEIGHTS, Outcome, components, shorter, size, total
from cellwright_tuning.tasks import Task, formula_edit
from tests.workbooks import book

D4 = SheetCell("Sheet1", Cell(3, 3))


def outcome(
    formula: str,
    value: Value = 160.0,
    status: Status = Status.VERIFIED,
    wanted: str = "=B4*C4",
) -> Outcome:
    return Outcome(D4.cell, formula, Verdict(status), value, wanted, 160.0)


def worth(formula: str, value: Value = 160.0, status: Status = Status.VERIFIED) -> float:
    return total(components(outcome(formula, value, status)))


def test_weights_add_up_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_answers_are_worth_more_the_nearer_they_come() -> None:
    right = worth("=B4*C4")
    assert right == pytest.approx(1.0)
    same_value = worth("=C4*B4")
    longer = worth("=C4*B4*1+0")
    wrong = worth("=B4+C4", 44.0)
    broken = worth("=B4*", None, Status.INVALID)
    assert right > same_value > longer > wrong > broken == 0.0


def test_a_constant_never_earns_the_value() -> None:
    assert components(outcome("=160"))["right_value"] == 0.0


def test_an_error_or_an_unknown_value_is_no_value() -> None:
    unknown = Outcome(D4.cell, "=C4*B4", Verdict(Status.VERIFIED), None, "=B4*C4", None)
    assert components(unknown)["right_value"] == 0.0
    error = Outcome(D4.cell, "=C4/B4", Verdict(Status.VERIFIED), ErrorValue.DIV0, "=B4/C4", ErrorValue.DIV0)
    assert components(error)["right_value"] == 0.0


def test_the_right_formula_is_right_where_no_value_is_known() -> None:
    unknown = Outcome(D4.cell, "= b4 * c4", Verdict(Status.UNVERIFIED), None, "=B4*C4", None)
    assert total(components(unknown)) == pytest.approx(1.0)


def test_damage_elsewhere_costs_the_value() -> None:
    blocked = Outcome(
        D4.cell, "=C4*B4", Verdict(Status.MAKES_ERRORS, is_spill_blocked=True), 160.0, "=B4*C4", 160.0
    )
    assert components(blocked)["harmless"] == 0.0
    assert components(blocked)["right_value"] == 0.0
    harmless = outcome("=C4*B4")
    assert total(components(blocked)) < total(components(harmless))


def test_shorter_counts_among_equals_only() -> None:
    assert shorter(outcome("=C4*B4")) == 1.0
    assert shorter(outcome("=(C4*B4)+0+0+0")) < 1.0
    assert shorter(outcome("=1", 1.0)) == 0.0
    assert size("=SUM(A1:A9)+1") == 8


@pytest.fixture
def environment() -> Iterator[Environment]:
    cells: dict[str, Value | Content] = {"A1": "item", "B1": "price", "C1": "count", "D1": "cost"}
    cells |= {f"{c}{r}": float(r * k) for r in range(2, 7) for c, k in (("B", 1), ("C", 10))}
    snapshot = book(cells)
    task = Task("whole", snapshot, D4, formula_edit(D4, "=B4*C4"), 160.0, snapshot)
    with Environment([task]) as made:
        yield made


def test_the_workbook_judges(environment: Environment) -> None:
    answers = ["R[0]C[-2]*R[0]C[-1]", "R[0]C[-1]*R[0]C[-2]<|end|>", "R[0]C[-2]+1", "SUM("]
    judged = environment.judge(0, answers)
    assert [j.formula for j in judged] == ["=B4*C4", "=C4*B4", "=B4+1", "=SUM("]
    rewards = [j.reward for j in judged]
    assert rewards[0] == pytest.approx(1.0)
    assert rewards == sorted(rewards, key=lambda r: -(r or 0.0))
    assert rewards[-1] == 0.0


def test_trl_calls_it_with_columns_of_the_dataset(environment: Environment) -> None:
    rows = environment.rows()
    assert rows[0]["prompt"] == environment.prompt(0).text
    found = environment.trl_reward(
        prompts=[rows[0]["prompt"]] * 2,
        completions=["R[0]C[-2]*R[0]C[-1]", [{"role": "assistant", "content": "1"}]],  # type: ignore[list-item]
        task=[0, 0],
        completion_ids=[[1], [2]],
        trainer_state=None,
    )
    assert found[0] == pytest.approx(1.0)
    assert found[1] is not None
    assert found[1] < 0.5


def test_a_failed_computation_is_counted_and_gives_no_reward(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object) -> None:
        raise CalcTimeout("expected an answer within 10 s")

    monkeypatch.setattr(environment, "_loaded", late)
    judged = environment.judge(0, ["R[0]C[-2]", "1"])
    assert [j.reward for j in judged] == [None, None]
    assert sum(environment.failures.values()) == 2


def test_generated_tasks_reward_their_own_truth() -> None:
    with generated_environment("truth", 6) as environment:
        assert len(environment.tasks) > 10
        for number, task in enumerate(environment.tasks):
            prompt = environment.prompt(number)
            truth = task.wanted.formulas[0][0] or ""  # type: ignore[union-attr]
            assert environment.judge(number, [prompt.write(truth)])[0].reward == pytest.approx(1.0)


def test_a_snapshot_is_never_changed_by_judging(environment: Environment) -> None:
    before: Snapshot = environment.tasks[0].snapshot
    environment.judge(0, ["R[0]C[-2]"])
    assert environment.tasks[0].snapshot is before
    assert before.sheet("Sheet1").formula(D4.cell) is None
