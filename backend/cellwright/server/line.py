"""The websocket: frames in and out, the first message, limits, closing. Messages mean what `session` says.

A line is read one message at a time, and the next is read when the last is taken, so a pane that floods is
slowed down by its own socket. What is to be sent waits in a bounded queue; a pane that does not read its
answers loses the line, not the server its memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from cellwright import __version__
from cellwright.errors import CellwrightError, MalformedMessage, OutOfOrder
from cellwright.protocol import PROTOCOL_VERSION, read_client_message, write_message
from cellwright.protocol.base import ClientMessage, ServerMessage
from cellwright.protocol.handshake import ErrorCode, ErrorMessage, Hello
from cellwright.server.tokens import Tokens
from cellwright.session.pane import Pane
from cellwright.session.service import Service

log = logging.getLogger(__name__)

CLOSE_CODES: dict[str, int] = {
    "unauthorized": 4401,
    "unsupported_protocol": 4426,
    "malformed": 4400,
    "out_of_order": 4409,
    "too_large": 4413,
    "rate_limited": 4429,
    "timeout": 4408,
    "shutting_down": 1012,
    "internal": 1011,
}
_HELLO_S = 10.0
_MISSED_HEARTBEATS = 3
_MOST_QUEUED = 2_000
_MOST_QUEUED_CHARACTERS = 32_000_000
_BURST_S = 4.0
_PATIENCE_S = 5.0


class Refused(CellwrightError):
    """The line is to be closed; `told` says why."""

    def __init__(self, code: ErrorCode, message: str, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.told = ErrorMessage(code=code, message=message, retry_after_ms=retry_after_ms, is_fatal=True)


class Line:
    """One websocket from accept to close."""

    def __init__(self, websocket: WebSocket, service: Service, tokens: Tokens) -> None:
        self._websocket = websocket
        self._service = service
        self._tokens = tokens
        self._waiting: deque[str] = deque()
        self._characters = 0
        self._news = asyncio.Event()
        self._allowance = service.capacity.messages_per_s * _BURST_S
        self._allowed_at = time.monotonic()

    async def run(self) -> None:
        """Serve it until one side closes."""
        await self._websocket.accept()
        pane: Pane | None = None
        sender = asyncio.create_task(self._send_all())
        try:
            hello = await self._hello()
            role = self._tokens.role_of(hello.token)
            user = hello.pane_id
            if role is None:
                people = self._service.store.people
                person = await asyncio.to_thread(people.person_of, hello.token)
                if person is not None:
                    role, user = person.role, person.name
            if role is None:
                raise Refused("unauthorized", "expected this server's token, got another")
            if len(self._service.panes) >= self._service.capacity.max_panes:
                raise Refused("rate_limited", "the server has as many panes as it takes", 5_000)
            pane = Pane(self._service, hello, role, self.send, user)
            pane.welcome(hello, __version__)
            await self._serve(pane, sender)
        except Refused as refused:
            await self._close(refused.told, sender)
        except (MalformedMessage, OutOfOrder) as error:
            code: ErrorCode = "malformed" if isinstance(error, MalformedMessage) else "out_of_order"
            await self._close(ErrorMessage(code=code, message=str(error), is_fatal=True), sender)
        except (WebSocketDisconnect, ConnectionError):
            pass
        finally:
            if pane is not None:
                pane.close()
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    def send(self, message: ServerMessage) -> None:
        """Queue a message."""
        text = write_message(message)
        self._waiting.append(text)
        self._characters += len(text)
        self._news.set()

    async def _serve(self, pane: Pane, sender: asyncio.Task[None]) -> None:
        patience_s = self._service.capacity.heartbeat_s * _MISSED_HEARTBEATS
        while True:
            text = await self._receive(patience_s, "nothing came for three heartbeats")
            self._pay()
            message = read_client_message(text)
            self._count(message)
            await pane.receive(message)
            if sender.done():
                return
            if len(self._waiting) > _MOST_QUEUED or self._characters > _MOST_QUEUED_CHARACTERS:
                raise Refused("rate_limited", "expected a pane that reads its answers", 1_000)

    async def _hello(self) -> Hello:
        """The first message; its version is looked at before its shape, which may be another version's."""
        text = await self._receive(_HELLO_S, "expected hello within ten seconds")
        try:
            raw: Any = json.loads(text)
        except (ValueError, RecursionError):
            raise MalformedMessage("expected hello as JSON, got other text") from None
        if not isinstance(raw, dict) or raw.get("type") != "hello":
            raise OutOfOrder("expected hello first, got another message")
        if raw.get("protocol") != PROTOCOL_VERSION:
            raise Refused(
                "unsupported_protocol",
                f"expected protocol {PROTOCOL_VERSION}, got another; reload the page or update Cellwright",
            )
        message = read_client_message(text)
        self._count(message)
        assert isinstance(message, Hello)
        return message

    async def _receive(self, patience_s: float, complaint: str) -> str:
        try:
            frame = await asyncio.wait_for(self._websocket.receive(), patience_s)
        except TimeoutError:
            raise Refused("timeout", complaint) from None
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        text = frame.get("text")
        if text is None:
            raise MalformedMessage("expected text, got a binary frame")
        if len(text) > self._service.capacity.max_message_bytes:
            raise Refused("too_large", "expected a smaller message")
        return str(text)

    def _pay(self) -> None:
        """One message of the allowance, which grows with time (a token bucket)."""
        now = time.monotonic()
        rate = self._service.capacity.messages_per_s
        grown = self._allowance + (now - self._allowed_at) * rate
        self._allowance = min(grown, rate * _BURST_S) - 1
        self._allowed_at = now
        if self._allowance < 0:
            raise Refused("rate_limited", f"expected at most {rate} messages a second, got more", 1_000)

    def _count(self, message: ClientMessage) -> None:
        self._service.metrics.messages.add(type=str(getattr(message, "type", "")))

    async def _send_all(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                text = self._waiting.popleft()
                self._characters -= len(text)
                try:
                    await self._websocket.send_text(text)
                except (WebSocketDisconnect, RuntimeError, ConnectionError):
                    return  # the other side is gone; the reader notices it too

    async def _close(self, told: ErrorMessage, sender: asyncio.Task[None]) -> None:
        """Say why, then close."""
        self._service.metrics.errors.add(code=told.code)
        log.info("a line is closed: %s", told.code)
        self.send(told)
        deadline = time.monotonic() + _PATIENCE_S
        while self._waiting and not sender.done() and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        try:
            await self._websocket.close(CLOSE_CODES.get(told.code, 1011), told.message[:120])
        except (RuntimeError, WebSocketDisconnect, ConnectionError):
            log.debug("the line was gone before it could be closed")
