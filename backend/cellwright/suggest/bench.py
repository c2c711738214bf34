"""How long the whole path of a suggestion takes, with our engine and with another one in its place.

A request is what a person who works down a column makes: the cell is empty, the ones above it are filled,
and the request before was for the cell above, so that a prefix cache has something to give. Every engine
answers every request, in an order that rotates; ratios are taken within a request. Each workbook's first
request warms caches and is not counted. Times are wall time; the calculator holds the workbook before the
clock starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellwright.calc.calculator import Calculator
from cellwright.engine.engine import Engine
from cellwright.errors import UsageError
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.model import Place
from cellwright.reference import Cell, Range, SheetRange
from cellwright.suggest.suggest import suggest
from cellwright.workbook.model import Snapshot
from cellwright.workbook.read import read_workbook
from cellwright.workbook.regions import regions

LEAST_CELLS = 4
CELLS_A_REGION = 5
ALONE = "experts"
"""The path without a model."""
Metrics = dict[str, dict[str, float]]


@dataclass
class Timed:
    """Of one engine, an entry a request: milliseconds in all and in the model, tokens read and of the prompt,
    and what it put first."""

    total_ms: list[float] = field(default_factory=list)
    model_ms: list[float] = field(default_factory=list)
    fresh: list[int] = field(default_factory=list)
    prompt: list[int] = field(default_factory=list)
    first: list[str] = field(default_factory=list)


def requests(book: Path, most: int) -> Iterator[tuple[Snapshot, SheetRange]]:
    """At most `most` cells down the columns of a workbook's regions, each with the workbook without it."""
    snapshot = read_workbook(book)
    count = 0
    for sheet in snapshot.sheets:
        for region in regions(sheet.cells.formulas()):
            column = [cell for cell in region.cells if cell.column == region.first.column]
            if len(column) < LEAST_CELLS:
                continue
            for cell in column[1 : 1 + CELLS_A_REGION]:
                if count == most:
                    return
                count += 1
                emptied = snapshot.with_sheet(sheet.with_cells({cell: None}))
                yield emptied, SheetRange(sheet.name, _one(cell))


def _one(cell: Cell) -> Range:
    return Range(cell.row, cell.column, cell.row, cell.column)


def measure(
    books: Sequence[Path],
    engines: Mapping[str, Engine],
    requests_each: int,
    progress: Callable[[str], None],
) -> Metrics:
    """Figures by name, each with a 95 % interval; raises UsageError where no book has columns of formulas."""
    proposers = {name: LanguageProposer(engine, engine.name) for name, engine in engines.items()}
    timed = {name: Timed() for name in (ALONE, *engines)}
    names = list(timed)
    for book in books:
        for number, (snapshot, target) in enumerate(requests(book, requests_each + 1)):
            with Calculator(snapshot) as calculator:
                for turn in range(len(names)):
                    name = names[(number + turn) % len(names)]
                    told = _ask(snapshot, target, calculator, proposers.get(name))
                    if number:
                        _note(timed[name], told)
        progress(f"{book.name}: {len(timed[ALONE].total_ms)} requests in all")
    if not timed[ALONE].total_ms:
        raise UsageError(f"expected workbooks with columns of formulas, got {len(books)} without")
    return _figures(timed, list(engines))


@dataclass(frozen=True)
class _Told:
    total_ms: float
    model_ms: float
    fresh: int
    prompt: int
    first: str


def _ask(
    snapshot: Snapshot, target: SheetRange, calculator: Calculator, proposer: LanguageProposer | None
) -> _Told:
    engine = proposer.model if proposer is not None else None
    assert engine is None or isinstance(engine, Engine)
    before = engine.prefixes.read_tokens if engine is not None else 0
    found = suggest(snapshot, target, calculator=calculator, engine=proposer)
    best = found.candidates[0].candidate.edits if found.candidates else ()
    if engine is None:
        return _Told(found.latency_ms["total"], 0.0, 0, 0, repr(best))
    prompt = len(engine.tokenizer.encode(Place(snapshot, target).prompt.text))
    fresh = engine.prefixes.read_tokens - before
    return _Told(found.latency_ms["total"], found.latency_ms["model"], fresh, prompt, repr(best))


def _note(timed: Timed, told: _Told) -> None:
    timed.total_ms.append(told.total_ms)
    timed.model_ms.append(told.model_ms)
    timed.fresh.append(told.fresh)
    timed.prompt.append(told.prompt)
    timed.first.append(told.first)


def _figures(timed: Mapping[str, Timed], engines: Sequence[str]) -> Metrics:
    figures: Metrics = {}
    count = float(len(timed[ALONE].total_ms))
    figures["requests"] = {"value": count, "low": count, "high": count}
    for name, times in timed.items():
        total = np.array(times.total_ms)
        figures[f"{name}_ms_p50"] = _interval(total)
        figures[f"{name}_ms_p95"] = _interval(total, 95)
        if name != ALONE:
            figures[f"{name}_model_ms_p50"] = _interval(np.array(times.model_ms))
            figures[f"{name}_fresh_tokens_p50"] = _interval(np.array(times.fresh, float))
            figures[f"{name}_prompt_tokens_p50"] = _interval(np.array(times.prompt, float))
    if len(engines) > 1:
        ours, peer = (timed[name] for name in engines[:2])
        pair = f"{engines[0]}_vs_{engines[1]}"
        figures[f"{pair}_total"] = _interval(np.array(peer.total_ms) / np.array(ours.total_ms))
        figures[f"{pair}_model"] = _interval(np.array(peer.model_ms) / np.array(ours.model_ms))
        same = np.array([a == b for a, b in zip(ours.first, peer.first, strict=True)], float)
        share = float(same.mean())
        figures["same_first"] = {"value": share, "low": share, "high": share}
    return figures


def _interval(values: NDArray[np.float64], percent: float = 50, draws: int = 1000) -> dict[str, float]:
    """A percentile with its 95 % bootstrap interval."""
    random = np.random.default_rng(0)
    drawn = np.percentile(values[random.integers(0, len(values), (draws, len(values)))], percent, axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"value": float(np.percentile(values, percent)), "low": float(low), "high": float(high)}
