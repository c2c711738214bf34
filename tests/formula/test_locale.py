"""Formulas in other languages: as Excel shows them, and back without a change of meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.formula import functions, normalise
from cellwright.formula.locale import Locale, from_local, to_local
from cellwright.reference import Cell
from tests.formula.corpora import rows

HOME = Cell(5_000, 300)


@pytest.mark.parametrize(
    ("locale", "text", "local"),
    [
        (Locale.DE, '=IF(SUM(A1:A9)>1.5,"a,b",TRUE)', '=WENN(SUMME(A1:A9)>1,5;"a,b";WAHR)'),
        (
            Locale.DE,
            "=IFERROR(VLOOKUP(A1,Data!B:C,2,FALSE),#N/A)",
            "=WENNFEHLER(SVERWEIS(A1;Data!B:C;2;FALSCH);#NV)",
        ),
        (Locale.DE, '={1.5,2;TRUE,"x"}', '={1,5.2;WAHR."x"}'),
        (Locale.FR, "=SUMIFS(A:A,B:B,1)/NOW()", "=SOMME.SI.ENS(A:A;B:B;1)/MAINTENANT()"),
        (Locale.ES, "=IF(A1,#REF!,#VALUE!)", "=SI(A1;#¡REF!;#¡VALOR!)"),
        (Locale.ES, "={1,2;TRUE,FALSE}", "={1\\2;VERDADERO\\FALSO}"),
        (Locale.PT, "=VLOOKUP(A1,B:C,2,0)", "=PROCV(A1;B:C;2;0)"),
        (Locale.IT, "=AVERAGE(Sales[[#This Row],[a]:[b]])", "=MEDIA(Sales[[#Questa riga],[a]:[b]])"),
        (Locale.NL, "=SUM((A1,B2))+XLOOKUP(1,A:A,B:B)", "=SOM((A1;B2))+X.ZOEKEN(1;A:A;B:B)"),
    ],
)
def test_as_excel_shows_it(locale: Locale, text: str, local: str) -> None:
    assert to_local(text, locale) == local
    assert from_local(local, locale) == text


@pytest.mark.parametrize("locale", list(Locale))
def test_no_two_functions_have_one_name(locale: Locale) -> None:
    for name in functions():
        assert from_local(to_local(f"={name}(1)", locale), locale) == f"={name}(1)"


@pytest.mark.parametrize("locale", list(Locale))
def test_what_a_person_types_in_small_letters(locale: Locale) -> None:
    local = to_local("=IF(AND(A1>1.5,TRUE),ROUND(B1,2),0)", locale)
    assert from_local(local.lower(), locale).upper() == "=IF(AND(A1>1.5,TRUE),ROUND(B1,2),0)"


@pytest.mark.parametrize("locale", list(Locale))
def test_broken_text_comes_back(locale: Locale) -> None:
    assert from_local('=X1;"', locale) == '=X1,"'
    assert from_local("={1;", locale).startswith("={1")


@pytest.mark.parametrize("locale", list(Locale))
def test_every_real_formula_survives(shared_data: Path, locale: Locale) -> None:
    for name in ("eps_dev", "euses_dev"):
        for text, _ in rows(shared_data / f"{name}_formulas.jsonl.zst"):
            there = to_local(text, locale)
            assert normalise(from_local(there, locale), HOME) == normalise(text, HOME), there
