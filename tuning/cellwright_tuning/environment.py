"""The environment: the policy proposes a formula for a place, the workbook executes it, the reward judges.

A Task (`tasks.py`) shows a workbook with something missing. An answer is model text as the policy writes it
after the task's prompt. It is run on the task's workbook in a caged calculator; `reward.py` says what that is
worth. An answer that is no formula earns what it deserves (nothing); a *computation* that fails says nothing
about the answer, so its reward is None, the rollout is dropped and the failure counted.

    env = Environment(tasks)                         # our own loop (`grpo.py`)
    trl.GRPOTrainer(reward_funcs=env.trl_reward, train_dataset=Dataset.from_list(env.rows()), ...)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from cellwright.calc.calculator import Calculator
from cellwright.edits.model import SetFormulas
from cellwright.errors import CalcError, FormulaSyntaxError
from cellwright.prompt.context import formula_prompt
from cellwright.prompt.tasks import Prompt
from cellwright.prompt.vocabulary import END
from cellwright.verify.model import Candidate, Kind
from cellwright.verify.verify import verify_many

from .ranking import draw, fresh_calculator
from .reward import Outcome, components, total
from .tasks import Task, formula_edit

FULL_REWARD = 0.99


@dataclass(frozen=True)
class Judged:
    """One answer: its formula, the reward (None where it could not be computed) and its components."""

    formula: str
    reward: float | None
    parts: dict[str, float] = field(default_factory=dict)


class Environment:
    """Tasks with a calculator to run answers on; a context manager."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = [task for task in tasks if isinstance(task.wanted, SetFormulas)]
        self.failures: Counter[str] = Counter()
        self._calculator: Calculator | None = None
        self._held: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the calculator's worker."""
        if self._calculator is not None:
            self._calculator.close()
            self._calculator = None

    def prompt(self, number: int) -> Prompt:
        """What the policy reads for a task."""
        task = self.tasks[number]
        return formula_prompt(task.snapshot, task.target.sheet, task.target.cell)

    def judge(self, number: int, answers: Sequence[str]) -> list[Judged]:
        """Run answers (model text, perhaps with its end token) to one task, each alone."""
        task, prompt = self.tasks[number], self.prompt(number)
        formulas = ["=" + prompt.read(answer.split(END)[0].strip()) for answer in answers]
        try:
            outcomes = self._run(number, task, formulas)
        except CalcError as error:
            self.failures[error.code] += len(answers)
            return [Judged(formula, None) for formula in formulas]
        judged = []
        for formula, outcome in zip(formulas, outcomes, strict=True):
            parts = components(outcome)
            judged.append(Judged(formula, total(parts), parts))
        return judged

    def _run(self, number: int, task: Task, formulas: Sequence[str]) -> list[Outcome]:
        assert isinstance(task.wanted, SetFormulas)
        calculator = self._loaded(number)
        candidates = [
            Candidate(Kind.FORMULA, (formula_edit(task.target, formula),), "policy", "")
            for formula in formulas
        ]
        verdicts = verify_many(task.snapshot, candidates, calculator)
        outcomes = []
        for formula, verdict in zip(formulas, verdicts, strict=True):
            own = [change.after for change in verdict.changes if change.cell == task.target]
            wanted = task.wanted.formulas[0][0] or ""
            value = own[0] if own else None
            outcomes.append(Outcome(task.target.cell, formula, verdict, value, wanted, task.value))
        return outcomes

    def _loaded(self, number: int) -> Calculator:
        task = self.tasks[number]
        if self._calculator is None:
            self._calculator = Calculator(task.snapshot)
        elif self._held != number:
            self._calculator.load(task.snapshot)
        self._held = number
        return self._calculator

    def checked(self) -> Environment:
        """Only the tasks whose own formula earns its full reward here: what can't be run can't be judged."""
        kept = [task for number, task in enumerate(self.tasks) if self._is_checked(number)]
        return Environment(kept)

    def _is_checked(self, number: int) -> bool:
        wanted = self.tasks[number].wanted
        assert isinstance(wanted, SetFormulas)
        try:
            answer = self.prompt(number).write((wanted.formulas[0][0] or "").removeprefix("="))
        except (FormulaSyntaxError, ValueError):
            return False
        judged = self.judge(number, [answer])[0]
        return judged.reward is not None and judged.reward > FULL_REWARD

    def rows(self) -> list[dict[str, Any]]:
        """The tasks as rows of a dataset for TRL: `prompt` and the task's number."""
        return [{"prompt": self.prompt(i).text, "task": i} for i in range(len(self.tasks))]

    def trl_reward(
        self, prompts: Sequence[str], completions: Sequence[str], task: Sequence[int], **_: object
    ) -> list[float | None]:
        """A reward function as TRL's GRPOTrainer calls it, with the dataset's column `task`; None drops one.

        Completions in the conversational form (a list of messages) are read by their last message.
        """
        del prompts
        texts = [c if isinstance(c, str) else str(c[-1]["content"]) for c in completions]
        return [self.judge(n, [text])[0].reward for n, text in zip(task, texts, strict=True)]


def generated_environment(seed: str, workbooks: int) -> Environment:
    """An environment over generated workbooks; only tasks that want a formula."""
    with fresh_calculator() as calculator:
        return Environment([task for _, task in draw(seed, workbooks, calculator)])
