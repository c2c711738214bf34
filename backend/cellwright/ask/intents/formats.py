"""Formats that do not depend on values: number formats, fonts, fills, borders, alignment, widths, merges."""

from __future__ import annotations

import re

from cellwright.ask.arithmetic import numeric_columns
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.writing import values
from cellwright.ask.mentions import areas_in, columns_in, sheets_in
from cellwright.ask.model import Draft
from cellwright.ask.scene import Scene
from cellwright.ask.words import color_in, number_format_in
from cellwright.edits.model import (
    Edit,
    Merge,
    SetAlignment,
    SetBorders,
    SetColumnWidth,
    SetFill,
    SetFont,
    SetNumberFormat,
    Unmerge,
)
from cellwright.edits.words import words_of_all
from cellwright.reference import Range, SheetRange

_NUMBER = re.compile(
    r"\b(?:currency|accounting|percent(?:age)?s?|dollars?|euros?|decimals?|decimal places?|number "
    r"format|thousands? separators?|scientific|"
    r"as (?:a )?dates?|date format|integers?|(?:as|to) text|text (?:format|type)|comma style)\b",
    re.I,
)
_SET = re.compile(
    r"\b(?:format|set|change|convert|show|display|make|apply|use|round|style|put|turn|add|give|"
    r"increase|wrap|align|cent(?:er|re)|bold|italici[sz]e|underline|merge|unmerge|adjust|widen|"
    r"resize|auto-?fit|colou?r|fill|keep|retain|leave)\w*\b",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:if|when|where|whose|greater|less|more than|above|below|between|equal|contain\w*|"
    r"duplicate\w*|top \d|highest|lowest|after \d|before \d)\b|[<>]",
    re.I,
)
_HEADER = re.compile(
    r"\b(?:headers?|header row|titles? row|first row|column (?:names|titles|headings)|headings?)\b", re.I
)
_SIZE = re.compile(r"\b(?:font )?size\b[^.\d]{0,40}(\d{1,3})|\b(\d{1,3}) ?(?:pt|point)s?\b", re.I)
_FONTS = re.compile(
    r"\b(Arial|Calibri|Times New Roman|Verdana|Cambria|Courier New|Georgia|Tahoma|Helvetica|Comic Sans MS)\b",
    re.I,
)
_AND_ANOTHER = re.compile(
    r",?\s+and\s+(?=(?:the |their )?(?:font|fill|background|text|column|number|row)\s+\w+ (?:of|for|"
    r"to)\b)",
    re.I,
)
"""Where another format of other cells begins."""
_NUMBER_WORDS = re.compile(
    r"\b(?:an?|the|as|in|of|with|to|into)?\s*(?:accounting|currency|percent(?:age)?|number|text|date|"
    r"scientific|comma)"
    r"(?:\s+(?:number|style))?\s+(?:types?|formats?|styles?)\b|\b(?:as|in|to|"
    r"into) (?:an? )?(?:accounting|currency)\b",
    re.I,
)
"""What a format is called; `number type` names no column."""
_EXCEPT = re.compile(
    r"\b(?:except|excluding|but not|other than|apart from)\b[^.;]*?(?=\s+(?:as|to|in|"
    r"with)\b|[.;]|$)",
    re.I,
)
_BARE = re.compile(
    r"\b(?:set|make|keep|retain|leave|round|format|show|display|use|apply|change|align\w*|cent(?:er|re)\w*|bold|italics?|"
    r"and|the|to|in|as|with|of|a|it|them|font|size|decimals?|decimal|places?|digits?|numeric|number|"
    r"horizontal\w*|vertical\w*|left|right|currency|accounting|percent\w*|formats?|types?|style|text|"
    r"one|two|three|four|no|values?|results?)\b|[\d\W_]",
    re.I,
)
"""Words that only say how something is to look."""
_WRITTEN = re.compile(
    r"\b(?:write|put|enter|form|titled|header|headed|title|text|label)\b[^\"“]{0,24}[\"“]([^\"”]+)[\"”]", re.I
)
"""What merged cells are to say."""
_EVERYTHING = re.compile(r"\ball (?:the )?(?:other )?(?:cells|values|numbers|columns|data)\b", re.I)
_WIDTH = re.compile(
    r"\b(?:column )?widths?\b[^.\d]{0,60}(\d+(?:\.\d+)?)|\bwiden\b[^.\d]*(\d+(?:\.\d+)?)|"
    r"(\d+(?:\.\d+)?) wide\b",
    re.I,
)


