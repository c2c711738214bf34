"""A pane in Python for the tests and nothing else: the `websockets` client and the protocol's own models."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from cellwright.protocol import PROTOCOL_VERSION, read_server_message, write_message
from cellwright.protocol import answers as a
from cellwright.protocol import handshake as h
from cellwright.protocol import requests as r
from cellwright.protocol import workbooks as w
from cellwright.protocol.base import ClientMessage, ServerMessage

_Message = TypeVar("_Message", bound=ServerMessage)
_ids = itertools.count()


def new_id() -> str:
    """An id that no other message of this process has."""
    return f"t{next(_ids)}"


def hello(token: str, **fields: Any) -> h.Hello:
    """The first message."""
    fields = {"protocol": PROTOCOL_VERSION, "pane_id": new_id(), "host": h.Host(kind="test")} | fields
    return h.Hello(token=token, **fields)


def host_source(sheets: list[str], chunks: int = 1) -> w.HostSource:
    """An Office host's announcement of a workbook of those sheets."""
    return w.HostSource(sheets=[w.SheetInfo(name=name) for name in sheets], chunks=chunks)


class TestPane:
    """One line; every message that comes is kept in `seen`."""

    __test__ = False

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.seen: list[ServerMessage] = []

    async def send(self, message: ClientMessage) -> None:
        await self.line.send(write_message(message))

    async def next(self) -> ServerMessage:
        message = read_server_message(await self.line.recv())
        self.seen.append(message)
        return message

    async def wait(self, kind: type[_Message]) -> _Message:
        """The next message of a kind; an error that comes instead fails the test."""
        while True:
            message = await self.next()
            if isinstance(message, kind):
                return message
            assert not isinstance(message, h.ErrorMessage), message

    async def failure(self) -> h.ErrorMessage:
        """The next error."""
        while not isinstance(message := await self.next(), h.ErrorMessage):
            pass
        return message

    async def open_kept(self, workbook_id: str) -> w.Synced:
        await self.send(w.OpenWorkbook(id=new_id(), workbook_id=workbook_id, source=w.KeptSource()))
        return await self.wait(w.Synced)

    async def open_pushed(self, workbook_id: str, *blocks: w.Block, join: bool = False) -> w.Synced:
        opening = new_id()
        source = host_source(list(dict.fromkeys(block.sheet for block in blocks)), len(blocks))
        await self.send(w.OpenWorkbook(id=opening, workbook_id=workbook_id, source=source, join=join))
        synced = await self.wait(w.Synced)
        if synced.needs_chunks:
            for index, block in enumerate(blocks):
                chunk = w.WorkbookChunk(id=opening, workbook_id=workbook_id, index=index, blocks=[block])
                await self.send(chunk)
            synced = await self.wait(w.Synced)
        return synced

    async def suggest(
        self, workbook_id: str, target: str, revision: int = 1, **fields: Any
    ) -> tuple[list[a.WireSuggestion], a.Result]:
        """Ask and read until the end: the suggestions that stand, best first, and the result."""
        request = r.Suggest(id=new_id(), workbook_id=workbook_id, revision=revision, target=target, **fields)
        await self.send(request)
        return await self.until_result(request.id)

    async def until_result(self, request_id: str) -> tuple[list[a.WireSuggestion], a.Result]:
        found: dict[str, a.WireSuggestion] = {}
        while True:
            message = await self.next()
            if isinstance(message, a.CandidateFound) and message.request_id == request_id:
                found[message.suggestion.id] = message.suggestion
            if isinstance(message, a.Result) and message.request_id == request_id:
                return [found[key] for key in message.order if key in found], message
            assert not isinstance(message, h.ErrorMessage), message

    async def outcome(self, suggestion_id: str, kind: r.OutcomeName, **fields: Any) -> a.OutcomeRecorded:
        created = datetime.datetime.now(datetime.UTC)
        fields = {"id": new_id() + "-outcome", "was_shown": True, "created": created} | fields
        await self.send(r.Outcome(suggestion_id=suggestion_id, kind=kind, **fields))
        return await self.wait(a.OutcomeRecorded)

    async def do(self, plan: a.Plan, **fields: Any) -> w.DeltaApplied:
        """Tell the server that the plan's edits were done."""
        delta = w.Delta(
            id=new_id(),
            workbook_id=plan.workbook_id,
            base_revision=plan.revision,
            changes=[w.PlanChange(plan_id=plan.plan_id)],
        )
        await self.send(delta.model_copy(update=fields))
        return await self.wait(w.DeltaApplied)


@asynccontextmanager
async def connected(url: str, token: str, **fields: Any) -> AsyncIterator[TestPane]:
    """A pane that was welcomed; the welcome is the first of `seen`."""
    async with raw_line(url) as line:
        pane = TestPane(line)
        await pane.send(hello(token, **fields))
        await pane.wait(h.Welcome)
        yield pane


@asynccontextmanager
async def raw_line(url: str, origin: str | None = None) -> AsyncIterator[ClientConnection]:
    """A websocket to a server's root address, before any message."""
    parts = urlsplit(url)
    async with connect(
        f"ws://{parts.netloc}/ws",
        origin=origin,
        max_size=None,
        compression=None,
        proxy=None,  # type: ignore[arg-type]
    ) as line:
        yield line


def raw_json(message: ClientMessage, **changes: Any) -> str:
    """A message as JSON with fields changed behind the models' back."""
    return json.dumps(json.loads(write_message(message)) | changes)
