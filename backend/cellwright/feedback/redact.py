"""What of an edit the store keeps: its line of text, or, without consent to keep contents, its shape."""

from __future__ import annotations

from collections.abc import Sequence

from cellwright.edits.model import Edit, SetFormulas
from cellwright.edits.text import edit_to_text
from cellwright.formula import TokenKind, tokenize

_LITERALS = {TokenKind.STRING: '"…"', TokenKind.NUMBER: "0"}


def edit_lines(edits: Sequence[Edit], keep_cell_contents: bool) -> list[str]:
    """One line an edit. Redacted: formulas with their literals blanked, of other edits the kind alone."""
    if keep_cell_contents:
        return [edit_to_text(edit) for edit in edits]
    lines: list[str] = []
    for edit in edits:
        if isinstance(edit, SetFormulas):
            lines += [f"FORMULA | {redacted(f)}" for row in edit.formulas for f in row if f is not None]
        else:
            lines.append(type(edit).__name__)
    return lines


def redacted(formula: str) -> str:
    """A formula whose string and number literals are blanked: `=IF(A1>5,"Ann",0)` -> `=IF(A1>0,"…",0)`."""
    return "".join(_LITERALS.get(token.kind, token.text) for token in tokenize(formula))
