"""Calls of stored procedures and functions, as they are written for every kind of database."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

from pydantic_core import core_schema

from engine import Mistake, Validated, refuse
from engine.connectors import TEXT
from processors.db._sql import Sql, checked

CALL = re.compile(r"\s*call\s+(?P<body>.+?)[\s;]*", re.IGNORECASE | re.DOTALL)
ESCAPE = re.compile(
    r"\s*\{\s*(?::(?P<result>[A-Za-z_]\w*)\s*=\s*)?call\s+(?P<body>.+?)\s*\}[\s;]*", re.IGNORECASE | re.DOTALL
)
"""The escape of JDBC, which Mule takes; the name before the `=` is that of a function's result."""


class Procedure(Validated):
    """A call: the procedure or function with its parameters, and the name of the function's result."""

    word = Sql.word
    schema = TEXT

    def __init__(self, text: str) -> None:
        found = ESCAPE.fullmatch(text) or CALL.fullmatch(text)
        if found is None:
            write = "CALL name(:in, :out), {call name(:in, :out)} or {:result = call name(:in)}"
            refuse([Mistake("F303", "a statement that calls no procedure", "the call of one", write)])
        body = found["body"] if "(" in found["body"] else f"{found['body']}()"
        self.result: str | None = found.groupdict().get("result")
        self.place = getattr(text, "place", None)
        self.sql = Sql(f"SELECT {body}" if self.result else f"CALL {body}")
        self.sql.place = self.place
        self.names = self.sql.names

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else cls(checked(value))


Run = Callable[[Any, str, Sequence[Any], float | None], Awaitable[dict[str, Any]]]
"""Calls on a database, or its part in a transaction, by text, values and timeout; returns the outputs, by name."""
