"""A server killed in the middle of a suggestion: the pane comes back, nothing is lost. A real process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.model import Place
from cellwright.protocol import answers as a
from cellwright.protocol import handshake as h
from cellwright.protocol import requests as r
from cellwright.protocol import workbooks as w
from cellwright.verify.model import Candidate

from .client import connected, new_id
from .conftest import Running
from .test_journey import PLAN

CELLWRIGHT = (sys.executable, "-c", "from cellwright.cli import main; main()")


@dataclass
class Served:
    """`cellwright serve` in a process of its own; `boot` starts it again at the same address."""

    home: Path
    port: int
    url: str = ""
    token: str = ""
    model: str = "none"
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def boot(self) -> None:
        command = [*CELLWRIGHT, "serve", "--json", "--model", self.model]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            env=os.environ | {"CELLWRIGHT_HOME": str(self.home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.url, self.token = told["url"], told["token"]

    def end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Served(tmp_path / "home", port)
    server.boot()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.end(signal.SIGTERM)


def test_killed_in_mid_suggestion(served: Served) -> None:
    async def journey() -> None:
        book, token = new_id(), served.token  # the token survives the restart
        async with connected(served.url, token, pane_id="pane") as pane:
            await pane.open_pushed(book, PLAN)
            request = r.Suggest(id=new_id(), workbook_id=book, revision=1, target="Plan!D4")
            await pane.send(request)
            shown = (await pane.wait(a.CandidateFound)).suggestion
            await pane.send(request.model_copy(update={"id": new_id(), "target": "Plan!D3"}))
            served.end(signal.SIGKILL)
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await pane.next()
            welcome = pane.seen[0]
        assert isinstance(welcome, h.Welcome)

        served.boot()
        resume = h.Resume(session_id=welcome.session_id, workbooks={book: 1})
        async with connected(served.url, token, pane_id="pane", resume=resume) as again:
            known = again.seen[0]
            assert isinstance(known, h.Welcome)
            assert (known.is_resumed, known.workbooks) == (False, [])
            first = await again.outcome(shown.id, "accepted", id="outcome-1", final_text=shown.formula)
            twice = await again.outcome(shown.id, "accepted", id="outcome-1", final_text=shown.formula)
            assert (first.status, twice.status) == ("recorded", "duplicate")
            await again.open_pushed(book, PLAN)
            found, _ = await again.suggest(book, "Plan!D4")
            assert found[0].formula == shown.formula
            await again.send(r.History(id=new_id()))
            entries = (await again.wait(a.HistoryList)).entries
            assert {entry.suggestion_id: entry.outcome for entry in entries}[shown.id] == "accepted"

    asyncio.run(journey())


def test_a_kept_workbook_survives_with_the_edits_since(served: Served) -> None:
    from urllib.request import ProxyHandler, Request, build_opener

    opener = build_opener(ProxyHandler({}))

    def call(method: str, path: str) -> bytes:
        request = Request(
            served.url + path, method=method, headers={"Authorization": f"Bearer {served.token}"}
        )
        with opener.open(request) as answer:
            return bytes(answer.read())

    book = json.loads(call("POST", "api/samples/sales"))["workbook_id"]

    async def accept() -> None:
        async with connected(served.url, served.token) as pane:
            await pane.open_kept(book)
            found, _ = await pane.suggest(book, "Report!E6")
            await pane.send(r.Accept(id=new_id(), suggestion_id=found[0].id))
            await pane.do(await pane.wait(a.Plan))

    asyncio.run(accept())
    before = call("GET", f"api/workbooks/{book}/file")
    served.end(signal.SIGKILL)
    served.boot()
    assert call("GET", f"api/workbooks/{book}/file") == before

    async def reopen() -> w.Synced:
        async with connected(served.url, served.token) as pane:
            return await pane.open_kept(book)

    assert asyncio.run(reopen()).revision == 2


class Broken(LanguageProposer):
    """A model that fails whenever it is asked."""

    def __init__(self) -> None:
        self.label = "broken"

    def propose(self, place: Place) -> list[Candidate]:
        raise RuntimeError("out of order")


def test_a_model_that_fails_takes_nothing_away_that_is_shown(server: Running) -> None:
    async def journey() -> tuple[list[a.WireSuggestion], a.Result]:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            await pane.open_pushed(book, PLAN)
            return await pane.suggest(book, "Plan!D4")

    server.service.language = Broken()
    try:
        found, result = asyncio.run(journey())
    finally:
        server.service.language = None
    assert [suggestion.formula for suggestion in found] == ["=B4*C4"]
    assert result.order == [found[0].id]
