"""The reproduction gate: which computed values of a workbook may be believed to be Excel's.

A formula cell whose cached value is at hand is settled by comparison. For every other ("open") cell an engine
is believed where all that the cell reads is right in that engine, nothing volatile or outside is involved,
and either two engines agree, or the other engine is out of the question there and this one has a clean
record on the formula's calls (`calc.evidence`). Beliefs start optimistic; every disbelief is carried to the
cell's readers until nothing changes, so that an open cell is believed only if its whole cone is.

The second engine is started only where the first, with this workbook's own evidence, leaves something open.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from cellwright.calc.calculator import Calculator, EngineName
from cellwright.calc.evidence import Outcome, Record, Standing, shipped_records, standing
from cellwright.calc.facts import Entry, FormulaFacts, formula_facts
from cellwright.calc.values import Computed, NoValue, same_value
from cellwright.errors import CalcError
from cellwright.formula import normalise, precedents
from cellwright.reference import Cell, SheetCell, SheetRange
from cellwright.workbook.model import ErrorValue, Value

log = logging.getLogger(__name__)

FIRST: EngineName = "formualizer"
SECOND: EngineName = "ironcalc"
UNPROVEN = "nothing shows yet that the engine gives Excel's result"
_MAX_READERS = 1_000_000
_LONG_NUMBER = re.compile(r"\d\.?(?:\d\.?){15,}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of a cell's value. `engine` gave it (None: no engine is believed); `why` for a person."""

    value: Computed
    is_verified: bool
    engine: EngineName | None = None
    why: str = ""


@dataclass
class _Opinion:
    """One engine: values of all formula cells, its record on this workbook, what it is not believed about."""

    values: Mapping[SheetCell, Computed]
    outcomes: list[Outcome] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    disbelieved: dict[SheetCell, str] = field(default_factory=dict)
    standings: dict[FormulaFacts, Standing] = field(default_factory=dict)


