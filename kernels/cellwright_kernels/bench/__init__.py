"""Measurements: our decoder against other runtimes on the same weights, and the machine's ceilings."""
