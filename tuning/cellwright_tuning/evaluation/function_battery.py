"""A battery of ordinary calls of every function, and which engines get them right by the vote of three.

The formulas are ours, drawn with a seed from the table of signatures over one small sheet of numbers, texts,
dates and truth values. Truth is what LibreOffice and one other engine agree on; where they do not agree
nothing is counted. An agreed error counts against an engine that differs, but proves nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

from cellwright.calc.calculator import Calculator, EngineName
from cellwright.calc.evidence import Outcome
from cellwright.calc.facts import formula_facts
from cellwright.calc.image import calculation_image
from cellwright.calc.reproduction import FIRST, SECOND
from cellwright.calc.values import Computed, NoValue, same_value
from cellwright.errors import CalcError, UsageError
from cellwright.formula.functions import ArgumentKind, Function, functions
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook.cells import CellStore
from cellwright.workbook.model import ArrayFormula, Content, ErrorValue, Sheet, Snapshot, Value
from cellwright.workbook.read import read_workbook

VARIANTS = 40
SEED = 7
_SHEET = "Battery"
_NONE = NoValue("the engine died")
_TIMEOUT_S = 120.0
_ROWS = 12
_FIRST_FORMULA_COLUMN = 10
_NUMBERS = (3.0, 7.5, 1.0, 12.0, 4.25, 9.0, 2.0, 15.5, 6.0, 8.0, 11.0, 5.0)
_SIGNED = (-2.5, 4.0, 0.5, -7.0, 10.0, 3.25, -1.0, 6.5, 0.0, 2.0, -4.75, 8.0)
_TEXTS = (
    "pear",
    "Apple",
    "fig",
    "apple pie",
    "plum",
    "Quince",
    "10",
    "kiwi",
    "date",
    "pear",
    "lime",
    "x-ray",
)
_DATES = tuple(45_000.0 + 37 * i for i in range(_ROWS))
_SHARES = (0.1, 0.25, 0.5, 0.05, 0.75, 0.9, 0.33, 0.6, 0.2, 0.4, 0.15, 0.8)
_ORDINARY = {
    "AVERAGE": ("AVERAGE(A$1:A${row})", "AVERAGE({A},{B})", "AVERAGE({A},{B},{E})", "AVERAGE(A$1:B${row})"),
    "AVERAGEIF": ("AVERAGEIF(A$1:A$12,{A},B$1:B$12)", 'AVERAGEIF(C$1:C$12,"pear",A$1:A$12)'),
    "CHOOSE": ("CHOOSE({G},{A},{B},{C},{D})", 'CHOOSE({G},"a","b","c","d")'),
    "COUNTIF": ("COUNTIF(A$1:A$12,{row})", "COUNTIF(C$1:C$12,{C})", 'COUNTIF(B$1:B$12,">"&{A})'),
    "DATE": ("DATE(2020,{few},{row})", "DATE(2019+{G},{row},{few}*7)", "DATE(YEAR({D}),MONTH({D})+1,1)"),
    "HLOOKUP": ("HLOOKUP({A1},A$1:E$12,{row},FALSE)", 'HLOOKUP("pear",A$1:E$12,{row},0)'),
    "IF": (
        "IF({A}>{B},{A},{B})",
        'IF({F},"yes","no")',
        'IF({C}="pear",{A}*2,0)',
        "IF({A}>{row},{B})",
        'IF({A}>{row},"",{B}*2)',
        "IF({A}>{row},{B},0)",
        "IF({A}=0,0,{B}/{A})",
    ),
    "IFERROR": ("IFERROR({A}/0,0)", 'IFERROR({A}/{B},"")', "IFERROR({A},0)", 'IFERROR({A}/{G},"none")'),
    "INDEX": (
        "INDEX(A$1:A$12,{row})",
        "INDEX(A$1:E$12,{row},{few})",
        "INDEX(A$1:E$12,{G},{G})",
        "INDEX(A$1:A$12,{G})",
        "INDEX(B$1:B$12,MATCH({A},A$1:A$12,0))",
        "INDEX(A$1:E$12,MATCH({A},A$1:A$12,0),{few})",
    ),
    "LOOKUP": ("LOOKUP({D},D$1:D$12,A$1:A$12)", "LOOKUP({D},D$1:D$12)"),
    "MATCH": (
        "MATCH({C},C$1:C$12,0)",
        "MATCH({A},A$1:A$12,0)",
        "MATCH({D},D$1:D$12,1)",
        "MATCH({row},A$1:A$12,0)",
        'MATCH("fig",C$1:C$12,0)',
        "MATCH({A}+0,A$1:A$12,0)",
    ),
    "MAX": ("MAX(A$1:A${row})", "MAX({A},{B})", "MAX({A},0)", "MAX({A}*2,{B})", "MAX(A$1:A$12,{few})"),
    "MIN": ("MIN(A$1:A${row})", "MIN({A},{B})", "MIN({A},0)", "MIN({A}*2,{B})", "MIN(A$1:A$12,{few})"),
    "ROUND": ("ROUND({A}/7,2)", "ROUND({B},1)", "ROUND({A}*{E},0)", "ROUND({A}/3,{few})", "ROUND({B},{G})"),
    "SUM": (
        "SUM(A$1:A${row})",
        "SUM({A},{B})",
        "SUM({A},{B},{E})",
        "SUM(A$1:A${row},{B})",
        "SUM(A$1:A$12,B$1:B${row})",
        "SUM({A},B$1:B$12)",
        "SUM({A}*2,{B}*3)",
    ),
    "SUMIF": (
        "SUMIF(A$1:A$12,{row},B$1:B$12)",
        "SUMIF(C$1:C$12,{C},A$1:A$12)",
        'SUMIF(A$1:A$12,">"&{G},B$1:B$12)',
        'SUMIF(A$1:A$12,">5")',
        'SUMIF(C$1:C$12,"p*",A$1:A$12)',
    ),
    "SUMIFS": (
        "SUMIFS(A$1:A$12,C$1:C$12,{C})",
        'SUMIFS(A$1:A$12,B$1:B$12,">0",G$1:G$12,{G})',
        "SUMIFS(A$1:A$12,G$1:G$12,{few})",
        "SUMIFS(A$1:A$12,C$1:C$12,{C},G$1:G$12,{G})",
    ),
    "TEXT": ('TEXT({A},"0.00")', 'TEXT({B},"#,##0")', 'TEXT({E},"0%")', 'TEXT({D},"yyyy-mm-dd")'),
    "VLOOKUP": (
        "VLOOKUP({A},A$1:E$12,{few},FALSE)",
        "VLOOKUP({C},C$1:E$12,2,0)",
        "VLOOKUP({D},D$1:E$12,2)",
        'VLOOKUP("plum",C$1:E$12,{G}-{G}+2,FALSE)',
    ),
    "XLOOKUP": ("XLOOKUP({A},A$1:A$12,B$1:B$12)", 'XLOOKUP({C},A$1:A$12,B$1:B$12,"none")'),
}
_LOOKUPS = frozenset(
    {"CHOOSE", "DATE", "HLOOKUP", "IF", "INDEX", "LOOKUP", "MATCH", "TEXT", "VLOOKUP", "XLOOKUP"}
)
"""Functions that calls drawn at random say nothing about: their arguments must fit each other."""

_CRITERIA = ('">5"', '"<=6"', '"p*"', '"<>fig"', "4.25", "A2", '"pear"')


def battery_sheet() -> Sheet:
    """The inputs: A numbers, B signed, C texts, D dates, E shares, F truth values, G small whole numbers."""
    cells: dict[Cell, Content] = {}
    columns: tuple[tuple[Value, ...], ...] = (
        _NUMBERS,
        _SIGNED,
        _TEXTS,
        _DATES,
        _SHARES,
        tuple(i % 3 == 0 for i in range(_ROWS)),
        tuple(float(i % 4 + 1) for i in range(_ROWS)),
    )
    for column, values in enumerate(columns):
        for row, value in enumerate(values):
            cells[Cell(row, column)] = Content(value)
    return Sheet(_SHEET, CellStore(cells))


def battery(seed: int = SEED) -> list[Snapshot]:
    """A workbook a function: the inputs, and calls entered as a person types them, with room to spill."""
    random = Random(seed)
    sheet = battery_sheet()
    books: list[Snapshot] = []
    for function in functions().values():
        if function.is_volatile or function.reaches_out or function.hides or function.is_macro:
            continue
        cells: dict[Cell, Content | None] = {}
        for row, formula in enumerate(dict.fromkeys(_calls(function, random))):
            at = Cell(row * 20, _FIRST_FORMULA_COLUMN)
            cells[at] = Content(formula=formula, array=ArrayFormula(Range.of(at), is_dynamic=True))
        if cells:
            books.append(Snapshot((replace(sheet.with_cells(cells), name=f"F{len(books)}"),)))
    return books


def _calls(function: Function, random: Random) -> Iterator[str]:
    for pattern in _ORDINARY.get(function.name, ()):
        for row in range(1, _ROWS):
            cells = {letter: f"{letter}{row}" for letter in "ABCDEFG"} | {"A1": "A$1", "row": row}
            yield "=" + pattern.format(**cells, few=random.randint(1, 5))
    for _ in range(0 if function.name in _LOOKUPS else VARIANTS):
        count = random.randint(
            function.min_arguments, min(function.max_arguments, function.min_arguments + 2)
        )
        if function.repeated:
            count += (count - len(function.required) - len(function.optional)) % len(function.repeated)
        kinds = [function.kind(index) for index in range(count)]
        if not function.takes(count) or ArgumentKind.LAMBDA in kinds:
            continue
        yield f"={function.name}({','.join(_argument(kind, random) for kind in kinds)})"


def _argument(kind: ArgumentKind | None, random: Random) -> str:
    row = random.randint(1, _ROWS)
    column = random.choice("AABEG")
    match kind:
        case ArgumentKind.NUMBER:
            return random.choice(
                [f"{column}{row}", f"G{row}", f"{column}{row}", str(random.randint(1, 6)), f"A{row}*2"]
            )
        case ArgumentKind.TEXT:
            return random.choice([f"C{row}", f"C{row}", '"pl"', '"a"', f'C{row}&"s"'])
        case ArgumentKind.LOGICAL:
            return random.choice([f"F{row}", "TRUE", "FALSE", f"A{row}>5"])
        case ArgumentKind.DATE:
            return random.choice([f"D{row}", f"D{row}", f"D{row}+30", "45500"])
        case ArgumentKind.CRITERION:
            return random.choice(_CRITERIA)
        case ArgumentKind.VALUE:
            return random.choice([f"A{row}", f"C{row}", f"B{row}", f"A{row}>B{row}"])
        case _:
            column = random.choice("AABBEG")
            return f"{column}$1:{column}${_ROWS}"


def battery_outcomes() -> dict[EngineName, list[Outcome]]:
    """What formualizer and IronCalc got right and wrong; raises UsageError without LibreOffice."""
    books = battery()
    referee = _libreoffice(Snapshot(tuple(book.sheets[0] for book in books)))
    outcomes: dict[EngineName, list[Outcome]] = {FIRST: [], SECOND: []}
    with Calculator(books[0], _TIMEOUT_S) as first, Calculator(books[0], _TIMEOUT_S, engine=SECOND) as second:
        for book in books:
            values = {FIRST: _values(first, book), SECOND: _values(second, book)}
            for name, other in ((FIRST, SECOND), (SECOND, FIRST)):
                for cell, value in values[name].items():
                    truth = referee.sheet(cell.sheet).value(cell.cell)
                    is_right = same_value(value, truth)
                    is_agreed = is_right or same_value(values[other].get(cell, _NONE), truth)
                    if truth is None or not is_agreed or (is_right and isinstance(truth, ErrorValue)):
                        continue
                    facts = formula_facts(book.sheets[0].formula(cell.cell) or "", cell.sheet, book)
                    if not facts.causes:
                        outcomes[name].append(Outcome(facts.calls, is_right))
    return outcomes


def _values(calculator: Calculator, book: Snapshot) -> Mapping[SheetCell, Computed]:
    """Computed values; where the engine does not survive the workbook it has none of them."""
    try:
        calculator.load(book)
        return calculator.values()
    except CalcError:
        return {SheetCell(book.sheets[0].name, cell): _NONE for cell, _ in book.sheets[0].cells.formulas()}


def _libreoffice(snapshot: Snapshot) -> Snapshot:
    """The workbook as LibreOffice calculates it."""
    program = shutil.which("soffice")
    if program is None:
        raise UsageError("expected LibreOffice (soffice) on the path, got none; it referees the battery")
    with tempfile.TemporaryDirectory(prefix="cellwright-battery-") as folder:
        source = Path(folder) / "battery.xlsx"
        source.write_bytes(calculation_image(snapshot))
        target = Path(folder) / "out"
        command = [
            program,
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            "xlsx",
        ]
        subprocess.run(
            [*command, "--outdir", str(target), str(source)],
            check=True,
            capture_output=True,
            timeout=_TIMEOUT_S,
        )
        return read_workbook(target / "battery.xlsx")
