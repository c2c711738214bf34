"""On PostgreSQL: lines by day, and which reasons go with which outcomes."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; SQLite's one full-text query needs neither."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.create_index("ix_entry_day_position", "entry", ["day", "position"])
    # Only what is rejected has a reason. Taken for independent, others' reasons make the planner walk
    # through all lines for a pageful that it expects.
    op.execute("CREATE STATISTICS entry_endings (mcv) ON outcome, reason FROM entry")
    op.execute("ANALYZE entry")


def downgrade() -> None:
    """Drop them again."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("DROP STATISTICS entry_endings")
    op.drop_index("ix_entry_day_position", "entry")
