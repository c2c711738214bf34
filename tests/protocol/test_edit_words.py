"""The pane has words for every operation of the text form, and for none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

from cellwright.edits.text import _OPERATIONS
from cellwright.edits.text_operations import _READERS

WORDS = Path(__file__).parents[2] / "addin" / "src" / "pane" / "editWords.ts"
IN_OTHER_WORDS = {
    "SET_FORMULAS", "SET_VALUES", "FILL", "COPY_RANGE", "SET_NUMBER_FORMAT", "SET_FONT", "SET_FILL",
    "SET_ALIGNMENT", "SET_BORDERS",
}  # fmt: skip


def test_every_operation_has_words_in_the_pane() -> None:
    table = re.search(r"const OPERATIONS[^=]*= \{\n(.*?)\n\};", WORDS.read_text(encoding="utf-8"), re.S)
    assert table is not None
    told = set(re.findall(r"^  ([A-Z_]+):", table[1], re.M))
    assert told == (set(_READERS) | set(_OPERATIONS)) - IN_OTHER_WORDS
