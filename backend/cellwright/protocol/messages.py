"""The two unions of messages, and their JSON: the one place where wire text becomes a message.

Change PROTOCOL_VERSION with every change that an older pane or server would misread.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from cellwright.errors import MalformedMessage
from cellwright.protocol import answers as a
from cellwright.protocol import handshake as h
from cellwright.protocol import requests as r
from cellwright.protocol import workbooks as w
from cellwright.protocol.base import ClientMessage, ServerMessage

PROTOCOL_VERSION = 2
_Message = TypeVar("_Message")

AnyClientMessage = Annotated[
    h.Hello
    | h.Ping
    | h.GetSettings
    | h.SetSettings
    | w.OpenWorkbook
    | w.WorkbookChunk
    | w.Delta
    | w.CloseWorkbook
    | w.Selection
    | r.Suggest
    | r.Complete
    | r.Repair
    | r.Write
    | r.Explain
    | r.Audit
    | r.Ask
    | r.Cancel
    | r.Accept
    | r.Undo
    | r.Outcome
    | r.History,
    Field(discriminator="type"),
]
AnyServerMessage = Annotated[
    h.Welcome
    | h.Pong
    | h.ErrorMessage
    | h.SettingsChanged
    | w.ChunkReceived
    | w.Synced
    | w.DeltaApplied
    | w.WorkbookChanged
    | a.Progress
    | a.CandidateFound
    | a.VerdictChanged
    | a.Result
    | a.Explanation
    | a.Finding
    | a.PlanStep
    | a.AskedPlan
    | a.Answer
    | a.AskedBack
    | a.Plan
    | a.OutcomeRecorded
    | a.HistoryList,
    Field(discriminator="type"),
]

_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(AnyClientMessage)
_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(AnyServerMessage)


def read_client_message(text: str | bytes) -> ClientMessage:
    """The message in a frame; raises MalformedMessage that says where it is wrong, without its contents."""
    return _read(_CLIENT, text)


def read_server_message(text: str | bytes) -> ServerMessage:
    """The same for the other direction (our own clients and tests)."""
    return _read(_SERVER, text)


def write_message(message: ClientMessage | ServerMessage) -> str:
    """A message as compact JSON."""
    return message.model_dump_json()


def _read(adapter: TypeAdapter[_Message], text: str | bytes) -> _Message:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][:8]) or "the frame"
        raise MalformedMessage(f"expected a message of the protocol: {where}: {first['msg'][:200]}") from None
    except RecursionError:
        raise MalformedMessage("expected a message of the protocol, got one nested too deep") from None
