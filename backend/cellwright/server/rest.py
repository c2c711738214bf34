"""REST beside the websocket, for the playground: samples, uploads, cells, the grid's bytes, the file to save.

Nothing is written to a file of the person's own: uploads are kept as they came, a download is the original
with the edits since written into it by the patch writer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from cellwright import __version__
from cellwright.errors import CellwrightError, LimitExceeded, UnknownWorkbook
from cellwright.feedback.people import Person
from cellwright.patch import patch_bytes
from cellwright.playground import left_out, make_grid
from cellwright.protocol import PROTOCOL_VERSION
from cellwright.protocol.handshake import ModelInfo, Role
from cellwright.protocol.workbooks import Block, SheetInfo, WireName, WireTable
from cellwright.reference import MAX_COLUMNS, MAX_ROWS, Range, SheetCell
from cellwright.session.assemble import blocks_of, sheet_info, wire_name, wire_table
from cellwright.session.book import Book, Kept
from cellwright.session.service import Service
from cellwright.workbook.model import Snapshot, Value

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_XLSM = "application/vnd.ms-excel.sheet.macroEnabled.12"
_MOST_ROWS = 5_000
_STATUS = {"busy": 503, "store": 500, "stale": 409, "unsupported_write": 409, "edit": 409}
_Answer = TypeVar("_Answer")


class Failure(BaseModel):
    """What went wrong: a code for machines, one line for a person."""

    code: str
    message: str


class Refusal(CellwrightError):
    """A request without the right token or role; `status` is HTTP's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.told = status, Failure(code=code, message=message)


class ServerInfo(BaseModel):
    """What a page may know before it has a token."""

    version: str
    protocol: int
    model: ModelInfo | None
    is_local: bool


class Sample(BaseModel):
    """A workbook that comes with Cellwright."""

    name: str
    title: str
    bytes: int


class WorkbookInfo(BaseModel):
    """A kept workbook without its cells. `left_out` says in words what the playground's grid can't show."""

    workbook_id: str
    name: str
    revision: int
    cells: int
    formulas: int
    is_modified: bool
    is_1904: bool
    sheets: list[SheetInfo]
    tables: list[WireTable]
    names: list[WireName]
    left_out: list[str]


class Cells(BaseModel):
    """Some rows of a sheet; `next_row` (zero-based) is where to go on, null at the end."""

    revision: int
    blocks: list[Block]
    next_row: int | None


def service_of(request: Request) -> Service:
    """The server's."""
    service: Service = request.app.state.service
    return service


def person_of(request: Request) -> Person:
    """Whose the request's bearer token is: a person's own, or the server's of a role; refused without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    person: Person | None = None
    if scheme.lower() == "bearer":
        role: Role | None = request.app.state.tokens.role_of(token.strip())
        people = service_of(request).store.people
        person = people.person_of(token.strip()) if role is None else Person(role, role)
    if person is None:
        raise Refusal(401, "unauthorized", "expected this server's token as Authorization: Bearer TOKEN")
    return person


def role_of(request: Request) -> Role:
    """The role of the request's bearer token; refused without one."""
    return person_of(request).role


def admin_of(request: Request) -> Person:
    """Whose the token is; refused unless it is an administrator's."""
    person = person_of(request)
    if person.role != "admin":
        raise Refusal(403, "forbidden", "expected the administrator's token")
    return person


def admin(_person: Annotated[Person, Depends(admin_of)]) -> None:
    """Only for administrators."""


Held = Annotated[Service, Depends(service_of)]
public = APIRouter(prefix="/api", tags=["public"])
router = APIRouter(prefix="/api", dependencies=[Depends(role_of)], tags=["playground"])


@public.get("/info")
async def info(service: Held) -> ServerInfo:
    """The server's version and model."""
    language = service.language
    model = None if language is None else ModelInfo(name="model", hash=language.label)
    return ServerInfo(version=__version__, protocol=PROTOCOL_VERSION, model=model, is_local=service.is_local)


@router.get("/samples")
async def samples() -> list[Sample]:
    """The workbooks that come with Cellwright."""
    return [
        Sample(name=path.stem, title=path.stem.replace("-", " ").capitalize(), bytes=path.stat().st_size)
        for path in sorted(samples_folder().glob("*.xlsx"))
    ]


@router.post("/samples/{name}")
async def open_sample(name: str, service: Held) -> WorkbookInfo:
    """Open a copy of a sample."""
    path = next((path for path in samples_folder().glob("*.xlsx") if path.stem == name), None)
    if path is None:
        raise Refusal(404, "usage", "expected the name of a sample")
    return await _kept(service, path.read_bytes(), path.name)


