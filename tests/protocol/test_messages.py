"""Wire text and messages: what is read is what was written; all else is one coded error."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.errors import MalformedMessage
from cellwright.protocol import answers as a
from cellwright.protocol import handshake as h
from cellwright.protocol import read_client_message, read_server_message, write_message
from cellwright.protocol import requests as r
from cellwright.protocol import workbooks as w

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TYPES = ["hello", "ping", "selection", "suggest", "delta", "outcome", "workbook_chunk", "open_workbook", "?"]


def test_there_and_back() -> None:
    block = w.Block.model_validate(
        {"sheet": "Plan", "range": "A1:B1", "values": [[1, {"error": "#N/A"}]], "formulas": [[None, "=NA()"]]}
    )
    sent = w.Delta(id="d", workbook_id="b", base_revision=1, changes=[w.CellsChange(block=block)])
    assert read_client_message(write_message(sent)) == sent
    told = h.ErrorMessage(code="busy", message="later", retry_after_ms=200)
    assert read_server_message(write_message(told)) == told
    ended = a.Result(
        request_id="r", status="superseded", workbook_id=None, revision=0, order=[], timings=a.Timings()
    )
    assert read_server_message(write_message(ended)) == ended


def test_values_keep_their_types() -> None:
    raw = [[True, 1, "1", "#N/A", None, {"error": "#N/A"}]]
    block = w.Block.model_validate_json(json.dumps({"sheet": "S", "range": "A1:F1", "values": raw}))
    assert block.values[0] == [True, 1.0, "1", "#N/A", None, block.values[0][5]]
    assert [type(value) for value in block.values[0][:3]] == [bool, float, str]


def test_an_outcome_says_when_with_its_zone() -> None:
    raw = {"type": "outcome", "id": "o", "suggestion_id": "s", "kind": "rejected", "was_shown": True}
    read = read_client_message(json.dumps(raw | {"created": "2026-01-02T03:04:05Z"}))
    assert isinstance(read, r.Outcome)
    with pytest.raises(MalformedMessage):
        read_client_message(json.dumps(raw | {"created": "2026-01-02T03:04:05"}))


@given(st.sampled_from(TYPES), st.dictionaries(st.text(max_size=12), JSON, max_size=4))
def test_any_object_is_a_message_or_malformed(kind: str, fields: dict[str, object]) -> None:
    for text in (json.dumps(fields | {"type": kind}), json.dumps(fields)):
        with contextlib.suppress(MalformedMessage):
            read_client_message(text)


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_is_a_message_or_malformed(text: str | bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_client_message(text)


def test_an_error_never_repeats_what_was_sent() -> None:
    with pytest.raises(MalformedMessage) as told:
        read_client_message('{"type": "ping", "sent_ms": "salary 123456"}')
    assert "salary" not in str(told.value)
