"""Conditional formats: `highlight sales above 500 in red`, several colours, scales, bars, icons."""

from __future__ import annotations

import re
from dataclasses import replace

from cellwright.ask.condition_reader import read_condition
from cellwright.ask.condition_telling import condition_words
from cellwright.ask.condition_wording import plain_words, without_places
from cellwright.ask.conditions import AllOf, AnyOf, Condition, Not, Operand, Test, tests_of
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.scales import read_scale
from cellwright.ask.mentions import columns_in, name_score
from cellwright.ask.model import Draft
from cellwright.ask.rules import Look, conditional_format
from cellwright.ask.scene import Scene
from cellwright.ask.settling import settled
from cellwright.ask.targets import Target, read_target
from cellwright.ask.words import COLOR, color_in
from cellwright.edits.model import AddConditionalFormat
from cellwright.workbook.detect import ColumnKind

_TRIGGER = re.compile(
    r"\b(?:h[ei]+ghlight\w*|shade|top ?items?|bottom ?items?|colou?r|condition(?:al(?:ly)?|s)? "
    r"form\w*|mark\b.*\b(?:red|green|yellow|blue|orange|colou?r)|"
    r"fill colou?r|background|fill\b.*\b(?:red|green|yellow|blue|orange)|(?:red|green|yellow|blue|"
    r"orange)\b.*\bfill|"
    r"(?:^|\.\s)format|style (?:the |all )?(?:cells?|values?|rows?)|select (?:the |all )?(?:cells?|"
    r"values?|rows?)|"
    r"use (?:red|green|yellow|blue|orange)|flag|applied a rule|apply formatting|font colou?r|"
    r"turn\b.*\b(?:red|green|yellow)|duplicate values?|font (?:as|to|in)\b|"
    r"(?:appl(?:y|ied)|find|identify|show|condition\w*)\b.*\bduplicates?\b|"
    r"apply\b.*\b(?:equal to|greater than|less than|between|(?:above|below) average)|"
    r"(?:apply|find|identify|set|show|change)\b.*\b(?:top|bottom)(?: ?\d+| items?| values?| percent| bottom)|"
    r"^(?:apply )?(?:top|bottom) (?:\d+|values?|items?|percent|from))\b",
    re.I,
)
_COMPARED = re.compile(
    r"\b(?:if|when|where|whenever|than|above|below|over|under|between|exceed\w*|equals?|contain\w*|"
    r"whose|top|bottom|"
    r"highest|lowest|largest|smallest|biggest|least|duplicate\w*)\b|[<>=]",
    re.I,
)
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
_ORDERED = frozenset({"gt", "ge", "lt", "le"})
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
    r"^(?:in\b[^,]*,\s*)?(?:find|cells|values|rows|anyone|identify|select|locate|all|any|those|items|"
    r"records|data|"
    r"where|when|everyone|people)\b",
    re.I,
)
DEFAULT = Look(fill="#FFFF00")


def read(text: str, scene: Scene) -> Reading | None:
    """A conditional format, or None."""
    frame = scene.frame_for(text)
    if frame is None:
        return None
    text = plain_words(text)
    scale = read_scale(text, frame, scene)
    if scale is not None:
        return scale
    is_said = bool(_TRIGGER.search(text)) or (color_in(text) is not None and bool(_COMPARED.search(text)))
    if not is_said and (
        not _LOOSE.search(text) or read_target(without_places(text), scene, frame) != Target()
    ):
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
        own, said = _own(piece, frame) or default, without_places(_without_look(piece))
        condition = read_condition(said, frame, own)
        if condition is None and _TRIGGER.search(text):
            condition = _value_named(said, frame, scene, own)
        if condition is None:
            continue
        condition = settled(
            _with_facts(condition, scene), frame, scene.snapshot, selected=_selected(frame, scene)
        )
        look = _look(piece) or _look(text) or DEFAULT
        targets = _targets(piece, head, text, frame, condition, default)
        found.append((condition, targets, look))
    return found


def _with_facts(condition: Condition, scene: Scene) -> Condition:
    """The condition with amounts that the request states by name (`less than the minimum charge`)."""
    match condition:
        case AllOf() | AnyOf():
            return replace(condition, parts=tuple(_with_facts(part, scene) for part in condition.parts))
        case Not():
            return Not(_with_facts(condition.part, scene))
        case Test() if condition.kind in _ORDERED and condition.operands:
            first = condition.operands[0]
            rate = scene.facts.rate(first.text) if first.text and not first.text[0].isdigit() else None
            return condition if rate is None else replace(condition, operands=(Operand(rate),))
    return condition


def _value_named(piece: str, frame: Frame, scene: Scene, own: FrameColumn | None) -> Condition | None:
    """The longest text that stands in quotes, or in a cell of the column, and in the words."""
    quoted = re.search(r"[\"“]([^\"”]+)[\"”]", piece)
    if quoted and not any(name_score(quoted[1], column) > 0.95 for column in frame.columns):
        return Test("eq", own, (Operand(text=quoted[1]),))
    folded = f" {_words_of(piece)} "
    best: tuple[int, Test] | None = None
    for column in (own,) if own is not None else frame.columns:
        for value in set(frame.values(scene.snapshot, column)):
            shown = str(value).upper() if isinstance(value, bool) else value
            if not isinstance(shown, str) or len(shown) < 2 or shown.casefold() == column.name.casefold():
                continue
            words = _words_of(shown)
            if (
                words
                and words not in _COMMON
                and f" {words} " in folded
                and (best is None or len(words) > best[0])
            ):
                best = len(words), Test("eq", column, (Operand(text=shown),))
    return _number_named(piece, frame, scene, own) if best is None else best[1]


def _number_named(piece: str, frame: Frame, scene: Scene, own: FrameColumn | None) -> Condition | None:
    """The only number of the words (`highlight all 0`): of the column spoken of, or of one that holds it."""
    numbers = re.findall(r"(?<![\w.,])\d+(?:\.\d+)?(?![\w.,]*\w)", piece)
    if len(numbers) != 1:
        return None
    number = float(numbers[0])
    columns = (own,) if own is not None else frame.columns
    held = next((one for one in columns if number in frame.values(scene.snapshot, one)), own)
    return None if held is None else Test("eq", held, (Operand(number),))


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
    selected = _selected(frame, scene)
    if selected is not None:
        return selected
    if (
        scene.area is not None
        and scene.area.sheet == frame.sheet
        and re.search(r"\b(?:it|its|them|their|those|results?|cells)\b", text, re.I)
    ):
        column = frame.at(scene.area.range.left)
        if column is not None:
            return column
    return None


def _selected(frame: Frame, scene: Scene) -> FrameColumn | None:
    """The one column that the person has selected."""
    place = scene.place
    if place is None or place.sheet != frame.sheet or place.range.width > 1:
        return None
    return frame.at(place.range.left)


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
