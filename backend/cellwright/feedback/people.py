"""Who works with the store and what was agreed: workspaces, people, their tokens and views, audit trail.

A token is shown once, when its person is added; the store keeps its SHA-256 alone (a token has 256 random
bits, so no slow hash is needed).
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import Session, col, select

from cellwright.errors import UsageError
from cellwright.feedback.database import Database
from cellwright.feedback.model import MAX_NAME, Consent, Workspace, now
from cellwright.feedback.tables import AuditRow, PersonRow, SavedViewRow, WorkspaceRow

Role = Literal["user", "admin"]
ROLES: tuple[Role, ...] = ("user", "admin")
_MOST_VIEWS = 100


@dataclass(frozen=True)
class Person:
    """Somebody with a token of their own."""

    name: str
    role: Role


@dataclass(frozen=True)
class Deed:
    """One line of the audit trail."""

    at: datetime.datetime
    user: str
    action: str
    subject: str
    detail: Mapping[str, Any]


class People:
    """Of a store by `FeedbackStore.people`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Workspaces

    def workspace_of(self, session: Session, name: str) -> Workspace:
        """What holds for a workspace; the defaults for one that nobody has set."""
        row = session.get(WorkspaceRow, name)
        if row is None:
            return Workspace(name)
        return Workspace(row.name, Consent(row.consent), row.retention_days, row.exploration)

    def set_workspace(self, workspace: Workspace, user: str) -> None:
        """Take over what is to hold for a workspace from now on."""
        with self._database.writing() as session:
            row = session.get(WorkspaceRow, workspace.name)
            if row is None:
                row = WorkspaceRow(name=workspace.name, consent="", created=now())
                session.add(row)
            row.consent = workspace.consent.value
            row.retention_days, row.exploration = workspace.retention_days, workspace.exploration
            detail = {
                "consent": row.consent,
                "retention_days": row.retention_days,
                "exploration": row.exploration,
            }
            self.audit(session, user, "set workspace", workspace.name, detail)

    def workspaces(self) -> list[Workspace]:
        """Those that somebody has set, by name."""
        with self._database.reading() as session:
            names = session.exec(select(WorkspaceRow.name).order_by(col(WorkspaceRow.name))).all()
            return [self.workspace_of(session, name) for name in names]

    # People

    def add_person(self, name: str, role: Role, user: str) -> str:
        """Make somebody known, or give them a new token; the token, which is told this once."""
        if not 1 <= len(name) <= MAX_NAME or name != name.strip():
            raise UsageError(f"expected a name of 1 to {MAX_NAME} characters, got {name!r}")
        if role not in ROLES:
            raise UsageError(f"expected a role of {', '.join(ROLES)}, got {role!r}")
        token = secrets.token_urlsafe(32)
        with self._database.writing() as session:
            row = session.get(PersonRow, name)
            if row is None:
                row = PersonRow(name=name, role=role, token_hash="", created=now())
                session.add(row)
            row.role, row.token_hash = role, _digest(token)
            self.audit(session, user, "add person", name, {"role": role})
        return token

    def remove_person(self, name: str, user: str) -> None:
        """Their token opens nothing from now on; what they decided stays."""
        with self._database.writing() as session:
            row = session.get(PersonRow, name)
            if row is None:
                raise UsageError(f"expected the name of a person with a token, got {name!r}")
            session.delete(row)
            self.audit(session, user, "remove person", name)

    def person_of(self, token: str) -> Person | None:
        """Whose token it is; None for an unknown one."""
        with self._database.reading() as session:
            row = session.exec(select(PersonRow).where(PersonRow.token_hash == _digest(token))).first()
            return None if row is None else _person(row)

    def persons(self) -> list[Person]:
        """Everybody with a token, by name."""
        with self._database.reading() as session:
            return [_person(row) for row in session.exec(select(PersonRow).order_by(col(PersonRow.name)))]

    # Saved views

    def views(self, user: str) -> dict[str, dict[str, Any]]:
        """The saved filters of a reviewer by name."""
        with self._database.reading() as session:
            query = select(SavedViewRow).where(SavedViewRow.user == user).order_by(col(SavedViewRow.name))
            return {row.name: row.filters for row in session.exec(query)}

    def save_view(self, user: str, name: str, filters: Mapping[str, Any]) -> None:
        """Keep filters under a name, in place of what had it."""
        if not 1 <= len(name) <= MAX_NAME:
            raise UsageError(f"expected a name of 1 to {MAX_NAME} characters, got {len(name)}")
        with self._database.writing() as session:
            row = session.get(SavedViewRow, (user, name))
            if row is None:
                held = session.exec(select(SavedViewRow.name).where(SavedViewRow.user == user)).all()
                if len(held) >= _MOST_VIEWS:
                    raise UsageError(f"expected at most {_MOST_VIEWS} saved views, got one more")
                row = SavedViewRow(user=user, name=name, filters={})
                session.add(row)
            row.filters = dict(filters)

    def drop_view(self, user: str, name: str) -> None:
        """Forget saved filters."""
        with self._database.writing() as session:
            row = session.get(SavedViewRow, (user, name))
            if row is None:
                raise UsageError(f"expected the name of a saved view, got {name!r}")
            session.delete(row)

    # Audit trail

    def audit(
        self,
        session: Session,
        user: str,
        action: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Append who did what, in the transaction in which it is done."""
        session.add(AuditRow(at=now(), user=user, action=action, subject=subject, detail=dict(detail or {})))

    def note(self, user: str, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
        """The same in a transaction of its own."""
        with self._database.writing() as session:
            self.audit(session, user, action, subject, detail)

    def deeds(self, limit: int = 100) -> list[Deed]:
        """The latest lines of the audit trail, newest first."""
        with self._database.reading() as session:
            rows = session.exec(select(AuditRow).order_by(col(AuditRow.id).desc()).limit(limit)).all()
            return [
                Deed(
                    r.at if r.at.tzinfo else r.at.replace(tzinfo=datetime.UTC),
                    r.user,
                    r.action,
                    r.subject,
                    r.detail,
                )
                for r in rows
            ]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _person(row: PersonRow) -> Person:
    return Person(row.name, "admin" if row.role == "admin" else "user")
