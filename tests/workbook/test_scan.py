"""The native scanner gives what the Python one gives, or nothing; on any bytes, in any pieces."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.errors import CellwrightError, LimitExceeded
from cellwright.workbook.package import Package
from cellwright.workbook.read_cells import scan_with_expat
from cellwright.workbook.scan import (
    SOURCE,
    library,
    read_strings_natively,
    scan_natively,
    scan_sheet,
)
from cellwright.workbook.scan_result import SheetScan
from cellwright.workbook.shared_strings import read_strings_with_expat
from tests.workbook.archives import shared_strings, worksheet

pytestmark = pytest.mark.skipif(library() is None, reason="no C compiler for the native scanner")

ARRAYS = ("keys", "kinds", "payload", "formats", "formulas")


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def assert_same(native: SheetScan, python: SheetScan) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(native, name), getattr(python, name), err_msg=name)
        assert getattr(native, name).dtype == getattr(python, name).dtype
    assert list(native.texts) == list(python.texts)
    assert list(native.formula_texts) == list(python.formula_texts)
    assert native.marks == python.marks
    assert native.cell_metadata == python.cell_metadata
    assert native.hidden_rows == python.hidden_rows
    assert ElementTree.tostring(native.rest) == ElementTree.tostring(python.rest)


def compare(data: bytes, size: int) -> bool:
    """Whether the native scanner read the part; if so, as expat did."""
    native = None
    try:
        native = scan_natively(pieces(data, size), "part")
    except CellwrightError as error:
        with pytest.raises(type(error)):
            scan_with_expat(pieces(data, size), "part")
    if native is not None:
        assert_same(native, scan_with_expat(pieces(data, size), "part"))
    return native is not None


SHEET = worksheet(
    '<row r="1" spans="1:9" hidden="1"><c r="A1" s="3" t="s"><v>12</v></c><c r="B1"><v>-1.25e-3</v></c>'
    '<c r="C1" t="str"><f>A1&amp;"&lt;x&gt;"</f><v>é&#10;東\r\n&#x1F600;\r]]&#13;</v></c>'
    '<c r="D1" t="b"><v>1</v></c></row>\r\n'
    '<row r="2"><c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B2" t="d"><v>2024-01-01</v></c>'
    '<c r="C2" t="inlineStr"><is><t xml:space="preserve"> in </t></is></c><c r="D2" s="7"/>'
    "<c r='E2' cm='1'><f t='array' aca=\"0\" ref='E2:E4'>SEQ(3)</f><v>1</v></c></row><row/>"
    '<row r="9" ht="15"><c><f t="shared" ref="A9:A10" si="4">B9+1</f><v>0.1</v></c><c><v/></c>'
    '<c r="C9"><f t="dataTable" ref="C9:C10" dt2D="1" dtr="1" r1="A1" r2="B1"/><v>3</v></c></row>'
    '<row r="10"><c r="A10"><f t="shared" si="4"/><v>12345678901234567890</v></c></row>',
    before='<sheetViews><sheetView workbookViewId="0"/></sheetViews>',
    after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>',
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
def test_the_plain_subset_is_read_natively_in_pieces_of_any_size(size: int) -> None:
    assert compare(SHEET.encode(), size)


def test_too_many_cells() -> None:
    part = worksheet("<row><c/><c r='B1'/><c><v>1</v></c><c s='1'/><c cm='1'/></row>").encode()
    assert compare(part, 10)
    for scan in (scan_natively, scan_with_expat):
        scanned = scan([part], "part", most_cells=3)
        assert scanned is not None
        assert len(scanned.keys) == 3
        with pytest.raises(LimitExceeded, match="at most 2 cells"):
            scan([part], "part", most_cells=2)


def prefixed(part: str, prefix: str = "x") -> str:
    """The part with its own namespace under a prefix, as the Open XML SDK writes it."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    tags = re.sub(r"<(/?)([A-Za-z]+)(?=[ />])", rf"<\g<1>{prefix}:\g<2>", part)
    return tags.replace(f'xmlns="{main}"', f'xmlns:{prefix}="{main}"')


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
def test_a_prefix_of_the_root_is_read_natively(size: int) -> None:
    part = prefixed(SHEET).encode()
    assert compare(part, size)
    assert_same(scan_with_expat([part], "part"), scan_with_expat([SHEET.encode()], "part"))
    strings = prefixed(STRINGS).encode()
    native = read_strings_natively(pieces(strings, size), "part")
    assert native is not None
    assert list(native) == list(read_strings_with_expat([strings], "part"))


