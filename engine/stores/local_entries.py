"""The entries of a local store in a SQLite file."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from engine.stores.entries import Entry, Usage
from engine.work.local_database import LocalDatabase

# The triggers keep the counts: counting the rows takes time proportional to their number.
SCHEMA = """
CREATE TABLE IF NOT EXISTS entries(
  store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, expires REAL, age INTEGER NOT NULL,
  PRIMARY KEY(store, key)
);
CREATE INDEX IF NOT EXISTS entries_by_age ON entries(store, age);
CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries(store, expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS usage(
  store TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS entry_added AFTER INSERT ON entries BEGIN
  INSERT INTO usage VALUES(new.store, 1, length(new.value))
  ON CONFLICT(store) DO UPDATE SET entries = entries + 1, bytes = bytes + length(new.value);
END;
CREATE TRIGGER IF NOT EXISTS entry_changed AFTER UPDATE OF value ON entries BEGIN
  UPDATE usage SET bytes = bytes + length(new.value) - length(old.value) WHERE store = new.store;
END;
CREATE TRIGGER IF NOT EXISTS entry_removed AFTER DELETE ON entries BEGIN
  UPDATE usage SET entries = entries - 1, bytes = bytes - length(old.value) WHERE store = old.store;
END;
"""
PUT = """
INSERT INTO entries(store, key, value, expires, age)
VALUES(?1, ?2, ?3, ?4, (SELECT coalesce(max(age), 0) + 1 FROM entries WHERE store = ?1))
ON CONFLICT(store, key) DO UPDATE SET value = excluded.value, expires = excluded.expires, age = excluded.age
"""
CHANGE = "UPDATE entries SET value = ?, expires = ? WHERE store = ? AND key = ?"
REMOVE_OLDEST = """
DELETE FROM entries WHERE store = ?1 AND age IN (SELECT age FROM entries WHERE store = ?1 ORDER BY age LIMIT ?2)
"""


class LocalEntries:
    """Entries that outlive the process: the rows of one store, in a file that all stores of an application share."""

    def __init__(self, database: LocalDatabase, store: str) -> None:
        self._database = database
        self._run = database.run
        self._store = store

    def transaction(self) -> AbstractContextManager[None]:
        return self._database.transaction()

    def get(self, key: str) -> Entry | None:
        rows = self._run("SELECT value, expires FROM entries WHERE store = ? AND key = ?", (self._store, key))
        return Entry(*rows[0]) if rows else None

    def put(self, key: str, entry: Entry) -> None:
        self._run(PUT, (self._store, key, *entry))

    def change(self, key: str, data: bytes, expires: float | None) -> None:
        self._run(CHANGE, (data, expires, self._store, key))

    def remove(self, key: str) -> None:
        self._run("DELETE FROM entries WHERE store = ? AND key = ?", (self._store, key))

    def remove_oldest(self, count: int) -> None:
        self._run(REMOVE_OLDEST, (self._store, count))

    def remove_expired(self, now: float) -> int:
        self._run("DELETE FROM entries WHERE store = ? AND expires <= ?", (self._store, now))
        return int(self._run("SELECT changes()")[0][0])

    def clear(self) -> None:
        self._run("DELETE FROM entries WHERE store = ?", (self._store,))

    def usage(self) -> Usage:
        rows = self._run("SELECT entries, bytes FROM usage WHERE store = ?", (self._store,))
        return Usage(*rows[0]) if rows else Usage(0, 0)

    def items(self) -> Iterable[tuple[str, Entry]]:
        rows = self._run("SELECT key, value, expires FROM entries WHERE store = ? ORDER BY age", (self._store,))
        return [(key, Entry(data, expires)) for key, data, expires in rows]
