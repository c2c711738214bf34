"""What in a formula reaches out of the workbook or hides what it does; such formulas need a person's own yes.

Found in the text alone: functions of the table that reach out or hide, references to other workbooks, DDE
links, and network paths. Names that lead to such a formula are for the caller to follow (`name.formula`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from cellwright.formula.functions import functions, known_function
from cellwright.formula.lexis import read_prefix
from cellwright.formula.parser import function_name
from cellwright.formula.tokens import TokenKind, tokenize


class RiskKind(StrEnum):
    """Why a piece of a formula is risky."""

    REACHES_OUT = "reaches out of the workbook"
    HIDES = "hides what it reads or runs"
    EXTERNAL = "reads another workbook"
    DDE = "talks to another program"
    NETWORK_PATH = "names a network path"


@dataclass(frozen=True, slots=True)
class Risk:
    """One risky piece: its text and span, and `what` it is for a person (`WEBSERVICE`, `Book2.xlsx`)."""

    kind: RiskKind
    what: str
    text: str
    start: int
    end: int


_NETWORK = re.compile(r'(?:\\\\|//)[^\\/\s"]+|\b(?:https?|ftp|file|ms-\w+):', re.IGNORECASE)


@cache
def _suspicious() -> re.Pattern[str]:
    """Anything that could be risky; most formulas have none of it and are done in a microsecond."""
    names = sorted(
        (re.escape(f.name) for f in functions().values() if f.reaches_out or f.hides), reverse=True
    )
    return re.compile(
        rf"[|\\]|//|:/|\][^\[\]]*!|(?<![\w.])(?:_xl\w+\.)*(?:{'|'.join(names)})\s*\(", re.IGNORECASE
    )


def risks(text: str) -> tuple[Risk, ...]:
    """Every risky piece of a formula, in order; empty for a harmless one. Never fails."""
    if not _suspicious().search(text):
        return ()
    found: list[Risk] = []
    for token in tokenize(text):
        span = (token.text, token.start, token.end)
        if token.kind is TokenKind.FUNCTION:
            name = function_name(token.text)
            function = known_function(name)
            if function and (function.reaches_out or function.hides):
                kind = RiskKind.REACHES_OUT if function.reaches_out else RiskKind.HIDES
                found.append(Risk(kind, name, *span))
        elif token.kind is TokenKind.SHEET:
            workbook = read_prefix(token.text).workbook
            if workbook is None:
                continue
            if "|" in workbook:
                found.append(Risk(RiskKind.DDE, workbook, *span))
            elif _NETWORK.search(workbook):
                found.append(Risk(RiskKind.NETWORK_PATH, workbook, *span))
            else:
                found.append(Risk(RiskKind.EXTERNAL, workbook, *span))
        elif token.kind is TokenKind.STRING and _NETWORK.search(token.text):
            found.append(Risk(RiskKind.NETWORK_PATH, token.text.strip('"'), *span))
    return tuple(found)
