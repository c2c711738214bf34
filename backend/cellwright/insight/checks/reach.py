"""What reaches out of the workbook, recalculates all the time, or cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.formula import RiskKind, known_function, nodes, risks, walk
from cellwright.insight.facts import Facts
from cellwright.insight.finding import Finding, FindingKind, Severity, plural
from cellwright.insight.words import joined
from cellwright.reference import SheetRange
from cellwright.workbook.model import Visibility

_LINKS = {RiskKind.EXTERNAL, RiskKind.NETWORK_PATH}


def reaching_out(facts: Facts) -> Iterator[Finding]:
    """Functions and references that leave the workbook, grouped by what they reach."""
    groups: dict[tuple[RiskKind, str], list[tuple[SheetRange, int]]] = {}
    for found in facts.regions:
        place = SheetRange(found.sheet, found.region.bounds)
        for kind, what in dict.fromkeys((risk.kind, risk.what) for risk in risks(found.region.formula)):
            groups.setdefault((kind, what), []).append((place, len(found.region.cells)))
    for (kind, what), places in groups.items():
        count = sum(cells for _, cells in places)
        listed = joined([place.a1 for place, _ in places[:4]])
        subject = f"workbook {what}" if kind is RiskKind.EXTERNAL else what
        sentence = f"{plural(count, 'formula')} ({listed}): {subject} {kind.value}."
        if kind is RiskKind.EXTERNAL:
            sentence = (
                f"{plural(count, 'formula')} ({listed}) read{'s' * (count == 1)} another workbook ({what})."
            )
        is_quiet = what in {"HYPERLINK", "INDIRECT"}
        yield Finding(
            FindingKind.EXTERNAL_LINK if kind in _LINKS else FindingKind.REACHES_OUT,
            Severity.NOTE if is_quiet else Severity.WARNING,
            places[0][0],
            sentence,
            count,
            (),
            tuple(place for place, _ in places),
        )
    yield from _names(facts)


def _names(facts: Facts) -> Iterator[Finding]:
    groups: dict[RiskKind, dict[str, set[str]]] = {}
    for name in facts.snapshot.names:
        for risk in risks(name.formula):
            groups.setdefault(risk.kind, {}).setdefault(name.name, set()).add(risk.what)
    for kind, found in groups.items():
        whats = joined(sorted(set().union(*found.values())))
        is_link = kind in _LINKS
        does = (
            ("reads" if len(found) == 1 else "read") + " another workbook" if is_link else f": {kind.value}"
        )
        sentence = f"{plural(len(found), 'name')} ({joined(list(found))}) {does} ({whats}).".replace(
            " :", ":"
        )
        finding_kind = FindingKind.EXTERNAL_LINK if is_link else FindingKind.REACHES_OUT
        yield Finding(finding_kind, Severity.WARNING, None, sentence, len(found))


def volatile(facts: Facts) -> Iterator[Finding]:
    """Functions that recalculate whenever anything changes, one finding for each."""
    groups: dict[str, list[tuple[SheetRange, int]]] = {}
    for found in facts.regions:
        if found.formula is None:
            continue
        calls = {node.name for node in walk(found.formula.root) if isinstance(node, nodes.FunctionCall)}
        for name in sorted(calls):
            function = known_function(name)
            if function is not None and function.is_volatile:
                place = SheetRange(found.sheet, found.region.bounds)
                groups.setdefault(name, []).append((place, len(found.region.cells)))
    for name, places in groups.items():
        count = sum(cells for _, cells in places)
        listed = joined([place.a1 for place, _ in places[:4]])
        sentence = f"{name} in {plural(count, 'formula')} ({listed}) is calculated anew at every change."
        yield Finding(
            FindingKind.VOLATILE,
            Severity.NOTE,
            places[0][0],
            sentence,
            count,
            (),
            tuple(place for place, _ in places),
        )


def hidden(facts: Facts) -> Iterator[Finding]:
    """Hidden sheets, and whether formulas on visible sheets read them."""
    shown = {sheet.name for sheet in facts.snapshot.sheets if sheet.visibility is Visibility.VISIBLE}
    for sheet in facts.snapshot.sheets:
        if sheet.visibility is Visibility.VISIBLE:
            continue
        readers = sum(
            len(found.region.cells)
            for found in facts.regions
            if found.sheet in shown and any(reading.sheet == sheet.name for reading in found.readings)
        )
        used = (
            f"{plural(readers, 'visible formula')} read{'s' * (readers == 1)} it"
            if readers
            else ("no visible formula reads it")
        )
        is_very = sheet.visibility is Visibility.VERY_HIDDEN
        how = "hidden so that Excel's menus do not show it" if is_very else "hidden"
        sentence = f"The sheet {sheet.name} is {how}; {used}."
        yield Finding(
            FindingKind.HIDDEN,
            Severity.WARNING if is_very else Severity.NOTE,
            SheetRange(sheet.name, sheet.cells.bounds) if sheet.cells.bounds else None,
            sentence,
        )
