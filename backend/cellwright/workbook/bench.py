"""Reading speed beside formualizer and openpyxl: one generated workbook, readers alternated in one run.

Every measurement runs in a process of its own, which imports, then times the load alone, and reports its peak
resident memory. Besides the load, `cellwright_cells` times the load and a pass over all contents as Python
objects.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from cellwright.errors import CellwrightError

ROWS = 200_000
COLUMNS = 10
_TIMEOUT_S = 900
_REGIONS = ("North", "East", "South", "West")

_MEASURE = """
import json, resource, sys, time
reader, path = sys.argv[1:]
if reader == "openpyxl":
    import openpyxl
    start = time.perf_counter()
    book = openpyxl.load_workbook(path)
elif reader == "formualizer":
    import formualizer
    start = time.perf_counter()
    book = formualizer.load_workbook(path)
else:
    from cellwright.workbook import read_workbook
    start = time.perf_counter()
    book = read_workbook(path)
    if reader == "cellwright_cells":
        count = sum(1 for sheet in book.sheets for _ in sheet.cells.items())
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "peak_mb": peak / (1024 if sys.platform != "darwin" else 1 << 20)}))
"""


def bench_read(repeats: int = 3, openpyxl_repeats: int = 1, rows: int = ROWS) -> dict[str, float]:
    """Median seconds and peak MB of each reader on a workbook of `rows` x 10 cells, and the ratios.

    Keys: `READER_s`, `READER_mb` for cellwright, cellwright_cells, formualizer and openpyxl, then
    `ratio_formualizer` and `ratio_openpyxl` (our load by theirs). With `openpyxl_repeats` 0 openpyxl, which
    takes a minute or two at full size, is left out.
    """
    seconds: dict[str, list[float]] = {}
    peaks: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.xlsx"
        write_sample(path, rows)
        for turn in range(max(repeats, 1)):
            readers = ["cellwright", "formualizer", "cellwright_cells"]
            if turn < openpyxl_repeats:
                readers.append("openpyxl")
            for reader in readers if turn % 2 == 0 else reversed(readers):
                measured = _measure(reader, path)
                seconds.setdefault(reader, []).append(measured["seconds"])
                peaks.setdefault(reader, []).append(measured["peak_mb"])
    result: dict[str, float] = {"rows": rows, "columns": COLUMNS, "repeats": repeats}
    for reader, times in seconds.items():
        result[f"{reader}_s"] = statistics.median(times)
        result[f"{reader}_mb"] = max(peaks[reader])
    for peer in ("formualizer", "openpyxl"):
        if peer in seconds:
            result[f"ratio_{peer}"] = result["cellwright_s"] / result[f"{peer}_s"]
    return result


def _measure(reader: str, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, reader, str(path)],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise CellwrightError(f"expected a time from {reader}, got exit code {done.returncode}: {last}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def write_sample(path: Path, rows: int) -> None:
    """A ledger of `rows` x 10 cells: numbers, dates, shared texts, plain and shared formulas with values."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _PARTS.items():
            archive.writestr(name, text)
        texts = [*_HEADERS, *_REGIONS, *(f"Product {number}" for number in range(500))]
        items = "".join(f"<si><t>{text}</t></si>" for text in texts)
        archive.writestr("xl/sharedStrings.xml", f'{_DECLARATION}<sst xmlns="{_MAIN}">{items}</sst>')
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for row in _sample_rows(rows):
                part.write(row.encode())
            part.write(b"</sheetData></worksheet>")


def _sample_rows(rows: int) -> Iterator[str]:
    yield (
        '<row r="1">'
        + "".join(f'<c r="{letter}1" t="s"><v>{index}</v></c>' for index, letter in enumerate("ABCDEFGHIJ"))
        + "</row>"
    )
    total = 0.0
    for row in range(2, rows + 1):
        amount, price, discount = row % 97 + 1, (row * 7919 % 10007) / 100, row % 4 * 0.05
        gross = amount * price
        net = gross * (1 - discount)
        total += net
        shared = (
            f'<f t="shared" ref="J2:J{rows}" si="0">SUM(I$2:I2)</f>' if row == 2 else '<f t="shared" si="0"/>'
        )
        yield (
            f'<row r="{row}"><c r="A{row}"><v>{row - 1}</v></c>'
            f'<c r="B{row}" s="1"><v>{43831 + row % 1500}</v></c>'
            f'<c r="C{row}" t="s"><v>{COLUMNS + row % 4}</v></c>'
            f'<c r="D{row}" t="s"><v>{COLUMNS + 4 + row * 31 % 500}</v></c>'
            f'<c r="E{row}"><v>{amount}</v></c><c r="F{row}"><v>{price}</v></c>'
            f'<c r="G{row}"><v>{discount}</v></c>'
            f'<c r="H{row}"><f>E{row}*F{row}</f><v>{gross!r}</v></c>'
            f'<c r="I{row}"><f>H{row}*(1-G{row})</f><v>{net!r}</v></c>'
            f'<c r="J{row}">{shared}<v>{total!r}</v></c></row>'
        )


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_HEADERS = ("No", "Date", "Region", "Product", "Amount", "Price", "Discount", "Gross", "Net", "Running")
_PARTS = {
    "[Content_Types].xml": f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_ML}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_ML}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SHEET_ML}.sharedStrings+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_ML}.styles+xml"/></Types>',
    "_rels/.rels": f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_DECLARATION}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Ledger" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": f'{_DECLARATION}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>",
}
