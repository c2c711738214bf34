"""Counters, gauges and histograms of this process as Prometheus text (exposition format 0.0.4).

Only numbers and fixed label values: no cell, sheet, formula or person is ever a label.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 1.0, 2.5, 5.0, 10.0)

_Labels = tuple[tuple[str, str], ...]


class Counter:
    """A number that only grows, by label values."""

    kind = "counter"

    def __init__(self, name: str, help_text: str) -> None:
        self.name, self.help_text = name, help_text
        self._values: dict[_Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            self._values[key] = self._values.get(key, 0) + amount

    def value(self, **labels: str) -> float:
        """The count of exactly those labels."""
        return self._values.get(tuple(sorted(labels.items())), 0)

    def lines(self) -> Iterator[str]:
        """The samples."""
        with self._lock:
            values = sorted(self._values.items())
        for labels, value in values or [((), 0.0)]:
            yield f"{self.name}{_braced(labels)} {value:g}"


class Gauge:
    """A number that is asked for when it is read."""

    kind = "gauge"

    def __init__(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        self.name, self.help_text, self._read = name, help_text, read

    def lines(self) -> Iterator[str]:
        """The sample."""
        yield f"{self.name} {self._read():g}"


class Histogram:
    """Durations in seconds, in fixed buckets, by label values."""

    kind = "histogram"

    def __init__(self, name: str, help_text: str, buckets: Sequence[float] = LATENCY_S) -> None:
        self.name, self.help_text, self._buckets = name, help_text, tuple(buckets)
        self._counts: dict[_Labels, list[int]] = {}
        self._sums: dict[_Labels, float] = {}
        self._lock = threading.Lock()

    def observe(self, seconds: float, **labels: str) -> None:
        """Take one measurement."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(self._buckets) + 1))
            counts[bisect_left(self._buckets, seconds)] += 1
            self._sums[key] = self._sums.get(key, 0.0) + seconds

    def lines(self) -> Iterator[str]:
        """Cumulative buckets, sum and count."""
        with self._lock:
            rows = [(labels, list(counts), self._sums[labels]) for labels, counts in self._counts.items()]
        for labels, counts, total in sorted(rows):
            running = 0
            for bound, count in zip((*map(str, self._buckets), "+Inf"), counts, strict=True):
                running += count
                yield f"{self.name}_bucket{_braced((*labels, ('le', bound)))} {running}"
            yield f"{self.name}_sum{_braced(labels)} {total:g}"
            yield f"{self.name}_count{_braced(labels)} {running}"


class Metrics:
    """All that the server measures of itself."""

    def __init__(self) -> None:
        self.messages = Counter("cellwright_messages_total", "Messages received, by type.")
        self.errors = Counter("cellwright_errors_total", "Errors sent, by code.")
        self.outcomes = Counter("cellwright_outcomes_total", "Outcomes received, by kind and status.")
        self.shown = Counter("cellwright_suggestions_shown_total", "Suggestions sent to panes, by verdict.")
        self.requests = Histogram("cellwright_request_seconds", "From receipt to result, by kind and status.")
        self.first = Histogram("cellwright_first_suggestion_seconds", "From receipt to the first suggestion.")
        self.parts = Histogram("cellwright_part_seconds", "Parts of a suggestion's time, by part.")
        self._gauges: list[Gauge] = []

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Add a gauge."""
        self._gauges.append(Gauge(name, help_text, read))

    def text(self) -> str:
        """Everything, for `/metrics`."""
        lines: list[str] = []
        counts = (self.messages, self.errors, self.outcomes, self.shown)
        times = (self.requests, self.first, self.parts)
        every: list[Counter | Histogram | Gauge] = [*counts, *times, *self._gauges]
        for metric in every:
            lines += [f"# HELP {metric.name} {metric.help_text}", f"# TYPE {metric.name} {metric.kind}"]
            lines += metric.lines()
        return "\n".join(lines) + "\n"


def _braced(labels: _Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels) + "}"
