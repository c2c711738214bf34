"""A real server on loopback: uvicorn with the real application, in a thread of the test process."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from cellwright.feedback.store import FeedbackStore
from cellwright.server.app import create_app
from cellwright.server.guard import Door
from cellwright.server.tokens import Tokens
from cellwright.session.service import Capacity, Service


@dataclass
class Running:
    """A server that runs: its address and what is inside."""

    url: str
    tokens: Tokens
    service: Service
    home: Path
    capacity: Capacity = field(default_factory=Capacity)

    @property
    def token(self) -> str:
        return self.tokens.user

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """One REST call with the token: status and body."""
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def sample(self, name: str) -> dict[str, Any]:
        """Open a copy of a sample: its WorkbookInfo."""
        status, body = self.call("POST", f"api/samples/{name}")
        assert status == 200, body
        info: dict[str, Any] = json.loads(body)
        return info


def start(home: Path, capacity: Capacity) -> tuple[Running, uvicorn.Server, threading.Thread]:
    """Start a server in a thread."""
    home.mkdir(parents=True, exist_ok=True)
    service = Service(home, FeedbackStore(f"sqlite:///{home / 'feedback.db'}"), capacity=capacity)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    port = listener.getsockname()[1]
    tokens = Tokens.of(home)
    app = create_app(service, tokens, Door.of(port))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="error",
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=capacity.max_message_bytes,
            ws_per_message_deflate=False,
        )
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    return Running(f"http://127.0.0.1:{port}/", tokens, service, home, capacity), server, thread


def stop(running: Running, server: uvicorn.Server, thread: threading.Thread) -> None:
    """End it and give everything back."""
    server.should_exit = True
    thread.join(20)
    running.service.close()
    running.service.store.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for the tests of one file."""
    parts = start(tmp_path_factory.mktemp("home"), Capacity(max_cells=200_000, calculators=3))
    yield parts[0]
    stop(*parts)
