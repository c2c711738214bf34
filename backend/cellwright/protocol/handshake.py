"""Hello and welcome, heartbeat, errors, settings: what is about the line and not about a workbook."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cellwright.protocol.base import ClientMessage, Id, ServerMessage, Wire

HostKind = Literal["excel", "playground", "test"]
Role = Literal["user", "admin"]


class Host(Wire):
    """Where a pane runs. `capabilities` are what its host can do, such as `ExcelApi1.16` or `ghosts`."""

    kind: HostKind
    platform: Annotated[str, Field(max_length=40)] = ""
    version: Annotated[str, Field(max_length=80)] = ""
    capabilities: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=100)] = []


class Resume(Wire):
    """The session that a dropped line belonged to, and what the pane believes of its workbooks."""

    session_id: Id
    workbooks: Annotated[dict[Id, int], Field(max_length=16)] = {}
    """workbook_id -> the last revision that the pane knows."""


class Hello(ClientMessage):
    """The first message on a line; any other first message closes it."""

    type: Literal["hello"] = "hello"
    protocol: int
    token: Annotated[str, Field(max_length=200)]
    pane_id: Id
    """Made once by the pane and kept over reconnections."""
    host: Host
    locale: Annotated[str, Field(max_length=20)] = "en-US"
    resume: Resume | None = None


class Limits(Wire):
    """What this server takes; a pane keeps to it."""

    max_message_bytes: int
    max_cells: int
    """Cells of one workbook, all sheets together."""
    max_requests: int
    """Requests of one pane that may run or wait at once; past it they are refused as `busy`."""
    messages_per_s: int
    heartbeat_s: float
    """A pane sends `ping` this often; after three of them without a word the server closes the line."""


class ModelInfo(Wire):
    """The language model that serves; `hash` is of its weights."""

    name: str
    hash: str


class KnownWorkbook(Wire):
    """A workbook that the server still holds. Where `revision` is not the pane's, the pane syncs again."""

    workbook_id: Id
    revision: int


class UserSettings(Wire):
    """What a person may set; kept by the server for the workspace."""

    workspace: Annotated[str, Field(min_length=1, max_length=80)]
    keep_cell_contents: bool
    """Keep cell contents with suggestions and outcomes; else they are redacted before they are stored."""
    risky_functions: Literal["refuse", "confirm"]
    """Formulas that reach out (WEBSERVICE, INDIRECT, ...): never offered, or with their own confirmation."""
    suggests_on_selection: bool
    use_model: bool


class Welcome(ServerMessage):
    """The answer to `hello`."""

    type: Literal["welcome"] = "welcome"
    protocol: int
    server_version: str
    session_id: Id
    role: Role
    is_resumed: bool
    """The session of `resume` was still there."""
    workbooks: list[KnownWorkbook]
    model: ModelInfo | None
    limits: Limits
    settings: UserSettings
    is_local: bool
    """Nothing that a pane sends leaves this machine: model, store and calculator are all on it."""


class Ping(ClientMessage):
    """Heartbeat; `sent_ms` is the pane's clock and comes back untouched."""

    type: Literal["ping"] = "ping"
    sent_ms: float


class Pong(ServerMessage):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"
    sent_ms: float


ErrorCode = Literal[
    # The line is closed after these.
    "unauthorized",
    "unsupported_protocol",
    "malformed",
    "out_of_order",
    "too_large",
    "rate_limited",
    "timeout",
    "shutting_down",
    # The request failed, the line goes on.
    "busy",
    "usage",
    "unknown_workbook",
    "unknown_suggestion",
    "revision_mismatch",
    "limit_exceeded",
    "stale",
    "formula_syntax",
    "edit",
    "calc",
    "model",
    "store",
    "forbidden",
    "workbook",
    "internal",
]


class ErrorMessage(ServerMessage):
    """What went wrong: a code for machines, one line for a person. `is_fatal`: the line is closed next."""

    type: Literal["error"] = "error"
    code: ErrorCode
    message: str
    request_id: Id | None = None
    """The id of the message that failed; None where it had none."""
    workbook_id: Id | None = None
    revision: int | None = None
    """For `revision_mismatch`: the revision that the server holds."""
    retry_after_ms: int | None = None
    """For `busy` and `rate_limited`: when to try again."""
    is_fatal: bool = False


class GetSettings(ClientMessage):
    """Ask for the settings; answered by `settings`."""

    type: Literal["get_settings"] = "get_settings"
    id: Id


class SetSettings(ClientMessage):
    """Change settings; what is None stays. Answered by `settings`, to every pane of the workspace."""

    type: Literal["set_settings"] = "set_settings"
    id: Id
    workspace: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    keep_cell_contents: bool | None = None
    risky_functions: Literal["refuse", "confirm"] | None = None
    suggests_on_selection: bool | None = None
    use_model: bool | None = None


class SettingsChanged(ServerMessage):
    """The settings in force. `request_id` is None where another pane changed them."""

    type: Literal["settings"] = "settings"
    request_id: Id | None
    settings: UserSettings
