"""Conditional formats: `highlight sales above 500 in red`, several colours, scales, bars, icons."""

from __future__ import annotations

import re

from cellwright.ask.condition_reader import read_condition
from cellwright.ask.conditions import Condition, Operand, Test, tests_of
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.intents.reading import Reading
from cellwright.ask.mentions import areas_in, columns_in, name_score
from cellwright.ask.model import Draft
from cellwright.ask.rules import Look, conditional_format
from cellwright.ask.scene import Scene
from cellwright.ask.settling import settled
from cellwright.ask.targets import Target, read_target
from cellwright.ask.words import COLOR, color_in
from cellwright.edits.model import AddConditionalFormat
from cellwright.reference import Range
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import ConditionalFormat

_TRIGGER = re.compile(
    r"\b(?:h[ei]+ghlight\w*|shade|top ?items?|bottom ?items?|colou?r|condition(?:al(?:ly)?|s)? "
    r"form\w*|mark\b.*\b(?:red|green|yellow|blue|orange|colou?r)|"
    r"fill colou?r|background|fill\b.*\b(?:red|green|yellow|blue|orange)|(?:red|green|yellow|blue|"
    r"orange)\b.*\bfill|"
    r"(?:^|\.\s)format|style (?:the |all )?(?:cells?|values?|rows?)|select (?:the |all )?(?:cells?|"
    r"values?|rows?)|"
    r"use (?:red|green|yellow|blue|orange)|flag|applied a rule|apply formatting|font colou?r|"
    r"turn\b.*\b(?:red|green|yellow))\b",
    re.I,
)
_SCALE = re.compile(r"\bcolou?r scales?\b|\bheat ?map\b|\bgradient colou?rs?\b", re.I)
_BARS = re.compile(
    r"\b(?:data|value|horizontal) ?bars?\b|\bgradient fill\b|\bbars? (?:in|to|inside) (?:the )?cells?\b", re.I
)
_ICONS = re.compile(r"\bicon ?sets?\b|\bicons?\b|\barrows?\b|\btraffic lights?\b", re.I)
_ROWS = re.compile(
    r"\b(?:entire|whole|full|complete) rows?\b|\b(?:colou?r|highlight|shade|fill|format) (?:the |"
    r"each |all |every |those )?rows?\b",
    re.I,
)
_FONT = re.compile(
    r"\b(\w+ ?\w*) (?:text|fonts?|letters)\b|\b(?:text|fonts?)(?: colou?r)?(?: (?:to|in|as|is))? (\w+ ?\w*)",
    re.I,
)
_CONDITION_CUT = re.compile(
    r"\b(?:if|when|where|whose|which|that|containing|with (?=values?|dates?|a date|text|the text|"
    r"sales|an? )|for which|"
    r"such that|whenever|having)\b",
    re.I,
)
_RANKED = frozenset({"above", "below", "top", "bottom"})
_COMMON = frozenset(
    [
        "value",
        "values",
        "cell",
        "cells",
        "color",
        "colour",
        "name",
        "sheet",
        "range",
        "column",
        "row",
        "data",
        "all",
        "the",
        "on",
        "in",
        "to",
        "of",
    ]
)
_LOOSE = re.compile(
    r"(?:find|cells|values|rows|anyone|identify|select|locate|all|any|those|items|records|data|"
    r"where|when|everyone|people)\b",
    re.I,
)
DEFAULT = Look(fill="#FFFF00")


def read(text: str, scene: Scene) -> Reading | None:
    """A conditional format, or None."""
    frame = scene.frame_for(text)
    if frame is None:
        return None
    for pattern, kind in ((_SCALE, "colorScale"), (_BARS, "dataBar"), (_ICONS, "iconSet")):
        if pattern.search(text) and not re.search(r"\bcharts?\b|\bgraph\b", text, re.I):
            return Reading("highlight", 0.9, lambda kind=kind: _scale(text, kind, frame, scene))  # type: ignore[misc]
    is_said = bool(_TRIGGER.search(text))
    if not is_said and (not _LOOSE.match(text) or read_target(text, scene, frame) != Target()):
        return None
    rules = rules_in(text, frame, scene)
    if not rules:
        return None
    return Reading("highlight", 0.85 if is_said else 0.45, lambda: _drafts(rules, frame, scene))


