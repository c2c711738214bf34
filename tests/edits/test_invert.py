"""Apply then invert gives an equal snapshot, for random workbooks and edits of every kind."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellwright.edits.apply import apply, apply_all
from cellwright.edits.diff import diff
from cellwright.edits.invert import invert, undo_all
from cellwright.edits.model import (
    Edit,
)
from cellwright.errors import CellwrightError, EditError, FormulaSyntaxError, UsageError
from cellwright.workbook.model import Snapshot
from tests.edits.strategies import EDITS, any_edit, quick, snapshots


def applied(snapshot: Snapshot, edit: Edit) -> Snapshot | None:
    """The edit applied, None where it is refused; a refusal is one line of the errors' tree."""
    try:
        return apply(snapshot, edit)
    except CellwrightError as error:
        refusal = error
    kinds = (EditError, UsageError, FormulaSyntaxError)
    assert isinstance(refusal, kinds), refusal
    assert str(refusal).startswith("expected ")
    assert "\n" not in str(refusal)
    return None


@pytest.mark.parametrize("kind", sorted(EDITS))
def test_apply_then_invert_is_the_same_workbook(kind: str) -> None:
    assert check_inverse(kind, quick) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(EDITS))
def test_apply_then_invert_is_the_same_workbook_many_times(kind: str) -> None:
    assert check_inverse(kind, settings(quick, max_examples=200)) >= 20


def check_inverse(kind: str, limits: settings) -> int:
    """Check random edits of a kind; how many fitted their workbook."""
    fitting = 0

    @limits
    @given(snapshots(), EDITS[kind])
    def check(snapshot: Snapshot, edit: Edit) -> None:
        nonlocal fitting
        after = applied(snapshot, edit)
        if after is None:
            return
        fitting += 1
        assert after.revision == snapshot.revision + 1
        inverse = invert(snapshot, edit)
        restored = apply_all(after, inverse)
        assert diff(restored, snapshot).is_empty
        assert restored == snapshot

    check()
    return fitting


@quick
@given(snapshots(), st.lists(any_edit, min_size=2, max_size=5))
def test_a_list_of_edits_is_undone_in_reverse(snapshot: Snapshot, edits: list[Edit]) -> None:
    taken: list[Edit] = []
    after = snapshot
    for edit in edits:
        result = applied(after, edit)
        if result is not None:
            taken.append(edit)
            after = result
    assert apply_all(after, undo_all(snapshot, tuple(taken))) == snapshot


@quick
@given(snapshots(), any_edit)
def test_the_inverse_of_an_inverse_redoes(snapshot: Snapshot, edit: Edit) -> None:
    after = applied(snapshot, edit)
    if after is None:
        return
    back = invert(snapshot, edit)
    assert apply_all(snapshot, undo_all(after, back)) == after
