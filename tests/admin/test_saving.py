"""A save tells how much of what was accepted is still there; decisions carry their person's name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from cellwright.feedback.model import OutcomeKind, new_id, now
from cellwright.feedback.trace import trace_of
from cellwright.protocol import answers as a
from cellwright.protocol import requests as r
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
