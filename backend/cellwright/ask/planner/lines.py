"""A planner's text as edits, a formula that answers, or a question back; the rest is passed over or told.

Models wrap what they were asked for: thoughts in `<think>`, fences, bullets and numbers before lines, words
round them. A line counts where it begins with an operation and a bar; all else is ignored. Nothing here is
believed: what is read is checked on the workbook afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellwright.ask.planner.messages import MAX_LINES
from cellwright.edits.model import Edit, Restore
from cellwright.edits.text import edits_from_text
from cellwright.errors import CellwrightError, PlannerError

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S | re.I)
_LEAD = re.compile(r"^\s*(?:(?:[-*>•]|\d{1,2}[.)])\s+)?`*\s*")
_LINE = re.compile(r"^([A-Z][A-Z_]{2,40})\s*\|\s*(.*?)\s*`*\s*$", re.S)
_FORMULA = re.compile(r"^=.+")
_MOST_QUESTION = 300


@dataclass(frozen=True)
class Line:
    """One change as it was written, with its edits, or why it is none."""

    text: str
    edits: tuple[Edit, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Written:
    """What an answer says: changes, or else one of a formula, a question back, nothing there."""

    lines: tuple[Line, ...] = ()
    formula: str | None = None
    question: str | None = None
    is_nothing: bool = False


def read_lines(text: str, default_sheet: str) -> Written:
    """Read an answer; raises PlannerError where it says nothing of the plan language, or far too much."""
    lines: list[Line] = []
    formula: str | None = None
    question: str | None = None
    is_nothing = False
    bare: list[str] = []
    for raw in _THOUGHTS.sub("", text).splitlines():
        line = _LEAD.sub("", raw, count=1)
        if _FORMULA.match(line):
            bare.append(line.rstrip("` "))
            continue
        match = _LINE.match(line)
        if match is None:
            continue
        operation, rest = match[1], match[2]
        if operation == "ANSWER":
            formula = formula or (rest if rest.startswith("=") else f"={rest}")
        elif operation == "QUESTION":
            question = question or rest[:_MOST_QUESTION].strip(" -")
        elif operation == "NOTHING":
            is_nothing = True
        else:
            lines.append(_line(f"{operation} | {rest}", default_sheet))
    if len(lines) > MAX_LINES:
        raise PlannerError(f"expected at most {MAX_LINES} lines, got {len(lines)}")
    if lines:
        return Written(tuple(lines))
    if formula is None and len(bare) == 1:
        formula = bare[0]
    if formula is not None:
        return Written(formula=formula)
    if question:
        return Written(question=question)
    if is_nothing:
        return Written(is_nothing=True)
    raise PlannerError(f"expected lines OPERATION | Sheet!Range | value, got {' '.join(text.split())[:60]!r}")


def _line(text: str, default_sheet: str) -> Line:
    try:
        edits = edits_from_text(text, default_sheet)
    except (CellwrightError, TypeError, ValueError, KeyError) as error:
        return Line(text, problem=str(error) or "it is no edit")
    if any(isinstance(edit, Restore) for edit in edits):
        return Line(text, problem="RESTORE belongs to the journal")
    return Line(text, edits)
