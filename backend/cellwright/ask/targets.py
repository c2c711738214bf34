"""Where results are to go: a column, a row, a cell, a sheet, with the name that it is to have.

Read from words such as `in a new column named "Profit" after the Sales column`, `in E1`, `in a new sheet
called Summary`, `in the row titled "Average" below the last row`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.ask.frames import Frame
from cellwright.ask.mentions import columns_in, sheets_in
from cellwright.ask.scene import Scene
from cellwright.reference import Cell, column_index

_NAMED = (
    r"(?:named|titled|called|labell?ed|(?:with|has|having) (?:a |the )?(?:headers?|titles?|names?|"
    r"labels?)(?: of| as)?|headed|(?:with )?(?:headers?|titles?|names?|labels?)(?: is| as|:)?|as)"
)
_QUOTED = r"[\"“']\s*([^\"”']+?)\s*[\"”']"
_COLUMN_NAME = (
    re.compile(rf"\bcolumns?\b(?:\s+[A-Z]{{1,2}}\b)?[^.,;\"“]{{0,40}}?\s{_NAMED}\s+{_QUOTED}"),
    re.compile(rf"\bcolumn\b(?:\s+[A-Z]{{1,2}}\b)?\s*[,(:]?\s*{_QUOTED}"),
    re.compile(rf"\b(?:new|extra|additional|separate)\s+{_QUOTED}\s+column", re.I),
    re.compile(rf"{_QUOTED}\s+column\b"),
    re.compile(
        rf"\bcolumn\b(?:\s+[A-Z]{{1,2}}\b|[^.,;:\"“]{{0,40}}?)?"
        rf"\s+{_NAMED}\s+([A-Z][\w %/()-]*?)(?=\s+(?:after|before|to|"
        rf"for|in|by|with|using|of|right|next|that|where|and)\b|[.,;]|$)"
    ),
    re.compile(
        r"\b(?:[Nn]ew|extra|additional|(?:[Aa]dd|[Ii]nsert|[Cc]reate|[Mm]ake) (?:a|an|the|one|"
        r"me a)) column\s+([A-Z][\w%/ ()-]*?)\s*(?=$|[.,;:=]|\b(?:as|with|by|for|"
        r"using|that|"
        r"which|from|where|if|and|in|to|of|after|before|showing|containing)\b)"
    ),
    re.compile(r"\b(?:new|additional|extra|separate)\s+((?:[A-Z][\w%]*\s+){1,4})column\b"),
    re.compile(rf"\b(?:headers?|titles?|labels?)\b\s*(?:is|as|of|:)?\s*{_QUOTED}", re.I),
)
_ROW_NAME = re.compile(
    rf"(?<!each )(?<!every )(?<!same )\brow\b(?:(?!column)[^.;\"“]){{0,40}}?\s{_NAMED}\s+{_QUOTED}|"
    rf"\brow\b\s*[,(:]?\s*{_QUOTED}|\b{_QUOTED}\s+row\b|"
    rf"\brow\s+{_NAMED}\s+([A-Z]\w*)",
    re.I,
)
_SHEET_NAME = re.compile(
    rf"\b(?:(?:work)?sheet|tab)\b,?(?:\s+{_NAMED})?\s+{_QUOTED}|\b(?:work)?sheet\s+{_NAMED}\s+([A-Z][\w]*(?: "
    rf"[A-Z]\w*)*)|{_QUOTED}\s+(?:work)?sheet\b"
)
_SOURCE = re.compile(r"\bfrom\s+(?:the\s+)?$", re.I)
"""What a sheet stands behind that something is taken from."""
_NEW_SHEET = re.compile(
    r"\b(?:a|another|one|in new|on new|to new|the|separate)\s+(?:new|separate|different|fresh|"
    r"blank|second|empty)\s+(?:work)?(?:sheet|tab)s?\b|"
    r"\b(?:new|another|separate|blank|empty)\s+(?:new\s+|blank\s+|empty\s+)?(?:work)?(?:sheet|tab)\b|"
    r"\b(?:sheet|tab) of (?:its|their) own\b",
    re.I,
)
_THE_NEW = re.compile(
    r"\b(?:this|that|the same|the above|the created)\s+(?:new\s+)?(?:work)?(?:sheet|tab)\b|\bsame "
    r"(?:work)?sheet\b|\bthe new(?:ly created)? (?:work)?sheet\b",
    re.I,
)
_NEW_COLUMN = re.compile(
    r"\b(?:a|an|the|another|one|in|into)?\s*(?:new|additional|extra|separate|adjacent|"
    r"next)\s+(?:\w+\s+){0,3}?columns?\b|\badd (?:a |an |another )?[\w\s\"“”']{0,30}?columns?\b|"
    r"\binsert (?:a |an )?[\w\s\"“”']{0,30}?columns?\b",
    re.I,
)
_NEW_ROW = re.compile(
    r"\b(?:new|additional|extra|last|bottom|underneath|following|total)\s+(?:\w+\s+)?row\b|\brow "
    r"(?:below|under|beneath|at the bottom|after)\b|\bbelow the (?:last row|data|table)\b|"
    r"\brow\s+(?:named|titled|called|labell?ed)\b|\bat the (?:bottom|end) of (?:the |each |every "
    r")?(?:table|data|columns?)\b|\bunderneath\b",
    re.I,
)
_AFTER = re.compile(
    r"\b(right after|after|right of|to the right of|next to|beside|following|before|left of|to the "
    r"left of)\s+(?:the\s+)?([^.;]*?)(?:\s+columns?\b|(?=[.,;]|$|\s+(?:and|with|that|to|by|"
    r"calculate|named|titled|called)\b))",
    re.I,
)
_CELL = re.compile(
    r"\b(?:in|into|at|to|cell|of)\s+(?:the\s+)?(?:cell\s+)?\$?([A-Z]{1,2})\$?(\d{1,6})\b(?!\s*(?::|"
    r"to|through))"
)
_LETTER = re.compile(r"\b(?:in|into|to|under|as|of|at)\s+(?:the\s+)?[Cc]olumn\s+([A-Z]{1,2})\b")
_ARROW = re.compile(
    r"\bcolumn\s+([A-Z]{1,2})\s*(?:,|\()?\s*(?:named|titled|called|labell?ed|with (?:the |a "
    r")?(?:header|title|name))",
    re.I,
)


@dataclass(frozen=True)
class Target:
    """Where results go. `column` is a place on the sheet; `beside` (column, +1 after or 0 before) inserts."""

    sheet: str | None = None
    is_new_sheet: bool = False
    sheet_name: str | None = None
    column: int | None = None
    header: str | None = None
    beside: tuple[int, int] | None = None
    is_new_column: bool = False
    is_row: bool = False
    row_title: str | None = None
    cell: Cell | None = None


def read_target(text: str, scene: Scene, frame: Frame | None) -> Target:
    """The target that a text names; empty where it names none."""
    row = _ROW_NAME.search(text)
    header = None if row else _first(_COLUMN_NAME, text)
    is_row = bool(row or _NEW_ROW.search(text))
    row_title = next((group for group in row.groups() if group), None) if row else None
    sheet, sheet_name, is_new = _sheet(text, scene)
    cell = None
    for match in _CELL.finditer(text):
        cell = Cell(int(match[2]) - 1, column_index(match[1]))
    column = None
    letter = _ARROW.search(text) or _LETTER.search(text)
    if letter and letter[1].isupper():
        column = column_index(letter[1])
    beside = _beside(text, frame)
    return Target(
        sheet,
        is_new,
        sheet_name,
        column,
        header.strip() if header else None,
        beside,
        bool(_NEW_COLUMN.search(text)),
        is_row and not header,
        row_title,
        cell,
    )


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str | None:
    for pattern in patterns:
        match = pattern.search(text)
        if match:
            return next(group for group in match.groups() if group)
    return None


def _sheet(text: str, scene: Scene) -> tuple[str | None, str | None, bool]:
    """(existing sheet, name of a new one, whether it is new)."""
    if scene.new_sheet is not None and _THE_NEW.search(text):
        return scene.new_sheet, None, False
    named = next((one for one in _SHEET_NAME.finditer(text) if not _SOURCE.search(text[: one.start()])), None)
    name = next((group for group in named.groups() if group), None) if named else None
    is_new = bool(_NEW_SHEET.search(text))
    if name is not None and scene.snapshot.has_sheet(name):
        return scene.snapshot.sheet(name).name, None, False
    if is_new:
        return None, name, True
    known = [
        sheet
        for sheet, start, _ in sheets_in(text, scene.snapshot)
        if re.search(r"\b(?:in|into|to|on|of)\s+(?:the\s+)?(?:sheet\s+|worksheet\s+)?[\"“']?$", text[:start])
    ]
    for numbered in re.finditer(r"\b(?:in|into|to|on|of)\s+(Sheet\s?\d+)\b", text):
        if not scene.snapshot.has_sheet(numbered[1].replace(" ", "")):
            return None, numbered[1].replace(" ", ""), True
    if known:
        return known[-1], None, False
    if name is not None and re.search(
        r"\b(?:in|into|to|on|create|add|make)\b", text[: named.start()] if named else "", re.I
    ):
        return None, name, True
    return None, None, False


def _beside(text: str, frame: Frame | None) -> tuple[int, int] | None:
    if frame is None:
        return None
    for match in _AFTER.finditer(text):
        found = columns_in(f"{match[2]} column", frame)
        if found:
            is_before = match[1].lower() in ("before", "left of", "to the left of")
            return found[-1].column.column, 0 if is_before else 1
    return None
