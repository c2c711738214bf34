"""Workbooks: precheck and read a file into an immutable Snapshot."""

from cellwright.workbook.precheck import precheck
from cellwright.workbook.read import read_workbook, read_workbook_bytes

__all__ = ["precheck", "read_workbook", "read_workbook_bytes"]
