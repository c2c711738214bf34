"""Routes for reviewing: queue, traces, labels, saved views, reviewers' agreement, plots, trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from cellwright.admin.access import Caller, Held, caller_of
from cellwright.feedback.agreement import Agreement, agreements
from cellwright.feedback.decisions import decisions
from cellwright.feedback.model import MAX_NOTE, Label, LabelKind
from cellwright.feedback.off_policy import OffPolicy, estimate, samples_of
from cellwright.feedback.people import Role
from cellwright.feedback.queue import Filters, Page, Queue
from cellwright.feedback.tallies import Group, Measures, Tallies
from cellwright.feedback.trace import Trace, trace_of
from cellwright.feedback.trust import Trust, judge
from cellwright.rank.rank import shipped_ranker

router = APIRouter(prefix="/api/admin", dependencies=[Depends(caller_of)], tags=["admin"])
MOST_DECISIONS = 20_000
"""How many of the latest decisions trust and replay look at."""
_Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Me:
    """Who calls."""

    name: str
    role: Role


@dataclass(frozen=True)
class Facets:
    """The values that filters can take."""

    workspace: list[str]
    user: list[str]
    model: list[str]
    kind: list[str]
    outcome: list[str]
    reason: list[str]


@dataclass(frozen=True)
class View:
    """Saved filters."""

    name: str
    filters: dict[str, str]


class Asked(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelAsked(Asked):
    """A reviewer's word."""

    label: LabelKind
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""


class ViewAsked(Asked):
    """Filters to save."""

    filters: dict[str, str]


def filters_of(
    workspace: _Text = "",
    user: _Text = "",
    model: _Text = "",
    kind: _Text = "",
    proposer: _Text = "",
    outcome: _Text = "",
    reason: _Text = "",
    label: _Text = "",
    since: _Text = "",
    until: _Text = "",
    text: _Text = "",
) -> Filters:
    """The filters in a request's address."""
    return Filters(workspace, user, model, kind, proposer, outcome, reason, label, since, until, text)


Wanted = Annotated[Filters, Depends(filters_of)]


@router.get("/me")
def me(caller: Caller) -> Me:
    """Who the token belongs to."""
    return Me(caller.name, caller.role)


@router.get("/queue")
def queue(
    admin: Held,
    filters: Wanted,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page:
    """A page of lines, newest first."""
    return Queue(admin.store.database).page(filters, before=before, limit=limit)


@router.get("/facets")
def facets(admin: Held) -> Facets:
    """What can be filtered by."""
    return Facets(**Queue(admin.store.database).facets())


@router.get("/suggestions/{suggestion_id}")
def suggestion(suggestion_id: str, admin: Held) -> Trace:
    """The whole trace of a suggestion."""
    return trace_of(admin.store.database, suggestion_id)


@router.post("/suggestions/{suggestion_id}/labels", status_code=201)
def label(suggestion_id: str, asked: LabelAsked, admin: Held, caller: Caller) -> Trace:
    """Say what the caller thinks of a suggestion."""
    admin.store.label(Label(suggestion_id, caller.name, asked.label, asked.note))
    return trace_of(admin.store.database, suggestion_id)


@router.get("/views")
def views(admin: Held, caller: Caller) -> list[View]:
    """The caller's saved views."""
    return [View(name, filters) for name, filters in admin.store.people.views(caller.name).items()]


@router.put("/views/{name}", status_code=204)
def save_view(name: str, asked: ViewAsked, admin: Held, caller: Caller) -> None:
    """Save filters under a name."""
    admin.store.people.save_view(caller.name, name, Filters.of(asked.filters).as_json())


@router.delete("/views/{name}", status_code=204)
def drop_view(name: str, admin: Held, caller: Caller) -> None:
    """Forget saved filters."""
    admin.store.people.drop_view(caller.name, name)


@router.get("/agreement")
def agreement(admin: Held) -> list[Agreement]:
    """How far reviewers agree, pair by pair."""
    return agreements(admin.store.database)


@router.get("/plots")
def plots(admin: Held, filters: Wanted, by: Group = "week") -> list[Measures]:
    """Measures by week, model, workspace or kind."""
    return Tallies(admin.store.database).measures(by, filters)


@router.get("/trust")
def trust(admin: Held, workspace: _Text = "") -> list[Trust]:
    """How far each person's decisions can be trusted, the least first; from the latest decisions."""
    found = decisions(admin.store.database, workspace=workspace or None, latest=MOST_DECISIONS)
    return sorted(judge(list(found)).people.values(), key=lambda t: (t.trust, -t.decisions))


@router.get("/replay")
def replay(admin: Held, workspace: _Text = "") -> dict[str, Any]:
    """What the shipped rankings would have earned on the log, against what was logged."""
    found = list(decisions(admin.store.database, workspace=workspace or None, latest=MOST_DECISIONS))
    ranker = shipped_ranker()
    told: dict[str, OffPolicy] = {
        name: estimate(samples_of(found, weights))
        for name, weights in (("experts", ranker.experts), ("with a model", ranker.model))
    }
    return {"rankings": told}
