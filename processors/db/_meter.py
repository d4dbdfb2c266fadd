"""Measures of databases, named as OpenTelemetry's conventions for them if they have a name."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from engine import Event, FlowError
from engine.connectors import Counter, Histogram, Measures, Run, Usage
from processors.db._database import ConnectionCounts

CANCELLED = "cancelled"
"""The type of the error of a statement that ended with its flow."""


class Statements(NamedTuple):
    """The statements of a step. system, operation: the database's kind, and the statement's verb."""

    config: str
    system: str
    operation: str


class StatementMeter:
    """Measures how long the statements of a step take; those of a batch are counted with it.

    is_in_batch: returns whether a statement that is run now is one of a batch.
    """

    def __init__(self, measures: Measures, statements: Statements, is_in_batch: Callable[[], bool]) -> None:
        self._measures = measures
        self._statements = statements
        self._is_in_batch = is_in_batch
        self._by_error: dict[str, Histogram] = {}

    def around(self, run: Run) -> Run:
        """Return the function of a step that measures it."""
        observe, is_in_batch = self._slot("").observe, self._is_in_batch

        async def measured(event: Event) -> Event:
            if is_in_batch():
                return await run(event)
            began = perf_counter()
            try:
                after = await run(event)
            except BaseException as error:
                kind = str(error.type) if isinstance(error, FlowError) else CANCELLED
                self._slot(kind).observe(perf_counter() - began)
                raise
            observe(perf_counter() - began)
            return after

        return measured

    def _slot(self, error: str) -> Histogram:
        if error not in self._by_error:
            config, system, operation = self._statements
            self._by_error[error] = self._measures.histogram(
                "db_client_operation_duration_seconds",
                "Duration of statements on a database, except those of batches",
                config=config,
                db_system_name=system,
                db_operation_name=operation,
                error_type=error,
            )
        return self._by_error[error]


def measure_connections(
    measures: Measures, pool: str, counts: Callable[[], ConnectionCounts], most: int | None
) -> None:
    """Have the connections of a database read. most: how many there may be; None if they have no pool."""
    text = "Connections to the database by their state"

    def read(state: str, value: Callable[[], int]) -> None:
        measures.read(
            "db_client_connections",
            text,
            value,
            db_client_connection_pool_name=pool,
            db_client_connection_state=state,
        )

    read("idle", lambda: counts().idle)
    read("used", lambda: counts().used)
    if most is not None:
        _measure_pool(measures, pool, counts, most)


def _measure_pool(measures: Measures, pool: str, counts: Callable[[], ConnectionCounts], most: int) -> None:
    name, text = "db_client_connection_pending_requests", "Statements and transactions that wait for a connection"
    measures.read(name, text, lambda: counts().waiting, db_client_connection_pool_name=pool)
    name, text = "db_client_connection_max", "How many connections there may be"
    measures.read(name, text, lambda: most, db_client_connection_pool_name=pool)
    measures.limited[f"the connections of {pool}"] = lambda: Usage(counts().used, most, counts().waiting)


def timeouts(measures: Measures, pool: str) -> Counter:
    """Return the counter of those who waited for a connection in vain."""
    text = "Statements and transactions for which no connection was free in time"
    return measures.counter("db_client_connection_timeouts_total", text, db_client_connection_pool_name=pool)
