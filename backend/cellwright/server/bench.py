"""A load test: many panes on one server over loopback, each selecting cells, deciding, now and then typing.

Server and panes are processes of one machine and share its cores, so the numbers are a floor. Each pane asks
for a cell every `every_s` seconds; a latency is from sending that to the first suggestion, or to the result
where the assistant stays silent. Refusals as `busy` are counted apart: they are shed, not late. An outcome is
lost if its acknowledgement has not come when all is over. Memory is the resident set of the server with its
calculation workers: after the first quarter, at the end, and as the slope of a line through all between.
What other processes took of the processors meanwhile is told too (Linux's /proc; nan elsewhere).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from cellwright.protocol import PROTOCOL_VERSION
from cellwright.reference import Cell, Range, quote_sheet
from cellwright.server.rest import samples_folder

_SERVE = "from cellwright.cli import main; main()"
_DRAIN_S = 15.0
_TYPES_EVERY = 30
"""One selection in so many is followed by typing a number."""
_ASKS_FOR_MORE = 0.2
"""Share of the selections where the person asks for the unlikely suggestions too."""
_DECIDES = 0.5
"""Share of the shown suggestions that the person decides on."""


@dataclass
class Tally:
    """What all panes saw."""

    selections: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    suggested: int = 0
    busy: int = 0
    superseded: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    outcomes: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    dropped_lines: int = 0


@dataclass(frozen=True)
class Load:
    """How much: panes, workbooks they share, seconds in all and between selections."""

    panes: int = 200
    workbooks: int = 20
    seconds: float = 120.0
    every_s: float = 2.0
    model: str | None = None


def measure(load: Load, say: Callable[[str], None] = lambda _: None) -> dict[str, float]:
    """Run a server of our own under that load; the measures by name."""
    with tempfile.TemporaryDirectory(prefix="cellwright-load-") as home:
        command = [sys.executable, "-c", _SERVE, "serve", "--json", "--port", "0"]
        if load.model is not None:
            command += ["--model", load.model]
        server = subprocess.Popen(
            command, env=os.environ | {"CELLWRIGHT_HOME": home}, stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        try:
            told = json.loads(server.stdout.readline())
            return asyncio.run(_run(load, told["url"], told["token"], server.pid, say))
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            server.stdout.close()


async def _run(load: Load, url: str, token: str, pid: int, say: Callable[[str], None]) -> dict[str, float]:
    await asyncio.to_thread(_until_ready, url)
    names = sorted(path.stem for path in samples_folder().glob("*.xlsx"))
    books = [
        await asyncio.to_thread(_open, url, token, names[number % len(names)])
        for number in range(load.workbooks)
    ]
    tally = Tally()
    begun = time.monotonic()
    until = begun + load.seconds
    memory: list[Resident] = []
    all_s, ours_s = busy_s(), processor_s(pid)

    async def watch() -> None:
        while (now := time.monotonic()) < until:
            memory.append(Resident(now - begun, resident_mb(pid, with_children=False), resident_mb(pid)))
            megabytes = memory[-1].with_workers_mb
            say(f"{until - now:.0f} s left, {len(tally.latencies_ms)} answers, {megabytes:.0f} MB")
            await asyncio.sleep(max(1.0, load.seconds / 40))

    panes = [
        _pane(load, url, token, books[number % len(books)], until, tally, number)
        for number in range(load.panes)
    ]
    await asyncio.gather(watch(), *panes)
    took_s = time.monotonic() - begun
    memory.append(Resident(took_s, resident_mb(pid, with_children=False), resident_mb(pid)))
    others_s = (busy_s() - all_s) - (processor_s(pid) - ours_s)
    return _summary(load, tally, memory) | {"other_processes_cores": others_s / took_s}


@dataclass(frozen=True, slots=True)
class Resident:
    """Memory at a time since the beginning: the server's own, and with its calculation workers."""

    at_s: float
    server_mb: float
    with_workers_mb: float


