"""Formulas as people wrote them, from workbooks of sources whose ledger entry allows weights.

What a generator draws is easier for a model that learnt from the same generator than what a person types,
so weights of ranking are fitted on both (`text_fit`). Formulas of one shape (other cells, numbers and texts)
count a few times at most; a target of an evaluation is left out. Nothing of a text is kept. What cannot be
read is left out and counted.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cellwright.errors import CellwrightError
from cellwright.prompt.notation import normalise, scan
from cellwright.proposers.repair_sense import is_sound
from cellwright.workbook.read import read_workbook
from cellwright.workbook.regions import regions

from .data.examples import MAX_CHARACTERS
from .data.exclusions import identity, is_excluded
from .evaluation.data import unpacked, workbooks

log = logging.getLogger(__name__)

LEAST_CHARACTERS = 8
MOST_A_WORKBOOK = 40
MOST_ALIKE = 3


def people_formulas(data: Sequence[Path]) -> list[str]:
    """Distinct sound formulas (normalised, without `=`) of folders or archives, in their contents' order.

    Of each region of equal formulas the first; at most `MOST_A_WORKBOOK` of one workbook.
    """
    found: dict[str, str] = {}
    alike: Counter[str] = Counter()
    left_out = 0
    for source in data:
        with unpacked(source) as folder:
            for path in workbooks(folder):
                try:
                    snapshot = read_workbook(path)
                except CellwrightError:
                    left_out += 1
                    continue
                taken = 0
                for sheet in snapshot.sheets:
                    for region in regions(sheet.cells.formulas()):
                        text = normalise(region.formula)
                        if taken == MOST_A_WORKBOOK or identity(text) in found or not _is_typed(text):
                            continue
                        alike[shape(text)] += 1
                        if alike[shape(text)] <= MOST_ALIKE:
                            taken += 1
                            found[identity(text)] = text
    log.info("%d formulas, %d workbooks could not be read", len(found), left_out)
    return list(found.values())


def shape(text: str) -> str:
    """A formula without what its references, numbers and texts are."""
    return " ".join(
        lexeme.kind if lexeme.kind in {"cell", "column", "number", "string", "sheet"} else lexeme.text.upper()
        for lexeme in scan(text)
    )


def _is_typed(text: str) -> bool:
    """Whether it is a formula that somebody may type, and no target of an evaluation."""
    return (
        LEAST_CHARACTERS <= len(text) <= MAX_CHARACTERS
        and "#REF!" not in text
        and is_sound(text)
        and not is_excluded(text)
    )
