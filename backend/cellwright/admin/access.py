"""Who calls, and with what: the server puts `Admin` into its application's state, the routes ask here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from cellwright.feedback.people import Person
from cellwright.feedback.store import FeedbackStore


@dataclass(frozen=True)
class Admin:
    """What the routes work on. `person_of` tells who calls, or refuses who is no administrator."""

    store: FeedbackStore
    home: Path
    person_of: Callable[[Request], Person]


def admin_of(request: Request) -> Admin:
    """The server's."""
    admin: Admin = request.app.state.admin
    return admin


def caller_of(request: Request) -> Person:
    """Who calls; refused without an administrator's token."""
    return admin_of(request).person_of(request)


Held = Annotated[Admin, Depends(admin_of)]
Caller = Annotated[Person, Depends(caller_of)]
