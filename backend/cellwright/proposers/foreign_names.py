"""Names by which people who know another language or program call Excel's functions."""

from __future__ import annotations

FOREIGN_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "IF": ("WENN", "SI", "SE", "ALS", "IIF", "IFF"),
    "SUM": ("SUMME", "SOMME", "SUMA", "SOMA", "SOM"),
    "VLOOKUP": ("SVERWEIS", "RECHERCHEV", "BUSCARV", "PROCV", "VERT.ZOEKEN"),
    "AVERAGE": ("MITTELWERT", "MOYENNE", "PROMEDIO", "AVG", "MEAN"),
    "COUNTIF": ("ZÄHLENWENN", "NB.SI", "CONTAR.SI", "CONT.SE"),
    "SUMIF": ("SUMMEWENN", "SOMME.SI", "SUMAR.SI", "SOMASE"),
    "AND": ("UND", "ET", "Y", "E"),
    "OR": ("ODER", "OU", "O"),
    "LEFT": ("LINKS", "GAUCHE", "IZQUIERDA"),
    "RIGHT": ("RECHTS", "DROITE", "DERECHA"),
    "LEN": ("LÄNGE", "NBCAR", "LARGO", "LENGTH"),
    "CONCATENATE": ("VERKETTEN", "CONCATENER", "CONCATENAR", "CONCATINATE"),
    "TODAY": ("HEUTE", "AUJOURDHUI", "HOY", "DATE"),
    "ROUND": ("RUNDEN", "ARRONDI", "REDONDEAR"),
    "ISBLANK": ("ISTLEER", "ESTVIDE", "ISEMPTY", "ISNULL"),
    "MID": ("TEIL", "STXT", "EXTRAE", "SUBSTR", "SUBSTRING"),
    "UPPER": ("GROSS", "MAJUSCULE", "TOUPPER"),
    "IFERROR": ("WENNFEHLER", "SIERREUR", "SI.ERROR", "IFERR"),
    "STDEV": ("STDDEV", "STANDARDDEV"),
    "SUBSTITUTE": ("WECHSELN", "SUBSTITUE", "REPLACEALL"),
    "SEARCH": ("SUCHEN", "CHERCHE", "CONTAINS"),
}
