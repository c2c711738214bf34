"""What a formula does and what it reads, against what the place is called.

Words of labels weigh by how rare they are in the workbook (inverse document frequency, Sparck Jones 1972):
`total` says little, `clinker` much. A formula's operation is the one computed last: a quotient, a difference,
a total; some words of a label ask for one. English words only; other languages get no opinion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import log
from weakref import WeakKeyDictionary

from cellwright.proposers.asked import functions_asked_for
from cellwright.proposers.index import SheetIndex, WorkbookIndex, label_words
from cellwright.proposers.model import Label, Place, labels_at
from cellwright.proposers.template import Slot, Template
from cellwright.reference import Cell

_MOST_SLOTS = 8
_LOOKUPS = ("VLOOKUP", "HLOOKUP", "XLOOKUP", "LOOKUP", "INDEX", "SUMIF", "SUMIFS", "COUNTIF", "COUNTIFS")
_AGGREGATES = {
    "SUM": "total",
    "AVERAGE": "average",
    "MAX": "extreme",
    "MIN": "extreme",
    "COUNT": "count",
    "COUNTA": "count",
    "MEDIAN": "average",
    "SUMPRODUCT": "product",
    "IFERROR": "guarded",
    "IF": "guarded",
    "ROUND": "rounded",
}
_ASKED = {
    "SUM": "total",
    "AVERAGE": "average",
    "COUNT": "count",
    "MAX": "extreme",
    "MIN": "extreme",
    "MEDIAN": "average",
}
_WORDS = {
    "quotient": "ratio per rate share fraction percent percentage perc pct proportion intensity efficiency "
    "factor margin yield density utilization",
    "difference": "change net remaining balance delta variance profit loss margin increase decrease "
    "reduction savings gap excess incremental less growth difference",
    "product": "cost costs revenue amount value weighted adjusted emissions energy sales expense expenditure",
    "sum": "total sum subtotal all combined overall and plus both",
}
_SAID: dict[str, tuple[str, ...]] = {}
for _operation, _words in _WORDS.items():
    for _word in _words.split():
        _SAID[_word] = (*_SAID.get(_word, ()), _operation)


@lru_cache(maxsize=4096)
def operation(skeleton: tuple[str, ...]) -> str:
    """What a formula does last: plain, sum, difference, product, quotient, power, total, average, extreme,
    count, lookup, guarded, rounded, joined, compared or other."""
    text = "\0".join(skeleton)[1:]
    if text in {"", "\0"}:
        return "plain"
    if text.startswith(("-", "+")):
        text = text[1:]
        if text == "\0":
            return "difference"
    depth, is_text = 0, False
    outer: list[str] = []
    for sign in text:
        if sign == '"':
            is_text = not is_text
        elif is_text:
            continue
        elif sign in "({":
            depth += 1
        elif sign in ")}":
            depth -= 1
        elif not depth:
            outer.append(sign)
    signs = set(outer)
    for sign, name in (
        ("=", "compared"),
        ("<", "compared"),
        (">", "compared"),
        ("&", "joined"),
        ("-", "difference"),
        ("+", "sum"),
    ):
        if sign in signs:
            return name
    last = next((sign for sign in reversed(outer) if sign in "*/"), "")
    if last:
        return "quotient" if "/" in signs else "product"
    if "^" in signs:
        return "power"
    head = text.split("(", 1)[0].upper()
    if not head and text.startswith("(") and text.endswith(")"):
        inner = text[1:-1]
        return operation(("=" + inner,)) if inner else "other"
    if head in _LOOKUPS:
        return "lookup"
    return _AGGREGATES.get(head, "other")


def said_operations(place: Place) -> frozenset[str]:
    """The operations that the labels of a place ask for."""
    labels = [*place.row_labels[:1], *place.column_labels[:1]]
    said = {operation for label in labels for word in label for operation in _SAID.get(word, ())}
    return frozenset(said | {_ASKED[name] for name in functions_asked_for(labels)})


def operation_features(place: Place, template: Template, said: frozenset[str]) -> dict[str, float]:
    """The operation, and whether the labels ask for it (`said`), or for another."""
    does = operation(template.skeleton)
    found = {f"op_{does}": 1.0}
    if does in said:
        found[f"op_{does}_said"] = 1.0
        found["op_said"] = 1.0
    elif said:
        found["op_unsaid"] = 1.0
    style = place.sheet.style(place.cell)
    if style is not None and style.number_format != "General":
        is_percent = "%" in style.number_format
        found["op_quotient_percent" if does == "quotient" else "op_percent"] = float(is_percent)
    return found


@lru_cache(maxsize=65536)
def stems(words: tuple[str, ...]) -> frozenset[str]:
    """The words without the endings of their plural: `batteries` and `battery` are one."""
    return frozenset(_stem(word) for word in words)


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


_COUNTS: WeakKeyDictionary[SheetIndex, Counter[str]] = WeakKeyDictionary()


def _counts(sheet: SheetIndex) -> Counter[str]:
    """In how many distinct labels of a sheet a stem stands."""
    counts = _COUNTS.get(sheet)
    if counts is None:
        counts = Counter(word for label in sheet.labels for word in stems(label))
        _COUNTS[sheet] = counts
    return counts


class Rarity:
    """How much each stem of a workbook's labels tells, 0 to 1; and what its sheets' names are made of."""

    def __init__(self, sheets: Sequence[SheetIndex]) -> None:
        self._counts = [_counts(sheet) for sheet in sheets]
        self.names = {sheet.name: stems(label_words(sheet.name)) for sheet in sheets}
        self._most = log(2 + sum(counts.total() for counts in self._counts))
        self._kept: dict[str, float] = {}

    def of(self, word: str) -> float:
        """1 for a word that stands nowhere else, near 0 for one in every label."""
        kept = self._kept.get(word)
        if kept is None:
            kept = 1.0 - log(1 + sum(counts[word] for counts in self._counts)) / self._most
            self._kept[word] = kept
        return kept

    def total(self, words: Iterable[str]) -> float:
        """What several words tell together."""
        return sum(self.of(word) for word in words)


Known = dict[Slot, tuple[frozenset[str], float]]
"""A reference's words, and how like the place's they are."""

_RARITIES: WeakKeyDictionary[WorkbookIndex, Rarity] = WeakKeyDictionary()


def rarity_of(index: WorkbookIndex) -> Rarity:
    """The rarity of a workbook's words, counted once."""
    kept = _RARITIES.get(index)
    if kept is None:
        kept = Rarity(list(index.sheets()))
        _RARITIES[index] = kept
    return kept


