"""Colour scales, data bars and icon sets: they show every value of a column and pick none out."""

from __future__ import annotations

import re

from cellwright.ask.frames import Frame
from cellwright.ask.intents.reading import Reading
from cellwright.ask.mentions import areas_in, columns_in
from cellwright.ask.model import Draft
from cellwright.ask.scene import Scene
from cellwright.edits.model import AddConditionalFormat
from cellwright.reference import Range
from cellwright.workbook.detect import ColumnKind
from cellwright.workbook.model import ConditionalFormat

_SCALE = re.compile(r"\bcolou?r scales?\b|\bheat ?map\b|\bgradient colou?rs?\b", re.I)
_BARS = re.compile(
    r"\b(?:data|value|horizontal) ?bars?\b|\bgradient fill\b|\bbars? (?:in|to|inside) (?:the )?cells?\b", re.I
)
_ICONS = re.compile(r"\bicon ?sets?\b|\bicons?\b|\barrows?\b|\btraffic lights?\b", re.I)


def read_scale(text: str, frame: Frame, scene: Scene) -> Reading | None:
    """A scale, or None; a chart's bars are none unless the words say that they stand in cells."""
    for pattern, kind in ((_ICONS, "iconSet"), (_SCALE, "colorScale"), (_BARS, "dataBar")):
        if pattern.search(text) and (
            re.search(r"\bdata ?bars?\b|\bconditional\b", text, re.I)
            or not re.search(r"\bcharts?\b|\bgraph\b", text, re.I)
        ):
            return Reading("highlight", 0.9, lambda kind=kind: _scale(text, kind, frame, scene))  # type: ignore[misc]
    return None


def _scale(text: str, kind: str, frame: Frame, scene: Scene) -> list[Draft]:
    areas = [area for area, _, _ in areas_in(text) if area.size > 1]
    named = tuple(dict.fromkeys(one.column for one in columns_in(text, frame)))
    numeric = tuple(column for column in frame.columns if column.kind is ColumnKind.NUMBER)
    place = scene.place
    if not named and place is not None and place.sheet == frame.sheet:
        chosen = frame.at(place.range.left)
        named = (chosen,) if chosen is not None else ()
    used = scene.snapshot.sheet(frame.sheet).cells.bounds
    areas = [area for area in areas if used is not None and used.intersect(area)]
    targets = (
        tuple(column for column in named if column.kind is ColumnKind.NUMBER) or named[:1] or numeric[-1:]
    )
    if not areas and not targets:
        return []
    options = {
        "colorScale": (
            ("cfvo1", "min"),
            ("cfvo2", "percentile 50"),
            ("cfvo3", "max"),
            ("color1", "#F8696B"),
            ("color2", "#FFEB84"),
            ("color3", "#63BE7B"),
        ),
        "dataBar": (("cfvo1", "min"), ("cfvo2", "max"), ("color1", "#638EC6")),
        "iconSet": (
            ("iconSet", "3TrafficLights1"),
            ("cfvo1", "percent 0"),
            ("cfvo2", "percent 33"),
            ("cfvo3", "percent 67"),
        ),
    }[kind]
    if kind == "iconSet" and re.search(r"\barrows?\b", text, re.I):
        options = (("iconSet", "3Arrows"), *options[1:])
    ranges: tuple[Range, ...] = tuple(areas) or tuple(frame.body(column) for column in targets)
    priority = 1 + max(
        (rule.priority for rule in scene.snapshot.sheet(frame.sheet).conditional_formats), default=0
    )
    rule = ConditionalFormat(ranges, kind, priority=priority, options=options)
    said = {"colorScale": "a colour scale", "dataBar": "data bars", "iconSet": "icons"}[kind]
    where = ", ".join(column.name for column in targets) if not areas else ", ".join(map(str, areas))
    return [Draft(f"Show {said} on {where}", (AddConditionalFormat(frame.sheet, rule),), "highlight")]
