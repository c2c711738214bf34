"""The shape of the workbook: insert rows and columns, rename sheets, validations, tables, names."""

from __future__ import annotations

import re

from cellwright.ask.intents.reading import Reading
from cellwright.ask.mentions import areas_in, columns_in, sheets_in
from cellwright.ask.model import Draft
from cellwright.ask.rules import number_text
from cellwright.ask.scene import Scene
from cellwright.ask.words import small_number
from cellwright.edits.model import (
    AddDataValidation,
    AddTable,
    Edit,
    InsertColumns,
    InsertRows,
    RenameSheet,
)
from cellwright.reference import Range, column_index
from cellwright.workbook.model import DataValidation

_INSERT_ROWS = re.compile(
    r"\b(?:insert|add)\s+(?:(\d+|a|an|one|two|three|four|five)\s+)?(?:new |blank |empty "
    r")*rows?\s+(above|below|before|after|at|between)\s+(?:the\s+)?(?:row\s+)?(\d+|header)",
    re.I,
)
_INSERT_COLUMNS = re.compile(
    r"\b(?:insert|add)\s+(?:(\d+|a|an|one|two|three|four|five)\s+)?(?:new |blank |empty "
    r")+columns?\s+(before|after|left of|right of|to the left of|to the right of)\s+(?:the\s+)?(.+)",
    re.I,
)
_RENAME = re.compile(r"\brename\b[^.]*\bsheet\b|\brename\s+[\"“']?sheet", re.I)
_NEW_NAME = re.compile(r"\b(?:to|as|into)\s+[\"“']?([^\"”'.]+?)[\"”']?\s*$", re.I)
_VALIDATE = re.compile(
    r"\b(?:data )?validation\b|\bdrop-?down\b|\bonly allow\b|\ballow only\b|\brestrict\b|"
    r"\blimit\b.*\b(?:values|entries|input|to)\b",
    re.I,
)
_TABLE = re.compile(
    r"\b(?:format|convert|make|turn)\b[^.]*\b(?:as|into|to) (?:a |an )?(?:excel )?table\b", re.I
)


def read(text: str, scene: Scene) -> Reading | None:
    """A change of shape, or None."""
    frame = scene.frame_for(text)
    if _RENAME.search(text):
        return _rename(text, scene)
    rows = _INSERT_ROWS.search(text)
    if rows and frame is not None:
        count = small_number(rows[1]) if rows[1] and rows[1].lower() != "an" else 1
        at = frame.top if rows[3].lower() == "header" else int(rows[3]) - 1
        at += rows[2].lower() in ("below", "after")
        edits: tuple[Edit, ...] = (InsertRows(frame.sheet, at, count or 1),)
        return Reading(
            "insert rows",
            0.93,
            lambda: [Draft(f"Insert {count or 1} rows before row {at + 1}", edits, "insert")],
        )
    columns = _INSERT_COLUMNS.search(text)
    if (
        columns
        and frame is not None
        and not re.search(r"\b(?:named|titled|called|calculat\w*|comput\w*)\b", text, re.I)
    ):
        count = small_number(columns[1]) if columns[1] and columns[1].lower() != "an" else 1
        found = columns_in(f"column {columns[3]}" if len(columns[3]) < 3 else columns[3], frame)
        letter = re.search(r"\bcolumn ([A-Z]{1,2})\b", columns[3])
        place = found[0].column.column if found else (column_index(letter[1]) if letter else None)
        if place is not None:
            at = place + (columns[2].lower() in ("after", "right of", "to the right of"))
            made: tuple[Edit, ...] = (InsertColumns(frame.sheet, at, count or 1),)
            return Reading(
                "insert columns", 0.9, lambda: [Draft(f"Insert {count or 1} columns", made, "insert")]
            )
    if _VALIDATE.search(text) and frame is not None:
        return _validation(text, scene)
    if _TABLE.search(text) and frame is not None and frame.name is None:
        name = next(f"Table{n}" for n in range(1, 1000) if scene.snapshot.table(f"Table{n}") is None)
        table = (AddTable(frame.sheet, frame.area, name),)
        return Reading(
            "table",
            0.9,
            lambda: [Draft(f"Make {frame.area} a table", table, "table", (frame.place(frame.area),))],
        )
    return None


def _rename(text: str, scene: Scene) -> Reading | None:
    named = [name for name, _, _ in sheets_in(text, scene.snapshot)]
    wanted = _NEW_NAME.search(text)
    old = named[0] if named else scene.sheet
    if wanted is None or wanted[1].casefold() == old.casefold():
        return None
    name = wanted[1].strip()
    return Reading(
        "rename sheet", 0.94, lambda: [Draft(f"Rename {old} to {name}", (RenameSheet(old, name),), "rename")]
    )


def _validation(text: str, scene: Scene) -> Reading | None:
    frame = scene.frame_for(text)
    assert frame is not None
    areas: list[Range] = [area for area, _, _ in areas_in(text)]
    columns = [m.column for m in columns_in(text, frame)]
    ranges = tuple(areas) or tuple(frame.body(column) for column in columns[:1])
    if not ranges:
        return None
    items = re.findall(r"[\"“']([^\"”']+)[\"”']", text)
    items = [
        item for item in items if not any(item.casefold() == column.name.casefold() for column in columns)
    ]
    listed = re.search(
        r"\b(?:options?|items?|values?|list|choices?)\b[^:.]*?(?::|of|are|being)\s*([\w "
        r"]+(?:,\s*[\w ]+)+(?:,? (?:and|or) [\w ]+)?)",
        text,
    )
    if len(items) < 2 and listed:
        items = [part.strip() for part in re.split(r",|\band\b|\bor\b", listed[1]) if part.strip()]
    between = re.search(r"\bbetween\s+(-?\d[\d.,]*)\s+and\s+(-?\d[\d.,]*)", text, re.I)
    rule: DataValidation | None = None
    if len(items) >= 2 or (items and re.search(r"\bdrop-?down|\blist\b", text, re.I)):
        rule = DataValidation(ranges, "list", None, (f'="{",".join(items)}"',))
    elif between:
        low, high = (float(part.replace(",", "").rstrip(".")) for part in between.groups())
        kind = "whole" if re.search(r"\bwhole|integers?\b", text, re.I) else "decimal"
        rule = DataValidation(ranges, kind, "between", (f"={number_text(low)}", f"={number_text(high)}"))
    elif re.search(r"\bpositive\b", text, re.I):
        rule = DataValidation(ranges, "decimal", "greaterThan", ("=0",))
    elif re.search(r"\bdates?\b", text, re.I):
        rule = DataValidation(ranges, "date", "greaterThan", ("=DATE(1900,1,1)",))
    elif re.search(r"\b(?:unique|no duplicates)\b", text, re.I) and columns:
        body = frame.body(columns[0])
        first, last = body.first, body.last
        letters = columns[0].letters
        formula = f"=COUNTIF(${letters}${first.row + 1}:${letters}${last.row + 1},{first.a1})=1"
        rule = DataValidation(ranges, "custom", None, (formula,))
    if rule is None:
        return None
    made = rule
    where = ", ".join(area.a1 for area in ranges)
    return Reading(
        "validation",
        0.92,
        lambda: [
            Draft(
                f"Allow only {_told(made)} in {where}", (AddDataValidation(frame.sheet, made),), "validation"
            )
        ],
    )


def _told(rule: DataValidation) -> str:
    if rule.type == "list":
        return rule.formulas[0].strip('="')
    values = " and ".join(text.removeprefix("=") for text in rule.formulas)
    return f"{rule.type} {rule.operator or ''} {values}".strip()