def read(text: str, scene: Scene) -> Reading | None:
    """A format, or None."""
    if re.search(r"\b(?:chart|graph|plot|legend|axis|pivot)\b", text, re.I) or not _SET.search(text):
        return None
    plain = re.sub(r"[\"“][^\"”]*[\"”]", " ", text)
    if _CONDITION.search(plain):
        return None
    areas: list[SheetRange] = []
    edits: list[Edit] = []
    for piece in _AND_ANOTHER.split(text):
        places = _areas(piece, scene)
        areas += places
        for place in places:
            edits += _edits(piece, place, scene)
    if not edits:
        return None
    title = words_of_all(edits)
    strong = _NUMBER.search(text) or re.search(
        r"\b(?:bold|italic|font|border|align|merge|width|wrap|fill colou?r|background)\b", text, re.I
    )
    calculates = re.search(r"\b(?:calculate|compute|add a|new column|sum of|average of)\b", text, re.I)
    score = 0.5 if calculates else (0.84 if strong else 0.6)
    return Reading(
        "format", score, lambda: [Draft(title, tuple(edits), "format", tuple(areas), _lost(edits))]
    )


def _lost(edits: list[Edit]) -> str:
    return "what merged cells hold beside the first" if any(isinstance(edit, Merge) for edit in edits) else ""


def _areas(text: str, scene: Scene) -> list[SheetRange]:
    """What is to be formatted: ranges, headers, columns, the results just written, the selection.

    All of it.
    """
    frame = scene.frame_for(text)
    given = [area for area, _, _ in areas_in(text)]
    sheet = frame.sheet if frame is not None else scene.sheet
    if given and _is_new(text, scene):
        sheet = scene.new_sheet or sheet
    if given:
        return [SheetRange(sheet, area) for area in given]
    if frame is None:
        return [scene.place] if scene.place is not None else []
    if _HEADER.search(text):
        named = [m.column for m in columns_in(text, frame)]
        if not named or re.search(r"\bheader row\b|\bfirst row\b|\bheaders\b", text, re.I):
            return [frame.place(Range(frame.top, frame.left, frame.top, frame.right))]
        return [frame.place(Range.of(frame.whole(column).first)) for column in named]
    said = _EXCEPT.sub(" ", _NUMBER_WORDS.sub(" ", text))
    excepted = _EXCEPT.search(text)
    left_out = [m.column for m in columns_in(excepted[0], frame)] if excepted else []
    named = list(dict.fromkeys(m.column for m in columns_in(said, frame)))
    if named and not _EVERYTHING.search(said):
        return [frame.place(frame.body(column)) for column in named]
    if (
        scene.area is not None
        and not _EVERYTHING.search(said)
        and re.search(
            r"\b(?:results?|them|it|those|these|values|that column|new column|column)\b", text, re.I
        )
    ):
        if re.search(r"\b(?:results|them|those|these|all)\b", text, re.I):
            return list(dict.fromkeys(scene.areas))
        return [scene.area]
    if scene.place is not None:
        return [scene.place]
    if scene.area is not None and not _BARE.sub("", _FONTS.sub("", text)):
        return [scene.area]
    if re.search(r"\b(?:all|entire|whole|table|sheet|every|data|cells|numbers|values)\b", text, re.I):
        if _NUMBER.search(text):
            numeric = [column for column in numeric_columns(frame) if column not in left_out]
            return [frame.place(frame.body(column)) for column in numeric]
        return [frame.place(frame.area)]
    return []


def _is_new(text: str, scene: Scene) -> bool:
    """Whether cells are those of the sheet that was just added: it is named so, or nothing is on it yet."""
    made = scene.new_sheet
    if made is None or not scene.snapshot.has_sheet(made):
        return False
    others = [name for name, _, _ in sheets_in(_WRITTEN.sub(" ", text), scene.snapshot) if name != made]
    is_blank = scene.snapshot.sheet(made).cells.bounds is None or scene.written == made
    return bool(re.search(r"\b(?:new|that|this) (?:work)?sheet\b", text, re.I)) or (is_blank and not others)


