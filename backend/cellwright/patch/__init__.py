"""The patch writer: edits put into a workbook file without losing anything, and taken back."""

from cellwright.patch.in_place import apply_to_file, history, next_undo, redo_in_file, undo_in_file
from cellwright.patch.write import Patched, WriteReport, patch_bytes, write_edits

__all__ = [
    "Patched",
    "WriteReport",
    "apply_to_file",
    "history",
    "next_undo",
    "patch_bytes",
    "redo_in_file",
    "undo_in_file",
    "write_edits",
]
