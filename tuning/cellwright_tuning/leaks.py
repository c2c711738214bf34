"""Does anything that evaluation asks for stand in what shipped weights learn from?

    python -m cellwright_tuning.leaks DATA [--workbooks N]

Over the ledger (`tuning/sources.toml`): sources of use `weights` against those of use `evaluation`, by what
their files under DATA hold. A leak is

- a workbook of equal bytes,
- a region of equal R1C1, of 12 tokens or more, under equal headers,
- a repair or completion target of 12 tokens or more (references relative to the first one).

The generator is a source too: as many workbooks as asked for, and as many formulas for each, are drawn as
training draws them. Prints the leaks; none means exit code 0.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tarfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from cellwright.errors import CellwrightError
from cellwright.proposers.index import index_sheet, label_words
from cellwright.workbook.model import Snapshot
from cellwright.workbook.read import read_workbook_bytes
from cellwright.workbook.regions import regions

from .data.examples import draw_formula
from .data.exclusions import identity, is_excluded, is_long, targets
from .data.workbooks import generate_workbook
from .evaluation.data import read_bytes, read_rows

LEDGER = Path(__file__).resolve().parents[1] / "sources.toml"
WORKBOOKS = (".xlsx", ".xlsm")


@dataclass
class Contents:
    """What a set of sources holds: hashes of workbooks, of regions under headers, of single formulas."""

    workbooks: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    formulas: set[str] = field(default_factory=set)

    def add_snapshot(self, snapshot: Snapshot, *, is_drawn: bool = False) -> None:
        """The regions of a workbook; of a drawn one only those that training takes."""
        for sheet in snapshot.sheets:
            index = index_sheet(sheet)
            for region in regions(sheet.cells.formulas()):
                if not is_long(region.formula) or (is_drawn and is_excluded(region.formula)):
                    continue
                cell = region.first
                heads = [
                    " ".join(label_words(str(index.value(at))))
                    for at in (*index.row_labels(cell, 1), *index.column_labels(cell, 1))
                ]
                self.regions.add(_hash("|".join([region.r1c1.upper(), *heads])))

    def add_rows(self, rows: Iterable[dict[str, Any]]) -> None:
        """The long targets of evaluation rows."""
        self.formulas.update(identity(text) for text in targets(rows))

    def add_file(self, path: Path) -> None:
        """A jsonl of formulas, or an archive of workbooks; one that can't be read has nothing to leak."""
        if ".jsonl" in path.name:
            self.add_rows(read_rows(path))
            return
        with tarfile.open(fileobj=io.BytesIO(read_bytes(path))) as archive:
            for data in _members(archive):
                self.workbooks.add(hashlib.sha256(data).hexdigest())
                try:
                    self.add_snapshot(read_workbook_bytes(data))
                except CellwrightError:
                    continue

    def add_drawn(self, seed: str, workbooks: int, formulas_each: int = 10) -> None:
        """What training would draw."""
        for number in range(workbooks):
            random = Random(f"{seed}/{number}")
            self.add_snapshot(generate_workbook(random).snapshot, is_drawn=True)
            for _ in range(formulas_each):
                text = draw_formula(random, held_back=None)
                if is_long(text):
                    self.formulas.add(identity(text))


def leaks(taught: Contents, asked: Contents) -> dict[str, set[str]]:
    """What both hold, by kind; empty where nothing leaks."""
    found = {
        "workbook": taught.workbooks & asked.workbooks,
        "region": taught.regions & asked.regions,
        "formula": taught.formulas & asked.formulas,
    }
    return {kind: hashes for kind, hashes in found.items() if hashes}


def sources(ledger: Path = LEDGER) -> list[dict[str, Any]]:
    """The ledger's entries."""
    entries: list[dict[str, Any]] = tomllib.loads(ledger.read_text(encoding="utf-8"))["sources"]
    return entries


def contents_of(use: str, data: Path, ledger: Path = LEDGER) -> Contents:
    """What the sources of a use hold, as far as their files are under `data`."""
    found = Contents()
    for source in sources(ledger):
        if source["use"] == use:
            for path in sorted(data.glob(f"{source['name']}.*")):
                found.add_file(path)
    return found


def _members(archive: tarfile.TarFile) -> Iterator[bytes]:
    for member in archive:
        if member.isfile() and member.name.lower().endswith(WORKBOOKS):
            file = archive.extractfile(member)
            if file is not None:
                yield file.read()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Look for evaluation data in what weights learn from.")
    parser.add_argument("data", type=Path, help="folder with the files that the ledger names")
    parser.add_argument("--workbooks", type=int, default=2000, help="how many to draw from the generator")
    given = parser.parse_args()
    taught = contents_of("weights", given.data)
    taught.add_drawn("leaks", given.workbooks)
    asked = contents_of("evaluation", given.data)
    print(
        f"{len(taught.regions)} long regions and {len(taught.formulas)} long formulas taught, "
        f"{len(asked.regions)} and {len(asked.formulas)} asked, {len(asked.workbooks)} workbooks"
    )
    found = leaks(taught, asked)
    for kind, hashes in found.items():
        print(f"{kind}: {len(hashes)} leak, such as {sorted(hashes)[0]}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
