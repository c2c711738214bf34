"""Endings of a formula of which a beginning is typed, without a model: close what is open, repeat what is
there.

The last piece is finished where it may be half typed (`_begun`), then comes what came after it earlier on
(`echoes`), an operand where one is due (`operands`), and the brackets (`closings`). Each ending tells which
rules made it, so that fitted weights can rank them. Not covered: new words, new conditions, what the workbook
holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from cellwright.formula.functions import known_function
from cellwright.prompt.notation import column_index, column_letters, normalise, scan
from cellwright.prompt.tasks import split_open_string

from .closings import Open, closed, open_brackets
from .echoes import echoes
from .operands import AREA, operands, opposite_begun
from .repair_sense import is_sound

MOST = 80
OPERANDS = 16
ECHOES = 24
ARGUMENTS = 8
_CELL = r"(\$?)([A-Z]{1,3})(\$?)([1-9]\d*)"
_BEGUN_RANGE = re.compile(rf"{_CELL}:(\$?[A-Z]{{0,3}}\$?\d*)\Z")
_BEGUN_COLUMNS = re.compile(r"(?<![\w$.:])(\$?)([A-Z]{1,3}):(\$?)\Z")
_LONE_COLUMN = re.compile(r"(?<![\w$.:])\$?[A-Z]{1,3}\Z")
_LONE_CELL = re.compile(rf"(?<![\w$.:]){_CELL}\Z")
_LAST_WORD = re.compile(r"(?<![\w.])[$A-Z]*[A-Z$]*\d*\Z")
_LAST_NAME = re.compile(r"(?<![\w.$])[^\W\d][\w.]*\Z")


@dataclass(frozen=True)
class Ending:
    """A sound text (normalised, without `=`) and the rules that made it."""

    text: str
    rules: tuple[str, ...]


def endings(typed: str) -> list[Ending]:
    """At most `MOST` endings, each text once, likelier ones first."""
    head, opening = split_open_string(typed)
    whole = normalise(head) + opening if opening else normalise(typed)
    found: dict[str, Ending] = {}
    for begun, rule in _begun(whole):
        for text, rules in _finished(begun):
            if text not in found and text.startswith(whole) and is_sound(text):
                found[text] = Ending(text, (rule, *rules) if rule else rules)
                if len(found) == MOST:
                    return list(found.values())
    return list(found.values())


def _begun(whole: str) -> Iterator[tuple[str, str]]:
    """`whole` with its last piece finished, and the rule: an open text closed, a begun range ended."""
    head, opening = split_open_string(whole)
    if opening:
        yield from _texts_ended(head, opening)
        return
    range_begun = _BEGUN_RANGE.search(whole)
    if range_begun is not None:
        yield from ((text, "range") for text in _ranges_ended(whole, range_begun))
    columns_begun = _BEGUN_COLUMNS.search(whole)
    if columns_begun is not None:
        dollar, letters, other = columns_begun.groups()
        yield f"{whole[: columns_begun.start()]}{dollar}{letters}:{other or dollar}{letters}", "columns"
        return
    if not whole.endswith(":"):
        yield whole, ""
    yield from _references_ended(whole)
    yield from _names_ended(whole)


def _texts_ended(head: str, opening: str) -> Iterator[tuple[str, str]]:
    """An open text closed, or gone on with as an earlier one or its opposite."""
    earlier = list(dict.fromkeys(lexeme.text for lexeme in scan(head) if lexeme.kind == "string"))
    yield head + opening + '"', "quote"
    for text in earlier:
        if text.startswith(opening) and len(text) > len(opening) + 1:
            yield head + text, "text_again"
    for text in opposite_begun(opening, earlier):
        yield head + text, "text_opposite"


def _references_ended(whole: str) -> Iterator[tuple[str, str]]:
    """A lone column as a pair, a cell as the start of a range, half a reference as an earlier one."""
    column = _LONE_COLUMN.search(whole)
    if column is not None and (column.group().startswith("$") or not known_function(column.group())):
        yield f"{whole}:{column.group()}", "columns"
    cell = _LONE_CELL.search(whole)
    if cell is not None:
        begun = _BEGUN_RANGE.search(whole + ":")
        assert begun is not None
        for text in _ranges_ended(whole + ":", begun):
            yield text, "cell_to_range"
    word = _LAST_WORD.search(whole)
    if word is not None and word.group():
        stem = whole[: word.start()]
        for lexeme in scan(stem):
            if lexeme.kind == "cell" and lexeme.text.startswith(word.group()) and lexeme.text != word.group():
                yield stem + lexeme.text, "reference_again"


def _names_ended(whole: str) -> Iterator[tuple[str, str]]:
    """`Rates` -> `Rates!` where that sheet was named before, `TODAY` -> `TODAY()`."""
    name = _LAST_NAME.search(whole)
    if name is None:
        return
    stem, known = whole[: name.start()], known_function(name.group())
    if known is not None and not known.required:
        yield whole + "()", "call"
    sheets = dict.fromkeys(lexeme.text for lexeme in scan(stem) if lexeme.kind == "sheet")
    for sheet in sheets:
        if sheet.upper().startswith(name.group().upper()):
            yield whole + sheet[len(name.group()) :], "sheet_again"


def _ranges_ended(whole: str, begun: re.Match[str]) -> Iterator[str]:
    """`$A$2:` -> `$A$2:$A$9` where an earlier range has the rows 2 to 9, and with its width; `$A2` too, of a
    range that grows."""
    dollar, letters, row_dollar, row, rest = begun.groups()
    stem = whole[: begun.start(5)]
    for area in reversed(list(AREA.finditer(whole[: begun.start()]))):
        if area[9] is None:
            continue
        wide = column_index(area[7]) - column_index(area[3])
        height = int(area[9]) - int(area[5])
        rows = dict.fromkeys([area[9], str(int(row) + height)])
        for last_row in rows:
            for width in dict.fromkeys([0, wide]):
                for fixed in dict.fromkeys([area[8], row_dollar]):
                    last = f"{dollar}{column_letters(column_index(letters) + width)}{fixed}{last_row}"
                    if last.startswith(rest) and int(last_row) >= int(row) and (width or last_row != row):
                        yield stem + last
    if row_dollar:
        for growing in (f"{dollar}{letters}{row}", f"{letters}{row}"):
            if growing.startswith(rest):
                yield stem + growing


def _finished(begun: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """`begun` gone on with, and with its brackets closed."""
    frames, is_due = open_brackets(begun)
    if not is_due:
        yield from _closed(begun, 6, ())
    elif begun.endswith("(") and frames and frames[-1].least == 0:
        yield from _closed(begun, 2, ())
    for text, rule in islice(echoes(begun), ECHOES):
        yield from _closed(text, 3, (rule,))
    if is_due:
        for operand, rule in islice(operands(begun, frames), OPERANDS):
            yield from _closed(begun + operand, 4, (rule,))
    else:
        yield from _with_argument(begun, frames)


def _with_argument(begun: str, frames: list[Open]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """`begun` with one more argument, of the innermost call or of the one round it."""
    inner = ""
    for place in range(len(frames) - 1, max(-1, len(frames) - 3), -1):
        if frames[place].function and frames[place].arguments < frames[place].most:
            text = f"{begun}{inner},"
            around = open_brackets(text)[0]
            for operand, rule in islice(operands(text, around), ARGUMENTS):
                yield from _closed(text + operand, 2, ("argument", rule))
        if frames[place].arguments < frames[place].least:
            return
        inner += frames[place].closing


def _closed(text: str, most: int, rules: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    frames, is_due = open_brackets(text)
    if not is_due or text.endswith("("):
        for whole, closing in closed(text, frames, most):
            yield whole, (*rules, closing)
