"""The shape of the workbook: insert rows and columns, rename sheets, validations, tables, names."""

from __future__ import annotations

import re

from cellwright.ask.frames import Frame
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.writing import destroys
from cellwright.ask.mentions import areas_in, columns_in, sheets_in
from cellwright.ask.model import Draft
from cellwright.ask.rules import number_text
from cellwright.ask.scene import Scene
from cellwright.ask.targets import Target, read_target
from cellwright.ask.words import small_number
from cellwright.edits.model import (
    AddDataValidation,
    AddTable,
    Edit,
    InsertColumns,
    InsertRows,
    RenameSheet,
    SetValues,
)
from cellwright.reference import Cell, Range, column_index
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
_EMPTY_COLUMN = re.compile(
    r"^\W*(?:please\s+)?(?:insert|add|create|make)\s+(?:a |an |one |another )?(?:new |blank |empty |extra )*"
    r"(?:[\"“][^\"”]+[\"”]\s+)?column\b",
    re.I,
)
_RENAME = re.compile(r"\brename\b[^.]*\bsheet\b|\brename\s+[\"“']?sheet", re.I)
_NEW_NAME = re.compile(r"\b(?:to|as|into)\s+[\"“']?([^\"”'.]+?)[\"”']?\s*$", re.I)
_CALLED = re.compile(
    r"\brename\w*\b|^\W*(?:please )?call\b|\bshould (?:be (?:called|named|titled)|read)\b|"
    r"\b(?:change|give|set|edit)\b.*\b(?:names?|titles?|headers?|headings?)\b",
    re.I,
)
_OTHERS = re.compile(
    r"\b(?:new|add|create|insert|make|extra|another|calculat\w*|comput\w*|chart|pivot)\b", re.I
)
_VALIDATE = re.compile(
    r"\b(?:data )?validation\b|\bdrop-?down\b|\bonly allow\b|\ballow only\b|\brestrict\b|"
    r"\blimit\b.*\b(?:values|entries|input|to)\b|\b(?:pick|choose|select)\b.*\b(?:from|or|in)\b.*\bcolumn\b",
    re.I,
)
_TABLE = re.compile(
    r"\b(?:format|convert|make|turn)\b[^.]*\b(?:as|into|to) (?:a |an )?(?:excel )?table\b", re.I
)


def read(text: str, scene: Scene) -> Reading | None:
    """A change of shape, or None."""
    frame = scene.frame_for(text)
    renamed = _renamed(text, scene)
    if renamed is not None:
        return renamed
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
    target = read_target(text, scene, frame)
    if (
        frame is not None
        and _EMPTY_COLUMN.match(text)
        and target.header
        and frame.named(target.header) is None
    ):
        return Reading("new column", 0.45, lambda: _empty_column(frame, target, scene))
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


def _empty_column(frame: Frame, target: Target, scene: Scene) -> list[Draft]:
    """A column with nothing but its header."""
    edits: list[Edit] = []
    place = target.column if target.column is not None else scene.free_column(frame)
    if target.beside is not None:
        place = target.beside[0] + target.beside[1]
        edits.append(InsertColumns(frame.sheet, place))
    head = Range.of(Cell(frame.top, place))
    lost = "" if edits else destroys(scene, frame.sheet, head)
    edits.append(SetValues(frame.sheet, head, ((target.header,),)))
    return [Draft(f"A new column {target.header} at {head.a1}", tuple(edits), "insert", (), lost)]


def _renamed(text: str, scene: Scene) -> Reading | None:
    """A sheet or a header that stands there, and in quotes behind it the name that it is to have."""
    quoted = re.findall(r"[\"“]([^\"”]+)[\"”]", text)
    made = re.sub(r"\bnew (?=name|title|header)", "", text, flags=re.I)
    if len(quoted) not in (1, 2) or not _CALLED.search(made) or _OTHERS.search(made):
        return None
    name = quoted[-1].strip()
    before = text[: text.rfind(name)]
    if re.search(r"\b(?:sheet|tab|worksheet)\b", text, re.I):
        old = next((one for one in (quoted[0], scene.sheet) if scene.snapshot.has_sheet(one)), None)
        if old is None or old.casefold() == name.casefold():
            return None
        edit: Edit = RenameSheet(scene.snapshot.sheet(old).name, name)
        return Reading("rename sheet", 0.95, lambda: [Draft(f"Rename {old} to {name}", (edit,), "rename")])
    frame = scene.frame_for(before)
    if frame is None or not frame.has_header:
        return None
    column = frame.named(quoted[0]) if len(quoted) == 2 else None
    found = columns_in(before, frame)
    column = column or (found[-1].column if found and len(quoted) == 1 else None)
    if column is None or column.name.casefold() == name.casefold():
        return None
    head = Range.of(Cell(frame.top, column.column))
    change: Edit = SetValues(frame.sheet, head, ((name,),))
    return Reading(
        "rename column",
        0.95,
        lambda: [Draft(f"Rename the column {column.name} to {name}", (change,), "rename")],
    )


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
    if len(items) < 2:
        items = _listed(text, [column.name for column in columns]) or items
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


_LEADING = re.compile(
    r"^.*\b(?:with|of|list|pick|choose|select|allow|allows?|only|to|from|values?|options?|choices?|"
    r"items?|are|being|"
    r"entries|enter|between|for)\b\s*:?\s*",
    re.I,
)
_TRAILING = re.compile(r"\s+(?:in|into|to|for|on|as|from|of|can|should|must|are|may|only)\b.*$", re.I)


def _listed(text: str, names: list[str]) -> list[str]:
    """The items of `North, South, East and West` in a text: two or more with a comma, `and` or `or`."""
    best: list[str] = []
    for run in re.finditer(r"[^.;:\"“]*?,[^.;:\"“]*|[^.;:\"“]+\b(?:or|and)\b[^.;:\"“]+", text):
        parts = [part.strip() for part in re.split(r",|\band\b|\bor\b", run[0]) if part.strip()]
        if len(parts) < 2:
            continue
        parts[0] = _LEADING.sub("", parts[0])
        parts[-1] = _TRAILING.sub("", parts[-1])
        known = {name.casefold() for name in names}
        items = [part for part in parts if part and part.casefold() not in known and len(part.split()) <= 4]
        if len(items) > len(best):
            best = items
    return best if len(best) > 1 else []


def _told(rule: DataValidation) -> str:
    if rule.type == "list":
        return rule.formulas[0].strip('="')
    values = " and ".join(text.removeprefix("=") for text in rule.formulas)
    return f"{rule.type} {rule.operator or ''} {values}".strip()
