"""Workbooks: precheck and read a file into an immutable Snapshot; patch edits into a file without loss."""
