"""The `fidelity` suite: one formula edit in a copy of each workbook, saved, read again and undone.

`handled`: edited, or refused with an error of ours on one line. `crashed`: any other exception, or more than
30 s. `identical_members`: the zip members that the edit does not need (all but the sheet, the workbook part
for its calculation flag, and the calculation chain with its two mentions where a formula went away) whose
records are byte for byte those of the original. `reopened`: read again, the edited cell holds the formula and
no other cell differs. `undo`: the file is byte for byte the original again.

`libreoffice` (where `soffice` is installed; a seeded eighth, or every file): of the originals that it opens,
the results that it opens too and in which the cell has the value. Every second one is written without a
cached value, so LibreOffice has to calculate it.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from cellwright.edits.apply import apply
from cellwright.edits.model import SetFormulas
from cellwright.errors import CellwrightError, EditError
from cellwright.patch import apply_to_file, undo_in_file
from cellwright.reference import Cell, Range, SheetCell
from cellwright.workbook.model import Sheet, Snapshot
from cellwright.workbook.read import read_workbook
from cellwright_tuning.evaluation.data import unpacked, workbooks
from cellwright_tuning.evaluation.harness import Options, Suite, TaskResult

FORMULA, VALUE = "=SUM(40,2)", 42.0
LONGEST_S = 30.0
LIBREOFFICE_SHARE = 0.12
_SOFFICE_TIMEOUT_S = 60.0


@dataclass
class FileResult:
    """What one workbook went through; counts of members are of those that the edit does not need."""

    refusal: str | None = None
    crash: str | None = None
    members: int = 0
    identical: int = 0
    is_reopened: bool = False
    is_undone: bool = False
    opens_in_libreoffice: bool | None = None
    latency_ms: float = 0.0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LibreOffice:
    """An installed LibreOffice and the profile folder that it may use."""

    program: str
    profile: Path

    @staticmethod
    @contextmanager
    def found() -> Iterator[LibreOffice | None]:
        """The one on the path, with a profile of its own for as long; None where there is none."""
        program = shutil.which("soffice")
        with tempfile.TemporaryDirectory(prefix="cellwright-soffice-") as folder:
            yield None if program is None else LibreOffice(program, Path(folder))

    def converted(self, *paths: Path) -> list[Path | None]:
        """Each workbook as LibreOffice saves it, beside the first; None for one that it does not open."""
        target = paths[0].parent / "converted"
        command = [self.program, f"-env:UserInstallation={self.profile.as_uri()}", "--headless"]
        command += ["--convert-to", "xlsx", "--outdir", str(target), *map(str, paths)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=_SOFFICE_TIMEOUT_S, check=False)
        made = [target / f"{path.stem}.xlsx" for path in paths]
        return [file if file.exists() else None for file in made]


def run(data: Path, options: Options) -> Iterator[TaskResult]:
    """One task a workbook."""
    with unpacked(data) as folder:
        files = workbooks(folder, (".xlsx", ".xlsm"))
        random = Random(options.seed)
        if options.limit is not None and options.limit < len(files):
            files = sorted(random.sample(files, options.limit), key=files.index)
        with LibreOffice.found() as office:
            for number, path in enumerate(files):
                sampled = options.every or random.random() < LIBREOFFICE_SHARE
                result = check_file(path, Random(f"{options.seed} {number}"), office if sampled else None)
                yield task_result(path.relative_to(folder).as_posix(), result)


def task_result(name: str, result: FileResult) -> TaskResult:
    """The metrics of one workbook; a refused one has a part in `handled` and `crashed` alone."""
    crashed = result.crash is not None
    metrics: dict[str, tuple[float, float]] = {"handled": (not crashed, 1), "crashed": (crashed, 1)}
    if not crashed and result.refusal is None:
        metrics["identical_members"] = (result.identical, result.members)
        metrics["reopened"] = (result.is_reopened, 1)
        metrics["undo"] = (result.is_undone, 1)
        if result.opens_in_libreoffice is not None:
            metrics["libreoffice"] = (result.opens_in_libreoffice, 1)
    problems = [result.crash] if result.crash else result.problems
    return TaskResult(
        group=name,
        metrics=metrics,
        is_right=not problems,
        latency_ms=result.latency_ms if result.refusal is None else None,
        failure=f"{name}: {'; '.join(problems)}" if problems else None,
    )


def check_file(path: Path, random: Random, office: LibreOffice | None = None) -> FileResult:
    """Edit, read again and undo a copy of one workbook; never raises for what the workbook holds."""
    result = FileResult()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="cellwright-fidelity-") as folder:
        copy = Path(folder) / f"book{path.suffix.lower()}"
        shutil.copyfile(path, copy)
        try:
            _edit_and_undo(copy, random, result, office)
        except CellwrightError as error:
            result.refusal = str(error)
            if "\n" in result.refusal or not result.refusal:
                result.crash = f"expected a refusal on one line, got {result.refusal!r}"
        except Exception as error:  # whatever a workbook makes us raise is what is counted here
            result.crash = f"{type(error).__name__}: {error}"
    if office is None and time.perf_counter() - started > LONGEST_S:
        result.crash = f"took longer than {LONGEST_S:.0f} s"
    return result


def _edit_and_undo(copy: Path, random: Random, result: FileResult, office: LibreOffice | None) -> None:
    before = read_workbook(copy)
    original = copy.read_bytes()
    has_value = random.random() < 0.5
    started = time.perf_counter()
    place = _edit(copy, before, random, has_value)
    result.latency_ms = (time.perf_counter() - started) * 1000
    written = copy.read_bytes()
    compare_members(original, written, before, place, result)
    result.is_reopened = is_as_meant(before, read_workbook(copy), place, VALUE if has_value else None)
    if not result.is_reopened:
        result.problems.append(f"read again, the workbook is not the one that was meant ({place})")
    if office is not None:
        result.opens_in_libreoffice = _libreoffice_agrees(original, copy, place, office)
        if result.opens_in_libreoffice is False:
            result.problems.append(f"LibreOffice does not show the value in {place}")
    undo_in_file(copy)
    result.is_undone = copy.read_bytes() == original
    if not result.is_undone:
        result.problems.append("undone, the file is not what it was")


def _edit(copy: Path, before: Snapshot, random: Random, has_value: bool) -> SheetCell:
    """Write the formula into a random cell that takes one; raises the last refusal where none does."""
    refusal: CellwrightError = EditError("expected a worksheet with cells, got a workbook without one")
    for place in _candidates(before, random):
        values = {place: VALUE} if has_value else {}
        try:
            apply_to_file(copy, [_edit_at(place)], snapshot=before, values=values)
        except EditError as error:
            refusal = error
        else:
            return place
    raise refusal


def _candidates(book: Snapshot, random: Random) -> Iterator[SheetCell]:
    """Cells to try: formulas, constants, and an empty cell below, on sheets in random order."""
    for sheet in random.sample(book.sheets, len(book.sheets)):
        places = [_below(sheet)]
        formulas = [cell for cell, _ in sheet.cells.formulas()]
        constants = [cell for cell, content in sheet.cells.items() if content.formula is None]
        places += [random.choice(cells) for cells in (formulas, constants) if cells]
        random.shuffle(places)
        yield from (SheetCell(sheet.name, cell) for cell in places)


def _below(sheet: Sheet) -> Cell:
    used = sheet.cells.bounds
    return Cell(0, 0) if used is None else Cell(min(used.bottom + 2, 1_048_575), used.left)


def compare_members(
    original: bytes, written: bytes, before: Snapshot, place: SheetCell, result: FileResult
) -> None:
    """Count the members that the edit in `place` does not need, and those of them that are the same."""
    was, now = _records(original), _records(written)
    part = (before.sheet(place.sheet).part or "").casefold()
    needed = {part, *(name for name in map(_folded, was) if name.rpartition("/")[2] == "workbook.xml")}
    chain = {name for name in map(_folded, was) if name.endswith("calcchain.xml")}
    if chain - {_folded(name) for name in now}:  # its last entry went away, and with it the part
        needed |= {name for name in map(_folded, was) if name == "[content_types].xml" or _is_book_rels(name)}
    needed |= chain
    for name, record in was.items():
        if _folded(name) in needed:
            continue
        result.members += 1
        if now.get(name) == record:
            result.identical += 1
        else:
            result.problems.append(f"{name} is not what it was")


def _records(data: bytes) -> dict[str, bytes]:
    """The local record of each member: header, name, extra field and packed data."""
    records = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            start = member.header_offset
            sizes = data[start + 26 : start + 30]
            head = 30 + int.from_bytes(sizes[:2], "little") + int.from_bytes(sizes[2:], "little")
            records[member.orig_filename] = data[start : start + head + member.compress_size]
    return records


def _folded(name: str) -> str:
    return name.replace("\\", "/").casefold()


def _is_book_rels(name: str) -> bool:
    return name.endswith("workbook.xml.rels")


def is_as_meant(before: Snapshot, after: Snapshot, place: SheetCell, value: float | None) -> bool:
    """Whether `after` is `before` with the formula in `place` and what that does in the model, no more.

    A new cell may take the format of its row or column, which the model does not know.
    """
    wanted = apply(before, _edit_at(place))
    content = after.sheet(place.sheet).content(place.cell)
    if (content.formula, content.value) != (FORMULA, value) or wanted.sheet_names != after.sheet_names:
        return False
    for old, new in zip(wanted.sheets, after.sheets, strict=True):
        for cell, _, _ in old.cells.changes(new.cells):
            if SheetCell(new.name, cell) != place:
                return False
    return wanted.tables == after.tables and wanted.names == after.names


def _edit_at(place: SheetCell) -> SetFormulas:
    return SetFormulas(place.sheet, Range.of(place.cell), ((FORMULA,),))


def _libreoffice_agrees(original: bytes, written: Path, place: SheetCell, office: LibreOffice) -> bool | None:
    """Whether LibreOffice opens the result and has the value there; None where it can't open the original."""
    with tempfile.TemporaryDirectory(prefix="cellwright-fidelity-") as folder:
        before, after = (Path(folder) / f"{name}{written.suffix}" for name in ("before", "after"))
        before.write_bytes(original)
        shutil.copyfile(written, after)
        opened, converted = office.converted(before, after)
        if opened is None:
            return None
        if converted is None:  # the first may have taken the program down after it was saved
            converted = office.converted(after)[0]
        if converted is None:
            return False
        try:
            at = read_workbook(written).sheet_names.index(place.sheet)  # LibreOffice renames some sheets
            return read_workbook(converted).sheets[at].value(place.cell) == VALUE
        except (CellwrightError, IndexError):
            return False


SUITE = Suite("fidelity", run)
