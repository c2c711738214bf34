"""Which native variants this machine can test."""

from __future__ import annotations

import pytest

from cellwright_kernels import variants


@pytest.fixture(scope="session", params=list(variants.FLAGS))
def variant(request: pytest.FixtureRequest) -> str:
    """Each variant that this processor runs; the others are skipped."""
    name: str = request.param
    if name not in variants.supported():
        pytest.skip(f"this processor does not run {name}, or there is no compiler")
    return name
