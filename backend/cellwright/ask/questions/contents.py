"""What a column holds, as numbers and frequent words: the scorer tells names from scores and years by it.

Nothing here looks at the question. Both are made once a table.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from math import log10

from cellwright.ask.grounding.table import TypedColumn, TypedTable

COLUMN_FACTS = 26
FREQUENT_WORDS = 24
"""So many words of a column are kept, the most frequent first; the vocabulary takes those that it knows."""

_SCORE = re.compile(r"\d+ ?[-–:] ?\d+")
_MONEY = re.compile(r"[$€£¥]")
_NAME = re.compile(r"(?:[A-Z][\w.'’-]*\s+){1,3}[A-Z][\w.'’-]*")


def column_facts(table: TypedTable) -> list[tuple[float, ...]]:
    """For each column: shares of kinds of cells, order, place and size."""
    return [_facts(table, place) for place in range(len(table.columns))]


def frequent_words(column: TypedColumn) -> tuple[str, ...]:
    """The words that stand in most cells, at least one in ten and two."""
    counts = Counter(word for cell in column.cells for word in set(cell.words.split()))
    least = max(2, len(column.cells) // 10)
    return tuple(word for word, count in counts.most_common(FREQUENT_WORDS) if count >= least)


def _facts(table: TypedTable, place: int) -> tuple[float, ...]:
    column = table.columns[place]
    rows = max(1, len(column.cells))
    views = column.views
    firsts = [number for number in views.get("n", ()) if number is not None]
    texts = [cell.text for cell in column.cells if cell.text]
    filled = max(1, len(texts))
    largest = max((mask.bit_count() for mask in column.groups.values()), default=0)
    years = sum(1000 <= n < 2100 and n == int(n) for n in firsts) / max(1, len(firsts))
    middle = sorted(abs(n) for n in firsts)[len(firsts) // 2] if firsts else 0.0
    pairs = list(itertools.pairwise(firsts))
    return (
        float("n" in views),
        float("d" in views),
        float("m" in views),
        years if firsts else 0.0,
        sum(bool(cell.numbers) and len(cell.words.split()) == 1 for cell in column.cells) / rows,
        len(column.groups) / rows,
        column.filled.bit_count() / rows,
        min(sum(len(cell.words.split()) for cell in column.cells) / rows, 12.0) / 6,
        float(place == 0),
        float(place == 1),
        float(place == len(table.columns) - 1),
        float(len(pairs) > 0 and all(a <= b for a, b in pairs)),
        float(column.has_lists),
        float(not column.header_stems),
        float(len(pairs) > 0 and all(a >= b for a, b in pairs)),
        float(len(firsts) > 1 and all(n == i for i, n in enumerate(firsts, 1))),
        log10(1 + middle) / 4,
        sum(n == int(n) for n in firsts) / max(1, len(firsts)),
        sum(not any(c.isdigit() for c in text) for text in texts) / filled,
        sum(_NAME.fullmatch(text) is not None for text in texts) / filled,
        sum(_SCORE.search(text) is not None for text in texts) / filled,
        sum(_MONEY.search(text) is not None for text in texts) / filled,
        sum("%" in text for text in texts) / filled,
        sum("(" in text for text in texts) / filled,
        min(sum(map(len, texts)) / filled, 60.0) / 30,
        largest / rows,
    )
