"""Things that float over cells: comments and their boxes, drawings, controls. They move with their cells.

Drawing anchors are ECMA-376 part 1, 20.5.2; the boxes of comments are VML (part 4, 19.4), whose anchor is
`column, offset, row, offset` of two corners.
"""

from __future__ import annotations

from cellwright.edits.structure_facts import moved_cell
from cellwright.errors import UnsupportedWrite
from cellwright.formula import Axis, StructureChange
from cellwright.patch.spans import Document, Element
from cellwright.reference import Cell


def move_comments(document: Document, change: StructureChange) -> None:
    """Comments of a comments or threaded comments part; those of deleted cells go."""
    for element in document.root.walk():
        text = document.attribute(element, "ref") if element.local in ("comment", "threadedComment") else None
        if text is None:
            continue
        moved = moved_cell(Cell.parse(text), change)
        if moved is None:
            document.remove(element)
        elif moved.a1 != text:
            document.set_attributes(element, ref=moved.a1)


def move_legacy(document: Document, change: StructureChange) -> None:
    """The shapes of a VML drawing: boxes of comments and form controls."""
    for shape in document.root.children:
        data = next((element for element in shape.children if element.local == "ClientData"), None)
        if data is None:
            continue
        row, column = data.child("Row"), data.child("Column")
        if row is not None and column is not None:
            cell = Cell(int(document.text(row)), int(document.text(column)))
            moved = moved_cell(cell, change)
            if moved is None:
                document.remove(shape)
                continue
            document.set_text(row, str(moved.row))
            document.set_text(column, str(moved.column))
        anchor = data.child("Anchor")
        if anchor is None:
            continue
        places = [int(piece) for piece in document.text(anchor).split(",")]
        if len(places) == 8:
            step = _step(places[2] if change.axis is Axis.ROWS else places[0], change)
            for place in (2, 6) if change.axis is Axis.ROWS else (0, 4):
                places[place] = max(places[place] + step, 0)
            document.set_text(anchor, ", ".join(map(str, places)))


def move_drawing(document: Document, change: StructureChange) -> None:
    """The anchors of a drawing part; absolute ones and those that ignore cells stay."""
    for element in document.root.walk():
        if element.local == "twoCellAnchor":
            mode = document.attribute(element, "editAs") or "twoCell"
            if mode != "absolute":
                _move_anchor(document, element, change, resizes=mode == "twoCell")
        elif element.local == "oneCellAnchor":
            _move_anchor(document, element, change, resizes=False)


def move_controls(document: Document, change: StructureChange) -> None:
    """The anchors of controls and embedded objects in a sheet's own part."""
    for element in document.root.walk():
        if element.local != "anchor" or element.child("from") is None:
            continue
        moves = document.attribute(element, "moveWithCells") in ("1", "true")
        resizes = document.attribute(element, "sizeWithCells") in ("1", "true")
        if moves or resizes:
            _move_anchor(document, element, change, resizes=resizes)


def _move_anchor(document: Document, anchor: Element, change: StructureChange, *, resizes: bool) -> None:
    start, end = _place(document, anchor, "from", change), _place(document, anchor, "to", change)
    if start is None:
        return
    step = _step(start[1], change)
    first = max(start[1] + step, 0)
    if end is None:
        new_ends = [(start[0], first)]
    elif resizes:
        last = _clamp(end[1], change)
        if change.count < 0 and change.moved(start[1]) is None and change.moved(end[1]) is None:
            raise UnsupportedWrite(
                f"expected rows or columns without whole drawings, got one inside them in {document.part}"
            )
        new_ends = [(start[0], first), (end[0], max(last, first))]
    else:
        new_ends = [(start[0], first), (end[0], max(end[1] + step, 0))]
    for element, place in new_ends:
        document.set_text(element, str(place))


def _place(
    document: Document, anchor: Element, corner: str, change: StructureChange
) -> tuple[Element, int] | None:
    point = anchor.child(corner)
    element = None if point is None else point.child("row" if change.axis is Axis.ROWS else "col")
    return None if element is None else (element, int(document.text(element)))


def _clamp(index: int, change: StructureChange) -> int:
    moved = change.moved(index)
    return change.at if moved is None else moved


def _step(index: int, change: StructureChange) -> int:
    """How far what begins at `index` moves."""
    return _clamp(index, change) - index