def test_a_prefix_beside_another_default_namespace_goes_to_expat() -> None:
    part = prefixed(SHEET).replace("<x:worksheet", '<x:worksheet xmlns="urn:other"')
    assert not compare(part.encode(), 1000)
    hidden = prefixed(worksheet("<row><c><v>1</v></c></row>", after="<a><![CDATA[<x:b>]]></a>"))
    assert not compare(hidden.encode(), 1000)


@pytest.mark.parametrize(
    "row",
    [
        "<row><c><v>1</v></c><!-- note --></row>",
        "<row><c><v><![CDATA[1]]></v></c></row>",
        "<row><c t='z'><v>1</v></c></row>",
        "<row><c><v>1</v><extLst/></c></row>",
        "<row><c><v>abc</v></c></row>",
        "<row><c><v>1_000</v></c></row>",
        "<row><c><v>0x1F</v></c></row>",
        "<row><c><v>inf</v></c></row>",
        "<row><c><v>1e999</v></c></row>",
        "<row><c><v>1</v><v>2</v></c></row>",
        "<row><c r='a1'><v>1</v></c></row>",
        "<row><c t='s'><v>&#49;</v></c></row>",
        "<row><c t='inlineStr'><is><r><t>a</t></r></is></c></row>",
        "<row xmlns:q='urn:q'><q:c/></row>",
        "<row hidden='on'><c/></row>",
        "<extra/>",
        "text",
    ],
)
def test_what_is_unusual_goes_to_expat(row: str) -> None:
    data = worksheet(row).encode()
    assert scan_natively([data], "part") is None
    assert_same(scan_sheet(lambda: [data], "part"), scan_with_expat([data], "part"))


@pytest.mark.parametrize(
    "text",
    [
        "<!-- <sheetData> --><worksheet xmlns='{0}'><sheetData><row><c/></row></sheetData></worksheet>",
        "<worksheet xmlns='{0}'><a b='<sheetData>'/><sheetData/></worksheet>",
        "<worksheet xmlns='urn:other'><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>",
        "<worksheet xmlns='{0}'><a><sheetData><row/></sheetData></a></worksheet>",
        "<worksheet xmlns='{0}'><sheetData/><sheetData><row/></sheetData></worksheet>",
        "<?xml version='1.0' encoding='iso-8859-1'?><worksheet xmlns='{0}'><sheetData/></worksheet>",
        "<!DOCTYPE a><worksheet xmlns='{0}'><sheetData/></worksheet>",
        "<worksheet xmlns='{0}'><sheetData><row></sheetData></worksheet>",
        "<worksheet xmlns='{0}'><sheetData>",
        "<worksheet xmlns='{0}'><sheetData/></worksheet><more/>",
        "<worksheet xmlns='{0}'/>",
        "",
    ],
)
def test_odd_documents_are_left_to_expat(text: str) -> None:
    data = text.format("http://schemas.openxmlformats.org/spreadsheetml/2006/main").encode()
    assert scan_natively([data], "part") is None


def numbers() -> st.SearchStrategy[str]:
    digits = st.text("0123456789", min_size=1, max_size=25)
    written = st.builds(
        lambda sign, whole, fraction, power: f"{sign}{whole}{fraction}{power}",
        st.sampled_from(["", "-", "+"]),
        digits,
        st.one_of(st.just(""), st.just("."), digits.map(lambda text: "." + text)),
        st.one_of(st.just(""), st.integers(-330, 320).map(lambda power: f"e{power}")),
    )
    return st.one_of(written, st.floats(allow_nan=False, allow_infinity=False).map(repr))


@settings(max_examples=100, deadline=None)
@given(st.lists(numbers(), min_size=1, max_size=20))
def test_numbers_are_the_nearest_doubles(texts: list[str]) -> None:
    cells = "".join(f"<c><v>{text}</v></c>" for text in texts)
    scan = scan_sheet(lambda: [worksheet(f"<row>{cells}</row>").encode()], "part")
    expected = [float(text) for text in texts]
    finite = [abs(number) < float("inf") for number in expected]
    assert [n for n, is_finite in zip(scan.payload.tolist(), finite, strict=True) if is_finite] == [
        n for n, is_finite in zip(expected, finite, strict=True) if is_finite
    ]


MARKUP = (
    "<row>|<row r='3'>|</row>|<row/>|<c>|<c r='B3'>|<c t='str'>|<c t='s' s='1'>|</c>|"
    "<c r='C3' s='2'/>|<f>|</f>|<f t='shared' si='0'/>|<f t='array' ref='A1:A2'>|<v>|</v>|<v/>|<is><t>|"
    "</t></is>|1|a| |\n|&amp;|&#65;|&#0;|&bad;|é|]]>|<!---->|<x/>|\"|'|0.5|#N/A|</sheetData>|<|>|&"
)
FRAGMENTS = st.lists(st.sampled_from(MARKUP.split("|")), max_size=40)


