"""Evaluation suites over data in published layouts; `command.py` is `cellwright eval`. Imports no torch."""