def naming_features(
    place: Place, template: Template, ours: frozenset[str], rarity: Rarity, known: Known
) -> dict[str, float]:
    """How far the place's labels name what the formula reads, weighed by rarity: `name_covered` of the
    place's words (`ours`) in the labels of its references, `name_named` the other way round, and the likeness
    of single references. Labels of a row or column that both share are left out. `known` keeps what was found
    of a reference."""
    slots = template.slots[:_MOST_SLOTS]
    if not slots or not ours:
        return {}
    theirs: set[str] = set()
    likeness: list[float] = []
    for slot in slots:
        kept = known.get(slot)
        if kept is None:
            words = _words_of(place, slot)
            kept = known[slot] = words, _likeness(rarity, ours, words)
        if kept[0]:
            theirs |= kept[0]
            likeness.append(kept[1])
    if not theirs:
        return {}
    both = rarity.total(ours & theirs)
    return {
        "name_covered": both / max(0.1, rarity.total(ours)),
        "name_named": both / max(0.1, rarity.total(theirs)),
        "name_best": max(likeness),
        "name_least": min(likeness),
        "name_all": float(min(likeness) >= 0.5),
    }


def _likeness(rarity: Rarity, ours: frozenset[str], theirs: frozenset[str]) -> float:
    union = rarity.total(ours | theirs)
    return rarity.total(ours & theirs) / union if union else 0.0


