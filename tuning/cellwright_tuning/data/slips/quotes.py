"""Quotes: one missing, none, too many, of another kind, round too much."""

from __future__ import annotations

import re
from random import Random

from cellwright.prompt.notation import Lexeme

from .kinds import join, of_kind, slip


@slip(6)
def drop_quote(lexemes: list[Lexeme], random: Random) -> str | None:
    places = of_kind(lexemes, "string")
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    return join(lexemes, {place: random.choice((text[1:], text[:-1], text[:-1]))})


@slip(3.5)
def unquoted(lexemes: list[Lexeme], random: Random) -> str | None:
    places = [i for i in of_kind(lexemes, "string") if len(lexemes[i].text) > 2]
    if not places:
        return None
    if random.random() < 0.5:
        return join(lexemes, {i: lexemes[i].text[1:-1] for i in places})
    place = random.choice(places)
    return join(lexemes, {place: lexemes[place].text[1:-1]})


@slip(2.5)
def other_quotes(lexemes: list[Lexeme], random: Random) -> str | None:
    left, right = random.choice(
        (("“", "”"), ("“", "”"), ("”", "”"), ("'", "'"), ("‘", "’"), ("«", "»"), ("''", "''"), ("`", "`"))
    )
    places = of_kind(lexemes, "string")
    if not places:
        return None
    if random.random() < 0.4:
        places = [random.choice(places)]
    return join(lexemes, {i: left + lexemes[i].text[1:-1] + right for i in places})


@slip(3)
def extra_quote(lexemes: list[Lexeme], random: Random) -> str | None:
    places = of_kind(lexemes, "string")
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    return join(lexemes, {place: random.choice((text + '"', '"' + text, f'"{text}"', '"' + text))})


@slip(1.5)
def quoted_operand(lexemes: list[Lexeme], random: Random) -> str | None:
    """Quotes that swallow too much: `"Yes",` -> `"Yes,"`, `">"&A1` -> `">&A1"`, or a half-quoted number."""
    strings = [i for i in of_kind(lexemes, "string") if i + 1 < len(lexemes)]
    if not strings or random.random() < 0.3:
        places = of_kind(lexemes, "number", "cell")
        if not places:
            return None
        place = random.choice(places)
        text = lexemes[place].text
        return join(lexemes, {place: random.choice((f'"{text}', f'{text}"'))})
    place = random.choice(strings)
    following = lexemes[place + 1].text
    swallowed = {place: lexemes[place].text[:-1] + following + '"', place + 1: random.choice(("", " "))}
    if following == "&" and place + 2 < len(lexemes):
        swallowed = {
            place: lexemes[place].text[:-1] + "&" + lexemes[place + 2].text + '"',
            place + 1: "",
            place + 2: "",
        }
    return join(lexemes, swallowed)


@slip(2)
def open_criterion(lexemes: list[Lexeme], random: Random) -> str | None:
    """A criterion without its quotes: `">5"` -> `>5`, `">"&A1` -> `>&A1` or `>A1`."""
    places = [i for i in of_kind(lexemes, "string") if re.match(r'"[<>=]', lexemes[i].text)]
    if not places:
        return None
    if random.random() < 0.5:
        places = [random.choice(places)]
    is_joined = random.random() < 0.5
    replaced = {place: lexemes[place].text[1:-1] for place in places}
    for place in places:
        if is_joined and lexemes[min(place + 1, len(lexemes) - 1)].text == "&":
            replaced[place + 1] = ""
    return join(lexemes, replaced)


@slip(1.5)
def criterion_as_comparison(lexemes: list[Lexeme], random: Random) -> str | None:
    """`COUNTIFS(A1:A9,">"&B1)` -> `COUNTIFS(A1:A9>B1)`: the criterion as a comparison, of all or of one."""
    places = [
        i
        for i in of_kind(lexemes, "string")
        if i > 0 and lexemes[i - 1].text == "," and re.match(r'"[<>=]', lexemes[i].text)
    ]
    if not places:
        return None
    if random.random() < 0.4:
        places = [random.choice(places)]
    replaced: dict[int, str] = {}
    for place in places:
        replaced |= {place - 1: "", place: lexemes[place].text[1:-1]}
        if lexemes[min(place + 1, len(lexemes) - 1)].text == "&":
            replaced[place + 1] = ""
    return join(lexemes, replaced)
