"""Cellwright: a spreadsheet copilot that its owner owns. The rooms are listed in README.md."""

__version__ = "0.1.0"
