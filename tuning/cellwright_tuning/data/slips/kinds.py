"""The registry of slips, and what their definitions share: looking for lexemes and joining them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from cellwright.prompt.notation import Lexeme

Slip = Callable[[list[Lexeme], Random], str | None]
OPERATORS = frozenset(["+", "-", "*", "/", "^", "&", "=", "<>", "<=", ">=", "<", ">"])
COMPARISONS = frozenset(["=", "<>", "<=", ">=", "<", ">"])
OPERANDS = frozenset(["cell", "number", "string", "word", "column"])

REGISTRY: list[tuple[float, str, Slip]] = []


def slip(weight: float) -> Callable[[Slip], Slip]:
    """Registers a kind of mistake with its relative frequency."""

    def register(function: Slip) -> Slip:
        REGISTRY.append((weight, function.__name__, function))
        return function

    return register


def join(lexemes: Sequence[Lexeme], replaced: dict[int, str]) -> str:
    """The lexemes as text, some of them replaced."""
    return "".join(replaced.get(i, lexeme.text) for i, lexeme in enumerate(lexemes))


def of_text(lexemes: Sequence[Lexeme], *texts: str) -> list[int]:
    """Where lexemes of these texts stand."""
    return [i for i, lexeme in enumerate(lexemes) if lexeme.text in texts]


def of_kind(lexemes: Sequence[Lexeme], *kinds: str) -> list[int]:
    """Where lexemes of these kinds stand."""
    return [i for i, lexeme in enumerate(lexemes) if lexeme.kind in kinds]


def calls(lexemes: Sequence[Lexeme]) -> list[int]:
    """Where functions are called."""
    return [
        i for i, lexeme in enumerate(lexemes[:-1]) if lexeme.kind == "word" and lexemes[i + 1].text == "("
    ]


def replace(lexemes: Sequence[Lexeme], places: list[int], random: Random, text: str) -> str | None:
    """One of the places, drawn, with another text; None where there is no place."""
    return join(lexemes, {random.choice(places): text}) if places else None


def arguments(lexemes: Sequence[Lexeme], opening: int) -> tuple[list[str], int]:
    """The argument texts of the bracket at `opening`, and where it closes (-1: never)."""
    texts, depth = [""], 0
    for i in range(opening, len(lexemes)):
        text = lexemes[i].text
        depth += text in {"(", "{"}
        if depth == 1 and text == ")":
            return texts, i
        depth -= text in {")", "}"}
        if depth == 1 and text == ",":
            texts.append("")
        elif i > opening:
            texts[-1] += text
    return texts, -1
