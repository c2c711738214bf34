"""What was asked and what was offered, as arrays: the features of hundreds of tasks in little memory.

A candidate has some eighty features that are not 0; as a dictionary it costs six kilobytes, here six bytes a
feature. Rows of two processes can be joined, and become the table that weights are fitted on.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cellwright_tuning.ranking import Table


class Rows:
    """Tasks with their candidates, in the order in which they were added."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._columns, self._values = array("H"), array("f")
        self._sizes, self._tasks, self._rights = array("H"), array("I"), array("B")
        self._groups: list[str] = []
        self._kinds: list[str] = []
        self._counts = array("f")

    def __len__(self) -> int:
        """How many tasks."""
        return len(self._groups)

    @property
    def wanted(self) -> int:
        """In how many tasks what was wanted is among the candidates."""
        return sum(self._rights)

    @property
    def counts(self) -> NDArray[np.float64]:
        """What each task counts, (tasks,)."""
        return np.array(self._counts, dtype=np.float64)

    def add(
        self,
        group: str,
        kind: str,
        features: Sequence[Mapping[str, float]],
        wanted: int | None,
        count: float = 1.0,
    ) -> None:
        """One task: its workbook's family, its candidates, which of them was wanted, what it counts."""
        number = len(self._groups)
        for i, row in enumerate(features):
            held = [(self._names.setdefault(name, len(self._names)), v) for name, v in row.items() if v]
            self._columns.extend(column for column, _ in held)
            self._values.extend(value for _, value in held)
            self._sizes.append(len(held))
            self._tasks.append(number)
            self._rights.append(i == wanted)
        self._groups.append(group)
        self._kinds.append(kind)
        self._counts.append(count)

    def extend(self, other: Rows) -> None:
        """Add another's tasks behind these."""
        place = np.array([self._names.setdefault(name, len(self._names)) for name in other._names], np.uint16)
        first = len(self._groups)
        if len(other._columns):
            self._columns.frombytes(place[np.array(other._columns)].tobytes())
        self._values.extend(other._values)
        self._sizes.extend(other._sizes)
        self._tasks.extend(first + task for task in other._tasks)
        self._rights.extend(other._rights)
        self._groups += other._groups
        self._kinds += other._kinds
        self._counts.extend(other._counts)

    def table(self, least: int = 1) -> Table:
        """All of it as a table of the features that at least so many candidates have; groups as numbers."""
        columns = np.array(self._columns, dtype=np.int64)
        often = np.bincount(columns, minlength=len(self._names)) >= least
        ordered = sorted(name for name, column in self._names.items() if often[column])
        place = np.full(len(self._names), -1)
        for i, name in enumerate(ordered):
            place[self._names[name]] = i
        rows = np.repeat(np.arange(len(self._sizes)), np.array(self._sizes, dtype=np.int64))
        kept = place[columns] >= 0 if len(columns) else np.zeros(0, np.bool_)
        matrix = np.zeros((len(self._sizes), len(ordered)), dtype=np.float32)
        matrix[rows[kept], place[columns[kept]]] = np.array(self._values, np.float32)[kept]
        numbers = {group: i for i, group in enumerate(dict.fromkeys(self._groups))}
        return Table(
            ordered,
            matrix,
            np.array(self._tasks, dtype=np.int64),
            np.array(self._rights, dtype=np.bool_),
            list(self._kinds),
            [numbers[group] for group in self._groups],
            [True] * len(self._groups),
        )
