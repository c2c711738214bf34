"""Tuning to one organisation: its workbooks as tasks, what its people decide as lessons."""