async def _pane(
    load: Load, url: str, token: str, book: dict[str, Any], until: float, tally: Tally, number: int
) -> None:
    """One pane from hello to the last acknowledgement; a dropped line is taken up again."""
    chance = random.Random(number)
    await asyncio.sleep(chance.random() * load.every_s)
    pending: dict[str, str] = {}
    while True:
        try:
            async with connect(
                f"ws://{urlsplit(url).netloc}/ws", compression=None, proxy=None, max_size=None
            ) as line:
                await line.send(_hello(token, number))
                for text in pending.values():
                    await line.send(text)
                await _Watching(load, line, book, until, tally, chance, pending).run()
                return
        except (ConnectionClosed, OSError):
            tally.dropped_lines += 1
            if time.monotonic() > until + _DRAIN_S:
                return
            await asyncio.sleep(0.5)


class _Watching:
    """A connected pane."""

    def __init__(
        self,
        load: Load,
        line: ClientConnection,
        book: dict[str, Any],
        until: float,
        tally: Tally,
        chance: random.Random,
        pending: dict[str, str],
    ) -> None:
        self.load, self.line, self.book, self.until = load, line, book, until
        self.tally, self.chance, self.pending = tally, chance, pending
        self.revision = int(book["revision"])
        self.asked: dict[str, float] = {}

    async def run(self) -> None:
        await self._send(
            type="open_workbook", id=_id(), workbook_id=self.book["workbook_id"], source={"type": "kept"}
        )
        reader = asyncio.create_task(self._read())
        try:
            while time.monotonic() < self.until and not reader.done():
                await self._select()
                if self.chance.random() < 1 / _TYPES_EVERY:
                    await self._type()
                await asyncio.sleep(self.load.every_s * (0.9 + 0.2 * self.chance.random()))
            deadline = time.monotonic() + _DRAIN_S
            while self.pending and not reader.done() and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
            if reader.done():
                await reader
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await reader

    async def _select(self) -> None:
        sheet = self.chance.choice(self.book["sheets"])
        area = Range.parse(sheet["used_range"] or "A1")
        row = self.chance.randint(area.top, area.bottom + 1)
        cell = Cell(row, self.chance.randint(area.left, area.right + 1))
        request = _id()
        self.asked[request] = time.perf_counter()
        self.tally.selections += 1
        where = {"workbook_id": self.book["workbook_id"], "revision": self.revision}
        if self.chance.random() < _ASKS_FOR_MORE:
            target = f"{quote_sheet(sheet['name'])}!{cell.a1}"
            await self._send(type="suggest", id=request, **where, target=target, include_unlikely=True)
        else:
            await self._send(
                type="selection", **where, sheet=sheet["name"], ranges=[cell.a1], request_id=request
            )

    async def _type(self) -> None:
        """A number below the used range, where it disturbs nobody's formulas for long."""
        sheet = self.chance.choice(self.book["sheets"])
        area = Range.parse(sheet["used_range"] or "A1")
        cell = Cell(area.bottom + 3 + self.chance.randint(0, 20), area.left)
        block = {"sheet": sheet["name"], "range": cell.a1, "values": [[self.chance.randint(1, 999)]]}
        await self._send(
            type="delta",
            id=_id(),
            workbook_id=self.book["workbook_id"],
            base_revision=self.revision,
            changes=[{"type": "cells", "block": block}],
        )

    async def _read(self) -> None:
        async for text in self.line:
            message = json.loads(text)
            kind = message["type"]
            if kind in ("delta_applied", "workbook_changed", "synced"):
                self.revision = message["revision"]
            elif kind == "candidate":
                self._answered(message["request_id"])
                if message["suggestion"]["rank"] == 1 and self.chance.random() < _DECIDES:
                    await self._decide(message["suggestion"]["id"])
            elif kind == "result":
                if message["status"] == "complete":
                    self._answered(message["request_id"])
                elif self.asked.pop(message["request_id"], None) is not None:
                    self.tally.superseded += 1
            elif kind == "outcome_recorded":
                self.pending.pop(message["outcome_id"], None)
                self.tally.acknowledged.add(message["outcome_id"])
            elif kind == "error":
                self._failed(message)

    def _answered(self, request_id: str) -> None:
        begun = self.asked.pop(request_id, None)
        if begun is not None:
            self.tally.latencies_ms.append((time.perf_counter() - begun) * 1000)

    def _failed(self, message: dict[str, Any]) -> None:
        self.asked.pop(message["request_id"], None)
        if message["code"] == "busy":
            self.tally.busy += 1
        else:
            self.tally.errors[message["code"]] = self.tally.errors.get(message["code"], 0) + 1

    async def _decide(self, suggestion_id: str) -> None:
        self.tally.suggested += 1
        outcome = _id()
        kind = self.chance.choice(["rejected", "ignored", "superseded"])
        created = datetime.datetime.now(datetime.UTC).isoformat()
        text = json.dumps(
            {
                "type": "outcome",
                "id": outcome,
                "suggestion_id": suggestion_id,
                "kind": kind,
                "was_shown": True,
                "created": created,
            }
        )
        self.pending[outcome] = text
        self.tally.outcomes.add(outcome)
        await self.line.send(text)

    async def _send(self, **message: object) -> None:
        await self.line.send(json.dumps(message))


