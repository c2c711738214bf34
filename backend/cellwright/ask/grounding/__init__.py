"""Grounding: what the words of a sentence stand for on a sheet (columns, values, numbers, dates)."""
