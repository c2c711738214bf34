"""Functions: misspelt, in another language, arguments in each other's place."""

from __future__ import annotations

from random import Random

from cellwright.prompt.notation import Lexeme
from cellwright.proposers.foreign_names import FOREIGN_FUNCTIONS

from .kinds import arguments, calls, join, slip


@slip(4)
def misspelled_function(lexemes: list[Lexeme], random: Random) -> str | None:
    places = [i for i in calls(lexemes) if len(lexemes[i].text) > 2]
    if not places:
        return None
    place = random.choice(places)
    word = lexemes[place].text
    at = random.randrange(len(word))
    after = min(at + 1, len(word) - 1)
    keyboard = "QWERTYUIOPASDFGHJKLZXCVBNM"
    near = keyboard[(keyboard.find(word[at]) + random.choice((-1, 1))) % 26]
    mistake = random.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[after] + word[at] + word[after + 1 :] if after > at else word[:at] + near,
            word[:at] + near + word[at + 1 :],
            word[:after] + " " + word[after:],
            word + random.choice(("S", "S", "E", " ", "N")),
        )
    )
    return join(lexemes, {place: mistake})


@slip(1.5)
def foreign_function(lexemes: list[Lexeme], random: Random) -> str | None:
    places = [i for i in calls(lexemes) if lexemes[i].text in FOREIGN_FUNCTIONS]
    if not places:
        return None
    if random.random() < 0.5:
        index = random.randrange(4)
        return join(
            lexemes,
            {
                i: FOREIGN_FUNCTIONS[lexemes[i].text][index % len(FOREIGN_FUNCTIONS[lexemes[i].text])]
                for i in places
            },
        )
    place = random.choice(places)
    return join(lexemes, {place: random.choice(FOREIGN_FUNCTIONS[lexemes[place].text])})


@slip(2)
def swapped_arguments(lexemes: list[Lexeme], random: Random) -> str | None:
    """Two first arguments of a lookup or a conditional total in each other's place."""
    swapping = {
        "VLOOKUP",
        "HLOOKUP",
        "MATCH",
        "COUNTIF",
        "SUMIF",
        "INDEX",
        "FIND",
        "SEARCH",
        "TEXT",
        "DATEDIF",
        "LEFT",
        "RIGHT",
        "SUBTOTAL",
        "LARGE",
        "SMALL",
        "ROUND",
    }
    places = [i for i in calls(lexemes) if lexemes[i].text in swapping]
    if not places:
        return None
    place = random.choice(places)
    texts, closing = arguments(lexemes, place + 1)
    if closing < 0 or len(texts) < 2:
        return None
    texts[0], texts[1] = texts[1], texts[0]
    return join(lexemes[: place + 2], {}) + ",".join(texts) + join(lexemes[closing:], {})


@slip(1)
def error_test_lost(lexemes: list[Lexeme], random: Random) -> str | None:
    """`IF(ISERROR(A1),B1,C1)` -> `IFERROR(A1,B1,C1)`, also with ISNA."""
    tests = {"ISERROR": "IFERROR", "ISNA": "IFNA", "ISERR": "IFERROR"}
    words = [lexeme.text for lexeme in lexemes]
    places = [
        i for i in calls(lexemes) if words[i] == "IF" and words[i + 2 : i + 3] and words[i + 2] in tests
    ]
    if not places:
        return None
    place = random.choice(places)
    _, closing = arguments(lexemes, place + 3)
    if closing < 0:
        return None
    return join(lexemes, {place: tests[words[place + 2]], place + 2: "", place + 3: "", closing: ""})


@slip(1)
def range_lost(lexemes: list[Lexeme], random: Random) -> str | None:
    """The first of two equal ranges left out: `AVERAGEIFS(A1:A9,A1:A9,">0")` -> `AVERAGEIFS(A1:A9,">0")`."""
    places = [i for i in calls(lexemes) if lexemes[i].text in {"SUMIFS", "AVERAGEIFS"}]
    if not places:
        return None
    place = random.choice(places)
    texts, closing = arguments(lexemes, place + 1)
    if closing < 0 or len(texts) < 3 or texts[0] != texts[1]:
        return None
    return join(lexemes[: place + 2], {}) + ",".join(texts[1:]) + join(lexemes[closing:], {})
