"""Edits: the union of every change, what it does to a Snapshot, its inverse, its text, its journal."""