@settings(max_examples=200, deadline=None)
@given(FRAGMENTS, st.integers(1, 60))
def test_any_arrangement_of_pieces_of_markup(fragments: list[str], size: int) -> None:
    compare(worksheet("".join(fragments)).encode(), size)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_mutated_bytes(data: st.DataObject) -> None:
    part = bytearray(SHEET.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(part) - 1))
        action = data.draw(st.sampled_from("idr"))
        if action == "d":
            del part[place : place + data.draw(st.integers(1, 6))]
        elif action == "i":
            part[place:place] = data.draw(st.binary(min_size=1, max_size=3))
        else:
            part[place] = data.draw(st.integers(0, 255))
    compare(bytes(part), data.draw(st.integers(1, 4000)))


STRINGS = shared_strings(
    "<t>plain</t>",
    "<t xml:space='preserve'> a &amp; b </t>",
    "<r><rPr><b/><sz val='11'/></rPr><t>bold</t></r><r><t> end</t></r>",
    "<t/>",
    "",
    "<t>a\r\nb\rc\r</t>",
    "<t>_x000D_ é 東 \U0001f600</t>",
)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_shared_strings_in_pieces(size: int) -> None:
    native = read_strings_natively(pieces(STRINGS.encode(), size), "part")
    assert native is not None
    assert list(native) == list(read_strings_with_expat([STRINGS.encode()], "part"))
    assert list(native) == ["plain", " a & b ", "bold end", "", "", "a\nb\nc\n", "\r é 東 \U0001f600"]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_mutated_shared_strings(data: st.DataObject) -> None:
    """What the scanner skips (the format of a run) may be broken XML, which expat then refuses."""
    part = bytearray(STRINGS.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    native = read_strings_natively(pieces(bytes(part), data.draw(st.integers(1, 500))), "part")
    if native is not None:
        try:
            expected = list(read_strings_with_expat([bytes(part)], "part"))
        except CellwrightError:
            assert b"<rPr>" in part
            return
        assert list(native) == expected


def test_phonetic_runs_go_to_expat() -> None:
    data = shared_strings("<t>東</t><rPh sb='0' eb='1'><t>ヒガシ</t></rPh>").encode()
    assert read_strings_natively([data], "part") is None


@pytest.mark.slow
def test_real_sheets(shared_data: Path, tmp_path: Path) -> None:
    """Every worksheet of the development workbooks, both ways; most of them must be read natively."""
    archive = shared_data / "eps_dev_workbooks.tar.zst"
    subprocess.run(["tar", "--zstd", "-xf", str(archive), "-C", str(tmp_path)], check=True)
    read = total = 0
    for path in sorted(tmp_path.rglob("*.xlsx")):
        with Package(path.read_bytes(), path.name) as package:
            for part in package.parts:
                if part.startswith("xl/worksheets/sheet"):
                    total += 1
                    read += compare(b"".join(package.chunks(part)), 1 << 16)
    assert total > 100
    assert read >= 0.95 * total


FUZZ = """
import random, sys
sys.path[:0] = sys.argv[2:]
import ctypes
from cellwright.workbook.scan import declare, read_strings_natively, scan_natively
from cellwright.errors import CellwrightError, LimitExceeded
from tests.workbook.test_scan import SHEET, STRINGS, pieces
library = declare(ctypes.CDLL(sys.argv[1]))
rng = random.Random(7)
for read, text in ((scan_natively, SHEET), (read_strings_natively, STRINGS)):
    for turn in range(6000):
        part = bytearray(text.encode())
        for _ in range(rng.randint(0, 4)):
            place = rng.randrange(len(part))
            if rng.random() < 0.3:
                del part[place : place + rng.randint(1, 30)]
            else:
                part[place] = rng.randrange(256)
        try:
            read(pieces(bytes(part), rng.choice((1, 3, 17, 5000))), "part", library)
        except CellwrightError:
            pass
print("done")
"""


@pytest.mark.slow
def test_under_address_and_undefined_behaviour_sanitizers(tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs gcc or clang on Linux for the sanitizers")
    built = tmp_path / "scan.so"
    flags = [
        "-std=c11",
        "-g",
        "-O1",
        "-fPIC",
        "-shared",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
    ]
    done = subprocess.run(
        [compiler, *flags, str(SOURCE), "-o", str(built), "-lm"], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no sanitizers here: {done.stderr.splitlines()[0]}")
    runtime = subprocess.run(
        [compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    environment = os.environ | {"LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0"}
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", FUZZ, str(built), str(root)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=110,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout == "done\n"
