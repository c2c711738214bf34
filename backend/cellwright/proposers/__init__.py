"""Proposers: many small experts, and beside them the language model; each offers candidates for a place."""
