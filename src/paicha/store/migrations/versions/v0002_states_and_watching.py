"""Which run left the newest state of each sensor; the files that a watch took, and the verdicts it has yet to tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NEWEST_STATES = """
    INSERT INTO states (pack, site, reader, run)
    SELECT n.pack, n.site, n.reader, r.run
    FROM (SELECT r.pack, i.site, i.reader, max(r.number) AS number
          FROM runs r JOIN inputs i ON i.run = r.run WHERE i.reader IS NOT NULL GROUP BY r.pack, i.site, i.reader) n
    JOIN runs r ON r.number = n.number
"""


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "states",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("pack", sa.String(32), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("reader", sa.String(32), nullable=False),
        sa.Column("run", sa.String(64), sa.ForeignKey("runs.run"), nullable=False),
        sa.UniqueConstraint("pack", "site", "reader"),
    )
    op.execute(_NEWEST_STATES)
    op.create_table(
        "watched_files",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.Column("key", sa.String(32)),
        sa.Column("head", sa.String(32)),
        sa.Column("unpacked_bytes", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sa.UniqueConstraint("site", "path"),
    )
    op.create_index("ix_watched_files_head", "watched_files", ["head"])
    op.create_table(
        "announcements",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("watch", sa.String(64), nullable=False),
        sa.Column("run", sa.String(64), sa.ForeignKey("runs.run"), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.Integer),
        sa.Column("grade", sa.Integer, nullable=False),
    )
    op.create_index("ix_announcements_watch", "announcements", ["watch"])
