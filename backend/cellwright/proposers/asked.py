"""Which aggregate a label asks for: words for totals, averages, counts and extremes in some languages."""

from __future__ import annotations

from collections.abc import Iterable

_WORDS: dict[str, set[str]] = {
    "SUM": {
        "total",
        "totals",
        "sum",
        "subtotal",
        "all",
        "overall",
        "grand",
        "gesamt",
        "summe",
        "totale",
        "suma",
        "somme",
    },
    "AVERAGE": {"average", "avg", "mean", "durchschnitt", "moyenne", "media", "promedio", "gemiddelde"},
    "COUNT": {"count", "number", "n", "anzahl", "nombre", "cantidad"},
    "MAX": {"max", "maximum", "highest", "largest", "peak"},
    "MIN": {"min", "minimum", "lowest", "smallest"},
    "MEDIAN": {"median"},
}


def functions_asked_for(labels: Iterable[tuple[str, ...]]) -> frozenset[str]:
    """The functions that the words of some label name."""
    words = {word for label in labels for word in label}
    return frozenset(function for function, names in _WORDS.items() if words & names)
