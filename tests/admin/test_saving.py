"""A save tells how much of what was accepted is still there; decisions carry their person's name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from cellwright.feedback.model import OutcomeKind, new_id, now
from cellwright.feedback.trace import trace_of
from cellwright.protocol import answers as a
from cellwright.protocol import handshake as h
from cellwright.protocol import requests as r
from cellwright.protocol import workbooks as w
from cellwright.session.service import Capacity
from tests.server.client import connected
from tests.server.conftest import Running, start, stop


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    parts = start(tmp_path_factory.mktemp("home"), Capacity(calculators=1))
    yield parts[0]
    stop(*parts)


def test_a_save_tells_what_was_kept_and_a_persons_token_who_decided(server: Running) -> None:
    token = server.service.store.people.add_person("ann", "user", "admin")
    book = server.sample("sales")["workbook_id"]

    async def journey() -> str:
        async with connected(server.url, token) as pane:
            await pane.open_kept(book)
            found, _ = await pane.suggest(book, "Report!E6")
            await pane.send(r.Accept(id=new_id(), suggestion_id=found[0].id))
            await pane.do(await pane.wait(a.Plan))
            await pane.send(
                r.Outcome(
                    id=new_id(), suggestion_id=found[0].id, kind="accepted", was_shown=True, created=now()
                )
            )
            await pane.wait(a.OutcomeRecorded)
            return found[0].id

    accepted = asyncio.run(journey())
    for _ in range(2):  # a second save of the same revision tells nothing new
        assert server.call("GET", f"api/workbooks/{book}/file")[0] == 200
    store = server.service.store
    told = trace_of(store.database, accepted).outcomes
    assert [(o.kind, o.user) for o in told] == [(OutcomeKind.ACCEPTED, "ann"), (OutcomeKind.KEPT, "")]
    assert store.find(accepted).kept_rate == 1.0
    assert store.find(accepted).outcome == "accepted"
    assert store.stats()["kept_rate"] == 1.0


@pytest.mark.parametrize("leaves_by", ["close_workbook", "a lost line"])
def test_what_excel_kept_is_told_when_the_last_pane_leaves(server: Running, leaves_by: str) -> None:
    """Excel tells an add-in of no save: the sheet as it was left says what was kept."""
    book, store = new_id(), server.service.store
    rows: list[list[str | float | None]] = [["a", "b", "sum"], [1.0, 2.0, None], [3.0, 4.0, None]]
    formulas = [[None, None, None], [None, None, "=A2+B2"], [None, None, None]]

    async def journey() -> str:
        async with connected(server.url, server.token) as pane:
            await pane.open_pushed(book, w.Block(sheet="S", range="A1:C3", values=rows, formulas=formulas))
            found, _ = await pane.suggest(book, "S!C3", include_unlikely=True)
            best = next(one for one in found if one.formula == "=A3+B3")
            await pane.send(r.Accept(id=new_id(), suggestion_id=best.id))
            done = await pane.do(await pane.wait(a.Plan))
            await pane.outcome(best.id, "accepted")
            change = w.CellsChange(block=w.Block(sheet="S", range="C3", values=[[7.0]], formulas=[["=A3"]]))
            await pane.send(
                w.Delta(id=new_id(), workbook_id=book, base_revision=done.revision, changes=[change])
            )
            await pane.wait(w.DeltaApplied)
            assert store.find(best.id).kept_rate is None
            if leaves_by == "close_workbook":
                await pane.send(w.CloseWorkbook(workbook_id=book))
                await pane.send(h.Ping(sent_ms=1.0))
                await pane.wait(h.Pong)
            return best.id

    accepted = asyncio.run(journey())
    until = time.monotonic() + 10
    while store.find(accepted).kept_rate is None and time.monotonic() < until:
        time.sleep(0.02)
    assert store.find(accepted).kept_rate == 0.5  # `=A3` of `=A3+B3`: two of its four tokens
