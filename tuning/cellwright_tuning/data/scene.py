"""A scene: the imagined sheet that one generated formula stands on, with its places, texts and numbers.

`places` holds rows, columns and ranges; here are the constants that go with them: texts of one field of
work, steps of a grading, criteria, formats. All slots of one formula are drawn from one scene.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

from cellwright.formula.functions import ArgumentKind, known_function
from cellwright.prompt.vocabulary import function_names

from . import words
from .places import Places

_SMALL = (1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 12)
_NUMBERS = (
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    1,
    1,
    1,
    2,
    2,
    3,
    4,
    5,
    5,
    6,
    7,
    8,
    10,
    10,
    10,
    12,
    15,
    18,
    20,
    24,
    25,
    30,
    40,
    50,
    50,
    60,
    65,
)
_LARGE = (
    70,
    75,
    80,
    90,
    90,
    100,
    100,
    100,
    120,
    150,
    180,
    200,
    250,
    300,
    365,
    400,
    500,
    500,
    1000,
    1000,
    1500,
    5000,
    10000,
)
_PERCENTS = (
    "0.05",
    "0.1",
    "0.2",
    "0.25",
    "0.5",
    "10%",
    "5%",
    "20%",
    "1.1",
    "0.15",
    "0.9",
    "1.2",
    "0.02",
    "15%",
    "0.08",
    "1.5",
)


@cache
def function_names_in_order() -> tuple[str, ...]:
    """The known functions by name: a set's order would change with the process."""
    known = ((name, known_function(name)) for name in function_names())
    return tuple(sorted(name for name, function in known if function and not function.is_macro))


