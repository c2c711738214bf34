"""References and numbers: broken ranges, sheets and dollar signs, habits of other locales."""

from __future__ import annotations

import re
from random import Random

from cellwright.prompt.notation import Lexeme

from .kinds import join, of_kind, of_text, replace, slip


@slip(3.5)
def broken_range(lexemes: list[Lexeme], random: Random) -> str | None:
    """`A1:A9` -> `A1;A9`, `A1-A9`, `A1..A9`, `A1 A9`, `A1A9`, `A1::A9`, `A1.A9`."""
    places = [
        i for i in of_text(lexemes, ":")
        if 0 < i < len(lexemes) - 1 and lexemes[i - 1].kind == lexemes[i + 1].kind == "cell"
    ]  # fmt: skip
    return replace(
        lexemes, places, random, random.choice((";", "-", "..", " ", "", "::", ".", ": ", " to ", ":="))
    )


@slip(2)
def half_range(lexemes: list[Lexeme], random: Random) -> str | None:
    """`A1:A9` -> `A1:A`, `A1:9`, `A:A9`, `A1:`, `:A9`; `A:A` -> `A:`, `A A`, `A;A`, `AA`."""
    places = [
        i for i in of_text(lexemes, ":")
        if 0 < i < len(lexemes) - 1 and lexemes[i - 1].kind == lexemes[i + 1].kind == "cell"
    ]  # fmt: skip
    if places:
        place = random.choice(places)
        left, right = lexemes[place - 1].text, lexemes[place + 1].text
        if random.random() < 0.5:
            return join(
                lexemes,
                {place + 1: random.choice((right.rstrip("0123456789"), re.sub("[A-Z$]", "", right), ""))},
            )
        return join(lexemes, {place - 1: random.choice((left.rstrip("0123456789$"), ""))})
    columns = of_kind(lexemes, "column")
    if not columns:
        return None
    place = random.choice(columns)
    return join(
        lexemes,
        {place: lexemes[place].text.replace(":", random.choice(("", ";", " ", "-", "::", ".", ":$")))},
    )


@slip(1)
def odd_dollar(lexemes: list[Lexeme], random: Random) -> str | None:
    places = of_kind(lexemes, "cell")
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    column, row = text.rstrip("0123456789").strip("$"), re.sub(r"\D", "", text)
    if "$" not in text:
        return join(
            lexemes, {place: random.choice((f"{column} {row}", f"{row}{column}", f"{column}{row}{column}"))}
        )
    return join(
        lexemes,
        {place: random.choice((f"{column}{row}$", f"${column}$${row}", f"$${column}${row}", f"{column}$"))},
    )


@slip(2.5)
def broken_sheet(lexemes: list[Lexeme], random: Random) -> str | None:
    """`'My Sheet'!A1` -> `My Sheet!A1`, `'My Sheet!A1`; `Data!A1` -> `DataA1`, `Data.A1`, `Data:A1`."""
    places = of_kind(lexemes, "sheet")
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    name = text.strip("'!").rstrip("'")
    forms: tuple[str, ...]
    if text.startswith("'"):
        forms = (f"{name}!", f"'{name}!", f"{name}'!", f"'{name}'", f'"{name}"!', f"'{name}'!!", f"'{name}':")
    else:
        forms = (
            name,
            f"{name}.",
            f"{name}:",
            f"{name}!!",
            f'"{name}"!',
            f"{name} !",
            f"'{name}!",
            f"{name}'!",
            f"!{name}!",
            f"{name}!:",
        )
    form = random.choice(forms)
    if random.random() < 0.4:
        return join(lexemes, {i: form for i in places if lexemes[i].text == text})
    return join(lexemes, {place: form})


@slip(1.5)
def decimal_habit(lexemes: list[Lexeme], random: Random) -> str | None:
    """`0.5` -> `0,5` or `.0.5`, `10%` -> `10 %%`, `1000` -> `1.000,00` or `1,000`."""
    places = [
        i
        for i in of_kind(lexemes, "number")
        if "." in lexemes[i].text or "%" in lexemes[i].text or len(lexemes[i].text) > 3
    ]
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    if "%" in text:
        return join(lexemes, {place: random.choice((text + "%", "%" + text[:-1], text.replace("%", " pct")))})
    if "." in text:
        return join(
            lexemes, {place: random.choice((text.replace(".", ","), text.replace(".", ".."), text + "."))}
        )
    return join(
        lexemes,
        {place: text[:-3] + random.choice((",", " ", ".")) + text[-3:] + random.choice(("", "", ",00"))},
    )


@slip(1.5)
def money_sign(lexemes: list[Lexeme], random: Random) -> str | None:
    places = of_kind(lexemes, "number")
    if not places:
        return None
    place = random.choice(places)
    return join(lexemes, {place: random.choice(("$", "€", "£", "#")) + lexemes[place].text})
