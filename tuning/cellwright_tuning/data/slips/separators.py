"""Separators between arguments: missing, doubled, dangling, of another locale."""

from __future__ import annotations

from random import Random

from cellwright.prompt.notation import Lexeme

from .kinds import OPERATORS, arguments, calls, join, of_kind, of_text, replace, slip


@slip(5)
def drop_comma(lexemes: list[Lexeme], random: Random) -> str | None:
    return replace(lexemes, of_text(lexemes, ","), random, random.choice(("", "", " ")))


@slip(3)
def double_comma(lexemes: list[Lexeme], random: Random) -> str | None:
    return replace(lexemes, of_text(lexemes, ","), random, random.choice((",,", ",,", ", ,")))


@slip(5)
def stray_comma(lexemes: list[Lexeme], random: Random) -> str | None:
    """A separator before a closing bracket, after an opening one, or at the end."""
    where = random.random()
    if where < 0.55:
        return replace(lexemes, of_text(lexemes, ")"), random, ",)")
    if where < 0.75:
        return replace(lexemes, of_text(lexemes, "("), random, "(,")
    if where < 0.85:
        return join(lexemes, {}) + ","
    places = of_kind(lexemes, "cell", "word") + list(of_text(lexemes, *OPERATORS))
    if not places:
        return None
    place = random.choice(places)
    return join(lexemes, {place: lexemes[place].text + ","})


@slip(3)
def comma_then_nothing(lexemes: list[Lexeme], random: Random) -> str | None:
    """Typing stopped at a separator: `IF(A1="","")` -> `IF(A1="","",`."""
    text = join(lexemes, {})
    return text.rstrip(")") + random.choice((",", ",", ",)", ", ")) if text.endswith(")") else None


@slip(3)
def all_semicolons(lexemes: list[Lexeme], random: Random) -> str | None:
    places = of_text(lexemes, ",")
    return join(lexemes, dict.fromkeys(places, ";")) if places else None


@slip(2.5)
def wrong_separator(lexemes: list[Lexeme], random: Random) -> str | None:
    return replace(
        lexemes, of_text(lexemes, ","), random, random.choice((";", ";", ".", ":", "|", "，", "<", " "))
    )


@slip(1.5)
def dropped_piece(lexemes: list[Lexeme], random: Random) -> str | None:
    """The end was never typed: only closing brackets and one closing piece are missing."""
    if len(lexemes) < 4 or lexemes[-1].text != ")":
        return None
    last = len(lexemes) - 1
    while last > 0 and lexemes[last].text == ")":
        last -= 1
    if lexemes[last].text not in {'""', "0", "FALSE"}:
        return None
    return join(lexemes[:last], {})


@slip(1.5)
def lost_argument(lexemes: list[Lexeme], random: Random) -> str | None:
    """An argument that was never typed though its separators were, where the function needs it."""
    needed = {"COUNTIF": 2, "SUMIF": 2, "MATCH": 2, "LEFT": 1, "ROUND": 2, "IFERROR": 2, "TEXT": 2}
    places = [i for i in calls(lexemes) if lexemes[i].text in needed]
    if not places:
        return None
    place = random.choice(places)
    texts, closing = arguments(lexemes, place + 1)
    if closing < 0 or len(texts) < 2 or lexemes[place].text not in {"IFERROR", "ROUND"}:
        return None
    if texts[1] not in {'""', "0", "2"}:
        return None
    kept = texts[0] + random.choice(("", ","))
    return join(lexemes[: place + 2], {}) + kept + join(lexemes[closing:], {})
