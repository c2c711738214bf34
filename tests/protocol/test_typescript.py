"""The TypeScript of the protocol is what the models say."""

from __future__ import annotations

from pathlib import Path

from cellwright.protocol.typescript import COMMAND, TARGET, typescript

ROOT = Path(__file__).resolve().parents[2]


def test_generated_typescript_is_up_to_date() -> None:
    assert (ROOT / TARGET).read_text(encoding="utf-8") == typescript(), f"out of date: run {COMMAND}"


def test_messages_narrow_by_type() -> None:
    text = typescript()
    hello = text[text.index("export interface Hello {") :].split("}")[0]
    assert '  type: "hello";' in hello  # required, so that a union of messages narrows
    assert "  resume?: Resume | null;" in hello
    error = text[text.index("export interface ErrorMessage {") :].split("}")[0]
    assert "  is_fatal: boolean;" in error  # the server always sends it
