"""Formulas that repeat a pattern while something in it moves on: nested IFs, sums of conditional terms, lists
of conditions, glued texts, the same cell of sheet after sheet.

A pattern is text with slots. In each repetition a slot gives the next item of its progression: a reference
some cells further, the next number of an arithmetic or geometric row, the next text, letter or sheet; other
slots stay what they are. So the later half of such a formula follows from its first two repetitions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from cellwright.prompt.notation import column_letters

from . import words
from .scene import Scene

_SLOT = re.compile(r"\{([a-z]+)\}")
_REPEATS = (2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 8)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Patterns with `{rest}` where the next repetition goes; `{value}` is one of _VALUES.
_NESTS = (
    (6, "IF({fixed}={text},{value},{rest})"), (4, "IF({fixed}{compare}{number},{value},{rest})"),
    (2, "IF({fixed}={number},{value},{rest})"), (2, "IF({move}={same},{value},{rest})"),
    (2, 'IF({move}<>"",{move},{rest})'), (1, 'IF({move}="",{text},{rest})'),
    (2, "IF(AND({fixed}>={rising},{fixed}<{next}),{value},{rest})"),
    (1, "IF(AND({fixed}={text},{other}={same}),{value},{rest})"),
    (1, "IF(OR({fixed}={text},{other}={text}),{value},{rest})"),
    (2, "IF(ISNUMBER(SEARCH({text},{fixed})),{value},{rest})"),
    (1, "IF(COUNTIF({range},{fixed})>0,{value},{rest})"),
    (2, "IFERROR(VLOOKUP({fixed},{sheet}{block},{index},{exact}),{rest})"),
    (1, "IFERROR({move}/{other},{rest})"),
)  # fmt: skip
_VALUES = (
    "{outcome}", "{outcome}", "{outcome}", "{amount}", "{amount}", "{to}", "{other}*{percent}",
    "{to}*{other}", "{other}-{amount}", "VLOOKUP({other},{range},{index},{exact})",
)  # fmt: skip
_ELSE = ('""', '""', '""', "0", "0", '"{word}"', "{other}", "FALSE", '"Error"', "NA()")
# Terms that an operator joins.
_TERMS = (
    (4, "{move}"), (3, "{sheet}{cell}"), (3, "IF({move}={same},{amount},0)"),
    (2, "IF({move}{compare}{constant},1,0)"),
    (2, "SUMIF({key},{text},{sums})"), (2, "COUNTIF({range},{same})"), (3, "COUNTIF({key},{text})"),
    (2, "SUMIFS({sums},{key},{text},{otherkey},{same})"), (1, "SUM({range})"), (2, "({move}*{to})"),
    (2, "{move}*{percent}"), (1, "{move}*{to}"), (1, "({move}-{other})^2"), (1, "({fixed}={text})*{amount}"),
    (1, "SUMIF({sheet}{block},{fixed},{sheet}{block})"), (1, "COUNTIF({sheet}{block},{same})"),
    (1, "VLOOKUP({move},{block},{index},{exact})"), (1, "LEN({move})"), (1, "ABS({move}-{to})"),
)  # fmt: skip
_TEXT_TERMS = (
    (4, '{move}&{joiner}'), (2, '{same}&{move}&{joiner}'), (1, "TEXT({move},{format})&{joiner}"),
    (1, 'IF({move}="","",{move}&{joiner})'), (1, "LEFT({move},1)&{joiner}"),
)  # fmt: skip
# Lists of arguments: what stands round them <- one of them.
_LISTS = (
    (4, "IF(OR({list}),{yes},{no}) <- {fixed}={text}"), (3, "IF(AND({list}),{yes},{no}) <- {move}={same}"),
    (2, 'IF(AND({list}),{yes},{no}) <- {move}<>""'),
    (2, "IF(OR({list}),{yes},{no}) <- {move}{compare}{constant}"),
    (1, "OR({list}) <- {fixed}={text}"), (1, "IF(OR({list}),{yes},{no}) <- ISBLANK({move})"),
    (2, "SUM({list}) <- {move}"), (1, "SUM({list}) <- {range}"), (1, "MAX({list}) <- {move}"),
    (1, "AVERAGE({list}) <- {sheet}{cell}"), (1, "SUM({list}) <- {sheet}{block}"),
    (2, "COUNTIFS({list}) <- {range},{same}"), (2, "SUMIFS({sums},{list}) <- {range},{to}"),
    (2, "SUMIFS({sums},{list}) <- {range},{text}"), (2, "COUNTIFS({list}) <- {range},{compared}"),
    (1, "AVERAGEIFS({sums},{list}) <- {range},{to}"),
    (2, "SUMPRODUCT({list}) <- --({range}={same})"), (1, "CHOOSE({fixed},{list}) <- {text}"),
    (2, "CONCATENATE({list}) <- {move},{joiner}"), (1, "IFS({list}) <- {fixed}{compare}{number},{value}"),
    (1, "SWITCH({fixed},{list}) <- {text},{outcome}"), (1, "LOOKUP({fixed},{{{list}}}) <- {number}"),
    (1, "IF(ISNUMBER(MATCH({fixed},{{{list}}},0)),{yes},{no}) <- {text}"),
    (1, "SUM(COUNTIF({key},{{{list}}})) <- {text}"),
)  # fmt: skip
_FACTORS = (
    (4, "({range}={to})"), (3, "({range}={text})"), (2, "({range}={same})"), (1, "({key}{compare}{number})"),
)  # fmt: skip


class _Progressions:
    """The next item of every slot; a slot's kind is drawn when it is first met."""

    def __init__(self, scene: Scene, random: Random) -> None:
        self.scene, self.random = scene, random
        self._next: dict[str, Callable[[int], str]] = {}

    def fill(self, pattern: str, index: int) -> str:
        """The pattern's `index`-th repetition; doubled braces become single ones."""

        def item(match: re.Match[str]) -> str:
            slot = match.group(1)
            if slot not in self._next:
                self._next[slot] = getattr(self, f"_{slot}")()
            return self._next[slot](index)

        parts = pattern.replace("{{", "\0").replace("}}", "\1")
        return _SLOT.sub(item, parts).replace("\0", "{").replace("\1", "}")

    def _constant(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_number())

    def _always(self, text: str) -> Callable[[int], str]:
        return lambda _: text

    def _fixed(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_acell())

    _cell = _other = _fixed

    def _same(self) -> Callable[[int], str]:
        return self._always(self.random.choice((self.scene.slot_str, self.scene.slot_ifixed))())

    def _move(self) -> Callable[[int], str]:
        """A cell that moves some columns or rows each time."""
        random = self.random
        down, right = random.choice(((0, 1), (0, 1), (0, 2), (0, 3), (1, 0), (1, 0), (2, 0), (5, 0), (0, -1)))
        row, column = self.scene.row, random.choice(self.scene.columns) + (8 if right < 0 else 0)
        before_column, before_row = random.choice((("", ""),) * 5 + (("$", ""), ("", "$"), ("$", "$")))
        return lambda i: f"{before_column}{column_letters(column + right * i)}{before_row}{row + down * i}"

    _to = _move

    def _range(self) -> Callable[[int], str]:
        """A column of data that moves to the right, or stays."""
        random, scene = self.random, self.scene
        column, right = random.choice(scene.columns), random.choice((0, 0, 1, 1, 1, 2, 3))
        dollar = random.choice(("$", "$", ""))
        sheet = scene.other if random.random() < 0.3 else ""
        if random.random() < 0.2:
            return lambda i: sheet + ":".join([f"{dollar}{column_letters(column + right * i)}"] * 2)
        first, last = scene.first, scene.last
        return lambda i: (
            f"{sheet}{dollar}{column_letters(column + right * i)}{dollar}{first}:"
            f"{dollar}{column_letters(column + right * i)}{dollar}{last}"
        )

    def _key(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_tcol())

    _otherkey = _key

    def _sums(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_ncol())

    def _block(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_nblock().rpartition("!")[2])

    def _number(self) -> Callable[[int], str]:
        """An arithmetic or geometric row, also of percentages."""
        random = self.random
        start, step = (
            random.choice((0, 0, 1, 1, 5, 10, 50, 90, 100, 1000)),
            random.choice((1, 1, 5, 10, 10, 50, 100)),
        )
        if random.random() < 0.2:
            factor = random.choice((2, 10))
            return lambda i: str(max(1, start) * factor**i)
        if random.random() < 0.15:
            return lambda i: f"{start + step * i}%"
        if random.random() < 0.15:
            return lambda i: f"{(start + step * i) / 100:g}"
        sign = random.choice((1, 1, -1))
        return lambda i: str(max(0, start + (10 * step if sign < 0 else 0) + sign * step * i))

    _amount = _number

    def _rising(self) -> Callable[[int], str]:
        start, step = self.random.choice((0, 0, 1, 10, 50)), self.random.choice((1, 5, 10, 20, 25, 100, 500))
        self._next["next"] = lambda i: str(start + step * (i + 1))
        return lambda i: str(start + step * i)

    def _percent(self) -> Callable[[int], str]:
        step = self.random.choice((0.05, 0.1, 0.01, 0.02, 0.25))
        return lambda i: f"{step * (i + 1):g}"

    def _index(self) -> Callable[[int], str]:
        start, step = self.random.choice((2, 2, 3, 1)), self.random.choice((0, 1))
        return lambda i: str(start + step * i)

    def _text(self) -> Callable[[int], str]:
        """Texts of a list of its own: categories, letters, months, numbered words, invented ones."""
        random = self.random
        kind = random.random()
        if kind < 0.2:
            start = random.choice((65, 65, 65, 65, 75))
            listed = [chr(start + i) for i in range(9)]
        elif kind < 0.3:
            listed = list(_MONTHS)
        elif kind < 0.4:
            stem = random.choice(("Q", "Week ", "Day ", "Year ", "Group ", "", words.invented_word(random)))
            listed = [f"{stem}{i}" for i in range(1, 10)]
        elif kind < 0.65:
            listed = [words.invented_phrase(random, 2) for _ in range(9)]
        else:
            listed = random.sample(self.scene.field.categories, len(self.scene.field.categories))
        return lambda i: f'"{listed[i % len(listed)]}"'

    def _outcome(self) -> Callable[[int], str]:
        if self.random.random() < 0.4:
            ladder = self.random.choice(words.LADDERS)
            return lambda i: f'"{ladder[i % len(ladder)]}"'
        return self._text()

    def _sheet(self) -> Callable[[int], str]:
        """Sheets by month, number or name."""
        random = self.random
        kind = random.random()
        if kind < 0.3:
            return lambda i: f"{_MONTHS[i % 12]}!"
        stem = random.choice(("Sheet", "Sheet", "Week", "Day", "Year ", words.invented_name(random)))
        if kind < 0.7:
            return lambda i: f"'{stem}{i + 1}'!" if " " in stem else f"{stem}{i + 1}!"
        sheets = random.sample(words.SHEETS, 8)
        return lambda i: f"'{sheets[i % 8]}'!" if not sheets[i % 8].isalpha() else f"{sheets[i % 8]}!"

    def _compare(self) -> Callable[[int], str]:
        return self._always(self.random.choice((">=", ">", "<", "<=", "<", "=")))

    def _compared(self) -> Callable[[int], str]:
        move, sign = self._move(), self.random.choice((">=", "<=", ">", "<", "<>"))
        return lambda i: f'"{sign}"&{move(i)}'

    def _joiner(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_joiner())

    def _format(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_format())

    def _exact(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_exact())

    def _yes(self) -> Callable[[int], str]:
        drawn = self.random.choice((self.scene.slot_str, self.scene.slot_acell, self.scene.slot_number))
        return self._always(drawn())

    def _no(self) -> Callable[[int], str]:
        return self._always(
            self.random.choice(('""', '""', "0", self.scene.slot_str(), self.scene.slot_acell()))
        )

    def _word(self) -> Callable[[int], str]:
        return self._always(self.scene.slot_strraw())


