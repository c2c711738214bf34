"""Defined names that are broken, and names that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import TokenKind, parse, precedents, tokenize
from cellwright.formula.precedents import Problem
from cellwright.insight.facts import Facts
from cellwright.insight.finding import Finding, FindingKind, Severity, plural
from cellwright.insight.words import joined
from cellwright.reference import Cell, SheetCell
from cellwright.workbook.model import DefinedName

_BROKEN = {Problem.DELETED, Problem.NO_SHEET, Problem.NO_TABLE, Problem.NO_COLUMN}


def names(facts: Facts) -> Iterator[Finding]:
    """One finding for each broken name in use; one for the broken and one for the sound unused ones."""
    used = _used_words(facts)
    unused: list[DefinedName] = []
    broken: list[DefinedName] = []
    for name in facts.snapshot.names:
        if name.name.lower().startswith("_xl") or name.is_hidden:
            continue
        is_used = name.name.casefold() in used
        reason = _trouble(facts, name)
        if reason is not None and is_used:
            scope = f" (of sheet {name.scope})" if name.scope else ""
            sentence = f"The name {name.name}{scope} is broken: {reason} ({name.formula[:60]})."
            yield Finding(FindingKind.BROKEN_NAME, Severity.WARNING, None, sentence)
        elif reason is not None:
            broken.append(name)
        elif not is_used:
            unused.append(name)
    if broken:
        listed = joined([name.name for name in broken])
        sentence = f"{plural(len(broken), 'broken name')} that no formula uses: {listed}."
        yield Finding(FindingKind.BROKEN_NAME, Severity.NOTE, None, sentence, len(broken))
    if unused:
        listed = joined([name.name for name in unused])
        sentence = f"{plural(len(unused), 'name')} that no formula uses: {listed}. Charts or macros may."
        yield Finding(FindingKind.UNUSED_NAME, Severity.NOTE, None, sentence, len(unused))


def _used_words(facts: Facts) -> set[str]:
    """Every word that could be a name in formulas of cells, rules, validations and other names."""
    texts = {found.region.formula for found in facts.regions}
    for sheet in facts.snapshot.sheets:
        for format_rule in sheet.conditional_formats:
            texts.update(format_rule.formulas)
        for validation in sheet.validations:
            texts.update(validation.formulas)
    words = {word for text in texts for word in _words(text)}
    for name in facts.snapshot.names:
        words.update(word for word in _words(name.formula) if word != name.name.casefold())
    return words


def _words(text: str) -> Iterator[str]:
    for token in tokenize(text):
        if token.kind in {TokenKind.NAME, TokenKind.FUNCTION}:
            yield token.text.casefold()


def _trouble(facts: Facts, name: DefinedName) -> str | None:
    home = name.scope or (facts.snapshot.sheet_names[0] if facts.snapshot.sheets else "")
    try:
        bound = precedents(parse(name.formula), SheetCell(home, Cell(0, 0)), facts.snapshot)
    except FormulaSyntaxError:
        return "it cannot be read"
    return next((str(reference.problem) for reference in bound if reference.problem in _BROKEN), None)
