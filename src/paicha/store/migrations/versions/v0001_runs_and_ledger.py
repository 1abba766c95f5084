"""Runs with their inputs, subjects over all runs, and the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run", sa.String(64), nullable=False, unique=True),
        sa.Column("pack", sa.String(32), nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.BigInteger, nullable=False),
        sa.Column("policy", sa.String(255), nullable=False),
        sa.Column("policy_sha256", sa.String(64), nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("findings", sa.BigInteger, nullable=False),
        sa.Column("verdicts", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "inputs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run", sa.String(64), sa.ForeignKey("runs.run"), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("reader", sa.String(32)),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("rejected", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_inputs_key", "inputs", ["key"])
    op.create_index("ix_inputs_run", "inputs", ["run"])
    op.create_table(
        "subjects",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("pack", sa.String(32), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("cleared_in", sa.String(64)),
        sa.UniqueConstraint("pack", "site", "subject"),
    )
    op.create_table(
        "events",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    )
