"""The mistakes people make while typing formulas: each turns a right formula into a broken one.

A slip is a function of a formula's lexemes that returns the broken text, or None where it does not apply.
The kinds and their weights come from what people ask about: brackets first, then quotes, separators,
operators, ranges, names of functions and habits of other locales and languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random

from cellwright.prompt.notation import Lexeme, scan

Slip = Callable[[list[Lexeme], Random], str | None]
_REGISTRY: list[tuple[float, str, Slip]] = []

FOREIGN_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "IF": ("WENN", "SI", "SE", "ALS", "IIF"),
    "SUM": ("SUMME", "SOMME", "SUMA", "SOMA", "SOM"),
    "VLOOKUP": ("SVERWEIS", "RECHERCHEV", "BUSCARV", "PROCV", "VERT.ZOEKEN"),
    "AVERAGE": ("MITTELWERT", "MOYENNE", "PROMEDIO", "AVG", "MEAN"),
    "COUNTIF": ("ZÄHLENWENN", "NB.SI", "CONTAR.SI", "CONT.SE"),
    "SUMIF": ("SUMMEWENN", "SOMME.SI", "SUMAR.SI", "SOMASE"),
    "AND": ("UND", "ET", "Y", "E"),
    "OR": ("ODER", "OU", "O"),
    "LEFT": ("LINKS", "GAUCHE", "IZQUIERDA"),
    "RIGHT": ("RECHTS", "DROITE", "DERECHA"),
    "LEN": ("LÄNGE", "NBCAR", "LARGO", "LENGTH"),
    "CONCATENATE": ("VERKETTEN", "CONCATENER", "CONCATENAR", "CONCATINATE"),
    "TODAY": ("HEUTE", "AUJOURDHUI", "HOY", "DATE"),
    "ROUND": ("RUNDEN", "ARRONDI", "REDONDEAR"),
    "ISBLANK": ("ISTLEER", "ESTVIDE", "ISEMPTY", "ISNULL"),
    "MID": ("TEIL", "STXT", "EXTRAE", "SUBSTR", "SUBSTRING"),
    "UPPER": ("GROSS", "MAJUSCULE", "TOUPPER"),
    "IFERROR": ("WENNFEHLER", "SIERREUR", "SI.ERROR", "IFERR"),
    "STDEV": ("STDDEV", "STANDARDDEV"),
    "SUBSTITUTE": ("WECHSELN", "SUBSTITUE", "REPLACEALL"),
    "SEARCH": ("SUCHEN", "CHERCHE", "CONTAINS"),
}
_OPERATORS = frozenset(["+", "-", "*", "/", "^", "&", "=", "<>", "<=", ">=", "<", ">"])
_OPERANDS = frozenset(["cell", "number", "string", "word", "column"])


def slip(weight: float) -> Callable[[Slip], Slip]:
    """Registers a kind of mistake with its relative frequency."""

    def register(function: Slip) -> Slip:
        _REGISTRY.append((weight, function.__name__, function))
        return function

    return register


def names() -> list[str]:
    """The kinds of slip, in the order of this file."""
    return [name for _, name, _ in _REGISTRY]


def make_slip(text: str, random: Random, kind: str | None = None) -> tuple[str, str] | None:
    """One mistake in `text`: (kind, broken text); None where eight draws found none that applies."""
    lexemes = list(scan(text))
    sums = list(accumulate(weight for weight, _, _ in _REGISTRY))
    for _ in range(8):
        if kind is None:
            _, name, function = random.choices(_REGISTRY, cum_weights=sums)[0]
        else:
            name, function = next((n, f) for _, n, f in _REGISTRY if n == kind)
        broken = function(lexemes, random)
        if broken is not None and broken != text:
            return name, broken
    return None


def _join(lexemes: Sequence[Lexeme], replaced: dict[int, str]) -> str:
    return "".join(replaced.get(i, lexeme.text) for i, lexeme in enumerate(lexemes))


def _where(lexemes: Sequence[Lexeme], test: Callable[[Lexeme], bool]) -> list[int]:
    return [i for i, lexeme in enumerate(lexemes) if test(lexeme)]


def _texts(lexemes: Sequence[Lexeme], *texts: str) -> list[int]:
    return [i for i, lexeme in enumerate(lexemes) if lexeme.text in texts]


def _kinds(lexemes: Sequence[Lexeme], *kinds: str) -> list[int]:
    return [i for i, lexeme in enumerate(lexemes) if lexeme.kind in kinds]


def _functions(lexemes: Sequence[Lexeme]) -> list[int]:
    return [
        i for i, lexeme in enumerate(lexemes[:-1]) if lexeme.kind == "word" and lexemes[i + 1].text == "("
    ]


def _replace(lexemes: Sequence[Lexeme], places: list[int], random: Random, text: str) -> str | None:
    return _join(lexemes, {random.choice(places): text}) if places else None


@slip(11)
def drop_last_closing(lexemes: list[Lexeme], random: Random) -> str | None:
    text = _join(lexemes, {})
    dropped = min(random.choice((1, 1, 1, 1, 2, 2, 3)), len(text) - len(text.rstrip(")")))
    return text[:-dropped] if dropped else None


@slip(4)
def drop_closing(lexemes: list[Lexeme], random: Random) -> str | None:
    return _replace(lexemes, _texts(lexemes, ")"), random, "")


@slip(7)
def closing_at_end(lexemes: list[Lexeme], random: Random) -> str | None:
    """`IF(AND(A1>5,B1<3),1,0)` -> `IF(AND(A1>5,B1<3,1,0))`: closed at the end in place of where it belongs."""
    places = [i for i in _texts(lexemes, ")") if i < len(lexemes) - 1]
    return _join(lexemes, {random.choice(places): ""}) + ")" if places else None


@slip(6)
def extra_closing_at_end(lexemes: list[Lexeme], random: Random) -> str | None:
    return _join(lexemes, {}) + random.choice((")", ")", ")", "))"))


@slip(4)
def extra_closing(lexemes: list[Lexeme], random: Random) -> str | None:
    places = _kinds(lexemes, "cell", "number", "string") + _texts(lexemes, ")")
    if not places:
        return None
    place = random.choice(places)
    return _join(lexemes, {place: lexemes[place].text + ")"})


@slip(3)
def closing_too_early(lexemes: list[Lexeme], random: Random) -> str | None:
    """One bracket moves left: `SUM(A1,B1)*2` -> `SUM(A1),B1*2`."""
    closings = _texts(lexemes, ")")
    if not closings:
        return None
    closing = random.choice(closings)
    earlier = [i for i in _kinds(lexemes, "cell", "number", "string") if i < closing]
    if not earlier:
        return None
    place = random.choice(earlier[-3:])
    return _join(lexemes, {place: lexemes[place].text + ")", closing: ""})


@slip(3)
def drop_opening(lexemes: list[Lexeme], random: Random) -> str | None:
    return _replace(lexemes, _texts(lexemes, "("), random, random.choice(("", "", "", " ")))


@slip(2)
def extra_opening(lexemes: list[Lexeme], random: Random) -> str | None:
    places = _texts(lexemes, "(", ",") + _functions(lexemes)
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    return _join(lexemes, {place: "(" + text if lexemes[place].kind == "word" else text + "("})


@slip(1.5)
def other_bracket(lexemes: list[Lexeme], random: Random) -> str | None:
    swaps = {"(": ("[", "{"), ")": ("]", "}")}
    places = _texts(lexemes, "(", ")")
    if not places:
        return None
    if random.random() < 0.5:
        index = random.randrange(2)
        return _join(lexemes, {i: swaps[lexemes[i].text][index] for i in places[-2:]})
    place = random.choice(places)
    return _join(lexemes, {place: random.choice((*swaps[lexemes[place].text], "9", "0"))})


@slip(5)
def drop_comma(lexemes: list[Lexeme], random: Random) -> str | None:
    return _replace(lexemes, _texts(lexemes, ","), random, random.choice(("", "", " ")))


@slip(3)
def double_comma(lexemes: list[Lexeme], random: Random) -> str | None:
    return _replace(lexemes, _texts(lexemes, ","), random, random.choice((",,", ",,", ", ,")))


@slip(5)
def stray_comma(lexemes: list[Lexeme], random: Random) -> str | None:
    """A separator before a closing bracket, after an opening one, or at the end."""
    where = random.random()
    if where < 0.55:
        return _replace(lexemes, _texts(lexemes, ")"), random, ",)")
    if where < 0.75:
        return _replace(lexemes, _texts(lexemes, "("), random, "(,")
    if where < 0.85:
        return _join(lexemes, {}) + ","
    places = _kinds(lexemes, "cell", "word") + list(_texts(lexemes, *_OPERATORS))
    if not places:
        return None
    place = random.choice(places)
    return _join(lexemes, {place: lexemes[place].text + ","})


@slip(3)
def comma_then_nothing(lexemes: list[Lexeme], random: Random) -> str | None:
    """Typing stopped at a separator: `IF(A1="","")` -> `IF(A1="","",`."""
    text = _join(lexemes, {})
    return text.rstrip(")") + random.choice((",", ",", ",)", ", ")) if text.endswith(")") else None


@slip(3)
def all_semicolons(lexemes: list[Lexeme], random: Random) -> str | None:
    places = _texts(lexemes, ",")
    return _join(lexemes, dict.fromkeys(places, ";")) if places else None


@slip(2.5)
def wrong_separator(lexemes: list[Lexeme], random: Random) -> str | None:
    return _replace(
        lexemes, _texts(lexemes, ","), random, random.choice((";", ";", ".", ":", "|", "，", "<", " "))
    )


@slip(1.5)
def bracket_for_comma(lexemes: list[Lexeme], random: Random) -> str | None:
    return _replace(lexemes, _texts(lexemes, ","), random, random.choice(("),", "(", ")")))


@slip(6)
def drop_quote(lexemes: list[Lexeme], random: Random) -> str | None:
    places = _kinds(lexemes, "string")
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    return _join(lexemes, {place: random.choice((text[1:], text[:-1], text[:-1]))})


@slip(3.5)
def unquoted(lexemes: list[Lexeme], random: Random) -> str | None:
    places = [i for i in _kinds(lexemes, "string") if len(lexemes[i].text) > 2]
    if not places:
        return None
    if random.random() < 0.5:
        return _join(lexemes, {i: lexemes[i].text[1:-1] for i in places})
    place = random.choice(places)
    return _join(lexemes, {place: lexemes[place].text[1:-1]})


@slip(2.5)
def other_quotes(lexemes: list[Lexeme], random: Random) -> str | None:
    left, right = random.choice(
        (("“", "”"), ("“", "”"), ("”", "”"), ("'", "'"), ("‘", "’"), ("«", "»"), ("''", "''"), ("`", "`"))
    )
    places = _kinds(lexemes, "string")
    if not places:
        return None
    if random.random() < 0.4:
        places = [random.choice(places)]
    return _join(lexemes, {i: left + lexemes[i].text[1:-1] + right for i in places})


@slip(3)
def extra_quote(lexemes: list[Lexeme], random: Random) -> str | None:
    places = _kinds(lexemes, "string")
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    return _join(lexemes, {place: random.choice((text + '"', '"' + text, f'"{text}"', '"' + text))})


@slip(1.5)
def quoted_operand(lexemes: list[Lexeme], random: Random) -> str | None:
    """Quotes that swallow too much: `"Yes",` -> `"Yes,"`, `">"&A1` -> `">&A1"`, or a half-quoted number."""
    strings = [i for i in _kinds(lexemes, "string") if i + 1 < len(lexemes)]
    if not strings or random.random() < 0.3:
        places = _kinds(lexemes, "number", "cell")
        if not places:
            return None
        place = random.choice(places)
        text = lexemes[place].text
        return _join(lexemes, {place: random.choice((f'"{text}', f'{text}"'))})
    place = random.choice(strings)
    following = lexemes[place + 1].text
    swallowed = {place: lexemes[place].text[:-1] + following + '"', place + 1: ""}
    if following == "&" and place + 2 < len(lexemes):
        swallowed = {
            place: lexemes[place].text[:-1] + "&" + lexemes[place + 2].text + '"',
            place + 1: "",
            place + 2: "",
        }
    return _join(lexemes, swallowed)


@slip(2)
def open_criterion(lexemes: list[Lexeme], random: Random) -> str | None:
    """A criterion without its quotes: `">5"` -> `>5`, `">"&A1` -> `>&A1` or `>A1`."""
    places = [i for i in _kinds(lexemes, "string") if re.match(r'"[<>=]', lexemes[i].text)]
    if not places:
        return None
    place = random.choice(places)
    bare = lexemes[place].text[1:-1]
    if lexemes[min(place + 1, len(lexemes) - 1)].text == "&" and random.random() < 0.5:
        return _join(lexemes, {place: bare, place + 1: ""})
    return _join(lexemes, {place: bare})


@slip(4)
def wrong_comparison(lexemes: list[Lexeme], random: Random) -> str | None:
    forms = {
        ">=": ("=>", "=>", "> =", "≥", "=>"),
        "<=": ("=<", "=<", "< =", "≤"),
        "<>": ("><", "!=", "< >", "=/=", "≠", "<>="),
        "=": ("==", "==", "=="),
        ">": (">>", "&gt;"),
        "<": ("<<", "&lt;"),
    }
    places = [i for i in range(len(lexemes)) if lexemes[i].text in forms and lexemes[i].kind == "operator"]
    if not places:
        return None
    place = random.choice(places)
    return _join(lexemes, {place: random.choice(forms[lexemes[place].text])})


@slip(3)
def drop_operator(lexemes: list[Lexeme], random: Random) -> str | None:
    places = [i for i in _texts(lexemes, *_OPERATORS) if 0 < i < len(lexemes) - 1]
    return _replace(lexemes, places, random, random.choice((" ", "")))


@slip(2)
def drop_ampersand(lexemes: list[Lexeme], random: Random) -> str | None:
    return _replace(lexemes, _texts(lexemes, "&"), random, random.choice(("", "", " ", ",", "+", "and")))


@slip(2)
def double_operator(lexemes: list[Lexeme], random: Random) -> str | None:
    places = _texts(lexemes, *_OPERATORS)
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    other = random.choice((text, text, text, "+", "*", "/", "=", "&"))
    return _join(lexemes, {place: random.choice((text + other, other + text))})


@slip(3)
def dangling_operator(lexemes: list[Lexeme], random: Random) -> str | None:
    """An operator whose right or left side was never typed: `A1&,B1`, `SUM(A1:A9)+`, `(*A1`."""
    operator = random.choice(("+", "-", "*", "/", "&", "&", "=", "=", "<", ">"))
    places = [
        i for i in range(len(lexemes) - 1)
        if lexemes[i].kind in _OPERANDS and lexemes[i + 1].text in {",", ")"}
    ]  # fmt: skip
    kind = random.random()
    if kind < 0.3 or not places:
        return _join(lexemes, {}) + operator
    if kind < 0.45:
        openings = _texts(lexemes, "(", ",")
        place = random.choice(openings) if openings else 0
        return _join(lexemes, {place: lexemes[place].text + random.choice("*/&=<>")})
    place = random.choice(places)
    return _join(lexemes, {place: lexemes[place].text + operator})


@slip(1.5)
def equals_inside(lexemes: list[Lexeme], random: Random) -> str | None:
    """A second `=`: `IF(A1>5,=B1,0)`, `IF(=A1>5,...)`."""
    places = [i for i in _texts(lexemes, ",", "(") if i + 1 < len(lexemes)]
    if not places:
        return _join(lexemes, {0: "=" + lexemes[0].text}) if lexemes else None
    place = random.choice(places)
    return _join(lexemes, {place: lexemes[place].text + "="})


@slip(2)
def infix_logic(lexemes: list[Lexeme], random: Random) -> str | None:
    """`AND(A1>5,B1<3)` written as it is said: `A1>5 AND B1<3`."""
    places = [i for i in _functions(lexemes) if lexemes[i].text in {"AND", "OR"}]
    if not places:
        return None
    place = random.choice(places)
    arguments, closing = _arguments(lexemes, place + 1)
    if closing < 0 or len(arguments) < 2:
        return None
    word = f" {lexemes[place].text} " if random.random() < 0.8 else random.choice((" & ", "&&", "||"))
    inner = word.join(arguments)
    return _join(lexemes[:place], {}) + inner + _join(lexemes[closing + 1 :], {})


def _arguments(lexemes: Sequence[Lexeme], opening: int) -> tuple[list[str], int]:
    """The argument texts of the bracket at `opening`, and where it closes (-1: never)."""
    arguments, depth = [""], 0
    for i in range(opening, len(lexemes)):
        text = lexemes[i].text
        depth += text in {"(", "{"}
        if depth == 1 and text == ")":
            return arguments, i
        depth -= text in {")", "}"}
        if depth == 1 and text == ",":
            arguments.append("")
        elif i > opening:
            arguments[-1] += text
    return arguments, -1


@slip(3.5)
def broken_range(lexemes: list[Lexeme], random: Random) -> str | None:
    """`A1:A9` -> `A1;A9`, `A1-A9`, `A1..A9`, `A1 A9`, `A1A9`, `A1::A9`, `A1.A9`."""
    places = [
        i for i in _texts(lexemes, ":")
        if 0 < i < len(lexemes) - 1 and lexemes[i - 1].kind == lexemes[i + 1].kind == "cell"
    ]  # fmt: skip
    return _replace(
        lexemes, places, random, random.choice((";", "-", "..", " ", "", "::", ".", ": ", " to ", ":="))
    )


@slip(2)
def half_range(lexemes: list[Lexeme], random: Random) -> str | None:
    """`A1:A9` -> `A1:A`, `A1:9`, `A:A9`, `A1:`, `:A9`; `A:A` -> `A:`, `A A`, `A;A`, `AA`."""
    places = [
        i for i in _texts(lexemes, ":")
        if 0 < i < len(lexemes) - 1 and lexemes[i - 1].kind == lexemes[i + 1].kind == "cell"
    ]  # fmt: skip
    if places:
        place = random.choice(places)
        left, right = lexemes[place - 1].text, lexemes[place + 1].text
        if random.random() < 0.5:
            return _join(
                lexemes,
                {place + 1: random.choice((right.rstrip("0123456789"), re.sub("[A-Z$]", "", right), ""))},
            )
        return _join(lexemes, {place - 1: random.choice((left.rstrip("0123456789$"), ""))})
    columns = _kinds(lexemes, "column")
    if not columns:
        return None
    place = random.choice(columns)
    return _join(
        lexemes,
        {place: lexemes[place].text.replace(":", random.choice(("", ";", " ", "-", "::", ".", ":$")))},
    )


@slip(1)
def odd_dollar(lexemes: list[Lexeme], random: Random) -> str | None:
    places = _kinds(lexemes, "cell")
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    column, row = text.rstrip("0123456789").strip("$"), re.sub(r"\D", "", text)
    if "$" not in text:
        return _join(
            lexemes, {place: random.choice((f"{column} {row}", f"{row}{column}", f"{column}{row}{column}"))}
        )
    return _join(
        lexemes,
        {place: random.choice((f"{column}{row}$", f"${column}$${row}", f"$${column}${row}", f"{column}$"))},
    )


@slip(4)
def misspelled_function(lexemes: list[Lexeme], random: Random) -> str | None:
    places = [i for i in _functions(lexemes) if len(lexemes[i].text) > 2]
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
    return _join(lexemes, {place: mistake})


@slip(1.5)
def foreign_function(lexemes: list[Lexeme], random: Random) -> str | None:
    places = [i for i in _functions(lexemes) if lexemes[i].text in FOREIGN_FUNCTIONS]
    if not places:
        return None
    if random.random() < 0.5:
        index = random.randrange(4)
        return _join(
            lexemes,
            {
                i: FOREIGN_FUNCTIONS[lexemes[i].text][index % len(FOREIGN_FUNCTIONS[lexemes[i].text])]
                for i in places
            },
        )
    place = random.choice(places)
    return _join(lexemes, {place: random.choice(FOREIGN_FUNCTIONS[lexemes[place].text])})


@slip(1.5)
def call_without_brackets(lexemes: list[Lexeme], random: Random) -> str | None:
    """`TODAY()` -> `TODAY`, `ROW()` -> `ROW(`, `NOW)`."""
    places = [i for i in _functions(lexemes) if i + 2 < len(lexemes) and lexemes[i + 2].text == ")"]
    if not places:
        return None
    place = random.choice(places)
    opening, closing = random.choice((("", ""), ("", ""), ("(", ""), ("", ")")))
    return _join(lexemes, {place + 1: opening, place + 2: closing})


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
    }
    places = [i for i in _functions(lexemes) if lexemes[i].text in swapping]
    if not places:
        return None
    place = random.choice(places)
    arguments, closing = _arguments(lexemes, place + 1)
    if closing < 0 or len(arguments) < 2:
        return None
    arguments[0], arguments[1] = arguments[1], arguments[0]
    return _join(lexemes[: place + 2], {}) + ",".join(arguments) + _join(lexemes[closing:], {})


@slip(1.5)
def lost_argument(lexemes: list[Lexeme], random: Random) -> str | None:
    """An argument that was never typed though its separators were, where the function needs it."""
    needed = {"COUNTIF": 2, "SUMIF": 2, "MATCH": 2, "LEFT": 1, "ROUND": 2, "IFERROR": 2, "TEXT": 2}
    places = [i for i in _functions(lexemes) if lexemes[i].text in needed]
    if not places:
        return None
    place = random.choice(places)
    arguments, closing = _arguments(lexemes, place + 1)
    if closing < 0 or len(arguments) < 2 or lexemes[place].text not in {"IFERROR", "ROUND"}:
        return None
    if arguments[1] not in {'""', "0", "2"}:
        return None
    kept = arguments[0] + random.choice(("", ","))
    return _join(lexemes[: place + 2], {}) + kept + _join(lexemes[closing:], {})


@slip(2.5)
def broken_sheet(lexemes: list[Lexeme], random: Random) -> str | None:
    """`'My Sheet'!A1` -> `My Sheet!A1`, `'My Sheet!A1`, `'My Sheet'A1`; `Data!A1` -> `DataA1`, `Data.A1`, `Data:A1`."""
    places = _kinds(lexemes, "sheet")
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    name = text.strip("'!").rstrip("'")
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
        )
    form = random.choice(forms)
    if random.random() < 0.4:
        return _join(lexemes, {i: form for i in places if lexemes[i].text == text})
    return _join(lexemes, {place: form})


@slip(1.5)
def decimal_habit(lexemes: list[Lexeme], random: Random) -> str | None:
    """`0.5` -> `0,5` or `.0.5`, `10%` -> `10 %%`, `1000` -> `1.000,00` or `1,000`."""
    places = [
        i
        for i in _kinds(lexemes, "number")
        if "." in lexemes[i].text or "%" in lexemes[i].text or len(lexemes[i].text) > 3
    ]
    if not places:
        return None
    place = random.choice(places)
    text = lexemes[place].text
    if "%" in text:
        return _join(
            lexemes, {place: random.choice((text + "%", "%" + text[:-1], text.replace("%", " pct")))}
        )
    if "." in text:
        return _join(
            lexemes, {place: random.choice((text.replace(".", ","), text.replace(".", ".."), text + "."))}
        )
    return _join(
        lexemes,
        {place: text[:-3] + random.choice((",", " ", ".")) + text[-3:] + random.choice(("", "", ",00"))},
    )


@slip(1.5)
def money_sign(lexemes: list[Lexeme], random: Random) -> str | None:
    places = _kinds(lexemes, "number")
    if not places:
        return None
    place = random.choice(places)
    return _join(lexemes, {place: random.choice(("$", "€", "£", "#")) + lexemes[place].text})


@slip(2)
def stray_character(lexemes: list[Lexeme], random: Random) -> str | None:
    kind = random.random()
    text = _join(lexemes, {})
    if kind < 0.5:
        return text + random.choice((".", "'", ";", '"', "`", "\\", " =", "!", "]", ":"))
    if kind < 0.6:
        return random.choice(("'", "+", "(", "'=", "==", ": ")) + text
    place = random.randrange(len(lexemes))
    return _join(
        lexemes, {place: lexemes[place].text + random.choice((".", "'", '"', ":", "\\", "!", "#", "/", ";"))}
    )


@slip(1.5)
def words_for_logic(lexemes: list[Lexeme], random: Random) -> str | None:
    """`IF(A1>5,1,0)` -> `IF(A1>5 THEN 1 ELSE 0)`."""
    places = [i for i in _functions(lexemes) if lexemes[i].text == "IF"]
    if not places:
        return None
    place = random.choice(places)
    arguments, closing = _arguments(lexemes, place + 1)
    if closing < 0 or len(arguments) != 3:
        return None
    inner = random.choice(
        ("{0} THEN {1} ELSE {2}", "{0},THEN {1},ELSE {2}", "{0},{1},ELSE {2}", "{0} THEN {1},{2}")
    )
    return _join(lexemes[: place + 2], {}) + inner.format(*arguments) + _join(lexemes[closing:], {})


@slip(1.5)
def nested_name_lost(lexemes: list[Lexeme], random: Random) -> str | None:
    """A nested function without its name or with its bracket lost: `IF(A1,1,IF(B1,2,3))` -> `IF(A1,1,(B1,2,3))`."""
    places = [i for i in _functions(lexemes)[1:] if lexemes[i].text in {"IF", "AND", "OR", "SUM"}]
    return _replace(lexemes, places, random, "")


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
    return _join(lexemes[:last], {})
