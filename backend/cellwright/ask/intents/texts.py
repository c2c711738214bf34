"""Work on texts: join columns, split one, append to cells, change case, trim, replace."""

from __future__ import annotations

import re
from itertools import pairwise

from cellwright.ask.arithmetic import RowFormula
from cellwright.ask.condition_reader import read_condition
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.highlight import rows_meeting
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.writing import column_draft, values
from cellwright.ask.mentions import columns_in, name_score
from cellwright.ask.model import Draft
from cellwright.ask.rules import quoted
from cellwright.ask.scene import Scene
from cellwright.ask.settling import settled
from cellwright.ask.targets import Target, read_target
from cellwright.edits.model import Edit, SetFormulas, SetValues
from cellwright.reference import Cell, Range
from cellwright.workbook.model import Value

_JOIN = re.compile(r"\b(?:combin\w*|concatenat\w*|join\w*|merge|glue|put together)\b", re.I)
_SPLIT = re.compile(r"\b(?:split|separate|divide)\b[^.]*\b(?:columns?|names?|into|by)\b", re.I)
_APPEND = re.compile(
    r"\b(?:append|add|attach|suffix|insert|put)\b\s+(?:a |an |the )?(?:text |character |symbol |"
    r"word )?[\"“']([^\"”']+)[\"”']\s+(?:to|at|after|in|before|at the)\s+(?:the\s+)?(end|start|"
    r"beginning|front|of)?",
    re.I,
)
_CASE = re.compile(
    r"\b(upper ?case|capital letters|capitali[sz]e|lower ?case|title case|proper case)\b", re.I
)
_TRIM = re.compile(r"\b(?:trim|remove|strip|delete|clean)\b[^.]*\b(?:spaces?|whitespace)\b|\btrim\b", re.I)
_REPLACE = re.compile(
    r"\b(?:replace|substitute|change|rename)\b[^\"“']*[\"“']([^\"”']*)[\"”'][^\"“']*\b(?:with|by|"
    r"to|into|as)\b[^\"“']*[\"“']([^\"”']*)[\"”']",
    re.I,
)
_REPLACE_TURNED = re.compile(
    r"\b(?:substitute|put|use|write)\b[^\"“']*[\"“'](?P<new>[^\"”']*)[\"”']\s+(?:for|in place of|"
    r"instead of)\s+"
    r"(?:every |each |all |the )?[\"“'](?P<old>[^\"”']*)[\"”']",
    re.I,
)
_BECOMES = re.compile(
    r"\b(?:swap|exchange)\b[^\"“']*[\"“'](?P<old>[^\"”']*)[\"”'][^\"“']*\b(?:for|with|against)\b[^\"“']*"
    r"[\"“'](?P<new>[^\"”']*)[\"”']|"
    r"\b(?:every|each|all|any)\b[^\"“']*[\"“'](?P<was>[^\"”']*)[\"”'][^\"“']*\b(?:become|turn\w* into|"
    r"read|be)\b"
    r"[^\"“']*[\"“'](?P<now>[^\"”']*)[\"”']",
    re.I,
)
_DELIMITER = re.compile(
    r"\b(?:delimiter|separator|separated by|separated with|divided by|joined by|with)\b(?: of| as| "
    r"being)?\s*(?:a |an |the )?(?:[\"“']([^\"”']+)[\"”']|(comma|space|semicolon|hyphen|dash|slash|"
    r"underscore|pipe|tab|period|colon)s?)",
    re.I,
)
_SIGNS = {
    "comma": ",",
    "space": " ",
    "semicolon": ";",
    "hyphen": "-",
    "dash": "-",
    "slash": "/",
    "underscore": "_",
    "pipe": "|",
    "tab": "\t",
    "period": ".",
    "colon": ":",
}


def read(text: str, scene: Scene) -> Reading | None:
    """Work on texts, or None."""
    frame = scene.frame_for(text)
    if frame is None or re.search(r"\b(?:chart|pivot|highlight)\b", text, re.I):
        return None
    replaced = _replacement(text)
    if replaced is not None:
        old, new, rest = replaced
        return Reading("replace", 0.88, lambda: _replaced(rest, frame, old, new, scene))
    append = _APPEND.search(text)
    if append:
        made = _appended(text, frame, append[1], (append[2] or "end").lower(), scene)
        if made:
            return Reading("append", 0.9, lambda: made)
    target = read_target(text, scene, frame)
    if _JOIN.search(text) and not re.search(r"\bcells\b.*\bmerge|\bmerge (?:the )?cells\b", text, re.I):
        columns = _columns(text, frame, target)
        if len(columns) > 1:
            return Reading("join", 0.9, lambda: _joined(text, frame, columns, target, scene))
    if _SPLIT.search(text):
        columns = _columns(text, frame, target)
        if columns and columns[0].kind in ("text", "mixed"):
            return Reading("split", 0.88, lambda: _split(text, frame, columns[0], scene))
    case, trim = _CASE.search(text), _TRIM.search(text)
    if case or trim:
        columns = _columns(text, frame, target)
        if columns:
            return Reading("clean", 0.86, lambda: _cleaned(text, frame, columns, scene))
    return None


