"""People, workspaces, labels, contexts and verdicts; the projections that the admin page reads."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FILTERS = ("workspace", "user", "model", "kind", "proposer", "outcome", "reason", "label")


def _moment(name: str, *, index: bool = False) -> sa.Column[datetime.datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, index=index)


def upgrade() -> None:
    """Add what is new; `feedback.projection` fills the projections when the store is opened."""
    op.add_column("request", sa.Column("user", sa.String(), nullable=False, server_default=""))
    op.add_column("request", sa.Column("context", sa.Text()))
    op.create_index("ix_request_user", "request", ["user"])
    op.add_column("suggestion", sa.Column("verdict", sa.JSON()))
    op.add_column("outcome", sa.Column("user", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_outcome_user", "outcome", ["user"])
    op.create_table(
        "label",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("suggestion_id", sa.String(), sa.ForeignKey("suggestion.id"), nullable=False, index=True),
        sa.Column("user", sa.String(), nullable=False, index=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        _moment("created"),
    )
    op.create_table(
        "workspace",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("retention_days", sa.Integer()),
        sa.Column("exploration", sa.Float(), nullable=False),
        _moment("created"),
    )
    op.create_table(
        "person",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False, unique=True),
        _moment("created"),
    )
    op.create_table(
        "saved_view",
        sa.Column("user", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("filters", sa.JSON(), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        _moment("at", index=True),
        sa.Column("user", sa.String(), nullable=False, index=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
    )
    op.create_table(
        "training_use",
        sa.Column("run_id", sa.String(), sa.ForeignKey("tuning_run.id"), primary_key=True),
        sa.Column("suggestion_id", sa.String(), primary_key=True, index=True),
    )
    _projections()


def _projections() -> None:
    op.create_table(
        "entry",
        sa.Column("position", _KEY, primary_key=True, autoincrement=True),
        sa.Column("suggestion_id", sa.String(), nullable=False, unique=True),
        _moment("created"),
        sa.Column("day", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("workspace", "user", "model", "kind")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("proposer", "status", "outcome")),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("p_accept", sa.Float(), nullable=False),
        sa.Column("answer_ms", sa.Float()),
        sa.Column("kept_rate", sa.Float()),
    )
    op.create_table(
        "entry_words",
        sa.Column("position", _KEY, primary_key=True, autoincrement=False),
        sa.Column("words", sa.Text(), nullable=False),
    )
    op.create_table(
        "tally",
        sa.Column("week", sa.Integer(), primary_key=True),
        *(
            sa.Column(name, sa.String(), primary_key=True)
            for name in ("measure", "workspace", "model", "kind")
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("projection", sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE entry_search USING fts5(words, content='entry_words',"
            " content_rowid='position', detail=none, tokenize=\"unicode61 tokenchars '_'\")"
        )
        # Words are gathered in memory up to this many bytes before a segment is written: 1 MB, the default,
        # makes an import write every word many times over while segments are merged.
        op.execute("INSERT INTO entry_search(entry_search, rank) VALUES ('hashsize', 16777216)")
        return
    for name in _FILTERS:
        op.create_index(f"ix_entry_{name}_position", "entry", [name, "position"])
    op.execute(
        "ALTER TABLE entry_words ADD COLUMN search tsvector"
        " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED"
    )
    op.execute("CREATE INDEX ix_entry_words_search ON entry_words USING gin (search)")


def downgrade() -> None:
    """Drop it again."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE entry_search")
    for table in ("projection", "tally", "entry_words", "entry", "training_use", "audit"):
        op.drop_table(table)
    for table in ("saved_view", "person", "workspace", "label"):
        op.drop_table(table)
    for table in ("request", "outcome"):
        with op.batch_alter_table(table) as batch:
            batch.drop_index(f"ix_{table}_user")
            batch.drop_column("user")
    with op.batch_alter_table("request") as batch:
        batch.drop_column("context")
    with op.batch_alter_table("suggestion") as batch:
        batch.drop_column("verdict")
