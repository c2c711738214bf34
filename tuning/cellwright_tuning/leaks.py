"""Does anything that evaluation asks for stand in what shipped weights learn from?

    python -m cellwright_tuning.leaks DATA [--workbooks N] [--json FILE]

Over the ledger (`tuning/sources.toml`): sources of use `weights` against those of use `evaluation`, by what
their files under DATA hold. A leak is

- a workbook of equal bytes,
- a region of equal R1C1, of 12 tokens or more, under equal headers,
- a repair or completion target of 12 tokens or more (references relative to the first one).

The generator is a source too: as many workbooks as asked for, and as many formulas for each, are drawn as
training draws them. Files are archives, folders of workbooks or jsonl, named as the ledger names their
source; a source without one is told. Prints the leaks; none means exit code 0.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import hashlib
import io
import json
import sys
import tarfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
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
from .evaluation.command import machine
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
        """A jsonl of formulas, or an archive or folder of workbooks; one that can't be read leaks nothing."""
        if ".jsonl" in path.name:
            self.add_rows(read_rows(path))
            return
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.is_file() and file.suffix.lower() in WORKBOOKS:
                    self._add_workbook(file.read_bytes())
            return
        with tarfile.open(fileobj=io.BytesIO(read_bytes(path))) as archive:
            for data in _members(archive):
                self._add_workbook(data)

    def _add_workbook(self, data: bytes) -> None:
        self.workbooks.add(hashlib.sha256(data).hexdigest())
        with contextlib.suppress(CellwrightError):
            self.add_snapshot(read_workbook_bytes(data))

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


def files_of(source: Mapping[str, Any], data: Path) -> list[Path]:
    """The files of a source under `data`."""
    return sorted(
        path for path in data.glob(f"{source['name']}*") if path.name.split(".")[0] == source["name"]
    )


def contents_of(use: str, data: Path, ledger: Path = LEDGER) -> Contents:
    """What the sources of a use hold, as far as their files are under `data`."""
    found = Contents()
    for source in sources(ledger):
        if source["use"] == use:
            for path in files_of(source, data):
                found.add_file(path)
    return found


def missing(data: Path, ledger: Path = LEDGER) -> list[str]:
    """Names of sources that teach or are asked for, and have no file under `data`."""
    return [
        source["name"]
        for source in sources(ledger)
        if source["use"] in {"weights", "evaluation"} and "sha256" in source and not files_of(source, data)
    ]


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
    parser.add_argument("--json", type=Path, help="write the counts here")
    given = parser.parse_args()
    for name in missing(given.data):
        print(f"not checked: no file of {name} in {given.data}", file=sys.stderr)
    taught = contents_of("weights", given.data)
    taught.add_drawn("leaks", given.workbooks)
    asked = contents_of("evaluation", given.data)
    print(
        f"{len(taught.regions)} long regions, {len(taught.formulas)} long formulas and "
        f"{len(taught.workbooks)} workbooks taught; "
        f"{len(asked.regions)}, {len(asked.formulas)} and {len(asked.workbooks)} asked"
    )
    found = leaks(taught, asked)
    for kind, hashes in found.items():
        print(f"{kind}: {len(hashes)} leak, such as {sorted(hashes)[0]}")
    if given.json is not None:
        given.json.write_text(json.dumps(_result(taught, asked, found, given.data), indent=1) + "\n")
    sys.exit(1 if found else 0)


def _result(taught: Contents, asked: Contents, found: Mapping[str, set[str]], data: Path) -> dict[str, Any]:
    counts = {f"leaks_{kind}": float(len(found.get(kind, ()))) for kind in ("workbook", "region", "formula")}
    counts |= {f"taught_{kind}": float(len(held)) for kind, held in vars(taught).items()}
    counts |= {f"asked_{kind}": float(len(held)) for kind, held in vars(asked).items()}
    return {
        "suite": "leaks",
        "model": None,
        "metrics": {name: {"value": n, "low": n, "high": n} for name, n in counts.items()},
        "not_checked": missing(data),
        "machine": machine(),
        "command": "python -m cellwright_tuning.leaks DATA",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


if __name__ == "__main__":
    main()
