"""Generates calculation models: workbooks whose sheets feed one another, one cell or one row at a time.

Where `workbooks.py` draws tidy tables, these are what analysts build: notes and conversion factors, tables
pasted from elsewhere, steps of calculation beside labels that are worded otherwise than their sources, small
output sheets that only take results over. About half of the formulas stand alone, half read other sheets and
a third are plain references, as counts over real workbooks have it; some follow no rule that can be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from cellwright.reference import Cell, column_letters, quote_sheet
from cellwright.workbook.model import Value

from . import words
from .drafts import Draft
from .model_words import CONVERSIONS, FACTORS, MEASURES, NOTES, SHEETS, TITLES, UNITS
from .turning import turn


@dataclass(frozen=True)
class Line:
    """One labelled row of numbers: zero-based row, first and last column; one column for a single value."""

    sheet: str
    row: int
    left: int
    right: int
    label: str

    @property
    def width(self) -> int:
        """How many values it has."""
        return self.right - self.left + 1


def model_drafts(random: Random) -> list[Draft]:
    """The sheets of one model, in the order of their tabs."""
    count = random.choice((2, 3, 3, 4, 4, 5, 6, 7))
    names = random.sample(SHEETS, count)
    model = _Model(random)
    if random.random() < 0.6:
        model.notes(Draft("About"))
    sources = max(1, round(count * random.uniform(0.2, 0.5)))
    for i, name in enumerate(names):
        draft = Draft(name)
        if i < sources:
            for _ in range(random.choice((1, 1, 2))):
                model.source(draft)
        elif i < count - max(1, count // 3):
            model.steps(draft)
        else:
            model.output(draft)
        model.drafts.append(draft)
    if random.random() < 0.2:  # tabs are not always in the order of the calculation
        random.shuffle(model.drafts)
    if random.random() < 0.3:
        turn(model.drafts)
    return model.drafts


class _Model:
    """What the sheets drawn so far offer to later ones."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.drafts: list[Draft] = []
        self.lines: list[Line] = []
        self.factors: list[tuple[str, Cell]] = []
        field = random.choice(words.FIELDS)
        self.topics = [*field.categories, *(words_of.split("|")[0] for words_of in field.numbers)]
        self.periods = random.choice((3, 5, 6, 8, 10, 12, 20, 30))
        self.start = random.randint(2000, 2030)
        self.left = random.choice((1, 1, 1, 2))

    def label(self) -> str:
        random = self.random
        topic = random.choice(self.topics)
        text = topic if random.random() < 0.45 else f"{topic} {random.choice(MEASURES)}"
        return text if random.random() < 0.85 else f"{text} ({random.choice(UNITS)})"

    def reworded(self, label: str) -> str:
        """A label as another sheet has it: the same in most cases, else shorter, longer or different."""
        random, kind = self.random, self.random.random()
        if kind < 0.5:
            return label
        if kind < 0.65:
            return label.split(" (")[0].lower()
        if kind < 0.75:
            return f"{label.split(' (')[0]} ({random.choice(UNITS)})"
        if kind < 0.85:
            return f"{random.choice(('Total', 'Adjusted', 'Final', 'Average', 'New'))} {label.lower()}"
        return self.label()

    def notes(self, draft: Draft) -> None:
        """Title, notes, and conversion factors with their labels left or right of them."""
        random, row = self.random, 0
        draft.put(row, 0, f"{random.choice(self.topics)} {random.choice(TITLES).lower()}")
        for _ in range(random.randint(1, 6)):
            row += random.choice((1, 1, 2))
            draft.put(row, random.choice((0, 0, 1)), random.choice(NOTES))
        row += 2
        for name in random.sample(CONVERSIONS, random.randint(1, 6)):
            before = random.random() < 0.5
            at = Cell(row, 1 if before else 0)
            draft.put(row, 0 if before else 1, name)
            draft.put(*at, _amount(random))
            self.factors.append((draft.name, at))
            row += random.choice((1, 1, 1, 2))
        self.drafts.append(draft)

    def source(self, draft: Draft) -> None:
        """A table from elsewhere: title, source, perhaps two header rows, groups with totals of their own."""
        random = self.random
        row = draft.taken + (2 if draft.taken else 0)
        for _ in range(random.choice((0, 1, 1, 2, 3))):
            draft.put(row, 0, random.choice((*NOTES, *TITLES)))
            row += random.choice((1, 1, 2))
        left = self.left if random.random() < 0.7 else random.choice((1, 2, 3))
        width = self.periods if random.random() < 0.6 else random.choice((1, 1, 2, 3, 4, 5))
        header: list[Value] = [float(self.start + i) for i in range(width)]
        if width != self.periods:
            header = [self.label() for _ in range(width)]
        for i, value in enumerate(header):
            draft.put(row, left + i, value)
        if random.random() < 0.3:
            draft.put(row, 0, random.choice(("Unit", "Item", "Category", "Fuel", "Type", "Region", "Year")))
        row += 1
        ended = True
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            row += 0 if ended else 1
            if random.random() < 0.3:
                draft.put(row, 0, f"{random.choice(self.topics)}:")
                row += 1
            first = row
            for _ in range(random.choice((1, 2, 3, 4, 5, 6, 8))):
                self._numbers(draft, row, left, width, self.label())
                row += 1
            last = row - 1
            if random.random() < 0.35 and last > first:
                label = random.choice(("Total", "Subtotal", "Sum", "All"))
                line = Line(draft.name, row, left, left + width - 1, label)
                self._row(draft, line, _sum(first, last))
                row += 1
                ended = True
            else:
                ended = False
            row += random.choice((0, 0, 1)) if ended else 0
        draft.taken = row

    def _numbers(self, draft: Draft, row: int, left: int, width: int, label: str) -> None:
        draft.put(row, 0, label)
        size = 10.0 ** self.random.randint(-2, 5)
        for column in range(left, left + width):
            draft.put(row, column, round(self.random.uniform(0.2, 2) * size, 3))
        self.lines.append(Line(draft.name, row, left, left + width - 1, label))

    def _row(self, draft: Draft, line: Line, write: Callable[[int, int], str], apart: bool = False) -> None:
        """A labelled row of one formula; `apart`: each cell's is its own."""
        draft.put(line.row, 0, line.label)
        places = [(line.row, column) for column in range(line.left, line.right + 1)]
        for part in [[place] for place in places] if apart else [places]:
            draft.fill(part, write)
        self.lines.append(line)

    def steps(self, draft: Draft) -> None:
        """Blocks of steps, each under a heading; a step reads other sheets or the steps before it."""
        random, row = self.random, draft.taken
        draft.put(row, 0, random.choice((*TITLES, *NOTES)))
        row += 1
        for _ in range(random.choice((1, 2, 2, 3))):
            wide = random.random() < 0.45
            left, width = self.left, self.periods if wide else 1
            if wide:
                for i in range(width):
                    draft.put(row, left + i, float(self.start + i))
                row += 1
            elif random.random() < 0.5:
                draft.put(row, 0, f"{random.choice(self.topics)} {random.choice(TITLES).lower()}")
                row += 1
            begun = row
            for _ in range(random.choice((2, 3, 4, 5, 7))):
                own = [x for x in self.lines if x.sheet == draft.name and x.row >= begun and x.width == width]
                if random.random() < 0.2:
                    row += self._block(draft, row, left, width) - 1
                elif not own and random.random() < 0.2:
                    self._numbers(draft, row, left, width, self.label())
                elif own and random.random() < 0.5:
                    self._derive(draft, row, left, width, own)
                else:
                    self._pull(draft, row, left, width)
                if not wide and random.random() < 0.5:
                    draft.put(row, left + 1, random.choice(UNITS))
                row += random.choice((1, 1, 1, 1, 2))
            row += random.choice((1, 1, 2))
        draft.taken = row

    def _block(self, draft: Draft, row: int, left: int, width: int) -> int:
        """Successive rows of another sheet taken over one after another; how many rows it made."""
        random = self.random
        foreign = [line for line in self.lines if line.sheet != draft.name and line.width >= width]
        if not foreign:
            self._numbers(draft, row, left, width, self.label())
            return 1
        first = random.choice(foreign)
        shift = first.left - left if width > 1 else random.randint(first.left, first.right) - left
        sources = [x for x in foreign if x.sheet == first.sheet and x.left == first.left]
        sources = [x for x in sources if first.row <= x.row][: random.choice((2, 3, 4, 6, 8))]
        text = random.choice(("{0}", "{0}", "{0}*{1}", "{0}/{1}", "{0}/SUM({2})"))
        factor = self._factor(draft.name, True)
        top, bottom = (ref(sources[i].row, 0, fixed_row=True)[1:] for i in (0, -1))
        runs: list[list[int]] = []
        for i, source in enumerate(sources):
            if not i or source.row != sources[i - 1].row + 1:
                runs.append([])
            runs[-1].append(row + i)
            draft.put(row + i, 0, source.label if random.random() < 0.8 else self.reworded(source.label))
            self.lines.append(Line(draft.name, row + i, left, left + width - 1, source.label))

        def write(r: int, c: int) -> str:
            taken = ref(sources[r - row].row, c + shift, sheet=first.sheet)
            column = column_letters(c + shift)
            return text.format(taken, factor, f"{quote_sheet(first.sheet)}!{column}{top}:{column}{bottom}")

        for run in runs:
            draft.fill([(r, c) for r in run for c in range(left, left + width)], write)
        return len(sources)

    def _pull(self, draft: Draft, row: int, left: int, width: int) -> None:
        """A step that reads other sheets; each its own way of finding the source."""
        random = self.random
        foreign = [line for line in self.lines if line.sheet != draft.name and line.width >= width]
        if not foreign:
            self._numbers(draft, row, left, width, self.label())
            return
        source = random.choice(foreign)
        shift = (source.left - left) if width > 1 else random.randint(source.left, source.right) - left
        sheet, label = source.sheet, self.reworded(source.label)
        line = Line(draft.name, row, left, left + width - 1, label)
        fixed = random.random() < (0.25 if width == 1 else 0.05)

        def cell(column: int, at: int = source.row) -> str:
            return ref(at, column + shift, sheet=sheet, fixed_row=fixed, fixed_column=fixed and width == 1)

        def plain(at: int, column: int) -> str:
            return ref(at, column, fixed_row=fixed, fixed_column=fixed and width == 1)

        factor = self._factor(draft.name, width > 1)
        near = [x for x in foreign if x.sheet == sheet and x.left == source.left and x.width == source.width]
        last = max((x.row for x in near if source.row <= x.row <= source.row + 8), default=source.row)
        other = random.choice(near)
        kind = random.random()
        if kind < 0.36:
            self._row(draft, line, lambda r, c: cell(c))
        elif kind < 0.60:
            operator = random.choice("***/")
            self._row(draft, line, lambda r, c: f"{cell(c)}{operator}{factor}")
        elif kind < 0.72 and last > source.row:
            self._row(draft, line, lambda r, c: f"SUM({cell(c)}:{plain(last, c + shift)})")
        elif kind < 0.80 and other != source:
            operator = random.choice("+-*/")
            self._row(draft, line, lambda r, c: f"{cell(c)}{operator}{cell(c, other.row)}")
        elif kind < 0.85 and last > source.row:
            bottom = ref(last, 0, fixed_row=True)[1:]

            def share(r: int, c: int) -> str:
                top = ref(source.row, c + shift, sheet=sheet, fixed_row=True)
                return f"{cell(c)}/SUM({top}:{column_letters(c + shift)}{bottom})"

            self._row(draft, line, share)
        elif kind < 0.90 and width == 1:
            columns = f"{column_letters(0)}:{column_letters(source.right)}"
            table = f"{quote_sheet(sheet)}!{columns}"
            index = left + shift + 1
            draft.put(row, 0, source.label)
            line = Line(draft.name, row, left, line.right, source.label)
            self._row(draft, line, lambda r, c: f"VLOOKUP({ref(r, 0)},{table},{index},FALSE)")
        elif kind < 0.94 and source.width > 1:
            function = random.choice(("AVERAGE", "MAX", "MIN", "SUM"))
            first = ref(source.row, source.left, sheet=sheet, fixed_column=True)
            area = f"{first}:{ref(source.row, source.right, fixed_column=True)}"
            self._row(draft, line, lambda r, c: f"{function}({area})")
        else:  # what only the author knows
            second = random.choice(foreign)
            text = random.choice(("{0}*{1}/{2}", "({0}-{1})*{2}", "{0}/{1}*{2}", "IF({0}>0,{1},{2})"))
            apart = second.left - left
            self._row(
                draft,
                line,
                lambda r, c: text.format(
                    cell(c), ref(second.row, c + apart, sheet=second.sheet), self._constant(r)
                ),
            )

    def _constant(self, row: int) -> str:
        return FACTORS[row % len(FACTORS)]

    def _factor(self, here: str, is_copied: bool) -> str:
        """A conversion: a fixed cell of the notes, or a number typed into the formula."""
        random = self.random
        if self.factors and random.random() < 0.55:
            sheet, at = random.choice(self.factors)
            fixed = is_copied or random.random() < 0.7
            return ref(*at, sheet=sheet if sheet != here else "", fixed_row=fixed, fixed_column=fixed)
        return random.choice(FACTORS)

    def _derive(self, draft: Draft, row: int, left: int, width: int, own: list[Line]) -> None:
        """A step that reads the steps before it on its own sheet."""
        random = self.random
        a, b = random.choice(own), random.choice(own)
        line = Line(draft.name, row, left, left + width - 1, self.label())
        first, last = own[0].row, own[-1].row
        kind = random.random()
        if kind < 0.28:
            self._row(draft, line, lambda r, c: f"{ref(a.row, c)}*{self._by(b, c, a)}")
        elif kind < 0.42:
            self._row(draft, line, lambda r, c: f"{ref(a.row, c)}/{self._by(b, c, a)}")
        elif kind < 0.52:
            operator = random.choice("+-")
            self._row(draft, line, lambda r, c: f"{ref(a.row, c)}{operator}{self._by(b, c, a)}")
        elif kind < 0.64 and last > first:
            label = random.choice(("Total", "Sum", "Total output", line.label))
            line = Line(draft.name, row, left, line.right, label)
            self._row(draft, line, lambda r, c: f"SUM({ref(first, c)}:{ref(last, c)})")
        elif kind < 0.70:
            self._row(draft, line, lambda r, c: f"1-{ref(a.row, c)}")
        elif kind < 0.80:
            factor = self._factor(draft.name, width > 1)
            self._row(draft, line, lambda r, c: f"{ref(a.row, c)}*{factor}")
        elif kind < 0.88 and width > 2:
            self._extended(draft, line, a)
        elif kind < 0.92:
            self._row(draft, line, lambda r, c: f"MAX(0,{ref(a.row, c)})")
        elif kind < 0.95:
            numbers = random.choice("*/").join(random.sample(FACTORS, random.randint(2, 3)))
            self._row(draft, line, lambda r, c: numbers)
        elif width > 1:
            base = ref(a.row, left, fixed_column=True)
            self._row(draft, line, lambda r, c: f"{ref(a.row, c)}/{base}")
        else:
            third = random.choice(own)
            self._row(draft, line, lambda r, c: f"({ref(a.row, c)}-{self._by(b, c, a)})/{ref(third.row, c)}")

    def _by(self, line: Line, column: int, other: Line) -> str:
        """The second operand; a step never meets itself."""
        if line == other:
            return self._constant(line.row)
        return ref(line.row, column)

    def _extended(self, draft: Draft, line: Line, source: Line) -> None:
        """A first value that is taken over, then each period from the one before."""
        random = self.random
        draft.put(line.row, 0, line.label)
        draft.fill([(line.row, line.left)], lambda r, c: ref(source.row, c))
        rate = self._factor(draft.name, True)
        text = random.choice(("{0}", "{0}*(1+{1})", "{0}*{1}", "{0}+{2}", "{0}*{2}/{3}"))
        draft.fill(
            [(line.row, column) for column in range(line.left + 1, line.right + 1)],
            lambda r, c: text.format(ref(r, c - 1), rate, ref(source.row, c), ref(source.row, c - 1)),
        )
        self.lines.append(line)

    def output(self, draft: Draft) -> None:
        """A small sheet that takes results over: a cell, a column or a row of them, across or turned."""
        random = self.random
        wide = random.random() < 0.5
        width = self.periods if wide else random.choice((1, 1, 2, 3))
        foreign = [line for line in self.lines if line.width >= width]
        if not foreign:
            foreign, width = list(self.lines), 1
        draft.put(0, 0, random.choice(("Unit: ", "Item", "", "Year", "Type")) + random.choice(UNITS))
        for i in range(width):
            head: Value = float(self.start + i) if wide else self.label()
            draft.put(0, 1 + i, head)
        row = 1
        recent = foreign[-random.choice((3, 6, 12)) :]
        block = random.choice(recent)
        ordered = [line for line in foreign if line.sheet == block.sheet and line.row >= block.row]
        is_block = random.random() < 0.5
        many = random.choice((1, 1, 2, 3, 5, 8))
        for i in range(many):
            source = ordered[min(i, len(ordered) - 1)] if is_block else random.choice(recent)
            label = source.label if is_block else self.reworded(source.label)
            self._take(draft, row, width, source, label)
            row += 1
        draft.taken = row

    def _take(self, draft: Draft, row: int, width: int, source: Line, label: str) -> None:
        random = self.random
        line = Line(draft.name, row, 1, width, label)
        shift = (source.left - 1) if width > 1 else random.choice((source.left, source.right)) - 1
        fixed = random.random() < 0.2
        kind = random.random()
        if kind < 0.1:
            self._numbers(draft, row, 1, width, label)
            return
        factor = random.choice("*/") + self._factor(draft.name, width > 1) if kind < 0.3 else ""
        is_turned = width > 1 and kind > 0.92

        def write(r: int, c: int) -> str:
            if is_turned:
                return ref(source.row + c - 1, source.left, sheet=source.sheet, fixed_column=True)
            fixed_column = fixed and width == 1
            taken = ref(source.row, c + shift, sheet=source.sheet, fixed_row=fixed, fixed_column=fixed_column)
            return taken + factor

        self._row(draft, line, write, apart=is_turned)


def ref(
    row: int, column: int, *, fixed_row: bool = False, fixed_column: bool = False, sheet: str = ""
) -> str:
    """A reference in A1, with its sheet where one is named."""
    dollar_column, dollar_row = "$" if fixed_column else "", "$" if fixed_row else ""
    prefix = f"{quote_sheet(sheet)}!" if sheet else ""
    return f"{prefix}{dollar_column}{column_letters(column)}{dollar_row}{row + 1}"


def _sum(first: int, last: int) -> Callable[[int, int], str]:
    """The formula that totals those rows in its own column."""
    return lambda row, column: f"SUM({ref(first, column)}:{ref(last, column)})"


def _amount(random: Random) -> float:
    return round(random.uniform(0.1, 3) * 10.0 ** random.randint(-2, 4), random.choice((0, 1, 2, 4))) or 1.0
