"""The suites, one file each; a suite module holds a `SUITE` (see `cellwright_tuning.evaluation.harness`)."""

from __future__ import annotations

import importlib
import pkgutil

from cellwright_tuning.evaluation.harness import Suite


def suite_names() -> list[str]:
    """The names that `cellwright eval` takes, sorted."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def load_suite(name: str) -> Suite:
    """The suite of that name; raises KeyError where there is none."""
    if name not in suite_names():
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    suite: Suite = module.SUITE
    return suite
