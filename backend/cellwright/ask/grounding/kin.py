"""Words that name the same in other letters: peoples, countries and their codes; what `W` and `L` stand for.

Each line of `_PEOPLES` is one country: names, adjectives and codes as tables and questions write them.
Outcomes count only in columns that hold nothing else.
"""

from __future__ import annotations

from cellwright.ask.grounding.table import TypedColumn
from cellwright.ask.grounding.text import stems

_PEOPLES = """
united states|usa|us|america|american
united kingdom|great britain|britain|british|gbr|uk
england|english|eng
scotland|scottish|sco
wales|welsh|wal
ireland|irish|irl
france|french|fra
germany|german|ger|west germany|east germany
italy|italian|ita
spain|spanish|esp
portugal|portuguese|por
netherlands|dutch|ned|holland
belgium|belgian|bel
switzerland|swiss|sui
austria|austrian|aut
sweden|swedish|swe|swede
norway|norwegian|nor
denmark|danish|den|dane
finland|finnish|fin|finn
iceland|icelandic|isl
poland|polish|pol|pole
czech republic|czech|cze|czechoslovakia
slovakia|slovak|svk
hungary|hungarian|hun
romania|romanian|rou
bulgaria|bulgarian|bul
greece|greek|gre
turkey|turkish|tur|turk
russia|russian|rus|soviet union
ukraine|ukrainian|ukr
belarus|belarusian|blr
serbia|serbian|srb|yugoslavia
croatia|croatian|cro
slovenia|slovenian|slo
lithuania|lithuanian|ltu
latvia|latvian|lat
estonia|estonian|est
israel|israeli|isr
egypt|egyptian|egy
morocco|moroccan|mar
algeria|algerian|alg
tunisia|tunisian|tun
south africa|south african|rsa
kenya|kenyan|ken
ethiopia|ethiopian|eth
nigeria|nigerian|ngr
ghana|ghanaian|gha
cameroon|cameroonian|cmr
canada|canadian|can
mexico|mexican|mex
cuba|cuban|cub
jamaica|jamaican|jam
puerto rico|puerto rican|pur
brazil|brazilian|bra
argentina|argentine|argentinian|arg
chile|chilean|chi
colombia|colombian|col
peru|peruvian|per
venezuela|venezuelan|ven
uruguay|uruguayan|uru
paraguay|paraguayan|par
ecuador|ecuadorian|ecu
australia|australian|aus
new zealand|nzl
japan|japanese|jpn
china|chinese|chn
south korea|korea|korean|kor
north korea|prk
taiwan|taiwanese|tpe|chinese taipei
india|indian|ind
pakistan|pakistani|pak
bangladesh|bangladeshi|ban
sri lanka|sri lankan|sri
indonesia|indonesian|ina
malaysia|malaysian|mas
philippines|filipino|phi
thailand|thai|tha
vietnam|vietnamese|vie
iran|iranian|iri
iraq|iraqi|irq
saudi arabia|saudi|ksa
kazakhstan|kazakh|kaz
"""
_OUTCOMES = "w win won victory winner|l loss lost lose defeat loser|d draw drew drawn t tie tied"

_LEAST_OUTCOMES = 0.8


def _by_name() -> dict[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    found: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
    for line in _PEOPLES.split("\n"):
        names = tuple(dict.fromkeys(stems(name) for name in line.split("|") if name))
        for name in names:
            found[name] = tuple(other for other in names if other != name)
    return found


KIN = _by_name()
"""The stems of a name -> the stems of the others that mean the same."""
LONGEST_NAME = max(map(len, KIN))
_OUTCOME = {
    stem: kind for kind, line in enumerate(_OUTCOMES.split("|")) for stem in stems(line.replace("_", " "))
}


def is_outcome(word: str) -> bool:
    """Whether a stem says how a game ended."""
    return len(word) > 1 and word in _OUTCOME


def outcomes(column: TypedColumn, word: str) -> tuple[str, int]:
    """(the letter or word that cells begin with, the rows as a bit mask) of what a stem says of an outcome.

    No row where the column does not hold outcomes.
    """
    firsts = [cell.words.split()[0] if cell.words else "" for cell in column.cells]
    filled = [first for first in firsts if first]
    if not filled or sum(first in _OUTCOME for first in filled) < _LEAST_OUTCOMES * len(filled):
        return "", 0
    kind = _OUTCOME[word]
    rows = [i for i, first in enumerate(firsts) if first and _OUTCOME.get(first) == kind]
    return (firsts[rows[0]], sum(1 << row for row in rows)) if rows else ("", 0)
