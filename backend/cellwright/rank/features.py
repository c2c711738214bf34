"""What the ranker weighs of a formula beside its proposers' own features: how it sits in the sheet.

All are computed from the snapshot alone, before any calculation: what its references point to (blanks, text,
year headings, numbers that nothing else uses), whether their labels are the target's labels, how usual its
shape is on the sheet. Values are in 0..1 or small logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log, log1p

from cellwright.proposers.analogy import overlap
from cellwright.proposers.index import SheetIndex
from cellwright.proposers.model import Place
from cellwright.proposers.template import Slot, Template
from cellwright.rank.extent import fill_ends, fill_features, run_features
from cellwright.rank.traits import trait_features
from cellwright.reference import Cell
from cellwright.verify.model import Status, Verdict
from cellwright.workbook.model import Style

_OPERATORS = set("+-*/^")


def formula_features(
    place: Place, template: Template, ends: tuple[int, int] | None = None
) -> dict[str, float] | None:
    """The features of a formula at a place; None where it can't be right: it refers to its own cell, to an
    unknown sheet or to the same cell it would fill. `ends` is `fill_ends` of the place, if known already."""
    cell, own = place.cell, place.sheet
    skeleton = "".join(template.skeleton)
    computes = any(sign in skeleton[1:] for sign in _OPERATORS) or "(" in skeleton
    slots = template.slots
    singles: list[tuple[SheetIndex, Slot]] = []
    features = {
        "slots": min(len(slots), 8) / 8,
        "length": log1p(len(skeleton)) / 5,
        "computes": float(computes),
    }
    features["constant"] = float(not slots and "[" not in skeleton)
    features["replaces"] = float(own.is_filled(cell))
    features["one_plain"] = float(len(slots) == 1 and not computes)
    emptiest = 1.0
    for slot in slots:
        sheet = own if slot.sheet is None else place.index.sheet(slot.sheet)
        if sheet is None:
            return None
        if sheet is own and cell in slot.range:
            return None
        if slot.last is None:
            singles.append((sheet, slot))
        elif not slot.is_open:
            emptiest = min(emptiest, sheet.filled_share(slot.range))
    features["range_emptiness"] = 1.0 - emptiest
    features["other_sheet"] = float(any(slot.sheet is not None for slot in slots))
    features |= _habits(place, template, features)
    around = place.around
    features["shape_around"] = log1p(sum(other.skeleton == template.skeleton for other in around))
    features |= _asked(place, skeleton)
    features |= trait_features(place, template)
    ends = fill_ends(place) if ends is None else ends
    features |= run_features(place, template, ends)
    features |= fill_features(place, slots, ends)
    features |= _dressed_alike(place, [other.home for other in around if other.key == template.key])
    if singles:
        features |= _pointees(place, singles, computes)
        features |= _alignment(place, singles)
    if len(singles) == 1 and not computes:
        features |= _widths(place, *singles[0])
    style = own.style(cell)
    if style is not None and "%" in style.number_format:
        features["percent_divides"] = float("/" in skeleton)
    features["bold_total"] = float(
        style is not None and style.font.bold and skeleton.upper().startswith("=SUM(")
    )
    return features


def place_features(place: Place) -> dict[str, float]:
    """What the place itself says of whether a formula is wanted there: the same for all its candidates.

    Labels at hand, neighbours that are filled or formulas, an empty row or column; they weigh against the
    outside option (nothing offered is wanted) only.
    """
    cell, sheet = place.cell, place.sheet
    row, column = cell
    found = {
        "place_row_label": float(bool(place.row_labels)),
        "place_column_label": float(bool(place.column_labels)),
        "place_filled": float(sheet.is_filled(cell)),
        "place_text": float(sheet.is_text(cell)),
        "place_row_empty": float(not any(c != column for c in sheet.filled_columns.get(row, ()))),
        "place_column_empty": float(not any(r != row for r in sheet.filled_rows.get(column, ()))),
        "place_row_formulas": log1p(len(sheet.formula_columns.get(row, ()))) / 3,
        "place_column_formulas": log1p(len(sheet.formula_rows.get(column, ()))) / 3,
    }
    for side, at in (
        ("above", (row - 1, column)),
        ("left", (row, column - 1)),
        ("below", (row + 1, column)),
        ("right", (row, column + 1)),
    ):
        beside = Cell(*at) if min(at) >= 0 else None
        found[f"place_{side}_number"] = float(beside is not None and sheet.is_number(beside))
        found[f"place_{side}_formula"] = float(beside is not None and beside in sheet.templates)
    return found


def joint_features(features: Mapping[str, float]) -> dict[str, float]:
    """What only several features tell together: a run of copies ends here, and this place has its inputs; a
    copy would stand in an empty row, or at the end of its run, or in a gap; a new shape is right if several
    ways lead to it."""

    def has(name: str) -> bool:
        return features.get(name, 0.0) > 0

    is_copy = has("copy_adjacent")
    has_inputs = is_copy and features.get("any_blank", 1.0) == 0
    return {
        "run_goes_on": features.get("copy_run", 0.0) if has_inputs else 0.0,
        "copy_lacks_inputs": float(is_copy and has("any_blank")),
        "copy_in_empty_row": float(is_copy and has("place_row_empty")),
        "copy_in_empty_column": float(is_copy and has("place_column_empty")),
        "copy_unlabelled": float(is_copy and not has("place_row_label") and not has("place_column_label")),
        "copy_agreed": features.get("agreement", 0.0) / 4 if is_copy else 0.0,
        "new_agreed": 0.0 if is_copy else features.get("agreement", 0.0) / 4,
        "new_same_shape": 0.0 if is_copy else features.get("shape_around", 0.0),
        "fixed_copy_ends": float(is_copy and has("fixed") and has("twin_alone")),
        "copy_ignores_said": float(is_copy and has("ignores_said")),
        "said_above": float(has("total_said") and has("total_above")),
        "said_left": float(has("total_said") and has("total_left")),
        "unsaid_total": float(has("by_aggregates") and not has("total_said")),
        "plain_same_labels": features.get("row_fit", 0.0) * features.get("one_plain", 0.0),
        "plain_both_labels": min(features.get("row_fit", 0.0), features.get("column_fit", 0.0))
        * features.get("one_plain", 0.0),
        "beam_agreed": float(has("beam_first") and features.get("agreement", 0.0) > 0),
    }


def _asked(place: Place, skeleton: str) -> dict[str, float]:
    """Whether the labels ask for a total, average or count, and the formula is one."""
    said = place.said
    if not said:
        return {}
    does = any(skeleton.upper().startswith(f"={function}(") for function in said)
    return {"does_said": float(does), "ignores_said": float(not does)}


def _dressed_alike(place: Place, copies: list[Cell]) -> dict[str, float]:
    """Whether the place is formatted as the neighbours that hold the same formula: a bold cell under plain
    ones is another row."""
    if not copies:
        return {}
    own = place.sheet.style(place.cell)
    others = [place.sheet.style(cell) for cell in copies]

    def look(style: Style | None) -> tuple[bool, str]:
        return (False, "General") if style is None else (style.font.bold, style.number_format)

    return {"copy_dressed_otherwise": float(all(look(other) != look(own) for other in others))}


def _habits(place: Place, template: Template, features: dict[str, float]) -> dict[str, float]:
    """How usual such a formula is: log-odds of its sheet's habits (the workbook's count for a tenth), and
    whether the flow between sheets that it needs is there already, or runs the other way."""
    own = place.sheet.habits
    book = place.index.habits
    total = own.formulas + 0.1 * book.formulas
    slots = template.slots
    is_fixed = any(slot.is_fixed for slot in slots)
    found = {}
    for name, mine, all_, holds in (
        ("habit_other", own.others, book.others, features["other_sheet"] > 0),
        ("habit_plain", own.plain, book.plain, features["one_plain"] > 0),
        ("habit_fixed", own.fixed, book.fixed, is_fixed),
    ):
        share = (mine + 0.1 * all_ + 0.5) / (total + 1.0)
        found[name] = log(share if holds else 1.0 - share)
    found["fixed"] = float(is_fixed)
    found["shape_sheet"] = log1p(own.shapes[template.skeleton]) / 3
    found["shape_book"] = log1p(book.shapes[template.skeleton]) / 3
    others = {slot.sheet.casefold() for slot in slots if slot.sheet is not None}
    if others:
        names = [name.casefold() for name in place.snapshot.sheet_names]
        here = names.index(place.sheet.name.casefold())
        count = len(others)
        reach = place.sheet.reach
        found["flow_there"] = sum(name in reach for name in others) / count
        found["flow_earlier_tab"] = sum(name in names and names.index(name) < here for name in others) / count
        back = 0
        for name in others:
            sheet = place.index.sheet(name)
            back += sheet is not None and place.sheet.name.casefold() in sheet.reach
        found["flow_back"] = back / count
        near = [t for t in place.around if any(slot.sheet for slot in t.slots)]
        found["flow_around"] = float(
            any(others <= {slot.sheet.casefold() for slot in t.slots if slot.sheet} for t in near)
        )
    return found


def _pointees(place: Place, singles: list[tuple[SheetIndex, Slot]], computes: bool) -> dict[str, float]:
    count = len(singles)
    blank, text, unused, formulas, years = (
        sum(each) for each in zip(*(_pointee(place, sheet, slot) for sheet, slot in singles), strict=True)
    )
    return {
        "any_blank": float(blank > 0),
        "blank": blank / count,
        "text_computed": text / count if computes else 0.0,
        "text_plain": text / count if not computes else 0.0,
        "unused": unused / count,
        "to_formulas": formulas / count,
        "year_computed": years / count if computes else 0.0,
        "year_plain": years / count if not computes else 0.0,
        "repeated": 1.0 - len({(sheet.name, slot.cell) for sheet, slot in singles}) / count,
    }


def _pointee(place: Place, sheet: SheetIndex, slot: Slot) -> tuple[float, ...]:
    """Whether a cell is blank, a text, a number that nothing refers to, a formula, a year."""
    kept = place.shares.get(("pointee", slot))
    if kept is None:
        cell = slot.cell
        kept = (
            float(not sheet.is_filled(cell)),
            float(sheet.is_text(cell)),
            float(sheet.is_number(cell) and not place.index.is_referenced(sheet.name, cell)),
            float(cell in sheet.templates),
            float(_is_year(sheet, cell)),
        )
        place.shares["pointee", slot] = kept
    return kept


def _alignment(place: Place, singles: list[tuple[SheetIndex, Slot]]) -> dict[str, float]:
    """How far references share the target's row or column, or labels with it; means over the single ones."""
    count = len(singles)
    row_fit, column_fit, in_line, same_format = (
        sum(each) / count
        for each in zip(*(_aligned(place, sheet, slot) for sheet, slot in singles), strict=True)
    )
    return {"row_fit": row_fit, "column_fit": column_fit, "in_line": in_line, "same_format": same_format}


