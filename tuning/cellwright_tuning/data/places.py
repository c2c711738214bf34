"""Where one generated formula stands: rows, columns, sheets, and how its author writes ranges.

Ranges of one formula have equal heights and its references share rows, because all of them are drawn from
one imagined sheet; that is what a model can learn from a formula's own beginning.
"""

from __future__ import annotations

from random import Random

from cellwright.prompt.notation import column_letters

from . import words

_LAST_ROWS = (10, 10, 20, 20, 30, 50, 50, 100, 100, 100, 200, 300, 500, 1000, 1000, 2000, 5000, 10000, 65536)
_FIRST_ROWS = (1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)


class Places:
    """Slots of the grammar that name places; see `grammar.txt` for their use."""

    def __init__(self, random: Random) -> None:
        self.random = random
        pick, chance = random.choice, random.random
        self.field = pick(words.FIELDS)
        self.first = pick(_FIRST_ROWS)
        self.last = self._last_row()
        self.row = (
            self.first if chance() < 0.75 else random.randint(self.first, min(self.last, self.first + 40))
        )
        left = pick((0, 0, 0, 0, 0, 1, 1, 2, 3, 5, 8)) if chance() < 0.9 else random.randint(0, 60)
        width = random.randint(2, 7)
        self.columns = list(range(left, left + width))
        self.numbers = self._some(self.columns)
        self.texts = self._some(self.columns)
        self.dates = self._some(self.columns)
        self.next_column = left + width + random.randint(0, 2)
        self.sheet = self._sheet_prefix() if chance() < 0.18 else ""
        self.other = self._sheet_prefix()
        style = chance()
        self.style = (
            "fixed"
            if style < 0.42
            else "column"
            if style < 0.62
            else "plain"
            if style < 0.94
            else "row_fixed"
        )
        if self.style == "column" and chance() < 0.25:
            self.style = "fixed_column"
        self.cell_style = pick(("plain",) * 16 + ("fixed_column",) * 3 + ("fixed_row", "fixed"))
        self.uses_tables = chance() < 0.06
        self.uses_names = chance() < 0.1
        self.lookup_sheet = self.other if chance() < 0.55 else ""
        self.lookup_left = (
            0 if self.lookup_sheet and chance() < 0.7 else self.next_column + random.randint(0, 3)
        )
        self.lookup_width = random.randint(2, 6)
        self.lookup_first, self.lookup_last = (
            (self.first, self.last) if chance() < 0.5 else (pick(_FIRST_ROWS), self._last_row())
        )
        if self.lookup_last <= self.lookup_first:
            self.lookup_last += self.lookup_first
        self._last_column = -1

    def _pick(self, columns: list[int]) -> int:
        """A column, seldom the one drawn just before: people rarely write `A1-A1`."""
        column = self.random.choice(columns)
        if column == self._last_column and self.random.random() < 0.85:
            column = self.random.choice(columns if len(columns) > 1 else self.columns)
        self._last_column = column
        return column

    def _some(self, columns: list[int]) -> list[int]:
        return self.random.sample(columns, self.random.randint(1, len(columns)))

    def _last_row(self) -> int:
        """People write round numbers where the data may grow, and exact ones where it ends."""
        random = self.random
        kind = random.random()
        if kind < 0.4:
            rounded = random.choice(_LAST_ROWS)
            return rounded if rounded > self.first + 1 else self.first + rounded
        if kind < 0.5:
            return self.first + random.choice(_LAST_ROWS) - 1
        if kind < 0.9:
            return self.first + random.randint(2, 30)
        return random.randint(30, 3000)

    def _sheet_prefix(self) -> str:
        if self.random.random() < 0.2:
            name = words.invented_phrase(self.random, 2)
        else:
            name = self.random.choice(words.SHEETS if self.random.random() < 0.6 else self.field.sheets)
        plain = name.replace("_", "").isalnum() and not name[0].isdigit() and not _looks_like_cell(name)
        return f"{name}!" if plain else f"'{name}'!"

    def _cell(self, column: int, style: str = "") -> str:
        style = style or self.cell_style
        letters, row = column_letters(column), self.row
        return {
            "plain": f"{letters}{row}",
            "fixed_column": f"${letters}{row}",
            "fixed_row": f"{letters}${row}",
            "fixed": f"${letters}${row}",
        }[style]

    def _range(self, left: int, right: int, first: int, last: int, sheet: str = "", style: str = "") -> str:
        a, b, style = column_letters(left), column_letters(right), style or self.style
        if style == "column":
            return f"{sheet}{a}:{b}"
        if style == "fixed_column":
            return f"{sheet}${a}:${b}"
        if style == "fixed":
            return f"{sheet}${a}${first}:${b}${last}"
        if style == "row_fixed":
            return f"{sheet}{a}${first}:{b}${last}"
        return f"{sheet}{a}{first}:{b}{last}"

    def _column(self, columns: list[int]) -> str:
        if self.uses_tables and self.random.random() < 0.8:
            return self.structured()
        if self.uses_names and self.random.random() < 0.5:
            return self.random.choice(words.NAMES)
        column = self.random.choice(columns)
        return self._range(column, column, self.first, self.last, self.sheet)

    def structured(self) -> str:
        header = self.random.choice(
            self.random.choice((self.field.numbers, self.field.texts, self.field.dates))
        )
        return f"{self.random.choice(words.TABLES)}[{self.random.choice(header.split('|'))}]"

    def any_cell(self, style: str) -> str:
        """A cell of the data in the given style, mostly in the current row."""
        if style != "fixed" and self.random.random() < 0.8:
            return self._cell(self._pick(self.columns), style)
        row, kept = self.random.choice((self.first, self.last, max(1, self.row - 1), self.row + 1)), self.row
        self.row = row
        text = self._cell(self._pick(self.columns), style)
        self.row = kept
        return text

    def any_range(self, form: str, style: str, sheet: str) -> str:
        """A range of the data: a `column`, a `row` or a `block`."""
        columns = self.columns
        column = self._pick(columns)
        left, right = (column, column) if form == "column" else (columns[0], columns[-1])
        first, last = (self.row, self.row) if form == "row" else (self.first, self.last)
        if style == "fixed_column":
            a, b = column_letters(left), column_letters(right)
            return f"{sheet}${a}{first}:${b}{last}"
        return self._range(left, right, first, last, sheet, {"fixed_row": "row_fixed"}.get(style, style))

    def any_columns(self, style: str, sheet: str) -> str:
        """Whole columns."""
        column = self._pick(self.columns)
        return self._range(column, column, self.first, self.last, sheet, style)

    def slot_cell(self) -> str:
        return self._cell(self._pick(self.columns))

    slot_acell = slot_cell

    def slot_ncell(self) -> str:
        if self.uses_tables and self.random.random() < 0.5:
            return f"[@{self._quoted_header()}]"
        return self._cell(self._pick(self.numbers))

    def _quoted_header(self) -> str:
        header = self.random.choice(self.random.choice(self.field.numbers).split("|"))
        return header if header.isalnum() else f"[{header}]"

    def slot_tcell(self) -> str:
        return self._cell(self._pick(self.texts))

    def slot_dcell(self) -> str:
        return self._cell(self._pick(self.dates))

    def slot_ref(self) -> str:
        return self.random.choice((self.slot_cell, self.slot_ifixed, self.slot_sheetcell))()

    def slot_prev(self) -> str:
        row = max(1, self.row - 1)
        return f"{column_letters(self.random.choice(self.numbers))}{row}"

    def slot_hcell(self) -> str:
        column, row = column_letters(self.next_column), max(1, self.first - 1)
        return self.random.choice((f"{column}${row}", f"{column}{row}"))

    def slot_fixed(self) -> str:
        """An input cell away from the data, such as a rate."""
        column = column_letters(self.next_column + self.random.randint(0, 2))
        return f"${column}${self.random.randint(1, max(2, self.first))}"

    def slot_ifixed(self) -> str:
        text = self.slot_fixed()
        return text if self.random.random() < 0.6 else text.replace("$", "")

    def slot_scell(self) -> str:
        return self.other + f"${column_letters(self.random.choice(self.columns))}${self.row}"

    def slot_sheetcell(self) -> str:
        return self.other + self._cell(self.random.choice(self.columns), "plain")

    def slot_ncol(self) -> str:
        return self._column(self.numbers)

    def slot_tcol(self) -> str:
        return self._column(self.texts)

    def slot_dcol(self) -> str:
        return self._column(self.dates)

    def slot_acol(self) -> str:
        return self._column(self.columns)

    def slot_nrange(self) -> str:
        kind, columns = self.random.random(), self.columns
        if kind < 0.5:
            column = self.random.choice(self.numbers)
            style = "plain" if self.random.random() < 0.7 else ""
            return self._range(column, column, self.first, self.last, self.sheet, style)
        if kind < 0.85:
            return self._range(columns[0], columns[-1], self.row, self.row, self.sheet, "plain")
        return self.slot_nblock()

    def slot_nblock(self) -> str:
        columns = self.columns
        last = self.random.choice((self.row, self.last, self.first + self.random.randint(1, 12)))
        return self._range(columns[0], columns[-1], min(self.row, last), last, self.sheet, "plain")

    def slot_nfixrange(self) -> str:
        column = self.random.choice(self.numbers)
        return self._range(column, column, self.first, self.last, self.sheet, "fixed")

    def slot_running(self) -> str:
        letters = column_letters(self.random.choice(self.columns))
        return (
            f"{letters}${self.first}:{letters}{self.row}"
            if self.random.random() < 0.5
            else (f"${letters}${self.first}:{letters}{self.row}")
        )

    def slot_counter(self) -> str:
        letter = self.random.choice("AAB")
        return self.random.choice((f"{letter}1", f"${letter}$1:{letter}1", f"{letter}$1:{letter}1", "1:1"))

    def slot_counter_col(self) -> str:
        return column_letters(self.random.randint(1, 5)) + self.random.choice(("1", "$1", str(self.row)))

    def slot_hrow(self) -> str:
        row = max(1, self.lookup_first - 1)
        if self.random.random() < 0.2:
            return f"{self.lookup_sheet}${row}:${row}"
        right = self.lookup_left + self.lookup_width - 1
        return self._range(self.lookup_left, right, row, row, self.lookup_sheet, self._bounded_style())

    def _bounded_style(self) -> str:
        return "fixed" if self.style in {"fixed", "fixed_column", "row_fixed"} else "plain"

    def slot_table(self) -> str:
        if self.uses_names and self.random.random() < 0.4:
            return self.random.choice(words.NAMES)
        right = self.lookup_left + self.lookup_width - 1
        return self._range(self.lookup_left, right, self.lookup_first, self.lookup_last, self.lookup_sheet)

    def slot_lkey(self) -> str:
        return self._range(
            self.lookup_left, self.lookup_left, self.lookup_first, self.lookup_last, self.lookup_sheet
        )

    def slot_lcol(self) -> str:
        column = self.lookup_left + self.random.randint(1, self.lookup_width - 1)
        return self._range(column, column, self.lookup_first, self.lookup_last, self.lookup_sheet)

    def slot_index(self) -> str:
        return str(self.random.choice((2, 2, self.lookup_width, self.random.randint(2, self.lookup_width))))

    def slot_exact(self) -> str:
        return self.random.choice(("FALSE",) * 6 + ("0",) * 5 + ("TRUE",) * 2 + ("1",))

    def slot_exact0(self) -> str:
        return self.random.choice(("0",) * 6 + ("1", "FALSE", "-1"))

    def slot_indirect(self) -> str:
        cell, letter = self.slot_cell(), column_letters(self.random.choice(self.columns))
        return self.random.choice(
            (
                cell,
                f'"{self.other}"&{cell}',
                f'{cell}&"!{letter}{self.row}"',
                f'"\'"&{cell}&"\'!{letter}{self.row}"',
                f'"\'"&{cell}&"\'!{letter}:{letter}"',
                f'"{letter}"&ROW()',
                f'{cell}&"!A1"',
                f'"{letter}{self.first}:{letter}"&{cell}',
                f'"\'"&{cell}&"\'!${letter}${self.first}:${letter}${self.last}"',
            )
        )

    def slot_threed(self) -> str:
        letter = column_letters(self.random.choice(self.columns))
        first, last = self.random.choice(
            (("Sheet1", "Sheet3"), ("Jan", "Dec"), ("Start", "End"), ("Week1", "Week4"), ("First", "Last"))
        )
        if self.random.random() < 0.3:
            return f"'{first} 1:{last} 9'!{letter}{self.row}"
        return f"{first}:{last}!{letter}{self.row}"

    def slot_threed_cell(self) -> str:
        return self.slot_acol()


def _looks_like_cell(name: str) -> bool:
    letters = name.rstrip("0123456789")
    return letters != name and letters.isalpha() and len(letters) <= 3