def rules_in(text: str, frame: Frame, scene: Scene) -> list[tuple[Condition, tuple[FrameColumn, ...], Look]]:
    """(condition, columns to show it on, look) of each rule that a text asks for."""
    found: list[tuple[Condition, tuple[FrameColumn, ...], Look]] = []
    pieces = _pieces(text)
    head = pieces[0] if len(pieces) > 1 else ""
    default = _default(text, frame, scene)
    for piece in pieces:
        condition = read_condition(_without_look(piece), frame, _own(piece, frame) or default)
        if condition is None and _TRIGGER.search(text):
            condition = _value_named(piece, frame, scene, _own(piece, frame) or default)
        if condition is None:
            continue
        condition = settled(condition, frame, scene.snapshot)
        look = _look(piece) or _look(text) or DEFAULT
        targets = _targets(piece, head, text, frame, condition, default)
        found.append((condition, targets, look))
    return found


def _value_named(piece: str, frame: Frame, scene: Scene, own: FrameColumn | None) -> Condition | None:
    """The longest text that stands in quotes, or in a cell of the column, and in the words."""
    quoted = re.search(r"[\"“]([^\"”]+)[\"”]", piece)
    if quoted and not any(name_score(quoted[1], column) > 0.95 for column in frame.columns):
        return Test("eq", own, (Operand(text=quoted[1]),))
    folded = f" {_words_of(piece)} "
    best: tuple[int, Test] | None = None
    for column in (own,) if own is not None else frame.columns:
        for value in set(frame.values(scene.snapshot, column)):
            if not isinstance(value, str) or len(value) < 2 or value.casefold() == column.name.casefold():
                continue
            words = _words_of(value)
            if (
                words
                and words not in _COMMON
                and f" {words} " in folded
                and (best is None or len(words) > best[0])
            ):
                best = len(words), Test("eq", column, (Operand(text=value),))
    return None if best is None else best[1]


