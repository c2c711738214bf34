"""Figures: one number of a table, or what it stands beside, asked for in plain words."""
