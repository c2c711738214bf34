"""What the ranker looks up once for a place and asks again for each of its candidates."""

from __future__ import annotations

from functools import cached_property

from cellwright.proposers.model import Place
from cellwright.rank.extent import fill_ends
from cellwright.rank.looks import Lines
from cellwright.rank.meaning import Known, Rarity, named_sheets, rarity_of, said_operations, stems
from cellwright.rank.values import Company


class View:
    """A place with what is counted round it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.known: Known = {}

    @cached_property
    def ends(self) -> tuple[int, int]:
        """How far a formula will be filled to the right and down."""
        return fill_ends(self.place)

    @cached_property
    def lines(self) -> Lines:
        """The shapes in the place's row and column and near it."""
        return Lines(self.place)

    @cached_property
    def company(self) -> Company:
        """The numbers near the place."""
        return Company(self.place)

    @cached_property
    def rarity(self) -> Rarity:
        """How much each word of the workbook's labels tells."""
        return rarity_of(self.place.index)

    @cached_property
    def said(self) -> frozenset[str]:
        """The operations that the labels ask for."""
        return said_operations(self.place)

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of the nearest label left of the place and of the one above it."""
        labels = (*self.place.row_labels[:1], *self.place.column_labels[:1])
        return frozenset[str]().union(*(stems(label) for label in labels))

    @cached_property
    def named(self) -> dict[str, float]:
        """How far the labels name each other sheet."""
        return named_sheets(self.place, self.words, self.rarity)
