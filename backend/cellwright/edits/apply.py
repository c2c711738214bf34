"""What each edit does to a Snapshot: pure, one function a kind, the kinds grouped by idea in their files.

Nothing is calculated here: a written formula has no value until `cellwright.calc` gives it one, and the
cached values of its dependents stay what they were.
"""

from __future__ import annotations

from collections.abc import Iterable

from cellwright.edits import (
    cells,
    charts,
    fill,
    formats,
    merges,
    model,
    names,
    pivots,
    restore,
    rules,
    sheets,
    sort,
    structure,
)
from cellwright.edits.model import Edit
from cellwright.workbook.model import Snapshot


def apply(snapshot: Snapshot, edit: Edit) -> Snapshot:
    """The next revision; raises EditError or UsageError (one line) where the edit does not fit."""
    match edit:
        case model.SetFormulas():
            return cells.set_formulas(snapshot, edit)
        case model.SetValues():
            return cells.set_values(snapshot, edit)
        case model.Fill():
            return fill.fill(snapshot, edit)
        case model.CopyRange():
            return cells.copy_range(snapshot, edit)
        case model.SetNumberFormat():
            return formats.set_number_format(snapshot, edit)
        case model.SetFont():
            return formats.set_font(snapshot, edit)
        case model.SetFill():
            return formats.set_fill(snapshot, edit)
        case model.SetAlignment():
            return formats.set_alignment(snapshot, edit)
        case model.SetBorders():
            return formats.set_borders(snapshot, edit)
        case model.SetColumnWidth():
            return formats.set_column_width(snapshot, edit)
        case model.Merge():
            return merges.merge(snapshot, edit)
        case model.Unmerge():
            return merges.unmerge(snapshot, edit)
        case model.InsertRows() | model.InsertColumns() | model.DeleteRows() | model.DeleteColumns():
            return structure.restructure(snapshot, edit)
        case model.Sort():
            return sort.sort(snapshot, edit)
        case model.Filter():
            return sort.filter_rows(snapshot, edit)
        case model.AddTable():
            return rules.add_table(snapshot, edit)
        case model.AddConditionalFormat():
            return rules.add_conditional_format(snapshot, edit)
        case model.AddDataValidation():
            return rules.add_validation(snapshot, edit)
        case model.DefineName():
            return names.define_name(snapshot, edit)
        case model.AddSheet():
            return sheets.add_sheet(snapshot, edit)
        case model.RenameSheet():
            return sheets.rename_sheet(snapshot, edit)
        case model.FreezePanes():
            return sheets.freeze_panes(snapshot, edit)
        case model.Restore():
            return restore.restore(snapshot, edit)
        case model.AddChart():
            return charts.add_chart(snapshot, edit)
        case model.AddPivot():
            return pivots.add_pivot(snapshot, edit)


def apply_all(snapshot: Snapshot, edits: Iterable[Edit]) -> Snapshot:
    """The edits one after another; none of them counts where one does not fit (the error is raised)."""
    for edit in edits:
        snapshot = apply(snapshot, edit)
    return snapshot
