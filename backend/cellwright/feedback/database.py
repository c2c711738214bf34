"""The database behind the feedback store: opening, migrating, transactions, errors in one line.

SQLite by default, PostgreSQL by URL (the extra `postgresql`). On SQLite the journal is a write-ahead log and
every commit is synced, so a killed process loses at most the transaction that it had not committed. A
commit that is not waited for (`is_awaited` false) is in the log when the block ends, which outlives the
process, but not yet on the platter. The next awaited commit puts all before it there too, so that what refers
to it is never there without it; without one a sync follows within `_SYNC_S`. A writing transaction takes its
lock when it begins: a second writer waits for it (at most `_BUSY_MS`) instead of failing halfway.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlmodel import Session, create_engine

from cellwright.errors import StoreError

HEAD = "0004"
MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 10_000
_SYNC_S = 0.1


class Database:
    """An open database; opening it migrates its schema to the newest. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self._lock = threading.Lock()
        self._pending: threading.Timer | None = None
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        try:
            self.engine: Engine = create_engine(parsed, pool_pre_ping=not self.is_sqlite)
        except ImportError as error:
            raise StoreError(
                "expected the driver of PostgreSQL; install the extra cellwright[postgresql]"
            ) from error
        if self.is_sqlite:
            event.listen(self.engine, "connect", _tune_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        with self.errors():
            self._migrate()

    def close(self) -> None:
        """Give the connections back; what was not awaited is put on the platter."""
        with self._lock:
            pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()
            self.sync()
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the store."""
        with self.errors(), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self, *, is_awaited: bool = True) -> Iterator[Session]:
        """A session whose changes are all on the disk when the block ends, or none of them.

        `is_awaited` false (SQLite only): they outlive a killed process, and a power cut after `sync`.
        """
        with self.errors(), self.engine.connect() as connection:
            writer = connection.execution_options(
                cellwright_writes=True, cellwright_sync="FULL" if is_awaited else "NORMAL"
            )
            with Session(writer) as session, session.begin():
                yield session
        if self.is_sqlite and not is_awaited:
            self._sync_soon()

    def sync(self) -> None:
        """Put every commit so far on the platter; those of PostgreSQL are there."""
        if self.is_sqlite:
            log = Path(f"{self.engine.url.database}-wal")
            with suppress(FileNotFoundError), log.open("rb") as stream:  # there is none where all is merged
                os.fsync(stream.fileno())

    def _sync_soon(self) -> None:
        """One sync for all commits of the next moment."""
        with self._lock:
            if self._pending is None:
                self._pending = threading.Timer(_SYNC_S, self._sync_now)
                self._pending.daemon = True
                self._pending.start()

    def _sync_now(self) -> None:
        with self._lock:
            self._pending = None
        self.sync()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Failures of the database as a StoreError of one line, without the password."""
        try:
            yield
        except SQLAlchemyError as error:
            where = self.engine.url.render_as_string(hide_password=True)
            cause = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise StoreError(f"the feedback store {where} failed: {cause}") from error

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            if inspect(connection).has_table("alembic_version"):
                found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
                if found == HEAD:
                    return
                if found is not None and found > HEAD:
                    raise StoreError(
                        f"expected a store of version {HEAD} or older, got {found} (of a newer Cellwright)"
                    )
        # Alembic takes a third of a second to import, so only a store that needs it pays for it.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        writer = self.engine.connect().execution_options(cellwright_writes=True)
        with writer as connection, connection.begin():
            if not self.is_sqlite:  # two servers that start at once migrate one after the other
                connection.execute(text("SELECT pg_advisory_xact_lock(20261128)"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"expected a database URL such as sqlite:///feedback.db, got {url!r}") from error
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(f"expected a database URL of sqlite or postgresql, got one of {backend}")
    return parsed.set(drivername="postgresql+psycopg") if backend == "postgresql" else parsed


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, by `_begin_sqlite`
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "mmap_size=1073741824",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("cellwright_writes", False):
        connection.exec_driver_sql(f"PRAGMA synchronous={options.get('cellwright_sync', 'FULL')}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")