def _replacement(text: str) -> tuple[str, str, str] | None:
    """(old text, new text, the words around them)."""
    match = _REPLACE.search(text)
    if match:
        return match[1], match[2], _REPLACE.sub(" ", text)
    match = _REPLACE_TURNED.search(text)
    if match:
        return match["old"], match["new"], _REPLACE_TURNED.sub(" ", text)
    match = _BECOMES.search(text)
    if match is None:
        return None
    words = match[0].replace(match["old"] or match["was"], " ").replace(match["new"] or match["now"], " ")
    return match["old"] or match["was"], match["new"] or match["now"], _BECOMES.sub(words, text)


def _columns(text: str, frame: Frame, target: Target) -> list[FrameColumn]:
    named = re.sub(r"\b(?:in|into|to|as)\s+(?:a |the )?(?:new )?column\b.*$", "", text, flags=re.I | re.S)
    named = re.sub(
        r"\bfor (?:each|every|all)\s+\w+|\bof (?:each|every)\s+\w+(?!\s+column)", " ", named, flags=re.I
    )
    found = list(dict.fromkeys(m.column for m in columns_in(named, frame)))
    found = [column for column in found if column.column != target.column or column.is_filled]
    if not found and re.search(r"\b(?:all|each|every)\b", text, re.I):
        return list(frame.columns)
    return found


def _patterned(text: str, frame: Frame) -> str | None:
    """The formula of a pattern that names columns in brackets: `"[City] ({Code})"`."""
    for match in re.finditer(r"[\"“]([^\"”]*[\[{<][^\"”]+[\]}>][^\"”]*)[\"”]", text):
        parts: list[str] = []
        end = 0
        for place in re.finditer(r"\[([^\]]+)\]|\{([^}]+)\}|<([^>]+)>", match[1]):
            name = re.sub(r"\s+(?:value|column|name)$", "", place[1] or place[2] or place[3], flags=re.I)
            column = max(frame.columns, key=lambda one: name_score(name, one))
            if name_score(name, column) < 0.9:
                break
            if match[1][end : place.start()]:
                parts.append(quoted(match[1][end : place.start()]))
            parts.append(frame.cell(column))
            end = place.end()
        else:
            if match[1][end:]:
                parts.append(quoted(match[1][end:]))
            return "=" + "&".join(parts)
    return None


def _joined(text: str, frame: Frame, columns: list[FrameColumn], target: Target, scene: Scene) -> list[Draft]:
    match = _DELIMITER.search(text)
    sign = " "
    if match:
        sign = match[1] if match[1] else _SIGNS[match[2].lower()]
    pattern = _patterned(text, frame)
    cells = [frame.cell(column) for column in columns]
    with_headers = re.search(r"\bheader\b.*\bvalue\b|\bHeader A: Value A\b", text)
    if pattern is not None:
        formula = pattern
    elif with_headers:
        colon = ": "
        glue = ", "
        parts = f'&"{glue}"&'.join(
            f'{column.letters}${frame.top + 1}&"{colon}"&{cell}'
            for column, cell in zip(columns, cells, strict=True)
        )
        formula = f"={parts}"
    elif all(b.column == a.column + 1 for a, b in pairwise(columns)) and len(columns) > 2:
        formula = f"=TEXTJOIN({quoted(sign)},TRUE,{cells[0]}:{cells[-1]})"
    else:
        formula = "=" + f"&{quoted(sign)}&".join(cells)
    header = target.header or "Combined"
    draft = column_draft(
        scene, frame, RowFormula(formula, 0, None, tuple(columns)), target, header, "Join columns"
    )
    return [draft]


