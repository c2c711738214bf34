"""The special tokens of a prompt and the pieces of model text that a tokenizer keeps whole.

The tokenizer is trained on generated text (`cellwright_tuning.data.tokenizer`); this file says which
pieces must be one token each, so that training, serving and constrained decoding agree on them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

PAD, END = "<|pad|>", "<|end|>"
COMPLETE, REPAIR, FORMULA = "<|complete|>", "<|repair|>", "<|formula|>"
NEXT_EDIT, ASK = "<|next|>", "<|ask|>"
ANSWER = "<|answer|>"
CONTEXT_TOKENS = (
    "<|sheet|>", "<|header|>", "<|column|>", "<|row|>", "<|left|>", "<|above|>", "<|below|>", "<|right|>",
    "<|number|>", "<|text|>", "<|date|>", "<|bool|>", "<|error|>", "<|empty|>", "<|blank|>", "<|here|>",
    "<|near|>", "<|table|>", "<|name|>", "<|title|>", "<|typed|>", "<|history|>", "<|edit|>", "<|then|>",
)  # fmt: skip
SPECIAL_TOKENS = (PAD, END, COMPLETE, REPAIR, FORMULA, NEXT_EDIT, ASK, ANSWER, *CONTEXT_TOKENS)

ROW_OFFSETS = range(-64, 65)
COLUMN_OFFSETS = range(-32, 33)
FIXED_ROWS = range(1, 129)
FIXED_COLUMNS = range(1, 65)


@cache
def function_names() -> frozenset[str]:
    """The names of functions that are one token each, in capitals; a model writes no others."""
    return frozenset((files(__package__) / "functions.txt").read_text(encoding="utf-8").split())


def reference_pieces() -> list[str]:
    """Halves of relative references that are one token; others are spelled in digits."""
    return [
        *(f"R[{offset}]" for offset in ROW_OFFSETS),
        *(f"C[{offset}]" for offset in COLUMN_OFFSETS),
        *(f"R{number}" for number in FIXED_ROWS),
        *(f"C{number}" for number in FIXED_COLUMNS),
    ]


# What the tokenizer splits text into before it merges bytes, first match first: special forms, halves of
# references, function names with digits or dots, words with at most one space before, single digits, the
# operators of two characters, any other character.
SPLIT = (
    r"R\[-?(?:[1-5]?\d|6[0-4])\]|C\[-?(?:[12]?\d|3[0-2])\]|[RC]\[-?"
    r"|R(?:12[0-8]|1[01]\d|[1-9]\d?)(?=C)|(?<=[\]\d])C(?:6[0-4]|[1-5]\d|[1-9])(?!\d)"
    r"|(?:[A-Z]+\.)+[A-Z]+(?:\.[A-Z]+)*|(?:LOG|IMLOG)10|IMLOG2|ATAN2|SUMX2[MP]Y2|SUMXMY2|DAYS360"
    r"|(?:BIN|DEC|HEX|OCT)2(?:BIN|DEC|HEX|OCT)"
    r"| ?[A-Z]+(?![a-z])| ?[A-Z]?[a-z]+| ?[^\W\d_]+|\d|<>|<=|>=|\"\"|\]:| ?[^\w\s]| ?_|\s"
)
