"""Draw the add-in's icons: `python addin/manifest/make_icons.py` (any Python 3.11; nothing to install).

A teal tile with a lighter grid and one cell ticked. Drawn four times larger and averaged, so that edges are
smooth; written as 8-bit RGBA PNG. The same bytes at every run.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

SIZES = (16, 20, 24, 32, 40, 48, 64, 80, 128, 192)
OVERSAMPLING = 4
Color = tuple[int, int, int, int]

NONE: Color = (0, 0, 0, 0)
TILE: Color = (15, 114, 96, 255)
CELL: Color = (233, 245, 238, 255)
CHOSEN: Color = (255, 200, 61, 255)
TICK: Color = (15, 114, 96, 255)
OUTLINE: Color = (255, 255, 255, 255)


def inside_tile(x: float, y: float, radius: float = 0.18) -> bool:
    """Whether a point of the unit square is inside the tile with round corners."""
    dx = max(radius - x, x - (1 - radius), 0.0)
    dy = max(radius - y, y - (1 - radius), 0.0)
    return dx * dx + dy * dy <= radius * radius


def near_segment(x: float, y: float, a: tuple[float, float], b: tuple[float, float], width: float) -> bool:
    """Whether a point is within `width` of the segment from a to b."""
    length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    along = max(0.0, min(1.0, ((x - a[0]) * (b[0] - a[0]) + (y - a[1]) * (b[1] - a[1])) / length))
    px, py = a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])
    return (x - px) ** 2 + (y - py) ** 2 <= width * width


def color_at(x: float, y: float) -> Color:
    """The colour of a point of the unit square."""
    if not inside_tile(x, y):
        return NONE
    if 0.44 <= x <= 0.86 and 0.44 <= y <= 0.86:
        corner = (0.52, 0.66), (0.61, 0.75)
        if near_segment(x, y, *corner, 0.045) or near_segment(x, y, (0.61, 0.75), (0.78, 0.54), 0.045):
            return TICK
        return CHOSEN
    for left, right in ((0.14, 0.38), (0.44, 0.86)):
        for top, bottom in ((0.14, 0.38), (0.44, 0.86)):
            if left <= x <= right and top <= y <= bottom:
                return CELL
    return TILE


def outline_at(x: float, y: float) -> Color:
    """The same mark in white on nothing, as Teams' outline icons are."""
    color = color_at(x, y)
    return OUTLINE if color in (CELL, CHOSEN) else NONE


def picture(size: int, is_outline: bool = False) -> bytes:
    """RGBA rows of the icon, each with PNG's filter byte 0."""
    fine = size * OVERSAMPLING
    rows = bytearray()
    for row in range(size):
        rows.append(0)
        for column in range(size):
            total = [0, 0, 0, 0]
            for j in range(OVERSAMPLING):
                for i in range(OVERSAMPLING):
                    x = (column * OVERSAMPLING + i + 0.5) / fine
                    y = (row * OVERSAMPLING + j + 0.5) / fine
                    red, green, blue, alpha = (outline_at if is_outline else color_at)(x, y)
                    total[0] += red * alpha
                    total[1] += green * alpha
                    total[2] += blue * alpha
                    total[3] += alpha
            weight = total[3] or 1
            rows += bytes(
                (*(round(channel / weight) for channel in total[:3]), round(total[3] / OVERSAMPLING**2))
            )
    return bytes(rows)


def png(size: int, rows: bytes) -> bytes:
    """A PNG file (8-bit RGBA, not interlaced)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def main() -> None:
    """Write every icon beside this file, and into the pages' public folder."""
    folder = Path(__file__).parent.parent / "public" / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        (folder / f"icon-{size}.png").write_bytes(png(size, picture(size)))
    (folder / "outline-32.png").write_bytes(png(32, picture(32, is_outline=True)))


if __name__ == "__main__":
    main()
