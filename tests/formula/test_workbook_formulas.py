"""Every formula inside the real workbooks of the shared data: cells, names, rules and validations."""

from __future__ import annotations

import html
import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import add_file_prefixes, from_r1c1, parse, strip_file_prefixes, to_r1c1, tokenize
from tests.formula.corpora import FAR

_FORMULA = re.compile(
    rb"<(?:\w+:)?(?:f|definedName|formula|formula1|formula2)(?: [^>]*)?>([^<]+)</", re.IGNORECASE
)
_PARTS = re.compile(r"xl/(?:worksheets/[^/]+|workbook)\.xml")
# A validation of one ClosedXML test file carries its own leading `=`, which makes two.
DOUBLED = "==YesNo"


def formulas(packed: Path) -> Iterator[str]:
    """The distinct formulas of all workbooks in a tar, each with a leading `=`."""
    seen: set[str] = set()
    with (
        packed.open("rb") as stream,
        zstandard.ZstdDecompressor().stream_reader(stream) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:
            if not member.name.endswith((".xlsx", ".xlsm")):
                continue
            content = tar.extractfile(member)
            for text in _inside(content.read() if content else b""):
                if text not in seen:
                    seen.add(text)
                    yield text


def _inside(workbook: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
            parts = [info for info in archive.infolist() if _PARTS.fullmatch(info.filename)]
            for info in parts:
                if info.file_size < 60_000_000:
                    for match in _FORMULA.finditer(archive.read(info)):
                        yield "=" + html.unescape(match[1].decode("utf-8", "replace"))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, EOFError, OSError):
        return  # the set holds damaged and encrypted files on purpose


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["eps_dev_workbooks", "conformance_ironcalc_dev", "robustness_dev"])
def test_formulas_of_workbooks(shared_data: Path, name: str) -> None:
    count = 0
    broken: list[str] = []
    for stored in formulas(shared_data / f"{name}.tar.zst"):
        text = strip_file_prefixes(stored)
        assert "".join(token.text for token in tokenize(text)) == text
        try:
            assert str(parse(text)) == text
        except FormulaSyntaxError:
            broken.append(text)
            continue
        if "#REF!:" not in text and ":#REF!" not in text:
            assert from_r1c1(to_r1c1(text, FAR), FAR) == text
        in_file = add_file_prefixes(text)
        assert strip_file_prefixes(in_file) == text
        if "_xl" in stored.lower():
            assert in_file == stored
        count += 1
    assert count > 1000
    assert [text for text in broken if text != DOUBLED] == []
