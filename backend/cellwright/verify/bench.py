"""How long sixteen candidates take on a sheet of 100,000 formulas, against one full recalculation of it.

Both are measured in one run on one loaded worker. The candidates are of the kinds that people see: a row's
formula, a total, a lookup, a ratio, with dependents and without; each is checked, tried with all its
dependents, and judged.
"""

from __future__ import annotations

import statistics
import time

from cellwright.calc.calculator import Calculator
from cellwright.edits.model import SetFormulas
from cellwright.reference import Cell, Range, SheetCell, column_letters
from cellwright.verify.model import Candidate, Kind, Status
from cellwright.verify.verify import verify_many
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import Content, Sheet, Snapshot

ROWS = 10_000
INPUTS = 3
FORMULAS = 10
_SHEET = "Sheet1"


def bench_sheet(rows: int = ROWS) -> Snapshot:
    """`rows` x 10 formulas that follow each other along the row, without cached values."""
    cells: dict[Cell, Content] = {}
    for row in range(1, rows + 1):
        for column in range(INPUTS):
            cells[Cell(row, column)] = Content(float((row * 7 + column * 3) % 101 + 1))
        for column in range(INPUTS, INPUTS + FORMULAS):
            last = column_letters(column - 1)
            cells[Cell(row, column)] = Content(formula=f"=A{row + 1}*B{row + 1}+{last}{row + 1}/C{row + 1}")
    return Snapshot((Sheet(_SHEET, CellStore(cells)),))


def bench_candidates(rows: int = ROWS) -> list[Candidate]:
    """Sixteen candidates: eight in the middle of rows (with dependents), eight in free cells."""
    last = rows + 1
    formulas = [
        *((f"D{row}", f"=A{row}*B{row}-C{row}") for row in (100, rows // 4, rows // 2, rows)),
        *(
            (f"H{row}", f"=IF(C{row}>50,G{row}*2,ROUND(G{row},2))")
            for row in (101, rows // 3, rows // 2 + 1, rows)
        ),
        ("O2", f"=SUM(M2:M{last})"),
        ("O3", f"=AVERAGE(D2:D{last})"),
        ("O4", f"=SUMIF(C2:C{last},10,D2:D{last})"),
        ("O5", f"=COUNTIF(A2:A{last},50)"),
        ("O6", f"=MAX(M2:M{last})-MIN(M2:M{last})"),
        ("O7", f"=INDEX(D2:D{last},MATCH(50,A2:A{last},0))"),
        ("O8", "=SUM(D2:M2)"),
        ("O9", f"=M9/SUM(M2:M{last})"),
    ]
    return [
        Candidate(
            Kind.FORMULA,
            (SetFormulas(_SHEET, Range.parse(place), ((formula,),)),),
            proposer="bench",
            reason="a formula of the benchmark",
        )
        for place, formula in formulas
    ]


def bench_verify(repeats: int = 5, rows: int = ROWS) -> dict[str, float]:
    """Medians in seconds of `repeats` alternated runs; loading and the gate come before and are not counted.

    `ratio` is candidates over recalculation: below 1 is the goal.
    """
    snapshot = bench_sheet(rows)
    candidates = bench_candidates(rows)
    formulas = [SheetCell(_SHEET, cell) for cell, _ in snapshot.sheets[0].cells.formulas()]
    recalculations: list[float] = []
    runs: list[float] = []
    verified = 0
    with Calculator(snapshot, timeout_s=300.0) as calculator:
        verify_many(snapshot, candidates[:1], calculator)
        for _ in range(repeats):
            recalculations.append(calculator.recalculation_s(formulas))
            start = time.perf_counter()
            verdicts = verify_many(snapshot, candidates, calculator)
            runs.append(time.perf_counter() - start)
            verified = sum(verdict.status is Status.VERIFIED for verdict in verdicts)
    recalculation_s, candidates_s = statistics.median(recalculations), statistics.median(runs)
    return {
        "formulas": len(formulas),
        "candidates": len(candidates),
        "verified": verified,
        "recalculation_s": recalculation_s,
        "candidates_s": candidates_s,
        "ratio": candidates_s / recalculation_s,
    }
