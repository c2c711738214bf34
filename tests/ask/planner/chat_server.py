"""A real HTTP server that speaks the chat-completions protocol, with answers that a test gives it.

It plays somebody else's server, and misbehaves as told.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ChatServer:
    """`answers` are given in turn, the last one again and again; `requests` are the bodies that came."""

    url: str
    answers: list[str] = field(default_factory=list)
    status: int = 200
    raw: bytes | None = None
    location: str | None = None
    hangs_s: float = 0.0
    drips: bool = False
    finish_reason: str = "stop"
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        choice = {"index": 0, "message": {"role": "assistant", "content": text}}
        return json.dumps({"choices": [{**choice, "finish_reason": self.finish_reason}]}).encode()


@contextmanager
def chat_server(*answers: str, **behaviour: Any) -> Iterator[ChatServer]:
    """A server on a free port of loopback, for as long as the block runs."""
    told = ChatServer("", list(answers), **behaviour)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            listed = {"data": [{"id": "first-model"}]} if self.path == "/v1/models" else {}
            self._send(200, json.dumps(listed).encode())

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append(json.loads(data))
            told.headers.append(dict(self.headers))
            if told.over.wait(told.hangs_s):
                return
            self._send(told.status, told.body())

        def _send(self, status: int, body: bytes) -> None:
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if told.location is not None:
                    self.send_header("Location", told.location)
                self.end_headers()
                if not told.drips:
                    self.wfile.write(body)
                    return
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    if told.over.wait(0.2):
                        return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def within(seconds: float, started: float) -> bool:
    """Whether no more than that has passed since `started` (of `time.monotonic`)."""
    return time.monotonic() - started < seconds
