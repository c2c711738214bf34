"""Rules that a sentence about one column may mean: what it says, what the column holds, Excel's own presets.

Wider than what the shipped reader makes: every comparison with every number of the sentence, every text of
it that quotes or cells point to, and where it says nothing the frequent values, round numbers inside the
column's spread, and the rules that Excel offers at one click. Nothing here is fitted; `format_ranker` weighs.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from cellwright.ask.condition_phrases import NUMBER, QUOTES
from cellwright.ask.condition_wording import plain_words, without_places
from cellwright.ask.conditions import Condition, Not, Operand, Test
from cellwright.ask.frames import FrameColumn
from cellwright.ask.grounding.quantities import read_number
from cellwright.workbook.model import Value

WORD = re.compile(r"[^\W\d_]+|\d[\d.,]*|[<>=%]+")
_TAIL = re.compile(
    r"\b(?:contain\w*|equal\w*(?: to)?|value|text|with|is|to|name|=)\s+[\"“']?([^\"”',.;]+)", re.I
)
_PRESETS = ("duplicate", "blank", "error", "above", "below")
_ORDERS = ("gt", "lt", "ge", "le", "eq", "ne")
_RANKS = (1, 2, 3, 5, 10)
_MOST_NUMBERS = 6
_MOST_GUESSES = 6
_LONGEST_LINK = 8


@dataclass(frozen=True)
class Offer:
    """One rule, and where its operand comes from; without a condition it picks out nothing.

    `source`: preset, zero (needs no operand), said, scaled, quoted, linked (stands in a cell), initial, tail
    or guess. `facts` are features' values, among them the words around the operand.
    """

    condition: Condition | None
    kind: str
    source: str
    facts: dict[str, str] = field(default_factory=dict)


def words_of(text: str) -> list[str]:
    """A text's words, numbers and comparison signs, in lower case."""
    return [word.lower() for word in WORD.findall(text)]


def offers(sentence: str, own: FrameColumn, values: list[Value]) -> list[Offer]:
    """Every rule on offer for a column with those values."""
    said = without_places(plain_words(sentence))
    numbers = _numbers(said, sentence)
    found = [Offer(Test(kind, own), kind, "preset") for kind in _PRESETS]
    found.append(Offer(Test("unique", own), "unique", "zero"))
    found += [Offer(Not(Test(kind, own)), f"not {kind}", "zero") for kind in ("blank", "error")]
    found += _ranks(own, numbers)
    found += _comparisons(own, numbers)
    found += _thresholds(own, values, set(numbers))
    found += _texts(sentence, said, own, values)
    found.append(Offer(None, "nothing", "nothing"))
    return found


def _around(text: str, start: int, end: int) -> dict[str, str]:
    before, behind = words_of(text[:start])[-2:], words_of(text[end:])[:1]
    return {
        "before": before[-1] if before else "<s>",
        "two before": " ".join(before),
        "behind": behind[0] if behind else "</s>",
    }


def _numbers(said: str, sentence: str) -> dict[float, dict[str, str]]:
    """The sentence's numbers with the words around them; those of addresses and sheets last."""
    found: dict[float, dict[str, str]] = {}
    for text in (said, sentence):
        for match in NUMBER.finditer(text):
            value = read_number(match[0].rstrip("% ").strip().lstrip("+-$€£ "))
            if value is not None and len(found) < _MOST_NUMBERS:
                place = dict.fromkeys(("before", "two before", "behind"), "<place>")
                found.setdefault(value, _around(text, *match.span()) if text is said else place)
    return found


def _ranks(own: FrameColumn, numbers: dict[float, dict[str, str]]) -> Iterator[Offer]:
    counts = [*_RANKS, *(int(n) for n in numbers if n == int(n) and 0 < n <= 100 and n not in _RANKS)]
    for kind in ("top", "bottom"):
        for count in counts:
            is_said = count in numbers
            source = "said" if is_said else "preset" if count == 10 else "guess"
            facts = {"count": str(count) if count in _RANKS else "other"} | numbers.get(count, {})
            for is_percent in (False, True):
                test = Test(kind, own, (Operand(float(count)),), is_percent=is_percent)
                yield Offer(test, kind + ("%" if is_percent else ""), source, facts)


