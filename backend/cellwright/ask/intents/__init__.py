"""What people ask for, one file a family of intents; each reads a task or leaves it to others."""

from __future__ import annotations

from cellwright.ask.intents import highlight
from cellwright.ask.intents.reading import Reader

INTENTS: tuple[Reader, ...] = (highlight.read,)
