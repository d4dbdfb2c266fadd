"""Calls of procedures and functions on MySQL and MariaDB, whose values are passed in variables of the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection

from processors.db._procedure import Procedure, Run
from processors.db._sql import Sql


def calling(procedure: Procedure, types: Mapping[str, str], outputs: Sequence[str]) -> tuple[Sql, Run]:
    """Return the statement whose values are bound, and the function that runs it and returns its outputs.

    It sets a variable for each parameter, and those of pure outputs to null: they outlive a call. Their names are
    numbers, because names of variables are case-insensitive.
    """
    variables = {name: f"@parameter_{number}" for number, name in enumerate(procedure.names, 1)}
    sets = ", ".join(f"{mark} = {'NULL' if name in types else f':{name}'}" for name, mark in variables.items())
    call = procedure.sql.written(variables)
    wanted = [name for name in outputs if name != procedure.result]
    gets = ", ".join(_got(variables[name], types.get(name, "")) for name in wanted)

    async def run(statements: Any, text: str, values: Sequence[Any], timeout: float | None) -> dict[str, Any]:
        answers = await statements.call(text if sets else "", values, call, f"SELECT {gets}" if gets else "", timeout)
        if procedure.result:
            return {procedure.result: next(iter(answers[0][0].values()))}
        got = answers.pop()[0].values() if gets else ()
        sets_of_rows = {f"resultSet{number}": rows for number, rows in enumerate(answers, 1)}
        return sets_of_rows | dict(zip(wanted, got, strict=True))

    return Sql(f"SET {sets}"), run


def _got(variable: str, kind: str) -> str:
    return f"CAST({variable} AS {kind})" if kind else variable


async def answers_of(connection: AsyncConnection, sql: str) -> list[list[dict[str, Any]]]:
    """Yield the rows of each answer to a statement. SQLAlchemy reads only the first, so the driver is asked itself."""
    raw = await connection.get_raw_connection()
    answers: list[list[dict[str, Any]]] = []
    try:
        async with raw.driver_connection.cursor() as cursor:  # type: ignore[union-attr]  # it is connected
            await cursor.execute(sql)
            is_more = True
            while is_more:
                if cursor.description:
                    names = [column[0] for column in cursor.description]
                    answers.append([dict(zip(names, row, strict=True)) for row in await cursor.fetchall()])
                is_more = bool(await cursor.nextset())
    except connection.dialect.loaded_dbapi.Error as error:
        raise exc.DBAPIError(sql, (), error) from error
    return answers
