"""Operators: misspelt, missing, doubled, dangling, or said in words."""

from __future__ import annotations

from random import Random

from cellwright.prompt.notation import Lexeme

from .kinds import COMPARISONS, OPERANDS, OPERATORS, arguments, calls, join, of_text, replace, slip


@slip(4)
def wrong_comparison(lexemes: list[Lexeme], random: Random) -> str | None:
    forms = {
        ">=": ("=>", "=>", "> =", "≥", "=>"),
        "<=": ("=<", "=<", "< =", "≤"),
        "<>": ("><", "!=", "< >", "=/=", "≠", "<>=", "=!"),
        "=": ("==", "==", "=="),
        ">": (">>", "&gt;"),
        "<": ("<<", "&lt;"),
    }
    places = [i for i in range(len(lexemes)) if lexemes[i].text in forms and lexemes[i].kind == "operator"]
    if not places:
        return None
    place = random.choice(places)
    return join(lexemes, {place: random.choice(forms[lexemes[place].text])})


@slip(3)
def drop_operator(lexemes: list[Lexeme], random: Random) -> str | None:
    places = [i for i in of_text(lexemes, *OPERATORS) if 0 < i < len(lexemes) - 1]
    return replace(lexemes, places, random, random.choice((" ", "")))


@slip(1.5)
def comma_for_comparison(lexemes: list[Lexeme], random: Random) -> str | None:
    """`(A1:A9="x")*(B1:B9="y")` -> `(A1:A9,"x")*(B1:B9,"y")`, or one of them; a habit from criteria."""
    places = [i for i in of_text(lexemes, *COMPARISONS) if 0 < i < len(lexemes) - 1]
    if not places:
        return None
    if random.random() < 0.5:
        places = [random.choice(places)]
    kept = random.random() < 0.3
    return join(lexemes, {i: "," + lexemes[i].text * kept for i in places})


@slip(2)
def drop_ampersand(lexemes: list[Lexeme], random: Random) -> str | None:
    return replace(lexemes, of_text(lexemes, "&"), random, random.choice(("", "", " ", ",", "+", "and")))


@slip(2)
def double_operator(lexemes: list[Lexeme], random: Random) -> str | None:
    places = of_text(lexemes, *OPERATORS)
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    other = random.choice((text, text, text, "+", "*", "/", "=", "&"))
    return join(lexemes, {place: random.choice((text + other, other + text))})


@slip(3)
def dangling_operator(lexemes: list[Lexeme], random: Random) -> str | None:
    """An operator whose right or left side was never typed: `A1&,B1`, `SUM(A1:A9)+`, `(*A1`."""
    operator = random.choice(("+", "-", "*", "/", "&", "&", "=", "=", "<", ">"))
    places = [
        i for i in range(len(lexemes) - 1)
        if lexemes[i].kind in OPERANDS and lexemes[i + 1].text in {",", ")"}
    ]  # fmt: skip
    kind = random.random()
    if kind < 0.3 or not places:
        return join(lexemes, {}) + operator
    if kind < 0.45:
        openings = of_text(lexemes, "(", ",")
        place = random.choice(openings) if openings else 0
        return join(lexemes, {place: lexemes[place].text + random.choice("*/&=<>")})
    place = random.choice(places)
    return join(lexemes, {place: lexemes[place].text + operator})


@slip(1.5)
def equals_inside(lexemes: list[Lexeme], random: Random) -> str | None:
    """A second `=`: `IF(A1>5,=B1,0)`, `IF(=A1>5,...)`."""
    places = [i for i in of_text(lexemes, ",", "(") if i + 1 < len(lexemes)]
    if not places:
        return join(lexemes, {0: "=" + lexemes[0].text}) if lexemes else None
    place = random.choice(places)
    return join(lexemes, {place: lexemes[place].text + "="})


@slip(2)
def infix_logic(lexemes: list[Lexeme], random: Random) -> str | None:
    """`AND(A1>5,B1<3)` written as it is said: `A1>5 AND B1<3`."""
    places = [i for i in calls(lexemes) if lexemes[i].text in {"AND", "OR"}]
    if not places:
        return None
    place = random.choice(places)
    texts, closing = arguments(lexemes, place + 1)
    if closing < 0 or len(texts) < 2:
        return None
    word = f" {lexemes[place].text} " if random.random() < 0.8 else random.choice((" & ", "&&", "||"))
    inner = word.join(texts)
    if word[0] == " " and random.random() < 0.25:  # half said, half called
        inner = f"{texts[0]}{word}({','.join(texts[1:])})"
    return join(lexemes[:place], {}) + inner + join(lexemes[closing + 1 :], {})


@slip(1.5)
def words_for_logic(lexemes: list[Lexeme], random: Random) -> str | None:
    """`IF(A1>5,1,0)` -> `IF(A1>5 THEN 1 ELSE 0)`."""
    places = [i for i in calls(lexemes) if lexemes[i].text == "IF"]
    if not places:
        return None
    place = random.choice(places)
    texts, closing = arguments(lexemes, place + 1)
    if closing < 0 or len(texts) != 3:
        return None
    inner = random.choice(
        ("{0} THEN {1} ELSE {2}", "{0},THEN {1},ELSE {2}", "{0},{1},ELSE {2}", "{0} THEN {1},{2}")
    )
    return join(lexemes[: place + 2], {}) + inner.format(*texts) + join(lexemes[closing:], {})


@slip(2)
def stray_character(lexemes: list[Lexeme], random: Random) -> str | None:
    kind = random.random()
    text = join(lexemes, {})
    if kind < 0.5:
        return text + random.choice((".", "'", ";", '"', "`", "\\", " =", "!", "]", ":"))
    if kind < 0.6:
        return random.choice(("'", "+", "(", "'=", "==", ": ")) + text
    place = random.randrange(len(lexemes))
    return join(
        lexemes, {place: lexemes[place].text + random.choice((".", "'", '"', ":", "\\", "!", "#", "/", ";"))}
    )
