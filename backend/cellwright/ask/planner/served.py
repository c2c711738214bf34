"""A planner behind an OpenAI-compatible server: `POST .../chat/completions`, on this machine.

The address must lead to loopback, unless the administrator lists its host (`CELLWRIGHT_PLANNER_HOSTS`). It is
resolved once for each request and the connection goes to what was looked at, so that a name cannot change
its meaning in between. No proxy is asked, no redirect is followed. A watch ends the connection when the time
is over or nobody waits any more, however slowly bytes drip in.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cellwright.ask.planner.model import Message
from cellwright.errors import PlannerError, UsageError
from cellwright.workbook.model import Snapshot

MAX_ANSWER_BYTES = 400_000
MAX_TOKENS = 2_048
MOST_CHARACTERS = 16_000
"""Of a workbook, in a request: about 5,000 tokens."""


@dataclass(frozen=True)
class Endpoint:
    """Where a server listens; `path` is that of its API, such as `/v1`."""

    scheme: str
    host: str
    port: int
    path: str

    @staticmethod
    def parse(url: str) -> Endpoint:
        """Raises UsageError where it is no http or https address of a server."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise UsageError(f"expected an address such as http://127.0.0.1:8080/v1, got {url!r}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise UsageError(f"expected an address such as http://127.0.0.1:8080/v1, got {url!r}")
        return Endpoint(parts.scheme, parts.hostname, port, parts.path.rstrip("/") or "/v1")

    @property
    def name(self) -> str:
        """Host and port."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


class ServedPlanner:
    """See the module. `hosts` are those that may be reached beyond loopback."""

    def __init__(
        self,
        url: str,
        *,
        model: str = "",
        key: str = "",
        timeout_s: float = 120.0,
        hosts: frozenset[str] = frozenset(),
        most_characters: int = MOST_CHARACTERS,
    ) -> None:
        self._endpoint = Endpoint.parse(url)
        self._model = model
        self._key = key
        self._timeout_s = timeout_s
        self._is_allowed = self._endpoint.host.casefold() in {host.casefold() for host in hosts}
        self._most_characters = most_characters
        self._address()  # refused at once, not with the first request

    @property
    def name(self) -> str:
        """The server's address, and the model's name where one is asked for."""
        return f"{self._model} at {self._endpoint.name}" if self._model else self._endpoint.name

    @property
    def most_characters(self) -> int:
        """See `MOST_CHARACTERS`."""
        return self._most_characters

    @property
    def is_local(self) -> bool:
        """False where the administrator let it be elsewhere."""
        return not self._is_allowed

    def complete(self, messages: list[Message], snapshot: Snapshot, stop: threading.Event) -> str:
        """The text of the first choice; raises PlannerError for whatever is none."""
        until = time.monotonic() + self._timeout_s
        model = self._model or self._first_model(stop, until)
        body = {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "temperature": 0,
            "max_tokens": MAX_TOKENS,
            "stream": False,
        }
        return _content(self._call("POST", "/chat/completions", json.dumps(body).encode(), stop, until))

    def close(self) -> None:
        """Nothing is kept open."""

    def _first_model(self, stop: threading.Event, until: float) -> str:
        """The first model that the server lists; some want a name, most take any."""
        try:
            listed = self._call("GET", "/models", None, stop, until).get("data")
        except PlannerError:
            return "default"
        first = listed[0] if isinstance(listed, list) and listed else None
        name = first.get("id") if isinstance(first, dict) else None
        return name if isinstance(name, str) and name else "default"

    def _call(
        self, method: str, path: str, body: bytes | None, stop: threading.Event, until: float
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        headers["Host"] = self._endpoint.name
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        connection = self._connection(max(0.1, until - time.monotonic()))
        try:
            connection.connect()
            with _watched(connection.sock, stop, until):
                connection.request(method, self._endpoint.path + path, body, headers)
                with connection.getresponse() as response:
                    data = response.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            if stop.is_set():
                raise PlannerError("the request was taken back") from error
            if isinstance(error, TimeoutError) or time.monotonic() >= until:
                raise PlannerError(f"no answer within {self._timeout_s:g} s") from error
            raise PlannerError(f"no answer: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if time.monotonic() >= until:
            raise PlannerError(f"no answer within {self._timeout_s:g} s")
        if response.status != http.client.OK:
            raise PlannerError(f"expected an answer, got HTTP {response.status}")
        if len(data) > MAX_ANSWER_BYTES:
            raise PlannerError(f"expected an answer of at most {MAX_ANSWER_BYTES:,} bytes, got more")
        try:
            record = json.loads(data)
        except ValueError as error:
            raise PlannerError("expected JSON, got something else") from error
        if not isinstance(record, dict):
            raise PlannerError(f"expected a JSON object, got {type(record).__name__}")
        return record

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._address(), self._endpoint.port
        if self._endpoint.scheme == "https":  # the certificate is for the name
            return http.client.HTTPSConnection(
                self._endpoint.host, port, timeout=timeout_s, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=timeout_s)

    def _address(self) -> str:
        """The server's numeric address; raises UsageError where it is elsewhere and not allowed."""
        host = self._endpoint.host
        try:
            found = socket.getaddrinfo(host, self._endpoint.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise UsageError(
                f"expected the address of a server on this machine, got {host}: {error}"
            ) from error
        addresses = [str(info[4][0]) for info in found]
        if not self._is_allowed and not all(ipaddress.ip_address(a).is_loopback for a in addresses):
            raise UsageError(
                f"expected a server on this machine, got {host}; CELLWRIGHT_PLANNER_HOSTS lists others "
                "that may be told what workbooks hold"
            )
        return addresses[0]


@contextmanager
def _watched(sock: socket.socket, stop: threading.Event, until: float) -> Iterator[None]:
    """Ends the connection once `stop` is set or the time is over."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            if stop.is_set() or time.monotonic() >= until:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                return

    watcher = threading.Thread(target=watch, name="cellwright-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _content(record: dict[str, Any]) -> str:
    choices = record.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    text = message.get("content") if isinstance(message, dict) else None
    if not isinstance(choice, dict) or not isinstance(text, str) or not text.strip():
        raise PlannerError("expected an answer with choices[0].message.content, got none")
    if choice.get("finish_reason") == "length":
        raise PlannerError(f"its answer did not end within {MAX_TOKENS:,} tokens")
    return text
