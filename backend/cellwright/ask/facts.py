"""Facts that a request states beside what is to be done: formulas (`Profit = Sales - COGS`) and rates.

A rate is a number with a name before it: `the tax rate is 20%`, `m1 = 0.75 kg`, `a minimum charge of $80`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cellwright.ask.grounding.text import stems

_FORMULA = re.compile(
    r"(?:^|[:;.,(]|\b(?:formulas?(?: is| are)?|as follows|following|rule|that|to|using))\s*"
    r"(?P<name>[A-Za-z#][\w &'/#()-]{0,60}?)\s*=\s*(?P<body>[^=;:<>\n]+?)(?=\s*(?:;|\.\s|\.$|\n|$|"
    r",\s+(?:and|write|then|where)\b|\band (?:write|put|then)\b))"
)
_RATE = re.compile(
    r"\b(?P<name>(?:[A-Za-z][\w-]*\s+){0,3}?(?:rates?|tax|vat|discount|commission|interest|fee|"
    r"charge|price|factor|bonus|margin|markup|salary|cost))"
    r"\s*(?:is|are|=|of|:|at|being)?\s*(?P<value>[$€£]?\d[\d,]*(?:\.\d+)?\s*%?)(?![\w/])",
    re.I,
)
_SYMBOL = re.compile(r"\b(?P<name>[A-Za-z]\w{0,2})\s*=\s*(?P<value>[$€£]?\d[\d,]*(?:\.\d+)?\s*%?)")
_PER_UNIT = re.compile(
    r"\bper[- ](?P<unit>\w+)\s+(?P<what>[\w ]*?(?:charge|cost|fee|price|rate))\s+(?:is|of|"
    r":)?\s*(?P<value>[$€£]?\d[\d,]*(?:\.\d+)?)"
    r"(?:\s+with\s+a\s+minimum\s+(?:charge|cost|fee|price)?\s*(?:of|"
    r"is)?\s*(?P<least>[$€£]?\d[\d,]*(?:\.\d+)?))?",
    re.I,
)
_SHORT = re.compile(r"(?<=\w)\s+\([A-Z][A-Za-z]*\)")
"""The abbreviation behind a name: `Cost of Goods Sold (COGS)`."""


@dataclass(frozen=True)
class UnitCharge:
    """What one unit costs, and the least that is charged."""

    what: str
    unit: str
    price: float
    least: float | None


@dataclass(frozen=True)
class Facts:
    """Formulas by what they define, rates by name, and a charge by unit."""

    formulas: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    charge: UnitCharge | None = None

    def rate(self, name: str) -> float | None:
        """The rate of that name: the one that shares most words with it, at least half of them."""
        wanted = set(stems(name))
        best, score = None, 0.0
        for known, value in self.rates.items():
            words = set(stems(known))
            shared = len(wanted & words) / max(1, min(len(wanted), len(words)))
            if shared > score and shared >= 0.5:
                best, score = value, shared
        return best


def read_facts(text: str) -> Facts:
    """The facts of a request; its context counts too."""
    text = text.replace("–", "-").replace("−", "-").replace("×", "*").replace("÷", "/")
    formulas: dict[str, str] = {}
    for match in _FORMULA.finditer(text):
        name = re.split(
            r"\b(?:formulas?|equations?|is|are|to|that|as|by|using)\b", match["name"], flags=re.I
        )[-1].strip()
        name = re.sub(r"^(?:the|a|each)\s+", "", name, flags=re.I)
        body = _SHORT.sub("", match["body"].strip())
        if body.count("(") != body.count(")") or name.count("(") != name.count(")"):
            continue
        if body[:1].isdigit() and re.fullmatch(r"[\d.,]+\s*%?\s*\w*", body):
            continue
        if name and not re.fullmatch(r"\d.*", name):
            formulas.setdefault(name, body)
    rates: dict[str, float] = {}
    for pattern in (_RATE, _SYMBOL):
        for match in pattern.finditer(text):
            name = re.sub(
                r"^(?:(?:the|a|an|using|with|by|of|and|is|work|out|that)\s+)+", "", match["name"], flags=re.I
            )
            rates[name] = _amount(match["value"])
    per = _PER_UNIT.search(text)
    charge = None
    if per:
        least = _amount(per["least"]) if per["least"] else None
        charge = UnitCharge(per["what"].strip(), per["unit"], _amount(per["value"]), least)
    return Facts(formulas, rates, charge)


def _amount(text: str) -> float:
    plain = re.sub(r"[$€£,\s]", "", text)
    return float(plain.rstrip("%")) / 100 if plain.endswith("%") else float(plain)
