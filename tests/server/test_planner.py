"""A larger model behind Ask: nobody waits for it but who asked, and what it writes is tried like anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from cellwright.ask.planner.served import ServedPlanner
from cellwright.protocol import answers as a
from cellwright.protocol import requests as r
from tests.ask.planner.chat_server import ChatServer, chat_server
from tests.server.client import connected, new_id
from tests.server.conftest import Running
from tests.server.test_asking import SALES, asked


@pytest.fixture
def peer(server: Running) -> Iterator[ChatServer]:
    with chat_server("FONT_BOLD | Sales!A1:C1 | true\nVALUE | Sales!C2 | 0") as behind:
        server.service.planner = ServedPlanner(behind.url)
        yield behind
        server.service.planner = None


def test_its_plan_is_shown_step_by_step_and_recorded_as_its_own(server: Running, peer: ChatServer) -> None:
    async def journey() -> None:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            await pane.open_pushed(book, SALES)
            heard = await asked(pane, book, "Bold the header and zero the first amount")
            plan = heard[-1]
            assert isinstance(plan, a.AskedPlan)
            assert [(step.title, step.is_ticked) for step in plan.steps] == [
                ("Bold Sales!A1:C1", True),
                ("Write 0 into Sales!C2", False),
            ]
            assert plan.steps[1].destroys == "1 filled cell from Sales!C2 on"
            assert [message.step for message in heard if isinstance(message, a.PlanStep)] == plan.steps
            logged = server.service.store.find(plan.suggestion.id)
            assert logged.proposer == "planner"

    asyncio.run(journey())


def test_others_do_not_wait_for_it_and_cancelling_ends_it(server: Running, peer: ChatServer) -> None:
    peer.hangs_s = 60

    async def journey() -> None:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            await pane.open_pushed(book, SALES)
            ask = r.Ask(id=new_id(), workbook_id=book, revision=1, text="Bold the header")
            await pane.send(ask)
            while not peer.requests:
                await asyncio.sleep(0.02)
            started = time.monotonic()
            await pane.suggest(book, "Sales!C7")
            assert time.monotonic() - started < 10
            await pane.send(r.Cancel(request_id=ask.id))
            result = await pane.wait(a.Result)
            assert (result.request_id, result.status) == (ask.id, "cancelled")
            deadline = time.monotonic() + 10
            while server.service.asking.unfinished and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            assert server.service.asking.unfinished == 0

    asyncio.run(journey())


def test_a_server_that_fails_leaves_the_built_in_reading(server: Running, peer: ChatServer) -> None:
    peer.status = 500

    async def journey() -> None:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            await pane.open_pushed(book, SALES)
            heard = await asked(pane, book, "Sort by Amount in descending order")
            plan = heard[-1]
            warnings = [one.warning for one in heard if isinstance(one, a.Progress) and one.warning]
            assert len(warnings) == 1
            assert "got HTTP 500" in warnings[0]
            assert isinstance(plan, a.AskedPlan)
            assert plan.suggestion.edit_lines[0].startswith("SORT | Sales!A1:C6")
            assert server.service.store.find(plan.suggestion.id).proposer == "ask"

    asyncio.run(journey())
