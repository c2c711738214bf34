"""What people ask for, one file a family of intents; each reads a task or leaves it to others."""

from __future__ import annotations

from cellwright.ask.intents import (
    charts,
    columns,
    copying,
    formats,
    highlight,
    rows,
    structure,
    summaries,
    texts,
    totals,
)
from cellwright.ask.intents.reading import Reader

INTENTS: tuple[Reader, ...] = (
    charts.read,
    summaries.read,
    highlight.read,
    rows.read_sort,
    rows.read_filter,
    rows.read_duplicates,
    rows.read_delete,
    rows.read_freeze,
    texts.read,
    copying.read,
    structure.read,
    totals.read,
    columns.read,
    formats.read,
)