def _split(text: str, frame: Frame, column: FrameColumn, scene: Scene) -> list[Draft]:
    match = _DELIMITER.search(text)
    sign = (match[1] if match[1] else _SIGNS[match[2].lower()]) if match else None
    values_held = [value for value in frame.values(scene.snapshot, column) if isinstance(value, str)]
    if sign is None:
        counts = {one: sum(one in value for value in values_held) for one in (",", ";", "-", "/", "|", " ")}
        sign = next(
            (one for one in (",", ";", "|", "/", "-", " ") if counts[one] > 0.6 * len(values_held)), " "
        )
    parts = max((len(value.split(sign)) for value in values_held), default=0)
    if parts < 2 or parts > 12:
        return []
    names = re.findall(r"[\"“]([^\"”]{2,})[\"”]", text)
    place = scene.free_column(frame)
    cell = f"${frame.cell(column)}"
    edits: list[Edit] = []
    heads = [names[n] if n < len(names) else f"{column.name} {n + 1}" for n in range(parts)]
    edits.append(values(frame.sheet, Cell(frame.top, place), [heads]))
    for number in range(parts):
        formula = f'=TRIM(MID(SUBSTITUTE({cell},{quoted(sign)},REPT(" ",200)),{number * 200 + 1},200))'
        area = Range(frame.first, place + number, frame.last, place + number)
        rows = tuple(
            (formula.replace(cell, f"${column.letters}{row + 1}"),)
            for row in range(area.top, area.bottom + 1)
        )
        edits.append(SetFormulas(frame.sheet, area, rows))
    cited = (frame.place(frame.body(column)),)
    return [Draft(f"Split {column.name} at {sign!r} into {parts} columns", tuple(edits), "split", cited)]


def _appended(text: str, frame: Frame, what: str, where: str, scene: Scene) -> list[Draft]:
    cut = re.search(r"\b(?:if|when|where|whose)\b", text, re.I)
    head = text[: cut.start()] if cut else text
    columns = [m.column for m in columns_in(head, frame)]
    if not columns:
        return []
    column = columns[0]
    rows = list(range(frame.first, frame.last + 1))
    if cut:
        condition = read_condition(text[cut.end() :], frame)
        if condition is None:
            return []
        rows = rows_meeting(settled(condition, frame, scene.snapshot), frame, column, scene.snapshot)
    at_end = where not in ("start", "beginning", "front")
    held = scene.snapshot.sheet(frame.sheet)

    def changed(value: Value) -> Value:
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        return f"{shown}{what}" if at_end else f"{what}{shown}"

    edits: list[Edit] = []
    for row in rows:
        cell = Cell(row, column.column)
        value = held.value(cell)
        if value is not None and held.formula(cell) is None:
            edits.append(SetValues(frame.sheet, Range.of(cell), ((changed(value),),)))
    if not edits:
        return []
    title = f"Add {what!r} {'after' if at_end else 'before'} {len(edits)} cells of {column.name}"
    lost = f"the present text of {len(edits)} cells of {column.name}"
    return [Draft(title, tuple(edits), "append", (frame.place(frame.body(column)),), lost)]


def _replaced(text: str, frame: Frame, old: str, new: str, scene: Scene) -> list[Draft]:
    columns = [m.column for m in columns_in(text, frame)] or list(frame.columns)
    header = frame.named(old)
    if header is not None and re.search(r"\b(?:rename|header|column)\b", text, re.I):
        head = Range.of(Cell(frame.top, header.column))
        return [
            Draft(f"Rename the column {old} to {new}", (SetValues(frame.sheet, head, ((new,),)),), "rename")
        ]
    held = scene.snapshot.sheet(frame.sheet)
    edits: list[Edit] = []
    for column in columns:
        for row in range(frame.first, frame.last + 1):
            cell = Cell(row, column.column)
            value = held.value(cell)
            if isinstance(value, str) and held.formula(cell) is None and old.casefold() in value.casefold():
                changed = re.sub(re.escape(old), lambda _: new, value, flags=re.I)
                edits.append(SetValues(frame.sheet, Range.of(cell), ((changed,),)))
    if not edits:
        return []
    lost = f"the present text of {len(edits)} cells"
    return [Draft(f"Replace {old!r} by {new!r} in {len(edits)} cells", tuple(edits), "replace", (), lost)]


def _cleaned(text: str, frame: Frame, columns: list[FrameColumn], scene: Scene) -> list[Draft]:
    case = _CASE.search(text)
    word = case[1].lower() if case else ""
    held = scene.snapshot.sheet(frame.sheet)

    def changed(value: str) -> str:
        if _TRIM.search(text):
            value = " ".join(value.split())
        if word.startswith(("upper", "capital letters")):
            return value.upper()
        if word.startswith("lower"):
            return value.lower()
        if word.startswith(("title", "proper", "capitali")):
            return value.title()
        return value

    edits: list[Edit] = []
    for column in columns:
        for row in range(frame.first, frame.last + 1):
            cell = Cell(row, column.column)
            value = held.value(cell)
            if isinstance(value, str) and held.formula(cell) is None and changed(value) != value:
                edits.append(SetValues(frame.sheet, Range.of(cell), ((changed(value),),)))
    if not edits:
        return []
    names = ", ".join(column.name for column in columns[:3])
    what = "Trim" if _TRIM.search(text) and not word else word.capitalize()
    lost = f"the present text of {len(edits)} cells of {names}"
    cited = tuple(frame.place(frame.body(column)) for column in columns)
    return [Draft(f"{what} {len(edits)} cells of {names}", tuple(edits), "clean", cited, lost)]
