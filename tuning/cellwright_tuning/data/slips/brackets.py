"""Brackets: missing, extra, misplaced, of another shape."""

from __future__ import annotations

from random import Random

from cellwright.prompt.notation import Lexeme

from .kinds import COMPARISONS, arguments, calls, join, of_kind, of_text, replace, slip


@slip(11)
def drop_last_closing(lexemes: list[Lexeme], random: Random) -> str | None:
    text = join(lexemes, {})
    dropped = min(random.choice((1, 1, 1, 1, 2, 2, 3)), len(text) - len(text.rstrip(")")))
    return text[:-dropped] if dropped else None


@slip(4)
def drop_closing(lexemes: list[Lexeme], random: Random) -> str | None:
    return replace(lexemes, of_text(lexemes, ")"), random, "")


@slip(7)
def closing_at_end(lexemes: list[Lexeme], random: Random) -> str | None:
    """`IF(AND(A1>5,B1<3),1,0)` -> `IF(AND(A1>5,B1<3,1,0))`: closed too late."""
    places = [i for i in of_text(lexemes, ")") if i < len(lexemes) - 1]
    return join(lexemes, {random.choice(places): ""}) + ")" if places else None


@slip(6)
def extra_closing_at_end(lexemes: list[Lexeme], random: Random) -> str | None:
    return join(lexemes, {}) + random.choice((")", ")", ")", "))"))


@slip(4)
def extra_closing(lexemes: list[Lexeme], random: Random) -> str | None:
    places = of_kind(lexemes, "cell", "number", "string") + of_text(lexemes, ")")
    if not places:
        return None
    place = random.choice(places)
    return join(lexemes, {place: lexemes[place].text + ")"})


@slip(3)
def closing_too_early(lexemes: list[Lexeme], random: Random) -> str | None:
    """One bracket moves left: `SUM(A1,B1)*2` -> `SUM(A1),B1*2`."""
    closings = of_text(lexemes, ")")
    if not closings:
        return None
    closing = random.choice(closings)
    earlier = [i for i in of_kind(lexemes, "cell", "number", "string") if i < closing]
    if not earlier:
        return None
    place = random.choice(earlier[-3:])
    return join(lexemes, {place: lexemes[place].text + ")", closing: ""})


@slip(3)
def drop_opening(lexemes: list[Lexeme], random: Random) -> str | None:
    return replace(lexemes, of_text(lexemes, "("), random, random.choice(("", "", "", " ")))


@slip(2)
def extra_opening(lexemes: list[Lexeme], random: Random) -> str | None:
    places = of_text(lexemes, "(", ",") + calls(lexemes)
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    return join(lexemes, {place: "(" + text if lexemes[place].kind == "word" else text + "("})


@slip(1.5)
def other_bracket(lexemes: list[Lexeme], random: Random) -> str | None:
    swaps = {"(": ("[", "{"), ")": ("]", "}")}
    places = of_text(lexemes, "(", ")")
    if not places:
        return None
    if random.random() < 0.5:
        index = random.randrange(2)
        return join(lexemes, {i: swaps[lexemes[i].text][index] for i in places[-2:]})
    place = random.choice(places)
    return join(lexemes, {place: random.choice((*swaps[lexemes[place].text], "9", "0"))})


@slip(1.5)
def bracket_for_comma(lexemes: list[Lexeme], random: Random) -> str | None:
    return replace(lexemes, of_text(lexemes, ","), random, random.choice(("),", "(", ")")))


@slip(1.5)
def call_without_brackets(lexemes: list[Lexeme], random: Random) -> str | None:
    """`TODAY()` -> `TODAY`, `ROW()` -> `ROW(`, `NOW)`."""
    places = [i for i in calls(lexemes) if i + 2 < len(lexemes) and lexemes[i + 2].text == ")"]
    if not places:
        return None
    place = random.choice(places)
    opening, closing = random.choice((("", ""), ("", ""), ("(", ""), ("", ")")))
    return join(lexemes, {place + 1: opening, place + 2: closing})


@slip(1.5)
def nested_name_lost(lexemes: list[Lexeme], random: Random) -> str | None:
    """A nested function without its name: `IF(A1,1,IF(B1,2,3))` -> `IF(A1,1,(B1,2,3))`."""
    places = [i for i in calls(lexemes)[1:] if lexemes[i].text in {"IF", "AND", "OR", "SUM"}]
    return replace(lexemes, places, random, "")


@slip(2)
def closed_before_comparison(lexemes: list[Lexeme], random: Random) -> str | None:
    """`(A1:A9=B1)*(C1:C9=D1)` -> `(A1:A9)=B1)*(C1:C9)=D1)`: closed after each left side, or after one."""
    places = [
        i for i in of_text(lexemes, *COMPARISONS) if i > 0 and lexemes[i - 1].kind in {"cell", "column"}
    ]
    if not places:
        return None
    if random.random() < 0.4:
        places = [random.choice(places)]
    return join(lexemes, {i: ")" + lexemes[i].text for i in places})


@slip(2)
def closed_before_else(lexemes: list[Lexeme], random: Random) -> str | None:
    """`IF(A1=1,"a",IF(A1=2,"b","c"))` -> `IF(A1=1,"a"),IF(A1=2,"b","c")`."""
    nested = [i for i in calls(lexemes)[1:] if lexemes[i].text == "IF" and lexemes[i - 1].text == ","]
    if not nested:
        return None
    places = nested if random.random() < 0.6 else [random.choice(nested)]
    text = join(lexemes, {i - 1: ")," for i in places})
    dropped = len(places) if random.random() < 0.8 else 0
    return text[: len(text) - dropped] if text.endswith(")" * dropped) else text


@slip(1.5)
def doubled_brackets(lexemes: list[Lexeme], random: Random) -> str | None:
    """A call's arguments in brackets of their own: `IF(A1,1,0)` -> `IF((A1,1,0))`, or its last ones."""
    places = [i for i in calls(lexemes) if len(arguments(lexemes, i + 1)[0]) > 1]
    if not places:
        return None
    place = random.choice(places)
    texts, closing = arguments(lexemes, place + 1)
    if closing < 0:
        return None
    first = 0 if random.random() < 0.6 else random.randrange(len(texts) - 1)
    inner = ",".join([*texts[:first], f"({','.join(texts[first:])})"])
    return join(lexemes[: place + 2], {}) + inner + join(lexemes[closing:], {})
