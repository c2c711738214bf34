"""Calculation: engines in caged worker processes, and the gate that says when to believe them."""
