"""The interface of the databases behind a db:config."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from engine.connectors import Batching, Measures

UNNAMED_KEY = "GENERATED_KEY"
"""The name of a key that the database made without naming the column (MySQL's name)."""


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class ParameterStyle:
    """How statements are written for a driver.

    placeholder: returns the text for the parameter of that number, from 1.
    is_shared: whether a parameter used in several places has one number, and its value is given once.
    among: returns the text for the list of that number after IN, including IN itself; takes whether it is NOT IN.
    list_of: how such a list is bound. Raises the error of entries that are not values.
    has_types: whether parameters have types, one each, and lists and maps are among them (arrays, JSON).
    escape: how the text between parameters is written.
    returning: whether statements that change rows return them by RETURNING.
    undoes_tables: whether a transaction that is rolled back undoes the tables that it made.
    calling: how procedures are called (_procedure.Calling); None if the database has none.
    """

    placeholder: Callable[[int], str]
    among: Callable[[int, bool], str]
    list_of: Callable[[list[Any]], Any] = list
    is_shared: bool = False
    has_types: bool = False
    escape: Callable[[str], str] = _as_it_is
    returning: bool = True
    undoes_tables: bool = True
    calling: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Pooling:
    """How many connections there are, at least and at most, and how many seconds a statement waits for one."""

    least: int = 0
    most: int = 10
    wait: float = 5.0


class ConnectionCounts(NamedTuple):
    """How many connections are open and not in use, in use, and waited for."""

    idle: int
    used: int
    waiting: int = 0


class Statements(Protocol):
    """Runs statements: a database, each committed on its own, or its part in a transaction.

    sql and values: in the form of the ParameterStyle of the database. timeout: seconds that a statement may take; then
    it is stopped, and DB:TIMEOUT is raised. They raise the errors of _errors.py only. If cancelled, they leave nothing
    half done: the statement has run, or has not.
    """

    async def run_script(self, script: str) -> None:
        """Run statements without parameters, one after another."""

    async def select(
        self, sql: str, values: Sequence[Any], most: int | None, timeout: float | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows as maps, `most` of them at the most."""
        ...

    async def change(self, sql: str, values: Sequence[Any], timeout: float | None = None) -> dict[str, Any]:
        """Run a statement that changes rows: `{affectedRows, generatedKeys}`."""
        ...

    async def prepare(self, sql: str, count: int) -> None:
        """Make the database check a statement with so many values, without running it. Raise its errors."""

    def portions(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None = None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield the rows as maps, in lists of `size` and a shorter one at the end; the cursor is open meanwhile.

        timeout: seconds for each list.
        """
        ...


class AtOnce(Protocol):
    """Runs the statements of a batch that is open synchronously, as plain functions."""

    def select_at_once(self, sql: str, values: Sequence[Any], most: int | None) -> list[dict[str, Any]]:
        """Do the same as `select`."""
        ...

    def change_at_once(self, sql: str, values: Sequence[Any]) -> dict[str, Any]:
        """Do the same as `change`."""
        ...


class DatabasePart(Statements, Protocol):
    """The part of a database in a transaction. A statement that fails undoes itself alone."""

    async def commit(self) -> None:
        """Keep the changes; if that fails, or is cancelled, the part has ended all the same."""

    async def rollback(self) -> None:
        """Undo the changes."""


class Database(Statements, Protocol):
    """A database, which connects when it is first used, and again after the connection was lost."""

    style: ParameterStyle

    @property
    def batching(self) -> Batching | None:
        """Commits the statements of many records together; None if each is committed on its own."""

    @property
    def at_once(self) -> AtOnce | None:
        """Runs the statements of a batch synchronously; None if they are awaited."""

    @property
    def is_pooled(self) -> bool:
        """Whether the number of its connections is limited."""
        ...

    def connections(self) -> ConnectionCounts:
        """Return how many connections there are now."""
        ...

    def is_in_batch(self) -> bool:
        """Return whether a statement of this logical task is now one of a batch."""
        ...

    def measure(self, measures: Measures, config: str) -> None:
        """Count what becomes of batches and connections under the name of a config."""

    async def begin(self, outer: Any) -> Any:
        """Begin a Part; inside the outer one of this database, if there is one, from which it can be undone alone."""

    async def start(self) -> None:
        """Open the connections that are needed before the first use; one that fails is left to the first use."""

    async def is_ready(self) -> bool:
        """Return whether a statement would reach the database now."""
        ...

    async def close(self) -> None:
        """Close all connections; a later statement opens them again."""