def _comparisons(own: FrameColumn, numbers: dict[float, dict[str, str]]) -> Iterator[Offer]:
    listed = list(numbers)
    for place, number in enumerate(listed):
        facts = {"place": str(min(place, 3))} | numbers[number]
        for kind in _ORDERS:
            yield Offer(Test(kind, own, (Operand(number),)), kind, "said", facts)
        for scale in (0.01, 100.0):
            for kind in ("gt", "lt"):
                yield Offer(Test(kind, own, (Operand(number * scale),)), kind, "scaled", facts)
        for other in listed[place + 1 :]:
            test = Test("between", own, (Operand(number), Operand(other)))
            yield Offer(test, "between", "said", facts)
            yield Offer(Not(test), "not between", "said", facts)


def _thresholds(own: FrameColumn, values: list[Value], said: set[float]) -> Iterator[Offer]:
    """Round numbers within the column's spread, for sentences that name none."""
    numbers = sorted(value for value in values if isinstance(value, float))
    if not numbers:
        return
    guesses = {0.0, 0.5, 1.0, 5.0, 10.0, 50.0, 100.0}
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        value = numbers[int(share * (len(numbers) - 1))]
        if value:
            unit = 10.0 ** math.floor(math.log10(abs(value)))
            guesses |= {round(value / unit) * unit, math.floor(value / unit) * unit}
            guesses.add(round(value / unit * 2) / 2 * unit)
    if len(set(numbers)) <= 8:
        guesses |= set(numbers)
    for guess in sorted(guesses - said):
        for kind in ("gt", "lt"):
            yield Offer(Test(kind, own, (Operand(guess),)), kind, "guess", {"zero": str(guess == 0)})
    frequent = [value for value, _ in Counter(numbers).most_common(3)]
    for value in dict.fromkeys([0.0, *frequent]):
        if value not in said:
            yield Offer(Test("eq", own, (Operand(value),)), "eq", "guess", {"zero": str(value == 0)})


def _texts(sentence: str, said: str, own: FrameColumn, values: list[Value]) -> Iterator[Offer]:
    counts = Counter(value for value in values if isinstance(value, str))
    seen: set[str] = set()
    for text, source, facts in _operands(sentence, said, counts, len(values)):
        key = text.casefold().strip()
        if not key or key in seen:
            continue
        seen.add(key)
        kinds = ("eq", "contains") if source == "guess" else ("eq", "contains", "begins", "ends")
        for kind in kinds:
            yield Offer(Test(kind, own, (Operand(text=text),)), kind, source, facts)
        if source != "guess":
            lacks = Not(Test("contains", own, (Operand(text=text),)))
            yield Offer(lacks, "not contains", source, facts)


def _operands(
    sentence: str, said: str, counts: Counter[str], height: int
) -> Iterator[tuple[str, str, dict[str, str]]]:
    for place, match in enumerate(QUOTES.finditer(sentence)):
        text = next(group for group in match.groups() if group is not None)
        yield text, "quoted", {"place": str(min(place, 3))} | _around(sentence, *match.span())
    yield from _linked(said, counts)
    for word in words_of(said):
        for value in list(counts)[:20]:
            if len(value.strip()) == 1 and len(word) > 2 and word[0] == value.strip().lower():
                yield value, "initial", {}
    for rank, (value, count) in enumerate(counts.most_common(_MOST_GUESSES)):
        yield value, "guess", {"rank": str(rank), "often": f"{count / height:.1f}"}
    inner = Counter({word: 0 for value in counts for word in words_of(value) if len(word) > 2})
    for value, count in counts.items():
        inner.update(dict.fromkeys((word for word in words_of(value) if len(word) > 2), count))
    for rank, (word, count) in enumerate(inner.most_common(_MOST_GUESSES)):
        yield word, "guess", {"inner rank": str(rank), "inner often": f"{count / height:.1f}"}
    for match in _TAIL.finditer(said):
        yield match[1].strip(), "tail", _around(said, *match.span(1))
        yield match[1].split()[0] if match[1].split() else "", "tail", {"first": "yes"}


def _linked(said: str, counts: Counter[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The longest runs of words that stand in cells."""
    words = words_of(said)
    cells = [f" {' '.join(words_of(value))} " for value in counts]
    taken: list[str] = []
    for length in range(min(_LONGEST_LINK, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            run = f" {' '.join(words[start : start + length])} "
            if any(run in longer for longer in taken):
                continue
            is_whole = run in cells
            if is_whole or (len(run) > 3 and any(run in cell for cell in cells)):
                taken.append(run)
                match = re.search(r"[^\w]+".join(map(re.escape, run.split())), said, re.I)
                facts = {"whole": str(is_whole), "words": str(min(length, 3))}
                if match is not None:
                    facts |= _around(said, *match.span())
                yield match[0] if match else run.strip(), "linked", facts