def draw_series(scene: Scene, random: Random) -> str:
    """One formula text without `=`."""
    filled = _Progressions(scene, random)
    repeats = random.choice(_REPEATS)
    shape = random.random()
    if shape < 0.42:
        pattern = _weighted(_NESTS, random).replace("{value}", random.choice(_VALUES))
        text = filled.fill(random.choice(_ELSE), 0)
        before, after = pattern.split("{rest}")
        return "".join(filled.fill(before, i) for i in range(repeats)) + text + after * repeats
    if shape < 0.68:
        term, operator = _weighted(_TERMS, random), random.choice("++++*-&")
        text = operator.join(filled.fill(term, i) for i in range(repeats))
        return f"({text})/{repeats}" if random.random() < 0.1 else text
    if shape < 0.76:
        term = _weighted(_TEXT_TERMS, random)
        return "".join(filled.fill(term + "&", i) for i in range(repeats)).removesuffix("&")
    if shape < 0.84:
        factors = "*".join(filled.fill(_weighted(_FACTORS, random), i) for i in range(min(repeats, 4)))
        return (
            f"SUMPRODUCT({factors}*{filled.fill('({sums})', 0)})"
            if random.random() < 0.7
            else f"SUM({factors})"
        )
    around, item = _weighted(_LISTS, random).split(" <- ")
    item = item.replace("{value}", random.choice(_VALUES))
    listed = ",".join(filled.fill(item, i) for i in range(repeats))
    before, after = around.split("{list}")
    return filled.fill(before, 0) + listed + filled.fill(after, 0)


def _weighted(rows: tuple[tuple[int, str], ...], random: Random) -> str:
    return random.choices(rows, [weight for weight, _ in rows])[0][1]
