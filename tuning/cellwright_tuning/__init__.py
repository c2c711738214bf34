"""Data, training, reward and evaluation of Cellwright's own models."""
