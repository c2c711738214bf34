"""Routes for models: tuning runs with live progress, gate reports, versions; promote, canary, roll back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from cellwright.admin.access import Admin, Caller, Held, caller_of
from cellwright.admin.review import Asked
from cellwright.config import settings
from cellwright.errors import UsageError
from cellwright.feedback.runs import GateReport, Promotion, TuningEvent, TuningRun
from cellwright.registry.versions import SHIPPED_VERSION, Registry, State, Version, next_stage

router = APIRouter(prefix="/api/admin", dependencies=[Depends(caller_of)], tags=["admin"])
_MOST_EVENTS = 5_000


@dataclass(frozen=True)
class Serving:
    """What a workspace could be served by, and what serves; `next_share` is what promoting a canary gives."""

    workspace: str
    state: State
    versions: list[Version]
    next_share: float


class PromoteAsked(Asked):
    """Let a version serve. `share` None: all; `force`: though the gate did not pass it."""

    share: Annotated[float, Field(gt=0, le=1)] | None = None
    reason: Annotated[str, Field(max_length=1_000)] = ""
    force: bool = False


class RollbackAsked(Asked):
    """Take back what was promoted last."""

    reason: Annotated[str, Field(max_length=1_000)] = ""


@router.get("/runs")
def runs(admin: Held) -> list[TuningRun]:
    """The latest tuning runs."""
    return admin.store.runs.recent(100)


@router.get("/runs/{run_id}/events")
def events(run_id: str, admin: Held, after: Annotated[int, Query(ge=0)] = 0) -> list[TuningEvent]:
    """A run's progress after an event; ask again with the last one's id for what is new."""
    return admin.store.runs.events(run_id, after, _MOST_EVENTS)


@router.get("/reports")
def reports(admin: Held) -> list[GateReport]:
    """The latest gate reports."""
    return admin.store.runs.reports(limit=100)


@router.get("/promotions")
def promotions(admin: Held) -> list[Promotion]:
    """Who put which version into service."""
    return admin.store.runs.promotions()


@router.get("/models/{workspace}")
def models(workspace: str, admin: Held) -> Serving:
    """The versions of a workspace and what serves; an empty name is the one of the settings."""
    return _serving(admin, workspace)


@router.post("/models/{workspace}/{version}/promote")
def promote(workspace: str, version: str, asked: PromoteAsked, admin: Held, caller: Caller) -> Serving:
    """Let a version serve a share of the requests; a running server follows with its next one."""
    registry = Registry(admin.home, workspace)
    known = registry.version(version)
    if known.decided != "promote" and not asked.force:
        said = "refused it" if known.decided else "was not asked"
        raise UsageError(f"expected a version that passed its gate; the gate {said} ({version})")
    share = asked.share or 1.0
    registry.promote(version, share)
    by_force = "" if known.decided == "promote" else "by force"
    reason = ", ".join(filter(None, (by_force, asked.reason)))
    admin.store.runs.add_promotion(
        caller.name, "canary" if share < 1.0 else "promote", version, share, reason
    )
    return _serving(admin, workspace)


@router.post("/models/{workspace}/rollback")
def rollback(workspace: str, asked: RollbackAsked, admin: Held, caller: Caller) -> Serving:
    """Take back the canary, or what was promoted last."""
    registry = Registry(admin.home, workspace)
    before = registry.state()
    registry.rollback()
    taken = before.canary or before.current or SHIPPED_VERSION
    admin.store.runs.add_promotion(caller.name, "rollback", taken, 0.0, asked.reason)
    return _serving(admin, workspace)


def _serving(admin: Admin, workspace: str) -> Serving:
    name = workspace or settings().workspace
    registry = Registry(admin.home, name)
    state = registry.state()
    return Serving(name, state, registry.versions(), next_stage(state.share))