def _words_of(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _pieces(text: str) -> list[str]:
    """The parts that have a condition and a colour of their own."""
    parts = re.split(
        r"\s+(?:and|while|but)\s+(?=(?:those|the ones|the rest|others?|cells?|values?|if|highlight|"
        r"use|colou?r|the cells)\b[^,;]*)|;\s*|"
        r",\s*(?=(?:those|if|and those|the cells)\b)|\.\s+(?=If\b)|:\s+(?=If\b|the cells\b)",
        text,
        flags=re.I,
    )
    joined: list[str] = []
    for part in parts:
        if (
            joined
            and (color_in(part) is None or _condition_free(joined[-1]))
            and not _splits(joined[-1], part)
        ):
            joined[-1] = (
                f"{joined[-1]} {part}"
                if part.lower().startswith(("use", "with"))
                else f"{joined[-1]} and {part}"
            )
        else:
            joined.append(part)
    return joined


def _splits(before: str, part: str) -> bool:
    return bool(color_in(before) and color_in(part))


def _condition_free(part: str) -> bool:
    return not re.search(
        r"[<>=]|than|above|below|between|equal|contain|over|under|\bis\b|\bare\b", part, re.I
    )


def _without_look(piece: str) -> str:
    """The piece without the words for its colours, and without what comes before `if`."""
    text = re.sub(
        r"(?:(?:,?\s*(?:with|in|using|as|to|gets?|use|by|a|the|and|apply)\s+)+)(?:(?:light|dark|"
        r"bold|solid)\s+)?"
        + r"(?:"
        + COLOR.pattern
        + r")(?:\s+(?:fill|background|text|fonts?|colou?rs?|cells?|color fill|"
        r"highlight))*(?:\s+(?:fill|colou?r|text))?",
        " ",
        piece,
        flags=re.I,
    )
    return re.sub(r"\b(?:fill|background|font) colou?r\b(?: of)?", " ", text, flags=re.I)


def _own(piece: str, frame: Frame) -> FrameColumn | None:
    """The column before `cells whose`, `if`, ...: what is coloured, not compared."""
    cut = _CONDITION_CUT.search(piece)
    head = piece[: cut.start()] if cut else ""
    found = columns_in(head, frame)
    return found[-1].column if found else None


def _default(text: str, frame: Frame, scene: Scene) -> FrameColumn | None:
    named = columns_in(text, frame)
    if named:
        return named[-1].column if len({one.column.column for one in named}) == 1 else named[0].column
    place = scene.place
    if place is not None and place.sheet == frame.sheet and place.range.width == 1:
        return frame.at(place.range.left)
    if (
        scene.area is not None
        and scene.area.sheet == frame.sheet
        and re.search(r"\b(?:it|its|them|their|those|results?|cells)\b", text, re.I)
    ):
        column = frame.at(scene.area.range.left)
        if column is not None:
            return column
    return None


def _targets(
    piece: str, head: str, text: str, frame: Frame, condition: Condition, default: FrameColumn | None
) -> tuple[FrameColumn, ...]:
    if _ROWS.search(text):
        return frame.columns
    own = _own(piece, frame) or (_own(head + " if", frame) if head else None)
    tested = [test.column for test in tests_of(condition) if test.column is not None]
    if own is not None and _fits(own, condition):
        return (own,)
    listed = re.search(r"\bin (?:the )?(.*?) columns?\b", piece, re.I)
    if listed:
        named = columns_in(listed[0], frame)
        if named and not any(
            test.column is not None and test.kind in ("gt", "lt", "ge", "le") and len(named) > 1
            for test in tests_of(condition)
        ):
            return tuple(dict.fromkeys(one.column for one in named))
    if tested:
        return (tested[0],)
    if default is not None:
        return (default,)
    return _plausible(condition, frame)


def _fits(own: FrameColumn, condition: Condition) -> bool:
    """Whether a column may be what is coloured: the one that is ranked or averaged where it is that alone."""
    return all(
        test.column is None or test.column == own or test.kind not in _RANKED for test in tests_of(condition)
    )


def _plausible(condition: Condition, frame: Frame) -> tuple[FrameColumn, ...]:
    """The columns that a condition without a column may be about: by type, then by the values they hold."""
    tests = tests_of(condition)
    is_text = any(operand.text is not None for test in tests for operand in test.operands)
    wanted = (ColumnKind.TEXT, ColumnKind.MIXED) if is_text else (ColumnKind.NUMBER,)
    if any(operand.is_date for test in tests for operand in test.operands):
        wanted = (ColumnKind.DATE,)
    if any(test.kind in ("blank", "error", "duplicate", "unique") for test in tests):
        return frame.columns
    found = tuple(column for column in frame.columns if column.kind in wanted)
    return found or frame.columns


def _look(text: str) -> Look | None:
    font = None
    rest = text
    for match in _FONT.finditer(text):
        color = color_in(match[0])
        if color is not None and not re.search(r"\bfill\b", match[0], re.I):
            font = color
            rest = text[: match.start()] + " " + text[match.end() :]
            break
    fill = color_in(rest)
    bold = True if re.search(r"\bbold\b", text, re.I) else None
    if fill is None and font is None and bold is None:
        return None
    return Look(fill, font, bold)


def _drafts(
    rules: list[tuple[Condition, tuple[FrameColumn, ...], Look]], frame: Frame, scene: Scene
) -> list[Draft]:
    priority = 1 + max(
        (rule.priority for rule in scene.snapshot.sheet(frame.sheet).conditional_formats), default=0
    )
    drafts = []
    for number, (condition, targets, look) in enumerate(rules):
        targets = _filled_in(condition, targets, frame, scene)
        rule = conditional_format(condition, frame, targets, look, priority + number)
        names = (
            ", ".join(column.name for column in targets[:3]) if len(targets) < len(frame.columns) else "rows"
        )
        told = f"Highlight {names} where {condition_words(condition, targets)}"
        cited = tuple(
            frame.place(frame.body(test.column)) for test in tests_of(condition) if test.column is not None
        )
        drafts.append(Draft(told, (AddConditionalFormat(frame.sheet, rule),), "highlight", cited))
    return drafts


def _filled_in(
    condition: Condition, targets: tuple[FrameColumn, ...], frame: Frame, scene: Scene
) -> tuple[FrameColumn, ...]:
    """Of several columns that a text may be in, those that hold it."""
    tests = tests_of(condition)
    texts = [operand.text for test in tests for operand in test.operands if operand.text]
    if len(targets) < 2 or not texts or any(test.column is not None for test in tests):
        return targets
    wanted = [text.casefold() for text in texts]
    holding = tuple(
        column
        for column in targets
        if any(
            isinstance(value, str) and any(text in value.casefold() for text in wanted)
            for value in frame.values(scene.snapshot, column)
        )
    )
    return holding or targets


def _scale(text: str, kind: str, frame: Frame, scene: Scene) -> list[Draft]:
    areas = [area for area, _, _ in areas_in(text) if area.size > 1]
    named = tuple(dict.fromkeys(one.column for one in columns_in(text, frame)))
    numeric = tuple(column for column in frame.columns if column.kind is ColumnKind.NUMBER)
    place = scene.place
    if not named and place is not None and place.sheet == frame.sheet:
        chosen = frame.at(place.range.left)
        named = (chosen,) if chosen is not None else ()
    used = scene.snapshot.sheet(frame.sheet).cells.bounds
    areas = [area for area in areas if used is not None and used.intersect(area)]
    targets = (
        tuple(column for column in named if column.kind is ColumnKind.NUMBER) or named[:1] or numeric[-1:]
    )
    if not areas and not targets:
        return []
    options = {
        "colorScale": (
            ("cfvo1", "min"),
            ("cfvo2", "percentile 50"),
            ("cfvo3", "max"),
            ("color1", "#F8696B"),
            ("color2", "#FFEB84"),
            ("color3", "#63BE7B"),
        ),
        "dataBar": (("cfvo1", "min"), ("cfvo2", "max"), ("color1", "#638EC6")),
        "iconSet": (
            ("iconSet", "3TrafficLights1"),
            ("cfvo1", "percent 0"),
            ("cfvo2", "percent 33"),
            ("cfvo3", "percent 67"),
        ),
    }[kind]
    if kind == "iconSet" and re.search(r"\barrows?\b", text, re.I):
        options = (("iconSet", "3Arrows"), *options[1:])
    ranges: tuple[Range, ...] = tuple(areas) or tuple(frame.body(column) for column in targets)
    priority = 1 + max(
        (rule.priority for rule in scene.snapshot.sheet(frame.sheet).conditional_formats), default=0
    )
    rule = ConditionalFormat(ranges, kind, priority=priority, options=options)
    said = {"colorScale": "a colour scale", "dataBar": "data bars", "iconSet": "icons"}[kind]
    where = ", ".join(column.name for column in targets) if not areas else ", ".join(map(str, areas))
    return [Draft(f"Show {said} on {where}", (AddConditionalFormat(frame.sheet, rule),), "highlight")]


_WORDS = {
    "eq": "is",
    "ne": "is not",
    "lt": "is less than",
    "le": "is at most",
    "gt": "is greater than",
    "ge": "is at least",
    "between": "is between",
    "contains": "contains",
    "begins": "begins with",
    "ends": "ends with",
    "blank": "is blank",
    "error": "is an error",
    "above": "is above average",
    "below": "is below average",
    "top": "is among the highest",
    "bottom": "is among the lowest",
    "duplicate": "is repeated",
    "unique": "is unique",
    "month": "is in month",
    "year": "is in year",
    "weekday": "is on weekday",
    "length": "has a length",
    "even": "is even",
    "odd": "is odd",
}


def condition_words(condition: Condition, targets: tuple[FrameColumn, ...] = ()) -> str:
    """A condition in a few words."""
    if isinstance(condition, Test):
        name = condition.column.name if condition.column is not None else "a cell"
        values = []
        for operand in condition.operands:
            if operand.text is not None:
                values.append(f'"{operand.text}"')
            elif operand.column is not None:
                values.append((f"{operand.factor:g} x " if operand.factor != 1 else "") + operand.column.name)
            else:
                values.append(operand.cell or f"{operand.amount:g}")
        return f"{name} {_WORDS[condition.kind]} {' and '.join(values)}".strip()
    if hasattr(condition, "part"):
        return f"not ({condition_words(condition.part)})"
    word = " or " if type(condition).__name__ == "AnyOf" else " and "
    return word.join(condition_words(part) for part in condition.parts)
