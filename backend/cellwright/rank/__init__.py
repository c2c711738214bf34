"""Ranking: what a candidate's features say about P(accept)."""
