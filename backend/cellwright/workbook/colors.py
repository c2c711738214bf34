"""Colours of a workbook as RGB hex: theme colours with tints, the indexed palette, plain RGB.

Tints follow ECMA-376 part 1, 18.8.19: luminance in HLS moves towards 0 or 1. The system's window text
without a tint (what an untouched font has) counts as automatic and gives None.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from cellwright.workbook.markup import decimal, integer, is_true

_HEX = re.compile(r"[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8}")
_SCHEME = ("lt1", "dk1", "lt2", "dk2", *(f"accent{i}" for i in range(1, 7)), "hlink", "folHlink")
_OFFICE = tuple(
    re.findall(
        "[0-9A-F]{6}",
        "FFFFFF 000000 E7E6E6 44546A 4472C4 ED7D31 A5A5A5 FFC000 5B9BD5 70AD47 0563C1 954F72",
    )
)
_WINDOW_TEXT = 1

PALETTE: tuple[str, ...] = tuple(
    re.findall(
        "[0-9A-F]{6}",
        "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF "
        "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF "
        "800000 008000 000080 808000 800080 008080 C0C0C0 808080 "
        "9999FF 993366 FFFFCC CCFFFF 660066 FF8080 0066CC CCCCFF "
        "000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF "
        "00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99 "
        "3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 "
        "003366 339966 003300 333300 993300 993366 333399 333333",
    )
)


class ColorTable:
    """Resolves `color` elements of one workbook."""

    def __init__(self, theme: Element | None = None, palette: Sequence[str] = PALETTE) -> None:
        self._palette = tuple(palette)
        self._theme = list(_OFFICE)
        self._has_own_text = False
        scheme = None if theme is None else next(theme.iter("a.clrScheme"), None)
        for child in () if scheme is None else scheme:
            name = child.tag.rpartition(".")[2]
            color = next((c.get("lastClr") or c.get("val") or "" for c in child), "")
            if name in _SCHEME and _HEX.fullmatch(color):
                self._theme[_SCHEME.index(name)] = color[-6:].upper()
                if name == "dk1":
                    self._has_own_text = not any(c.tag == "a.sysClr" for c in child)

    def resolve(self, color: Element | None) -> str | None:
        """`#RRGGBB`, or None where the colour is automatic or unreadable."""
        if color is None or is_true(color.get("auto")):
            return None
        tint = decimal(color.get("tint"), 0.0)
        if (theme := color.get("theme")) is not None:
            index = integer(theme, -1)
            if not 0 <= index < len(self._theme):
                return None
            if index == _WINDOW_TEXT and tint == 0 and not self._has_own_text:
                return None
            return _tinted(self._theme[index], tint)
        if (rgb := color.get("rgb")) is not None:
            return _tinted(rgb[-6:].upper(), tint) if _HEX.fullmatch(rgb) else None
        index = integer(color.get("indexed"), -1)
        return _tinted(self._palette[index], tint) if 0 <= index < len(self._palette) else None


def custom_palette(styles: Element) -> tuple[str, ...]:
    """The palette of a styles part: its own where it has one, else Excel's."""
    own = styles.find("colors/indexedColors")
    if own is None:
        return PALETTE
    given = [(color.get("rgb") or "")[-6:].upper() for color in own]
    merged = list(PALETTE)
    for index, color in enumerate(given[: len(merged)]):
        if _HEX.fullmatch(color):
            merged[index] = color
    return tuple(merged)


def _tinted(color: str, tint: float) -> str:
    if tint == 0:
        return f"#{color}"
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    tint = max(-1.0, min(1.0, tint))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    channels = colorsys.hls_to_rgb(hue, light, saturation)
    return "#" + "".join(f"{round(max(0.0, min(1.0, channel)) * 255):02X}" for channel in channels)
