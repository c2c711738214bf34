"""An organisation's workbooks on disk: which there are, which belong together, what is kept back.

Workbooks are of one family where their files have one name, or where nearly all their sheets do: copies for
another year, region or customer. What is kept back is kept back by family: a copy would tell.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cellwright.errors import CellwrightError, UsageError
from cellwright.workbook.model import Snapshot
from cellwright.workbook.read import read_workbook

log = logging.getLogger(__name__)

SUFFIXES = (".xlsx", ".xlsm")
HELD_BACK = 5
"""One family in so many is kept back."""
_LEAST_SHEETS = 3
_ALIKE = 0.8


@dataclass(frozen=True)
class Book:
    """One workbook: `name` is its path within the organisation's folder, `family` the name of its first."""

    path: Path
    name: str
    family: str
    formulas: int

    def read(self) -> Snapshot:
        """Its content; raises CellwrightError."""
        return read_workbook(self.path)

    @property
    def is_held_back(self) -> bool:
        """Whether its family is one of those that judge what the others taught."""
        return hashlib.sha256(self.family.encode()).digest()[0] % HELD_BACK == 0


def read_work(folder: Path) -> list[Book]:
    """The readable workbooks with formulas below a folder, in the order of their names.

    Raises UsageError where there is none; one that can't be read is told in the log.
    """
    if not folder.is_dir():
        raise UsageError(f"expected a folder of workbooks, got {folder}")
    found: list[tuple[Path, str, frozenset[str], int]] = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()):
        if path.name.startswith("~$"):  # Excel's mark of an open workbook
            continue
        name = path.relative_to(folder).as_posix()
        try:
            snapshot = read_workbook(path)
        except CellwrightError as error:
            log.warning("left out: %s: %s", name, error)
            continue
        formulas = sum(1 for sheet in snapshot.sheets for _ in sheet.cells.formulas())
        if formulas:
            sheets = frozenset(sheet.casefold() for sheet in snapshot.sheet_names)
            found.append((path, name, sheets, formulas))
    if not found:
        raise UsageError(f"expected workbooks with formulas below {folder}, found none")
    families = _families([(path.stem.casefold(), sheets) for path, _, sheets, _ in found])
    return [
        Book(path, name, found[family][1], formulas)
        for (path, name, _, formulas), family in zip(found, families, strict=True)
    ]


def _families(facts: Sequence[tuple[str, frozenset[str]]]) -> list[int]:
    """For each workbook the first one that it is of one family with."""
    first_of_stem: dict[str, int] = {}
    family = list(range(len(facts)))
    for i, (stem, sheets) in enumerate(facts):
        known = first_of_stem.setdefault(stem, i)
        if known != i:
            family[i] = family[known]
            continue
        for j in range(i):
            other = facts[j][1]
            if len(sheets) < _LEAST_SHEETS or len(other) < _LEAST_SHEETS:
                continue
            if len(sheets & other) >= _ALIKE * len(sheets | other):
                family[i] = family[j]
                break
    return family


def organisation(folder: Path) -> Path:
    """The folder whose sub-folders are the regions: folders that hold one folder alone are gone through.

    Raises UsageError for a path that is no folder.
    """
    while folder.is_dir():
        inside = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
        if len(inside) != 1 or any(p.suffix.lower() in SUFFIXES for p in folder.iterdir()):
            return folder
        folder = inside[0]
    raise UsageError(f"expected a folder of workbooks, got {folder}")


def snapshots(books: Iterable[Book]) -> Iterator[tuple[Book, Snapshot]]:
    """Each with its content, read one after another."""
    for book in books:
        try:
            yield book, book.read()
        except CellwrightError as error:
            log.warning("left out: %s: %s", book.name, error)
