"""State in a SQLite file that the processes of one machine share."""

from __future__ import annotations

from pathlib import Path

from engine.stores.homes.home import Admission, Bounds, Tenure
from engine.stores.homes.local_shelf import LocalShelf
from engine.stores.local_entries import SCHEMA, LocalEntries
from engine.stores.store import STORE_NOT_AVAILABLE
from engine.work.measures import Measures
from engine.work.runtime import Runtime

TABLES = f"""{SCHEMA}
CREATE TABLE IF NOT EXISTS rates(
  name TEXT NOT NULL, key TEXT NOT NULL, due REAL NOT NULL, PRIMARY KEY(name, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rates_by_due ON rates(due);
CREATE TABLE IF NOT EXISTS leases(
  name TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, ends REAL NOT NULL, note BLOB NOT NULL
) WITHOUT ROWID;
"""
FORGET_RATES = "DELETE FROM rates WHERE (name, key) IN (SELECT name, key FROM rates WHERE due <= ? LIMIT 100)"
ADMIT = "INSERT INTO rates VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET due = excluded.due"
HOLD = """
INSERT INTO leases VALUES(?, ?, ?, ?, x'')
ON CONFLICT DO UPDATE SET holder = excluded.holder, token = excluded.token, ends = excluded.ends
"""


class FileHome:
    """The rows of an application have its name; the clock is that of the machine."""

    is_local = True

    def __init__(self, file: Path, application: str, runtime: Runtime) -> None:
        self._database = runtime.database_in(file.absolute(), TABLES, STORE_NOT_AVAILABLE)
        self._clock = runtime.clock
        self._application = application

    def _name(self, name: str) -> str:
        return f"{self._application}:{name}"

    def measure(self, measures: Measures) -> None:
        """Count nothing: a file is there."""

    def shelf(self, store: str, bounds: Bounds) -> LocalShelf:
        entries = LocalEntries(self._database, self._name(store))
        return LocalShelf(entries, bounds, self._clock, outlives=True)

    async def admit(self, rate: str, key: str, step: float, period: float) -> Admission:
        now, name = self._clock.now().timestamp(), self._name(rate)
        with self._database.transaction():
            self._database.run(FORGET_RATES, (now,))
            rows = self._database.run("SELECT due FROM rates WHERE name = ? AND key = ?", (name, key))
            due = max(rows[0][0] if rows else now, now) + step
            late = due - now - period
            if late > max(step / 1e6, 2e-6):  # not just a rounding error
                return Admission(False, late)
            self._database.run(ADMIT, (name, key, due))
        return Admission(True, due - now)

    async def hold(self, lease: str, holder: str, ttl: float) -> Tenure:
        now, name = self._clock.now().timestamp(), self._name(lease)
        with self._database.transaction():
            rows = self._database.run("SELECT holder, token, ends, note FROM leases WHERE name = ?", (name,))
            last, token, ends, note = rows[0] if rows else ("", 0, now, b"")
            if ends > now and last != holder:
                return Tenure(None, now, ends - now, note)
            token += ends <= now or last != holder
            self._database.run(HOLD, (name, holder, token, now + ttl))
        return Tenure(token, now, ttl, note)

    async def note(self, lease: str, token: int, note: bytes) -> bool:
        sql = "UPDATE leases SET note = ? WHERE name = ? AND token = ? RETURNING 1"
        return bool(self._database.run(sql, (note, self._name(lease), token)))

    async def release(self, lease: str, token: int) -> None:
        self._database.run("UPDATE leases SET ends = 0 WHERE name = ? AND token = ?", (self._name(lease), token))

    async def ping(self) -> None:
        self._database.run("SELECT 1")

    async def close(self) -> None:
        self._database.close()
