"""Routes for what was agreed and who did what: workspaces, people, deletion, audit trail."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field

from cellwright.admin.access import Caller, Held, caller_of
from cellwright.admin.review import Asked
from cellwright.errors import UsageError
from cellwright.feedback.erase import Deletion, Scope, erase
from cellwright.feedback.model import MAX_EXPLORATION, Consent, Workspace
from cellwright.feedback.people import Person, Role
from cellwright.feedback.queue import Queue

router = APIRouter(prefix="/api/admin", dependencies=[Depends(caller_of)], tags=["admin"])


@dataclass(frozen=True)
class Entry:
    """One line of the audit trail, promotions among them."""

    at: datetime.datetime
    user: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True)
class Added:
    """A new person's token, which is told this once."""

    name: str
    role: Role
    token: str


class WorkspaceAsked(Asked):
    """What is to hold for a workspace."""

    consent: Consent
    retention_days: Annotated[int, Field(ge=1)] | None = None
    exploration: Annotated[float, Field(ge=0, le=MAX_EXPLORATION)] = 0.0


class PersonAsked(Asked):
    """A person's role."""

    role: Role


class DeleteAsked(Asked):
    """What is to be deleted; `write` false only counts."""

    workspace: str | None = None
    user: str | None = None
    before: AwareDatetime | None = None
    suggestion_id: str | None = None
    write: bool = False


@router.get("/workspaces")
def workspaces(admin: Held) -> list[Workspace]:
    """Every workspace that is set or has records."""
    found = {workspace.name: workspace for workspace in admin.store.people.workspaces()}
    for name in Queue(admin.store.database).facets()["workspace"]:
        found.setdefault(name, Workspace(name))
    return [found[name] for name in sorted(found)]


@router.put("/workspaces/{name}")
def set_workspace(name: str, asked: WorkspaceAsked, admin: Held, caller: Caller) -> Workspace:
    """Change consent, retention and exploration from now on."""
    workspace = Workspace(name, asked.consent, asked.retention_days, asked.exploration)
    admin.store.people.set_workspace(workspace, caller.name)
    return workspace


@router.get("/people")
def people(admin: Held) -> list[Person]:
    """Everybody with a token of their own."""
    return admin.store.people.persons()


@router.put("/people/{name}", status_code=201)
def add_person(name: str, asked: PersonAsked, admin: Held, caller: Caller) -> Added:
    """Make somebody known, or give them a new token."""
    return Added(name, asked.role, admin.store.people.add_person(name, asked.role, caller.name))


@router.delete("/people/{name}", status_code=204)
def remove_person(name: str, admin: Held, caller: Caller) -> None:
    """Their token opens nothing from now on."""
    if name == caller.name:
        raise UsageError("expected another person than yourself to remove")
    admin.store.people.remove_person(name, caller.name)


@router.post("/deletions")
def delete(asked: DeleteAsked, admin: Held, caller: Caller) -> Deletion:
    """Delete feedback on request, or count what would go; names the adapters that learned from it."""
    scope = Scope(asked.workspace, asked.user, asked.before, asked.suggestion_id)
    return erase(admin.store, scope, caller.name, is_dry_run=not asked.write)


@router.get("/audit")
def audit(admin: Held) -> list[Entry]:
    """Who did what, the latest first."""
    deeds = [
        Entry(d.at, d.user, d.action, d.subject, ", ".join(f"{k} {_told(v)}" for k, v in d.detail.items()))
        for d in admin.store.people.deeds(500)
    ]
    promoted = [
        Entry(p.at, p.user, p.action, p.model, ", ".join(filter(None, (f"{p.share:.0%}", p.reason))))
        for p in admin.store.runs.promotions(500)
    ]
    return sorted([*deeds, *promoted], key=lambda entry: entry.at, reverse=True)[:500]


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
