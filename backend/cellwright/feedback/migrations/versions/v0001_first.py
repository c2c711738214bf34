"""Requests, suggestions, outcomes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "request",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("context_hash", sa.String(), nullable=False, index=True),
        sa.Column("base_revision", sa.Integer(), nullable=False),
        sa.Column("model", sa.String()),
        sa.Column("adapter", sa.String()),
        sa.Column("prompt_version", sa.String()),
        sa.Column("is_redacted", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.JSON(), nullable=False),
    )
    op.create_table(
        "suggestion",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("request_id", sa.String(), sa.ForeignKey("request.id"), nullable=False, index=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("proposer", sa.String(), nullable=False, index=True),
        sa.Column("was_shown", sa.Boolean(), nullable=False, index=True),
        sa.Column("p_accept", sa.Float(), nullable=False),
        sa.Column("propensity", sa.Float(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("edits", sa.JSON(), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("log_probability", sa.Float()),
        sa.Column("reason", sa.String(), nullable=False),
    )
    op.create_table(
        "outcome",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("suggestion_id", sa.String(), sa.ForeignKey("suggestion.id"), nullable=False, index=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("kind", sa.String(), nullable=False, index=True),
        sa.Column("was_shown", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.Float()),
        sa.Column("reject_reason", sa.String()),
        sa.Column("final_text", sa.String()),
        sa.Column("kept_rate", sa.Float()),
    )


def downgrade() -> None:
    """Drop them again."""
    for table in ("outcome", "suggestion", "request"):
        op.drop_table(table)
