"""Suggestions: from a place in a workbook to ranked, verified candidates."""

from cellwright.suggest.suggest import suggest

__all__ = ["suggest"]
