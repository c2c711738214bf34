"""Questions over a table: logical forms, their search, ranking and rendering as formulas."""