def _words_of(place: Place, slot: Slot) -> frozenset[str]:
    """The words of the labels of a reference's first cell, without those of a row or column it shares with
    the place."""
    sheet = place.sheet if slot.sheet is None else place.index.sheet(slot.sheet)
    if slot.is_open or sheet is None:
        return frozenset()
    at = slot.cell
    here = sheet is place.sheet
    labels: list[Label] = []
    if not (here and at.row == place.cell.row):
        labels += labels_at(sheet, sheet.row_labels(at, 1))
    if not (here and at.column == place.cell.column):
        labels += labels_at(sheet, sheet.column_labels(at, 1))
    found = frozenset[str]().union(*(stems(label) for label in labels))
    return found if here else found | stems(label_words(sheet.name))


def sheet_features(place: Place, template: Template, named: Mapping[str, float]) -> dict[str, float]:
    """Whether the sheets that a formula reads are those that the labels name; `named` is of all sheets."""
    others = {slot.sheet for slot in template.slots if slot.sheet is not None}
    if not others:
        return {}
    told = [named.get(sheet.name, 0.0) if (sheet := place.index.sheet(o)) else 0.0 for o in others]
    most = max(named.values(), default=0.0)
    return {
        "sheet_named": max(told),
        "sheet_named_best": float(0 < most == max(told)),
        "sheet_unnamed": float(most >= 0.5 and max(told) < most),
    }


def named_sheets(place: Place, ours: frozenset[str], rarity: Rarity) -> dict[str, float]:
    """Each other sheet and the share of its name, by rarity, that the labels of a place hold."""
    found = {}
    for name, words in rarity.names.items():
        if name != place.sheet.name and words:
            found[name] = rarity.total(ours & words) / max(0.1, rarity.total(words))
    return found


def heading_features(place: Place, template: Template) -> dict[str, float]:
    """Whether references to other rows or sheets stand under the heading that the place stands under, and
    references to other columns or sheets in rows of its label: shares, by single references."""
    same_head = other_head = same_row = other_row = 0
    heads, rows = place.column_labels[:1], place.row_labels[:1]
    for slot in template.slots[:_MOST_SLOTS]:
        if slot.is_open:
            continue
        told = _headed(place, slot, heads, rows)
        same_head += told[0] > 0
        other_head += told[0] < 0
        same_row += told[1] > 0
        other_row += told[1] < 0
    found = {}
    if same_head or other_head:
        found["head_same"] = same_head / (same_head + other_head)
        found["head_other"] = float(other_head > 0)
    if same_row or other_row:
        found["row_same"] = same_row / (same_row + other_row)
        found["row_other"] = float(other_row > 0)
    return found


def _headed(place: Place, slot: Slot, heads: list[Label], rows: list[Label]) -> tuple[float, ...]:
    """1 same, -1 other, 0 not told: for the heading and for the row's label."""
    kept = place.shares.get(("headed", slot))
    if kept is not None:
        return kept
    sheet = place.sheet if slot.sheet is None else place.index.sheet(slot.sheet)
    kept = (0.0, 0.0)
    if sheet is not None:
        at = slot.cell
        here = sheet is place.sheet
        in_column, in_row = here and at.column == place.cell.column, here and at.row == place.cell.row
        kept = (
            _same(heads, sheet, sheet.column_labels(at, 1)) if not in_column else 0.0,
            _same(rows, sheet, sheet.row_labels(at, 1)) if not in_row else 0.0,
        )
    place.shares["headed", slot] = kept
    return kept


def _same(ours: list[Label], sheet: SheetIndex, cells: list[Cell]) -> float:
    theirs = labels_at(sheet, cells)
    if not ours or not theirs:
        return 0.0
    return 1.0 if ours[0] == theirs[0] else -1.0
