"""The Calculator: computed values of a Snapshot, and what changes would do, from a caged worker.

The engine loads our calculation image, so it knows values and formulas but no cached result of a formula.
Nothing here says whether a result is what Excel would show; that is `calc.reproduction`'s question.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from cellwright.calc.dialect import engine_formula
from cellwright.calc.image import calculation_image
from cellwright.calc.process import WorkerProcess
from cellwright.calc.values import Computed, NoValue, from_wire, to_wire
from cellwright.config import settings
from cellwright.errors import CalcError, CalcTimeout, CalcWorkerDied
from cellwright.reference import Cell, SheetCell, SheetRange
from cellwright.workbook.model import Content, Snapshot, Value

if TYPE_CHECKING:
    from cellwright.calc.opinion import SecondOpinion
    from cellwright.calc.reproduction import Reproduction

log = logging.getLogger(__name__)

EngineName = Literal["formualizer", "ironcalc", "formulas"]
Changes = Mapping[SheetCell, Content | None]

_MAX_DEATHS = 3
"""How many of a batch's items may end a worker before the rest of the batch is given up."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One cell's computed value before and after."""

    cell: SheetCell
    before: Computed
    after: Computed


@dataclass(frozen=True)
class WhatIf:
    """What changes would do: the changed cells first, then every other cell whose value differs.

    `spills` are the areas that changed formulas fill; `refused` says which formulas the engine did not take;
    `is_complete` is False where there were too many dependents to look at.
    """

    changes: tuple[ValueChange, ...]
    spills: Mapping[SheetCell, SheetRange] = field(default_factory=dict)
    refused: Mapping[SheetCell, str] = field(default_factory=dict)
    is_complete: bool = True


class Calculator:
    """A Snapshot in an engine; a context manager. One request at a time; not for several threads at once.

    `timeout_s` and `memory_mb` default to the settings. A worker that dies, runs out of memory or is late
    costs one request (CalcWorkerDied, CalcTimeout); the next request gets a fresh worker.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        timeout_s: float | None = None,
        memory_mb: int | None = None,
        *,
        engine: EngineName = "formualizer",
    ) -> None:
        self.snapshot = snapshot
        self.timeout_s = settings().calc_timeout_s if timeout_s is None else timeout_s
        self.memory_mb = settings().calc_memory_mb if memory_mb is None else memory_mb
        self.engine: EngineName = engine
        self._sheets = {name.casefold(): name for name in snapshot.sheet_names}
        self._image: bytes | None = None
        self._worker: WorkerProcess | None = None
        self._values: dict[SheetCell, Computed] | None = None
        self._reproduction: Reproduction | None = None
        self._opinion: SecondOpinion | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, and that of the second opinion."""
        if self._opinion is not None:
            self._opinion.close()
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    @property
    def worker_pid(self) -> int:
        """The process id of the worker, started if there is none."""
        return self._ready().pid

    def load(self, snapshot: Snapshot) -> None:
        """Turn to another snapshot, in the same worker where there is one."""
        self.snapshot = snapshot
        self._sheets = {name.casefold(): name for name in snapshot.sheet_names}
        self._image = self._values = self._reproduction = None
        if self._worker is not None:
            try:
                self._load(self._worker)
            except CalcError:
                self.close()
                raise

    def values(self) -> Mapping[SheetCell, Computed]:
        """The computed value of every formula cell, from one full calculation."""
        if self._values is None:
            cells = self.formula_cells()
            self._values = dict(zip(cells, self.read(cells), strict=True))
        return self._values

    def formula_cells(self) -> list[SheetCell]:
        """Every formula cell, sheet by sheet, row by row."""
        return [
            SheetCell(sheet.name, cell)
            for sheet in self.snapshot.sheets
            for cell, _ in sheet.cells.formulas()
        ]

    @property
    def reproduction(self) -> Reproduction:
        """The gate over this snapshot, made with the first question; raises CalcError."""
        if self._reproduction is None:
            from cellwright.calc.reproduction import Reproduction  # it is built on this class

            self._reproduction = Reproduction(self)
        return self._reproduction

    @property
    def second_opinion(self) -> SecondOpinion:
        """Another engine for new formulas."""
        if self._opinion is None:
            from cellwright.calc.opinion import SecondOpinion  # it is built on this class

            self._opinion = SecondOpinion(self)
        return self._opinion

    def read(self, cells: Sequence[SheetCell]) -> list[Computed]:
        """What the engine holds in cells of any kind, in order."""
        answer = self._ask({"op": "values", "cells": [self._address(cell) for cell in cells]})
        return [from_wire(value) for value in answer["values"]]

    def evaluate(self, formula: str, at: SheetCell) -> Value:
        """The value a formula would have in a cell; raises CalcError where the engine has none."""
        value = self.evaluate_many([(formula, at)])[0]
        if isinstance(value, CalcError):
            raise value
        if isinstance(value, NoValue):
            raise CalcError(f"expected a value of {formula[:80]} at {at.a1}, got none: {value.reason}")
        return value

    def evaluate_many(self, requests: Sequence[tuple[str, SheetCell]]) -> list[Computed | CalcError]:
        """The values of formulas, each tried alone in its cell; a request that fails gives its error."""
        batch = [{at: Content(formula=formula)} for formula, at in requests]
        found: list[Computed | CalcError] = []
        for (_, at), outcome in zip(requests, self._try(batch, read_dependents=False), strict=True):
            if isinstance(outcome, CalcError):
                found.append(outcome)
            elif at in outcome.refused:
                found.append(NoValue(outcome.refused[at]))
            else:
                found.append(outcome.changes[0].after)
        return found

    def what_if(self, changes: Changes) -> WhatIf:
        """What setting those cells would do (None clears); nothing stays changed. Raises CalcError."""
        outcome = self.what_if_many([changes])[0]
        if isinstance(outcome, CalcError):
            raise outcome
        return outcome

    def what_if_many(self, batch: Sequence[Changes]) -> list[WhatIf | CalcError]:
        """`what_if` for alternatives, each tried alone; one that fails gives its error."""
        return self._try(batch, read_dependents=True)

    def dependents(self, *cells: SheetCell, transitive: bool = True, limit: int = 100_000) -> list[SheetCell]:
        """Formula cells that read any of the cells, directly or through others, nearest first."""
        answer = self._ask(
            {
                "op": "dependents",
                "cells": [self._address(cell) for cell in cells],
                "transitive": transitive,
                "limit": limit,
            }
        )
        return [self._cell(address) for address in answer["cells"]]

    def recalculation_s(self, cells: Iterable[SheetCell]) -> float:
        """Seconds the engine needs to recalculate those formula cells (for benchmarks)."""
        return float(self._ask({"op": "recalculate", "cells": [self._address(c) for c in cells]})["seconds"])

    def _try(self, batch: Sequence[Changes], read_dependents: bool) -> list[WhatIf | CalcError]:
        if not batch:
            return []
        try:
            return list(self._outcomes(batch, read_dependents))
        except (CalcWorkerDied, CalcTimeout) as error:
            if len(batch) == 1:
                return [error]
            log.debug("a batch of %d ended its worker; each is tried alone", len(batch))
        results: list[WhatIf | CalcError] = []
        deaths = 0
        for changes in batch:
            try:
                if deaths >= _MAX_DEATHS:
                    raise CalcError(f"given up after {deaths} of the alternatives ended the worker")
                results += self._outcomes([changes], read_dependents)
            except CalcError as error:
                deaths += isinstance(error, CalcWorkerDied | CalcTimeout)
                results.append(error)
        return results

    def _outcomes(self, batch: Sequence[Changes], read_dependents: bool) -> list[WhatIf]:
        writes = [[self._write(cell, content) for cell, content in changes.items()] for changes in batch]
        answer = self._ask({"op": "what_if", "batch": writes, "read_dependents": read_dependents})
        return [self._outcome(raw) for raw in answer["outcomes"]]

    def _write(self, cell: SheetCell, content: Content | None) -> list[object]:
        address = self._address(cell)
        if content is not None and content.formula is not None:
            return [address, "formula", engine_formula(content.formula, cell, self.snapshot)]
        return [address, "value", to_wire(content.value) if content is not None else None]

    def _outcome(self, raw: dict[str, Any]) -> WhatIf:
        return WhatIf(
            changes=tuple(
                ValueChange(self._cell(address), from_wire(before), from_wire(after))
                for address, before, after in raw["changes"]
            ),
            spills={self._cell(address): SheetRange.parse(extent) for address, extent in raw["spills"]},
            refused={self._cell(address): str(why) for address, why in raw["refused"]},
            is_complete=not raw["truncated"],
        )

    def _single(self) -> dict[str, object]:
        """For `formulas`, which takes no image: the one formula of the snapshot, and its constants."""
        formulas = self.formula_cells()
        if len(formulas) != 1:
            raise CalcError(f"expected one formula for the formulas engine, got {len(formulas)}")
        at = formulas[0]
        text = self.snapshot.sheet(at.sheet).formula(at.cell)
        constants = [
            [*self._address(SheetCell(sheet.name, cell)), to_wire(content.value)]
            for sheet in self.snapshot.sheets
            for cell, content in sheet.cells.items()
            if content.formula is None
        ]
        plain = engine_formula(text or "", at, self.snapshot)
        return {"op": "load", "at": self._address(at), "formula": plain, "constants": constants}

    def _address(self, cell: SheetCell) -> list[object]:
        sheet = self._sheets.get(cell.sheet.casefold(), cell.sheet)
        return [sheet, cell.cell.row + 1, cell.cell.column + 1]

    def _cell(self, address: Sequence[Any]) -> SheetCell:
        sheet, row, column = address
        return SheetCell(self._sheets.get(str(sheet).casefold(), str(sheet)), Cell(row - 1, column - 1))

    def _ask(self, message: dict[str, object]) -> dict[str, Any]:
        worker = self._ready()
        try:
            return worker.ask(message, timeout_s=self.timeout_s)
        except (CalcWorkerDied, CalcTimeout):
            self._worker = None
            raise

    def _ready(self) -> WorkerProcess:
        if self._worker is not None and not self._worker.is_alive:
            log.debug("worker %d is gone; a fresh one takes its place", self._worker.pid)
            self.close()
        if self._worker is None:
            worker = WorkerProcess(self.engine, self.memory_mb)
            try:
                self._load(worker)
            except CalcError:
                worker.kill()
                raise
            self._worker = worker
        return self._worker

    def _load(self, worker: WorkerProcess) -> None:
        if self.engine == "formulas":
            worker.ask(self._single(), timeout_s=self.timeout_s)
            return
        if self._image is None:
            self._image = calculation_image(self.snapshot)
        request: dict[str, object] = {"op": "load", "is_1904": self.snapshot.is_1904}
        if self.engine == "formualizer":
            worker.ask(request, self._image, timeout_s=self.timeout_s)
            return
        with tempfile.TemporaryDirectory(prefix="cellwright-") as folder:  # IronCalc loads by path only
            path = Path(folder) / "image.xlsx"
            path.write_bytes(self._image)
            worker.ask({**request, "path": str(path)}, timeout_s=self.timeout_s)
