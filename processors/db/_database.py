"""What a db:config talks to: the interface that each kind of database has behind it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.connectors import Batching

UNNAMED_KEY = "GENERATED_KEY"
"""What a database calls a key that it made where it does not tell the column (MySQL's name)."""


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class ParameterStyle:
    """How statements are written for a driver.

    placeholder: what stands for the parameter of that number, from 1.
    is_shared: whether a parameter that stands in several places has one number, and its value is given once.
    among: what stands for the list of that number behind IN, IN itself with it; whether behind NOT IN.
    list_of: how such a list is bound. Raises what the entries are no values for.
    has_types: whether parameters have types, one each, and lists and maps are among them (arrays, JSON).
    escape: how the text between parameters is written.
    returning: whether statements that change rows give them back by RETURNING.
    undoes_tables: whether a transaction that is rolled back undoes the tables that it made.
    calling: how procedures are called (_procedure.Calling); None where the database has none.
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


class Statements(Protocol):
    """What runs statements: a database, each committed on its own, or its part in a transaction.

    sql and values: as the ParameterStyle of the database wants them. timeout: seconds that a statement
    may take; then it is stopped, and DB:TIMEOUT. They raise the errors of
    _errors.py only. Cancelled, they leave nothing behind: the statement has run, or has not.
    """

    async def run_script(self, script: str) -> None:
        """Run statements without parameters, one after another."""

    async def select(
        self, sql: str, values: Sequence[Any], most: int | None, timeout: float | None = None
    ) -> list[dict[str, Any]]:
        """The rows as maps, `most` of them at the most."""
        ...

    async def change(self, sql: str, values: Sequence[Any], timeout: float | None = None) -> dict[str, Any]:
        """Run a statement that changes rows: `{affectedRows, generatedKeys}`."""
        ...

    async def prepare(self, sql: str, count: int) -> None:
        """Have the database understand a statement with so many values, without running it. Raises what it says."""

    def portions(
        self, sql: str, values: Sequence[Any], size: int, timeout: float | None = None
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """The rows as maps, in lists of `size` and a shorter one at the end; the cursor is open as long as it is.

        timeout: seconds for each list.
        """
        ...


class AtOnce(Protocol):
    """What runs the statements of a batch that is open without waiting, as plain functions."""

    def select_at_once(self, sql: str, values: Sequence[Any], most: int | None) -> list[dict[str, Any]]:
        """As `select`."""
        ...

    def change_at_once(self, sql: str, values: Sequence[Any]) -> dict[str, Any]:
        """As `change`."""
        ...


class Part(Statements, Protocol):
    """The part of a database in a transaction. A statement that fails undoes itself alone."""

    async def commit(self) -> None:
        """Keep what was done; where that fails, or is cancelled, the part has ended all the same."""

    async def rollback(self) -> None:
        """Undo what was done."""


class Database(Statements, Protocol):
    """A database, which connects when it is first used, and again after the connection was lost."""

    style: ParameterStyle

    @property
    def batching(self) -> Batching | None:
        """What commits the statements of many records together; None, where each is committed on its own."""

    @property
    def at_once(self) -> AtOnce | None:
        """What runs the statements of a batch without waiting; None, where they are waited for."""

    async def begin(self, outer: Any) -> Any:
        """A Part; inside the outer one of this database, where there is one, of which it can be undone alone."""

    async def start(self) -> None:
        """Open what is to be open before the first use; what cannot be opened is left to that."""

    async def is_ready(self) -> bool:
        """Whether a statement would find the database now."""
        ...

    async def close(self) -> None:
        """Close what was opened; a later statement opens it anew."""