class Scene(Places):
    """Slots of the grammar that name constants; see `grammar.txt` for their use."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.ladder_steps = self._ladder_steps()
        self.ladder_words = random.choice(words.LADDERS)
        self.flag = random.choice(words.FLAGS)
        self.flag_used = 0

    def slot(self, name: str) -> Callable[[], str] | None:
        """The slot of that name, or None where the name is a nonterminal of the grammar."""
        return getattr(self, f"slot_{name}", None)

    def _ladder_steps(self) -> list[str]:
        random = self.random
        start, step = random.choice(
            ((90, -10), (80, -20), (10, 10), (100, 100), (1000, -250), (5, 5), (0, 30), (50, 25), (85, -15))
        )
        if random.random() < 0.3:
            start, step = random.choice(_NUMBERS), random.choice((1, 2, 5, 10, -1, -5, 50, 100))
        scale = random.random()
        return [f"{(start + step * i) / 100:g}" if scale < 0.1 else f"{start + step * i}" for i in range(7)]

    def slot_name(self) -> str:
        if self.random.random() < 0.3:
            return words.invented_name(self.random)
        return self.random.choice(words.NAMES)

    def slot_small(self) -> str:
        return str(self.random.choice(_SMALL))

    def slot_small0(self) -> str:
        return str(self.random.choice((0, 0, 0, 1, 1, 2, 3)))

    def slot_zeroone(self) -> str:
        return self.random.choice("01")

    def slot_digits(self) -> str:
        return self.random.choice(("0", "0", "1", "2", "2", "2", "3", "-1", "-2", "4"))

    def slot_hundred(self) -> str:
        return self.random.choice(("99", "100", "255", "256", "20", "50", "10", "30"))

    def slot_number(self) -> str:
        kind = self.random.random()
        if kind < 0.07:
            return str(self.random.randint(100, 99_999))
        if kind < 0.55:
            return str(self.random.choice(_NUMBERS))
        if kind < 0.8:
            return str(self.random.choice(_LARGE))
        if kind < 0.9:
            return str(self.random.randint(1, 99))
        fraction = self.random.choice(("5", "25", "75", "1", "2", "05", "95", "99", "333"))
        return f"{self.random.randint(0, 20)}.{fraction}"

    def slot_percent(self) -> str:
        return self.random.choice(_PERCENTS)

    def slot_pcell(self) -> str:
        return self.random.choice((self.slot_fixed, self.slot_ncell, self.slot_percent))()

    def slot_unit(self) -> str:
        return self.random.choice(("0.9", "0.5", "0.25", "0.75", "0.95", "0.1"))

    def slot_days(self) -> str:
        return self.random.choice(
            ("30", "7", "1", "14", "60", "90", "365", "28", "31", "10", "5", "15", "45", "180")
        )

    def slot_year(self) -> str:
        return str(self.random.randint(2005, 2030))

    def slot_time(self) -> str:
        minutes = self.random.choice((0, 0, 0, 30, 15, 45, 5))
        return f'"{self.random.randint(0, 23):{self.random.choice(("", "02"))}}:{minutes:02}"'

    def slot_anycall(self) -> str:
        """Any known function on plain arguments, so that rare names are met too."""
        name = self.random.choice(function_names_in_order())
        function = known_function(name)
        assert function is not None
        most = min(function.max_arguments, function.min_arguments + 2)
        drawn = [
            self.slot_ncol()
            if function.kind(i) is ArgumentKind.RANGE
            else self.random.choice((self.slot_acell, self.slot_acell, self.slot_number, self.slot_str))()
            for i in range(self.random.randint(function.min_arguments, most))
        ]
        return f"{name}({','.join(drawn)})"

    def slot_subtotal(self) -> str:
        return self.random.choice(("9", "9", "109", "3", "103", "1"))

    def slot_sortdir(self) -> str:
        return self.random.choice(("1", "-1"))

    def slot_compare(self) -> str:
        return self.random.choice((">", ">", ">", ">", "<", "<", "<", ">=", ">=", "<=", "<=", "=", "=", "<>"))

    def slot_equal(self) -> str:
        return self.random.choice(("=",) * 8 + ("<>",))

    def slot_above(self) -> str:
        return self.random.choice((">", ">=", ">=", "<", "<=", "="))

    def slot_strraw(self) -> str:
        random = self.random
        kind = random.random()
        if random.random() < 0.22:
            return words.invented_phrase(random, 3)
        if kind < 0.45:
            word = self.flag[min(self.flag_used, 1)]
            self.flag_used += 1
            if self.flag_used <= 2 and word:
                return word
        if kind < 0.85:
            return random.choice(self.field.categories)
        if kind < 0.9:
            foreign = random.choice(list(words.FOREIGN.values()))
            return random.choice(random.choice(foreign))
        if kind < 0.95:
            return random.choice(random.choice(self.field.texts + self.field.numbers).split("|"))
        return random.choice(
            (
                "*",
                "?",
                " ",
                ": ",
                "Total",
                "Total: ",
                " days",
                "x",
                "-",
                "/",
                "No data",
                "n/a",
                "Q1",
                "2024",
                "100",
            )
        )

    def slot_str(self) -> str:
        return f'"{self.slot_strraw()}"'

    def slot_strx(self) -> str:
        return self.random.choice(('"*"', '"0"', '" "', '""', '"-"', '"x"', '"|"', '"/"'))

    def slot_misstr(self) -> str:
        return f'"{self.random.choice(words.MISSING)}"'

    def slot_joiner(self) -> str:
        return (
            f'"{self.random.choice((" ", " ", " ", ", ", "-", " - ", "_", "/", ",", ": ", "; ", "", "."))}"'
        )

    def slot_delim(self) -> str:
        return f'"{self.random.choice(words.DELIMITERS)}"'

    def slot_delim2(self) -> str:
        return self.random.choice(('""', '""', '""', '" "', '"-"', '"_"', '"."', '","'))

    def slot_format(self) -> str:
        return f'"{self.random.choice(words.NUMBER_FORMATS + words.DATE_FORMATS)}"'

    def slot_dformat(self) -> str:
        return f'"{self.random.choice(words.DATE_FORMATS)}"'

    def slot_dunit(self) -> str:
        return f'"{self.random.choice(words.DATE_UNITS)}"'

    def slot_dinput(self) -> str:
        kind = self.random.random()
        if kind < 0.6:
            return self.slot_ifixed()
        if kind < 0.8:
            return f"DATE({self.slot_year()},{self.slot_small()},{self.slot_small()})"
        return self.random.choice(("TODAY()", "TODAY()-30", "TODAY()-7", self.slot_dcell()))

    def slot_criterion(self) -> str:
        kind = self.random.random()
        if kind < 0.42:
            return self.slot_str()
        if kind < 0.7:
            return self.slot_acell()
        if kind < 0.82:
            return self.slot_ifixed()
        if kind < 0.9:
            return self.random.choice(
                ('"<>"', '"*"', '""', '"<>"&""', f'"*{self.slot_strraw()}*"', f'"<>{self.slot_strraw()}"')
            )
        return self.slot_numcriterion()

    def slot_criterion_eq(self) -> str:
        return self.random.choice((self.slot_str, self.slot_str, self.slot_acell, self.slot_ifixed))()

    def slot_numcriterion(self) -> str:
        kind = self.random.random()
        if kind < 0.6:
            return f'"{self.slot_compare()}{self.slot_number()}"'
        if kind < 0.85:
            return f'"{self.slot_compare()}"&{self.slot_acell()}'
        return self.slot_number()

    def slot_ladder_number(self) -> str:
        if self.random.random() < 0.12 or not self.ladder_steps:
            return self.slot_number()
        return self.ladder_steps.pop(0)

    def _ladder(self, index: int) -> str:
        return f'"{self.ladder_words[min(index, len(self.ladder_words) - 1)]}"'

    def slot_ladder0(self) -> str:
        return self._ladder(0)

    def slot_ladder1(self) -> str:
        return self._ladder(1)

    def slot_ladder2(self) -> str:
        return self._ladder(2)

    def slot_ladder3(self) -> str:
        return self._ladder(3)

    def slot_ladder4(self) -> str:
        return self._ladder(4)
