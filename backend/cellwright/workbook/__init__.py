"""Workbooks: precheck, read a file into an immutable Snapshot, and find the tables on its sheets."""

from cellwright.workbook.detect import ColumnKind, DetectedColumn, DetectedTable, detect_tables
from cellwright.workbook.precheck import precheck
from cellwright.workbook.read import read_workbook, read_workbook_bytes

__all__ = [
    "ColumnKind",
    "DetectedColumn",
    "DetectedTable",
    "detect_tables",
    "precheck",
    "read_workbook",
    "read_workbook_bytes",
]
