"""How long one cell takes to write into a large workbook, beside recompressing the member that it changes.

A workbook can't be written without deflating the changed sheet again, so that is the measure: inflate and
deflate of the same member at the same level, alternated with the writes in one run.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
import zipfile
from pathlib import Path

from cellwright.edits.model import SetFormulas
from cellwright.patch.archive import Archive, deflated
from cellwright.patch.in_place import apply_to_file, undo_in_file
from cellwright.patch.write import patch_bytes
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook.read import read_workbook

ROWS, COLUMNS = 150_000, 12
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET = "xl/worksheets/sheet1.xml"


def bench_write(repeats: int = 5, rows: int = ROWS) -> dict[str, float]:
    """Medians in seconds, sizes in MB, and ratios to recompressing the changed member.

    `patch` is the patch in memory (apply, splice, deflate, read back); `apply` the whole of `apply_to_file`
    with journal and two syncs; `undo` that of `undo_in_file`. The snapshot is read before, as it is for every
    suggestion that gets accepted.
    """
    seconds: dict[str, list[float]] = {"recompress": [], "patch": [], "apply": [], "undo": []}
    with tempfile.TemporaryDirectory(prefix="cellwright-bench-") as folder:
        path = Path(folder) / "bench.xlsx"
        write_sample(path, rows)
        data = path.read_bytes()
        snapshot = read_workbook(path)
        member = Archive.parse(data, path.name).members[_SHEET]
        place = SheetCell("Data", Cell(rows * 2 // 3, COLUMNS))
        edit = SetFormulas(place.sheet, Range.of(place.cell), ((f"=SUM(A{rows}:F{rows})",),))
        for _ in range(max(repeats, 1)):
            start = time.perf_counter()
            deflated(member.read())
            seconds["recompress"].append(time.perf_counter() - start)
            start = time.perf_counter()
            patch_bytes(data, path, [edit], snapshot=snapshot, values={place: 1.0})
            seconds["patch"].append(time.perf_counter() - start)
            start = time.perf_counter()
            apply_to_file(path, [edit], snapshot=snapshot, values={place: 1.0})
            seconds["apply"].append(time.perf_counter() - start)
            start = time.perf_counter()
            undo_in_file(path)
            seconds["undo"].append(time.perf_counter() - start)
        sizes = {"file_mb": len(data) / 1e6, "member_mb": member.size / 1e6}
    result = {f"{name}_s": statistics.median(times) for name, times in seconds.items()}
    ratios = {
        f"ratio_{name}": result[f"{name}_s"] / result["recompress_s"] for name in ("patch", "apply", "undo")
    }
    return {"repeats": repeats, **sizes, **result, **ratios}


def write_sample(path: Path, rows: int) -> None:
    """A workbook of one sheet: numbers, a running formula a row, and short texts."""
    source = random.Random(0)
    letters = "ABCDEFGHIJKL"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _parts().items():
            archive.writestr(name, text)
        with archive.open(_SHEET, "w") as stream:
            stream.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for row in range(1, rows + 1):
                cells = "".join(
                    f'<c r="{letter}{row}"><v>{source.randrange(10**6) / 100}</v></c>'
                    for letter in letters[:-2]
                )
                cells += f'<c r="K{row}"><f>SUM(A{row}:J{row})</f><v>{row}</v></c>'
                cells += f'<c r="L{row}" t="inlineStr"><is><t>item {source.randrange(5000)}</t></is></c>'
                stream.write(f'<row r="{row}" spans="1:12">{cells}</row>'.encode())
            stream.write(b"</sheetData></worksheet>")


def _parts() -> dict[str, str]:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = (
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/{_SHEET}" ContentType="{kind}.worksheet+xml"/>'
    )
    rels = f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/'
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        "_rels/.rels": f'{rels}officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'{rels}worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>',
    }
