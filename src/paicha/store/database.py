"""The database of a workspace, brought to the present version when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from paicha.kernel.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Engine

VERSION = "0002"
"""The newest migration; a database of a newer program is refused rather than guessed at."""


def open_database(url: str) -> Engine:
    """Return an engine on the database at an SQLAlchemy URL, migrated to the present version.

    Raises:
        StoreError: it cannot be opened, or a newer program wrote it.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
        event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            version = None
            if inspect(connection).has_table("alembic_version"):
                version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if version is not None and version > VERSION:
                raise StoreError(
                    f"was written by a newer paicha (database version {version})", where=url, remedy="update paicha"
                )
            if version != VERSION:
                _migrate(connection)
    except SQLAlchemyError as error:
        raise StoreError(f"the database cannot be opened: {tell_cause(error)}", where=url) from error
    return engine


def tell_cause(error: SQLAlchemyError) -> str:
    """Return what the database itself said, on one line, without statement and values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split())


def _make_durable(connection: Any, _: object) -> None:
    """Survive a kill or power cut at any moment: write-ahead log, synced at every commit; wait for other writers.

    Transactions are begun by `_begin`: left to itself, Python's driver commits before a change of the schema, and a
    kill in the middle of a migration would leave half of it.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=60000")
    cursor.close()


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


def _migrate(connection: Any) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "paicha.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
