"""The tables of the database: runs with their inputs, subjects over all runs, what a watch keeps, and the ledger.

Times are int64 UTC microseconds, because SQLite returns zoned times without their zone.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RUNS = Table(
    "runs",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("run", String(64), nullable=False, unique=True),
    Column("pack", String(32), nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("finished", BigInteger, nullable=False),
    Column("policy", String(255), nullable=False),
    Column("policy_sha256", String(64), nullable=False),
    Column("engine", String(64), nullable=False),
    Column("findings", BigInteger, nullable=False),
    Column("verdicts", BigInteger, nullable=False),
)

INPUTS = Table(
    "inputs",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("run", String(64), ForeignKey("runs.run"), nullable=False),
    Column("key", String(32), nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("site", Text, nullable=False),
    Column("reader", String(32)),
    Column("records", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Index("ix_inputs_key", "key"),
    Index("ix_inputs_run", "run"),
)

SUBJECTS = Table(
    "subjects",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("pack", String(32), nullable=False),
    Column("site", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("grade", Integer, nullable=False),
    Column("cleared_in", String(64)),
    UniqueConstraint("pack", "site", "subject"),
)

STATES = Table(
    "states",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("pack", String(32), nullable=False),
    Column("site", Text, nullable=False),
    Column("reader", String(32), nullable=False),
    Column("run", String(64), ForeignKey("runs.run"), nullable=False),
    UniqueConstraint("pack", "site", "reader"),
)

WATCHED_FILES = Table(
    "watched_files",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("signature", String(128), nullable=False),
    Column("key", String(32)),
    Column("head", String(32)),
    Column("unpacked_bytes", BigInteger),
    Column("reason", Text),
    UniqueConstraint("site", "path"),
    Index("ix_watched_files_head", "head"),
)

ANNOUNCEMENTS = Table(
    "announcements",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("watch", String(64), nullable=False),
    Column("run", String(64), ForeignKey("runs.run"), nullable=False),
    Column("site", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Integer),
    Column("grade", Integer, nullable=False),
    Index("ix_announcements_watch", "watch"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("content", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
)
