"""Calls of procedures and functions on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import FlowError
from processors.db._errors import QUERY_EXECUTION
from processors.db._procedure import Procedure, Run
from processors.db._sql import Sql


def calling(procedure: Procedure, types: Mapping[str, str], outputs: Sequence[str]) -> tuple[Sql, Run]:
    """Return the statement whose values are bound, and the function that runs it and returns its outputs.

    Pure outputs are written as null (PostgreSQL's manual, CALL); the result is one row, in the order of the places.
    """
    nulls = {name: f"CAST(NULL AS {kind})" if kind else "NULL" for name, kind in types.items()}
    sql = Sql(procedure.sql.written(nulls))
    sql.place = procedure.place
    wanted = [procedure.result] if procedure.result else [name for name in procedure.names if name in outputs]

    async def run(statements: Any, text: str, values: Sequence[Any], timeout: float | None) -> dict[str, Any]:
        rows = await statements.select(text, values, None, timeout)
        given = list(rows[0].values()) if rows else []
        if len(given) != len(wanted):
            description = f"a procedure gave {len(given)} values, and {len(wanted)} are named as outputs"
            raise FlowError(QUERY_EXECUTION, description)
        return dict(zip(wanted, given, strict=True))

    return sql, run
