"""From a setting to a planner: none (the built-in reading), an imported model, a server."""

from __future__ import annotations

from cellwright.ask.planner.local import EnginePlanner
from cellwright.ask.planner.model import Planner
from cellwright.ask.planner.served import ServedPlanner
from cellwright.config import Settings
from cellwright.registry.imported import find_imported

BUILT_IN = ("", "built-in", "none")


def open_planner(reference: str | None, settings: Settings) -> Planner | None:
    """The planner that `reference` names, by default that of the settings; None is the built-in one.

    `http://127.0.0.1:8080/v1` or `...#model` is a server, anything else an imported model. Raises UsageError
    for what is neither, ModelError where the model does not open.
    """
    told = (settings.planner if reference is None else reference).strip()
    if told.casefold() in BUILT_IN:
        return None
    if "://" in told:
        url, _, model = told.partition("#")
        return ServedPlanner(
            url,
            model=model,
            key=settings.planner_key.get_secret_value(),
            timeout_s=settings.planner_timeout_s,
            hosts=frozenset(host.strip() for host in settings.planner_hosts.split(",") if host.strip()),
        )
    return EnginePlanner(find_imported(settings.home, told))