class Reproduction:
    """Judgements of every formula cell of a calculator's snapshot.

    `hidden` cells are judged as if their cached values were not there (the `calc` evaluation). A `second`
    calculator that is given is always asked; else one is started where the first leaves something open.
    """

    def __init__(
        self,
        calculator: Calculator,
        hidden: Collection[SheetCell] = (),
        second: Calculator | None = None,
    ) -> None:
        self._calculator = calculator
        self._snapshot = calculator.snapshot
        self._facts: dict[SheetCell, FormulaFacts] = {}
        self._regions: dict[SheetCell, int] = {}
        self._known: dict[SheetCell, Value] = {}
        self._by_sheet: dict[str, set[Cell]] | None = None
        self._collect(frozenset(hidden))
        self._opinions: dict[EngineName, _Opinion] = {FIRST: _Opinion(calculator.values())}
        self._settle()
        if second is not None:
            second.load(self._snapshot)
            self._ask_second(second)
        elif any(self._needs_second(cell) for cell in self._open()):
            options = (calculator.timeout_s, calculator.memory_mb)
            with Calculator(self._snapshot, *options, engine=SECOND) as started:
                self._ask_second(started)

    def judge(self, cell: SheetCell) -> Judgement:
        """The judgement of one formula cell of the snapshot."""
        first = self._opinions[FIRST]
        for name, opinion in self._opinions.items():
            if cell not in opinion.disbelieved:
                return Judgement(opinion.values[cell], True, name)
        return Judgement(first.values[cell], False, None, first.disbelieved[cell])

    @property
    def outcomes(self) -> Mapping[EngineName, list[Outcome]]:
        """Which regions of this workbook each engine that was asked got right and wrong."""
        return {name: opinion.outcomes for name, opinion in self._opinions.items()}

    @property
    def reproduced_share(self) -> float:
        """Share of the cached values that at least one engine computes too; 1 where there are none."""
        missed = sum(
            all(cell in opinion.disbelieved for opinion in self._opinions.values()) for cell in self._known
        )
        return 1.0 - missed / len(self._known) if self._known else 1.0

    def judgements(self) -> dict[SheetCell, Judgement]:
        """All of them."""
        return {cell: self.judge(cell) for cell in self._facts}

    def doubts(self, formula: str, at: SheetCell) -> str:
        """Why a new formula's value cannot be believed, whatever it is; empty where the engine may be.

        Judged in the first engine, which also tries the changes: everything that the formula reads must be
        right there, and its calls must have a clean record, or a second engine must agree on a slice of the
        workbook (`calc.opinion`).
        """
        for reference in precedents(formula, at, self._snapshot):
            if reference.place is None:
                return f"{reference.text}: {reference.problem.value if reference.problem else 'not bound'}"
            source = self._disbelieved_in(reference.place)
            if source is not None:
                return f"it reads {source.a1}: {self._opinions[FIRST].disbelieved[source]}"
        return self.doubts_of_calls(formula, at)

    def doubts_of_calls(self, formula: str, at: SheetCell) -> str:
        """The same, looking only at what the formula calls."""
        facts = formula_facts(formula, at.sheet, self._snapshot)
        if facts.causes:
            return facts.causes[0]
        found = self._standing(FIRST, facts)
        return "" if found.is_proven else found.why if found.is_doubted else UNPROVEN

    def why_not(self, cell: SheetCell) -> str:
        """Why the first engine is not believed about a formula cell."""
        facts = self._facts.get(cell)
        causes = facts.causes if facts is not None else ("it is no formula of this workbook",)
        return self._opinions[FIRST].disbelieved.get(cell) or (causes[0] if causes else "")

    def is_believed(self, cell: SheetCell) -> bool:
        """Whether the first engine is believed about a formula cell, also with other inputs."""
        facts = self._facts.get(cell)
        return facts is not None and not facts.causes and cell not in self._opinions[FIRST].disbelieved

    def _disbelieved_in(self, place: SheetRange) -> SheetCell | None:
        if self._by_sheet is None:
            self._by_sheet = defaultdict(set)
            for cell in self._opinions[FIRST].disbelieved:
                self._by_sheet[cell.sheet].add(cell.cell)
        cells = self._by_sheet.get(place.sheet, set())
        if len(cells) <= place.range.size:
            return next((SheetCell(place.sheet, cell) for cell in cells if cell in place.range), None)
        return next((SheetCell(place.sheet, cell) for cell in place.range.cells() if cell in cells), None)

    def _collect(self, hidden: frozenset[SheetCell]) -> None:
        by_shape: dict[tuple[str, str, Entry], tuple[int, FormulaFacts]] = {}
        for sheet in self._snapshot.sheets:
            for address, content in sheet.cells.items():
                if content.formula is None:
                    continue
                cell = SheetCell(sheet.name, address)
                entry = Entry.PLAIN if content.array is None else Entry.ARRAY
                shape = (sheet.name, normalise(content.formula, address), entry)
                if shape not in by_shape:
                    facts = formula_facts(content.formula, sheet.name, self._snapshot, entry)
                    by_shape[shape] = (len(by_shape), facts)
                self._regions[cell], self._facts[cell] = by_shape[shape]
                if content.value is not None and cell not in hidden:
                    self._known[cell] = content.value

    def _open(self) -> Iterable[SheetCell]:
        return (cell for cell in self._facts if cell not in self._known)

    def _needs_second(self, cell: SheetCell) -> bool:
        """Whether a second engine could add to what the first and this workbook say of an open cell."""
        facts = self._facts[cell]
        if facts.causes:
            return False
        return cell in self._opinions[FIRST].disbelieved or not self._standing(FIRST, facts).is_local

    def _ask_second(self, second: Calculator) -> None:
        try:
            self._opinions[SECOND] = _Opinion(second.values())
        except CalcError as error:
            log.info("no second opinion: %s", error)
            return
        self._settle()

    def _settle(self) -> None:
        """Compare with what is known, make the records, then find what is to be believed."""
        for name, opinion in self._opinions.items():
            opinion.disbelieved.clear()
            opinion.standings.clear()
            differs = {
                cell for cell, value in self._known.items() if not same_value(opinion.values[cell], value)
            }
            self._make_record(opinion, differs)
            for cell in differs:
                computed, cached = _show(opinion.values[cell]), _show(self._known[cell])
                opinion.disbelieved[cell] = f"{name} computes {computed} for {cell.a1}, Excel had {cached}"
            for cell in self._open():
                why = self._hard_doubt(name, cell)
                if why:
                    opinion.disbelieved[cell] = why
            self._carry(name, list(opinion.disbelieved))
        fresh: dict[EngineName, list[SheetCell]] = {name: [] for name in self._opinions}
        for cell in self._open():
            for name in self._weigh(cell):
                fresh[name].append(cell)
        while any(fresh.values()):
            reached = {cell for name, cells in fresh.items() for cell in self._carry(name, cells)}
            fresh = {name: [] for name in self._opinions}
            for cell in reached:
                for name in self._weigh(cell):
                    fresh[name].append(cell)

    def _make_record(self, opinion: _Opinion, differs: set[SheetCell]) -> None:
        tainted = [
            cell
            for cell in self._facts
            if cell in differs or cell not in self._known or self._facts[cell].causes
        ]
        blameless = (
            set(self._calculator.dependents(*tainted, transitive=False, limit=_MAX_READERS))
            if tainted
            else set()
        )
        verdicts: dict[int, bool] = {}
        results: dict[int, set[Value]] = defaultdict(set)
        for cell, value in self._known.items():
            facts, region = self._facts[cell], self._regions[cell]
            if facts.causes:
                continue
            if cell in differs:
                if cell not in blameless:
                    verdicts[region] = False
            elif not isinstance(value, ErrorValue) or cell not in blameless:
                verdicts.setdefault(region, True)
                results[region].add(value)
        calls = {region: self._facts[cell].calls for cell, region in self._regions.items()}
        opinion.outcomes = [
            Outcome(calls[region], is_right, len(results[region])) for region, is_right in verdicts.items()
        ]
        opinion.record = Record.of(opinion.outcomes, many_count_twice=True)

    def _hard_doubt(self, name: EngineName, cell: SheetCell) -> str:
        """Why an engine cannot be believed about an open cell, whatever another engine says; else empty."""
        facts, value = self._facts[cell], self._opinions[name].values[cell]
        if facts.causes:
            return facts.causes[0]
        if isinstance(value, NoValue):
            return "it reads itself" if value.reason == "circular" else f"{name} cannot calculate it"
        if writes_long_number(value):
            return "it writes a number with more digits than Excel shows"
        found = self._standing(name, facts)
        return found.why if found.is_doubted else ""

    def _standing(self, name: EngineName, facts: FormulaFacts) -> Standing:
        opinion = self._opinions[name]
        if facts not in opinion.standings:
            opinion.standings[facts] = standing(facts.calls, opinion.record, shipped_records()[name])
        return opinion.standings[facts]

    def _weigh(self, cell: SheetCell) -> list[EngineName]:
        """Disbelieve what agreement and records do not carry; the engines that are newly disbelieved."""
        candidates = [name for name, opinion in self._opinions.items() if cell not in opinion.disbelieved]
        if len(candidates) == 2:
            first, second = (self._opinions[name].values[cell] for name in candidates)
            if same_value(first, second):
                return []
            why = f"two engines disagree: {_show(first)} and {_show(second)}"
        elif len(candidates) == 1:
            found = self._standing(candidates[0], self._facts[cell])
            if found.is_local or (found.is_proven and not self._is_contradicted(candidates[0], cell)):
                return []
            why = found.why or "another engine computes something else"
        for name in candidates:
            self._opinions[name].disbelieved[cell] = why
        return candidates

    def _is_contradicted(self, name: EngineName, cell: SheetCell) -> bool:
        """Whether another engine, believed or not, has another value for the cell."""
        value = self._opinions[name].values[cell]
        others = [opinion.values[cell] for other, opinion in self._opinions.items() if other != name]
        return any(
            not isinstance(other, NoValue) and other is not ErrorValue.NAME and not same_value(value, other)
            for other in others
        )

    def _carry(self, name: EngineName, frontier: list[SheetCell]) -> list[SheetCell]:
        """Disbelieve every open cell that reads a disbelieved one, and so on; the cells that were reached."""
        disbelieved = self._opinions[name].disbelieved
        reached: list[SheetCell] = []
        while frontier:
            readers = self._calculator.dependents(*frontier, transitive=False, limit=_MAX_READERS)
            why = f"it depends on {frontier[0].a1}" + (" and others" if len(frontier) > 1 else "")
            frontier = [
                cell
                for cell in readers
                if cell in self._facts and cell not in self._known and cell not in disbelieved
            ]
            for cell in frontier:
                disbelieved[cell] = f"{why}, which is not reproduced"
            reached += frontier
        return reached


def writes_long_number(value: Computed) -> bool:
    """Whether a text holds a number of more than 15 digits: engines write them in full, Excel rounds."""
    return isinstance(value, str) and _LONG_NUMBER.search(value) is not None


def _show(value: Computed) -> str:
    return (
        value.reason
        if isinstance(value, NoValue)
        else repr(value)[:40]
        if isinstance(value, str)
        else str(value)
    )
