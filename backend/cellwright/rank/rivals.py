"""How a candidate stands to the others of its place: by how much it leads or trails in what speaks for it.

A likelihood over features alone can't tell the only candidate that its labels name from one of ten such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log1p

from cellwright.proposers.template import Template

LEADING = (
    "agreement",
    "votes",
    "trait_place",
    "trait_label",
    "trait_shape",
    "name_covered",
    "name_best",
    "row_fit",
    "line_row_near",
    "line_column_near",
    "look_shape",
    "unused",
)


def rival_features(
    features: Sequence[dict[str, float]], templates: Sequence[Template | None]
) -> list[dict[str, float]]:
    """For each candidate: its lead over the best other one (its lag where negative), limited to 1, and how
    many others have its shape."""
    shapes = Counter(template.skeleton for template in templates if template is not None)
    found: list[dict[str, float]] = [{} for _ in features]
    for name in LEADING:
        values = [f.get(name) for f in features]
        known = sorted((value for value in values if value is not None), reverse=True)
        if len(known) < 2:
            continue
        first, second = known[0], known[1]
        for own, value in zip(found, values, strict=True):
            if value is not None:
                ahead = value - (second if value == first else first)
                own[f"lead_{name}"] = max(-1.0, min(1.0, ahead))
                own[f"first_{name}"] = float(value == first)
    for own, template in zip(found, templates, strict=True):
        if template is not None:
            own["rivals_shape"] = log1p(shapes[template.skeleton] - 1) / 3
    return found
