"""Make the table of calls that each engine was seen to get right or wrong: `calc/function_record.tsv`.

    python -m cellwright_tuning.evaluation.function_record DATA...

Only counts leave the workbooks. DATA must hold no workbook that `calc` is scored on: a table that had seen
the scored cells would measure itself. A call enters with the number of formulas (copies count once a
workbook) that came out as Excel had cached them, and of those that did not, where all inputs were right.
Workbooks of which neither engine reproduces most cached values are passed over: other programs than Excel
wrote those values (many write 0 everywhere). Added are ordinary calls of every function, with LibreOffice as
the referee (`function_battery`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

from cellwright.calc.calculator import Calculator, EngineName
from cellwright.calc.evidence import Outcome, Record
from cellwright.calc.reproduction import FIRST, SECOND, Reproduction
from cellwright.errors import CellwrightError
from cellwright.workbook.model import Snapshot
from cellwright.workbook.read import read_workbook
from cellwright_tuning.evaluation.data import unpacked, workbooks
from cellwright_tuning.evaluation.function_battery import battery_outcomes

MAX_FORMULAS = 50_000
MIN_REPRODUCED = 0.8
_TIMEOUT_S = 30.0
_HEAD = (
    "# Right and wrong regions by engine and call; made by a command (see evidence.py): "
    "ENGINE CALL RIGHT WRONG\n"
)


def make_records(folders: Iterable[Path]) -> dict[str, Record]:
    """The records of every workbook below the folders, summed; unreadable ones are passed over."""
    outcomes: dict[EngineName, list[Outcome]] = {FIRST: [], SECOND: []}
    first = Calculator(Snapshot(()), _TIMEOUT_S)
    second = Calculator(Snapshot(()), _TIMEOUT_S, engine=SECOND)
    with first, second:
        for path in (path for folder in folders for path in workbooks(folder, (".xlsx", ".xlsm"))):
            try:
                snapshot = read_workbook(path)
                formulas = sum(1 for sheet in snapshot.sheets for _ in sheet.cells.formulas())
                if not 0 < formulas <= MAX_FORMULAS:
                    continue
                first.load(snapshot)
                reproduction = Reproduction(first, second=second)
            except CellwrightError as error:
                print(f"passed over {path.name}: {error}", file=sys.stderr)
                continue
            if reproduction.reproduced_share >= MIN_REPRODUCED:
                for name, found in reproduction.outcomes.items():
                    outcomes[name] += found
    for engine, found in battery_outcomes().items():
        outcomes[engine] += found
    return {name: Record.of(found) for name, found in outcomes.items()}


def table(records: dict[str, Record]) -> str:
    """The table's text, sorted."""
    lines = [
        f"{engine}\t{call}\t{record.right[call]}\t{record.wrong[call]}\n"
        for engine, record in sorted(records.items())
        for call in sorted({*record.right, *record.wrong})
    ]
    return _HEAD + "".join(lines)


def main(arguments: list[str]) -> None:
    """Write the table into the package."""
    with ExitStack() as stack:
        records = make_records([stack.enter_context(unpacked(Path(argument))) for argument in arguments])
    target = Path(str(files("cellwright.calc").joinpath("function_record.tsv")))
    target.write_text(table(records), "utf-8")
    print(f"{sum(len(r.right) for r in records.values())} calls written to {target.name}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