def _aligned(place: Place, sheet: SheetIndex, slot: Slot) -> tuple[float, ...]:
    """The fit of a cell's labels with the place's row and column labels, whether it is in line with the place
    and whether it has its number format."""
    kept = place.shares.get(("aligned", slot))
    if kept is not None:
        return kept
    row, column = place.cell
    at = slot.cell
    own = sheet is place.sheet
    row_fit = column_fit = 0.0
    either = sheet.labels_of(at)
    if not (own and at.row == row):
        row_fit = max((overlap(a, b) for a in place.row_labels[:2] for b in either), default=0.0)
    if not (own and at.column == column):
        column_fit = max((overlap(a, b) for a in place.column_labels[:1] for b in either), default=0.0)
    style, other = place.sheet.style(place.cell), sheet.style(at)
    alike = (
        style is not None and other is not None and style.number_format == other.number_format != "General"
    )
    kept = (row_fit, column_fit, float(own and (at.row == row or at.column == column)), float(alike))
    place.shares["aligned", slot] = kept
    return kept


def _widths(place: Place, sheet: SheetIndex, slot: Slot) -> dict[str, float]:
    """Whether headings go on to the right of the place, and numbers to the right of the reference."""
    heads = place.sheet.column_labels(place.cell, 1)
    wide = any(place.sheet.is_filled(Cell(head.row, head.column + 1)) for head in heads)
    at = slot.cell
    source_wide = sheet.is_number(Cell(at.row, at.column + 1))
    column_fixed = slot.first.is_column_fixed
    return {
        "width_same": float(wide == source_wide),
        "width_fixed": float(wide and not source_wide and column_fixed),
        "width_loose": float(wide and not source_wide and not column_fixed),
    }


def _is_year(sheet: SheetIndex, cell: Cell) -> bool:
    value = sheet.value(cell)
    return isinstance(value, float) and value.is_integer() and 1900 <= value <= 2100


def verdict_features(place: Place, verdict: Verdict) -> dict[str, float]:
    """What running a candidate showed: its status, and whether its value fits the place's number format."""
    features = {
        "is_verified": float(verdict.status is Status.VERIFIED),
        "makes_errors": float(verdict.status is Status.MAKES_ERRORS),
    }
    value = verdict.changes[0].after if verdict.changes else None
    style = place.sheet.style(place.cell)
    if isinstance(value, float) and style is not None and "%" in style.number_format:
        features["percent_odd"] = float(abs(value) > 20)
    return features