def _edits(text: str, place: SheetRange, scene: Scene) -> list[Edit]:
    edits: list[Edit] = []
    sheet, area = place.sheet, place.range
    if _NUMBER.search(text):
        code = number_format_in(text)
        if code is not None:
            edits.append(SetNumberFormat(sheet, area, code))
    bold = True if re.search(r"\bbold\b", text, re.I) else None
    italic = True if re.search(r"\bitalic", text, re.I) else None
    underline = "single" if re.search(r"\bunderline", text, re.I) else None
    size = _SIZE.search(text)
    font = _FONTS.search(text)
    color = None
    font_color = re.search(r"\b(?:font|text|letters?)(?: colou?r)?\b[^.]{0,20}", text, re.I)
    if font_color and color_in(font_color[0]):
        color = color_in(font_color[0])
    elif re.search(r"\b(\w+ )?(?:font|text)\b", text, re.I):
        before = re.search(r"(\w+ ?\w*)\s+(?:font|text)\b", text, re.I)
        color = color_in(before[1]) if before else None
    if any(one is not None for one in (bold, italic, underline, size, font, color)):
        points = float(size[1] or size[2]) if size else None
        edits.append(SetFont(sheet, area, bold, italic, underline, points, color, font[1] if font else None))
    fill_text = (
        text
        if color is None
        else re.sub(r"\b\w+ (?:font|text)\b|\b(?:font|text)(?: colou?r)?\b[^.]{0,20}", " ", text, flags=re.I)
    )
    fill = color_in(fill_text)
    if fill is not None and (color is None or re.search(r"\bfill|background|highlight", fill_text, re.I)):
        edits.append(SetFill(sheet, area, fill))
    edits += _layout(text, sheet, area)
    return edits


def _layout(text: str, sheet: str, area: Range) -> list[Edit]:
    edits: list[Edit] = []
    aligned = re.search(r"\b(?:align\w*|cent(?:er|re)\w*|justify)\b[^.]{0,60}", text, re.I)
    if aligned:
        word = re.search(
            r"\b(left|right|cent(?:er|re)|justify|top|bottom|middle)", aligned[0], re.I
        ) or re.search(r"\b(left|right|cent(?:er|re))\w*[- ]align", text, re.I)
        if word:
            side = {"centre": "center", "middle": "center"}.get(word[1].lower(), word[1].lower())
            is_vertical = side in ("top", "bottom") or "vertical" in text.lower()
            is_both = side == "center" and re.search(r"\bhorizontal\w* and vertical|\bboth\b", text, re.I)
            edits.append(
                SetAlignment(
                    sheet, area, side if is_both or not is_vertical else None, side if is_vertical else None
                )
            )
    if re.search(r"\bwrap\b", text, re.I):
        edits.append(SetAlignment(sheet, area, wrap=True))
    if re.search(r"\bborders?\b", text, re.I):
        style = next(
            (name for name in ("thick", "medium", "dashed", "dotted", "double") if name in text.lower()),
            "thin",
        )
        side = "outside" if re.search(r"\boutside|outline|around\b", text, re.I) else "all"
        for name in ("top", "bottom", "left", "right"):
            if re.search(rf"\b{name} borders?\b", text, re.I):
                side = name
        edits.append(SetBorders(sheet, area, side, style))  # type: ignore[arg-type]
    width = _WIDTH.search(text)
    if width:
        size = next(group for group in width.groups() if group)
        edits.append(SetColumnWidth(sheet, area.left, area.right, float(size)))
    if re.search(r"\bunmerge\b", text, re.I):
        edits.append(Unmerge(sheet, area))
    elif (
        re.search(r"\bmerge\b", text, re.I)
        and area.size > 1
        and not re.search(r"\bcolumns?\b.*\b(?:into|with)\b", text, re.I)
    ):
        edits.append(Merge(sheet, area))
        said = _WRITTEN.search(text)
        if said:
            edits.append(values(sheet, area.first, [[said[1]]]))
    return edits
