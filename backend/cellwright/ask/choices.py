"""A word for each row by a condition: `"Big" if Quantity is over 10, otherwise "Small"`, in several orders.

Read are two words or more in quotes (or after `as`, `with`, `to`), each with its condition before or behind
it, and one for the rest. The result is IF, nested where there are several conditions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.ask.condition_reader import read_condition
from cellwright.ask.conditions import Condition, column_of
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.rules import quoted, row_formula
from cellwright.ask.scene import Scene
from cellwright.ask.settling import settled

_WORD = re.compile(r"\"([^\"]*)\"|“([^”]*)”|(?<!\w)'([^']*)'(?!\w)")
_IF = (
    r"(?:only\s+)?(?:if|when|where|whenever|for\s+(?:rows|orders|those|values|cells|ones)?\s*(?:where|"
    r"with|whose|that)?)"
)
_BEHIND = re.compile(rf"^\s*(?:{_IF}|for)\b(?P<condition>.+)$", re.I | re.S)
_BEFORE = re.compile(
    r"(?:^|.*?\b)(?:if|when|where|whenever)\b(?P<condition>.+?)[,:]?\s*(?:\bthen\b)?\s*"
    r"(?:\b(?:show|write|put|mark|label|set|use|say|return|display|assign|enter|give|call)\b[\w\s]*)?$",
    re.I | re.S,
)
_REST = re.compile(
    r"\b(?:otherwise|else|if not|all others?|for (?:the )?(?:rest|others?)|everything else|"
    r"in (?:all )?other cases)\b",
    re.I,
)
_REST_BEHIND = re.compile(
    r"^\s*(?:otherwise|else|if not|for (?:all )?(?:the )?(?:rest|others?|remaining)|in (?:all )?other cases|"
    r"everywhere else)\b",
    re.I,
)
_WHETHER = re.compile(
    r"^\s*(?:in|for|to|each|every|all|a|the|new|column|\x07|,|\s|row|rows|order|orders)*\b"
    r"(?:depending on|based on|according to|by)?\s*\b(?:whether|if)\b(?P<condition>.+)$",
    re.I | re.S,
)
_END = re.compile(r"(?:[\s,;.:]|\b(?:and|or|but|while|otherwise|else|then)\b)+$", re.I)


@dataclass(frozen=True)
class _Said:
    """One word in quotes with the text before it (from the word before it on) and behind it."""

    text: str
    before: str
    behind: str


def read_choice(text: str, frame: Frame, scene: Scene, header: str | None) -> str | None:
    """The IF formula for the first row that a text asks for, or None; `header` is no choice."""
    if header is not None:
        for marks in ('"{}"', "“{}”", "'{}'"):
            text = text.replace(marks.format(header), "\x07")
    said = _said(text)
    if not said:
        return None
    cases: list[tuple[Condition, str]] = []
    rest: str | None = None
    whether = _WHETHER.match(said[-1].behind) if len(said) == 2 else None
    if whether and re.fullmatch(r"\s*(?:or|and|/)\s*", said[1].before):
        condition = _condition(whether["condition"], frame, scene)
        if condition is not None:
            cases, rest = [(condition, said[0].text)], said[1].text
    else:
        is_before: bool | None = None
        column: FrameColumn | None = None
        for place, one in enumerate(said):
            if cases and (_REST.search(one.before) or _REST_BEHIND.match(one.behind)):
                rest = one.text
                continue
            before, behind = _BEFORE.match(one.before), _BEHIND.match(one.behind)
            condition = None
            if before is not None and is_before is not False:
                condition = _condition(before["condition"], frame, scene, column)
                is_before = True if condition is not None else is_before
            if condition is None and behind is not None and is_before is not True:
                condition = _condition(behind["condition"], frame, scene, column)
                is_before = False if condition is not None else is_before
            if condition is not None:
                cases.append((condition, one.text))
                column = column_of(condition)
            elif cases and place + 1 == len(said) and re.search(r"\b(?:or|and)\b|[,;]", one.before):
                rest = one.text
    if not cases:
        return None
    formula = '""' if rest is None else literal(rest)
    for condition, word in reversed(cases):
        formula = f"IF({row_formula(condition, frame, frame.columns[0])},{literal(word)},{formula})"
    return formula


def literal(word: str) -> str:
    """A word as a formula writes it: a number and TRUE without quotes."""
    if word.lower() in ("true", "false"):
        return word.upper()
    return word if re.fullmatch(r"-?\d+(?:\.\d+)?", word) else quoted(word)


def _said(text: str) -> list[_Said]:
    marks = list(_WORD.finditer(text))
    found = []
    for place, mark in enumerate(marks):
        start = marks[place - 1].end() if place else 0
        end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
        word = next(group for group in mark.groups() if group is not None)
        found.append(_Said(word, text[start : mark.start()], text[mark.end() : end]))
    return found


def _condition(text: str, frame: Frame, scene: Scene, column: FrameColumn | None = None) -> Condition | None:
    plain = _END.sub("", text.replace("\x07", " "))
    plain = re.sub(r"\b(?:in|into|as|to)\s+(?:a|the)\s+(?:new\s+)?column\b.*$", "", plain, flags=re.I | re.S)
    condition = read_condition(_END.sub("", plain), frame, column)
    return None if condition is None else settled(condition, frame, scene.snapshot)
