"""Insight into a workbook: explain a formula, audit the whole, compare two."""
