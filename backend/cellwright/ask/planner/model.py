"""What a planner is: messages in, the text of an answer out. It does nothing beside."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import Literal, Protocol

from cellwright.errors import PlannerError
from cellwright.workbook.model import Snapshot


@dataclass(frozen=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class ContextFull(PlannerError):
    """The messages are longer than the model's context: less of the workbook may do."""


class Planner(Protocol):
    """A model that answers messages with lines of the plan language."""

    @property
    def name(self) -> str:
        """What people are told that they asked."""
        ...

    @property
    def most_characters(self) -> int:
        """How long the workbook's part of a request may be."""
        ...

    @property
    def is_local(self) -> bool:
        """What it is told stays on this machine."""
        ...

    def complete(self, messages: list[Message], snapshot: Snapshot, stop: Event) -> str:
        """The answer to messages about a workbook; raises PlannerError, also soon after `stop` is set."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...