def resident_mb(pid: int, *, with_children: bool = True) -> float:
    """Resident memory of a process and its children, in MB; 0 where the system does not tell (no /proc)."""
    total = 0.0
    for process in [pid, *(_children(pid) if with_children else ())]:
        try:
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:
            continue
        total += (
            next((int(row.split()[1]) for row in status.splitlines() if row.startswith("VmRSS")), 0) / 1024
        )
    return total


def processor_s(pid: int) -> float:
    """Processor time of this process and of a server with its living and ended children, in seconds."""
    took = sum(os.times()[:2])
    for process in (pid, *_children(pid)):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ended = fields[13:15] if process == pid else ()
        took += sum(int(ticks) for ticks in (*fields[11:13], *ended)) / os.sysconf("SC_CLK_TCK")
    return took


def busy_s() -> float:
    """Processor time of all processes since the machine started, in seconds; nan without /proc."""
    try:
        ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except OSError:
        return float("nan")
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the least-squares line through points; 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    (x_mean, y_mean) = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread if spread else 0.0


def _summary(load: Load, tally: Tally, memory: list[Resident]) -> dict[str, float]:
    taken = sorted(tally.latencies_ms) or [0.0]
    settled = memory[len(memory) // 4 :]
    quarter, end = settled[0], settled[-1]
    growth = slope([(at.at_s, at.with_workers_mb) for at in settled])
    return {
        "panes": load.panes,
        "workbooks": load.workbooks,
        "seconds": load.seconds,
        "selections": tally.selections,
        "answered": len(tally.latencies_ms),
        "p50_ms": taken[len(taken) // 2],
        "p95_ms": taken[min(len(taken) - 1, int(len(taken) * 0.95))],
        "p99_ms": taken[min(len(taken) - 1, int(len(taken) * 0.99))],
        "busy_share": tally.busy / max(1, tally.selections),
        "superseded_share": tally.superseded / max(1, tally.selections),
        "other_errors": sum(tally.errors.values()),
        "dropped_lines": tally.dropped_lines,
        "outcomes": len(tally.outcomes),
        "outcomes_lost": len(tally.outcomes - tally.acknowledged),
        "memory_quarter_mb": quarter.with_workers_mb,
        "memory_end_mb": end.with_workers_mb,
        "memory_server_quarter_mb": quarter.server_mb,
        "memory_server_end_mb": end.server_mb,
        "memory_growth_share": (end.with_workers_mb - quarter.with_workers_mb)
        / max(1.0, quarter.with_workers_mb),
        "memory_mb_a_minute": growth * 60,
    }


def _hello(token: str, number: int) -> str:
    host = {"kind": "test"}
    pane = f"load-{number}"
    return json.dumps(
        {"type": "hello", "protocol": PROTOCOL_VERSION, "token": token, "pane_id": pane, "host": host}
    )


def _id() -> str:
    return uuid.uuid4().hex


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _until_ready(url: str, patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), _opener().open(url + "ready") as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)


def _open(url: str, token: str, sample: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{url}api/samples/{sample}", method="POST", headers=headers)
    with _opener().open(request) as answer:
        info: dict[str, Any] = json.load(answer)
        return info