@router.post("/workbooks")
async def upload(
    request: Request, service: Held, name: Annotated[str, Query(max_length=260)]
) -> WorkbookInfo:
    """Keep an .xlsx or .xlsm; the body is the file's bytes."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > service.capacity.max_upload_bytes:
            most = service.capacity.max_upload_bytes // 1_000_000
            raise Refusal(413, "limit_exceeded", f"expected a file of at most {most} MB")
    return await _kept(service, bytes(data), name)


@router.get("/workbooks")
async def workbooks(service: Held) -> list[WorkbookInfo]:
    """The kept workbooks that are open."""
    return [_info(book, book.kept) for book in service.books.values() if book.kept is not None]


@router.get("/workbooks/{workbook_id}")
async def workbook(workbook_id: str, service: Held) -> WorkbookInfo:
    """One kept workbook."""
    book, kept = await _find(service, workbook_id)
    return _info(book, kept)


@router.delete("/workbooks/{workbook_id}", status_code=204)
async def forget(workbook_id: str, service: Held) -> None:
    """Forget a kept workbook and all that is stored of it."""
    service.drop_book(workbook_id)
    service.shelf.remove(workbook_id)


@router.get("/workbooks/{workbook_id}/blocks")
async def blocks(
    workbook_id: str,
    service: Held,
    sheet: Annotated[str, Query(max_length=64)],
    from_row: Annotated[int, Query(ge=0, lt=MAX_ROWS)] = 0,
    rows: Annotated[int, Query(ge=1, le=_MOST_ROWS)] = 2_000,
) -> Cells:
    """Cells of a sheet, with formulas and formats."""
    book, _ = await _find(service, workbook_id)

    def read() -> Cells:
        snapshot = _settled(service, book)
        found = snapshot.sheet(sheet)
        last = min(MAX_ROWS, from_row + rows) - 1
        area = Range(from_row, 0, last, MAX_COLUMNS - 1)
        bounds = found.cells.bounds
        is_more = bounds is not None and bounds.bottom > last
        return Cells(
            revision=snapshot.revision,
            blocks=list(blocks_of(found, area)),
            next_row=last + 1 if is_more else None,
        )

    return await _in_thread(service, read)


@router.get("/workbooks/{workbook_id}/ironcalc", response_class=Response)
async def ironcalc(workbook_id: str, service: Held) -> Response:
    """The workbook as the playground's grid loads it (IronCalc's own format)."""
    book, _ = await _find(service, workbook_id)
    grid = await _in_thread(service, lambda: make_grid(_settled(service, book)))
    told = json.dumps(list(grid.left_out), ensure_ascii=True)
    headers = {"x-cellwright-left-out": told, "x-cellwright-revision": str(book.revision)}
    return Response(grid.model, media_type="application/octet-stream", headers=headers)


@router.get("/workbooks/{workbook_id}/file", response_class=Response)
async def file(workbook_id: str, service: Held) -> Response:
    """The original file with every edit since written into it; all else is byte for byte as it was."""
    book, kept = await _find(service, workbook_id)

    def write() -> bytes:
        if not book.log:
            return kept.data
        snapshot, edits = _settled(service, book), list(book.log)
        service.saved(book, snapshot)
        values, unverified = _results(kept.snapshot, snapshot)
        data = patch_bytes(
            kept.data, kept.path, edits, snapshot=kept.snapshot, values=values, unverified=unverified
        )
        return data.data

    data = await _in_thread(service, write)
    is_macro = kept.path.suffix.lower() == ".xlsm"
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(book.name)}"}
    return Response(data, media_type=_XLSM if is_macro else _XLSX, headers=headers)


def samples_folder() -> Path:
    """Where the samples lie: in the wheel beside this package, in a checkout at its root."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "samples"
    return shipped if shipped.is_dir() else package.parents[1] / "samples"


def failure_status(error: CellwrightError) -> int:
    """The HTTP status of an error of our tree."""
    if isinstance(error, UnknownWorkbook):
        return 404
    if isinstance(error, LimitExceeded):
        return 413
    return {"busy": 503, "store": 500, "stale": 409, "unsupported_write": 409, "edit": 409}.get(
        error.code, 422
    )


async def _kept(service: Service, data: bytes, name: str) -> WorkbookInfo:
    book = await _in_thread(service, lambda: service.shelf.add(data, name))
    assert book.kept is not None
    service.add_book(book)
    return _info(book, book.kept)


async def _find(service: Service, workbook_id: str) -> tuple[Book, Kept]:
    book = service.book(workbook_id)
    if book is None:
        loaded = await _in_thread(service, lambda: service.shelf.load(workbook_id))
        book = service.book(workbook_id) or loaded
        if book is not None and service.book(workbook_id) is None:
            service.add_book(book)
    if book is None or book.kept is None:
        raise UnknownWorkbook("expected a workbook that the server keeps, got an unknown id")
    return book, book.kept


async def _in_thread(service: Service, work: Callable[[], _Answer]) -> _Answer:
    return (await service.changes.run(work)).answer


def _settled(service: Service, book: Book) -> Snapshot:
    with service.calculators.hold(book.id, book.state.snapshot) as calculator:
        return service.settled(book, calculator)


def _results(before: Snapshot, after: Snapshot) -> tuple[dict[SheetCell, Value], set[SheetCell]]:
    """Calculated values to cache in the file, and the formulas whose cached value must go."""
    values: dict[SheetCell, Value] = {}
    unverified: set[SheetCell] = set()
    for sheet in after.sheets:
        old = before.sheet(sheet.name) if before.has_sheet(sheet.name) else None
        for cell, formula in sheet.cells.formulas():
            value = sheet.value(cell)
            if old is not None and old.formula(cell) == formula and old.value(cell) == value:
                continue
            if value is None:
                unverified.add(SheetCell(sheet.name, cell))
            else:
                values[SheetCell(sheet.name, cell)] = value
    return values, unverified


def _info(book: Book, kept: Kept) -> WorkbookInfo:
    snapshot = book.state.snapshot
    return WorkbookInfo(
        workbook_id=book.id,
        name=book.name,
        revision=book.revision,
        cells=sum(len(sheet.cells) for sheet in snapshot.sheets),
        formulas=sum(int((sheet.cells.columns.formulas >= 0).sum()) for sheet in snapshot.sheets),
        is_modified=bool(book.log),
        is_1904=snapshot.is_1904,
        sheets=[sheet_info(sheet) for sheet in snapshot.sheets],
        tables=[wire_table(table) for table in snapshot.tables],
        names=[wire_name(name) for name in snapshot.names if not name.is_hidden],
        left_out=list(left_out(snapshot)),
    )
