from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import Event, Field, FlowError, Kind, Mistake, Template, prepared, refuse
from engine.connectors import TEXT, typed
from processors.db._database import Database
from processors.db._errors import QUERY_EXECUTION
from processors.db._procedure import Procedure
from processors.db._statement import OneStatement

KIND = re.compile(r"[A-Za-z][\w ]*(\([0-9]+(, ?[0-9]+)?\))?[\w ]*(\[\])?")


def _types(value: Any) -> Any:
    """Convert names, or a map of types by names, to a map."""
    types = dict.fromkeys(value, "") if isinstance(value, list) and _are_texts(value) else value
    if not isinstance(types, Mapping) or not _are_texts(types) or not _are_texts(types.values()):
        refuse([Mistake("F303", "outputs that are no names", "names, or types by names", "[total]")])
    for kind in types.values():
        if kind and not KIND.fullmatch(kind):
            refuse([Mistake("F303", f"'{kind}'", "a type of the database", "DECIMAL(10, 2)")])
    return types


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


class StoredProcedure(OneStatement):
    """Call a stored procedure; the result is a map of its outputs, by the names of its parameters.

    `CALL name(:in, :out)` and `{call name(:in, :out)}` mean the same. `{:result = call name(:in)}` calls a function and
    returns its one value; rows of a function are read by db:select. The rows returned by a procedure of MySQL or
    MariaDB are lists in the same map: resultSet1, resultSet2 and so on.

    PostgreSQL, MySQL and MariaDB support it. SQLite has no procedures, and other databases are refused, too, when the
    flow is loaded. On PostgreSQL a procedure names all of its outputs, or raises DB:QUERY_EXECUTION.

    Example:
        configs:
          Books: {db:config: {url: "sqlite://"}}
        run:
          - db:stored-procedure:
              config-ref: Books
              sql: "{call count_books(:author, :books)}"
              input-parameters: {author: Austen}
              output-parameters: [books]
        mistake: a procedure on a database that has none here
    """

    sql: Procedure
    """The call, with a `:name` for each input or output."""

    input_parameters: Annotated[Template, Field(alias="input-parameters")] = Template({})
    """The inputs by name: a map, or one expression whose value is a map. They are bound, never pasted."""

    output_parameters: Annotated[
        dict[str, str],
        BeforeValidator(_types),
        Kind("map", typed("object", "array", items=TEXT, additionalProperties=TEXT)),
    ] = Field(default_factory=dict, alias="output-parameters")
    """The outputs: a list of names, or a map of types by names, for a database that does not know them itself."""

    in_out_parameters: Annotated[Template, Field(alias="in-out-parameters")] = Template({})
    """The values by name that go in, and come out changed: a map."""

    bind: Any = prepared()
    """Returns the values of an event for the call, in order."""

    call: Any = prepared()
    """Calls, and returns the outputs."""

    def __post_init__(self) -> None:
        self._check_names()
        super().__post_init__()

    def prepare(self, database: Database) -> None:
        calling = database.style.calling
        if calling is None:
            found, expected = "a procedure on a database that has none here", "PostgreSQL, MySQL or MariaDB"
            refuse([Mistake("F303", found, expected, "db:select, or the steps in a sub-flow", place=self.sql.place)])
        outputs = [*self.output_parameters, *_names(self.in_out_parameters)]
        sql, call = calling(self.sql, self.output_parameters, outputs)
        bind = sql.binder(self._values, database.style)
        self._prepare(text=sql.text(database.style), bind=bind, call=call, operation="CALL")

    async def run(self, event: Event) -> Event:
        values = self.bind(event)
        statements = await self.statements()
        return self.deliver(event, await self.call(statements, self.text, values, self.timeout))

    def _values(self, event: Event) -> dict[str, Any]:
        given = self.input_parameters.evaluate(event)
        if not isinstance(given, Mapping):
            raise FlowError(QUERY_EXECUTION, "the parameters of a statement are no map")
        return {**given, **self.in_out_parameters.evaluate(event)}

    def _check_names(self) -> None:
        """Check the names that are known now: each has one source, and each output a place."""
        if self.in_out_parameters.entries is None:
            refuse([Mistake("F303", "in-out-parameters that are no map", "a map of values by names")])
        both = _names(self.in_out_parameters)
        is_map = self.input_parameters.entries is not None
        inputs = _names(self.input_parameters)
        outputs = {*self.output_parameters, *both}
        mistakes = [
            Mistake("F603", f"the parameter '{name}' in several places", "in-out-parameters for what goes in and out")
            for name in sorted({*inputs, *both} & {*self.output_parameters} | {*inputs} & {*both})
        ]
        mistakes += [
            Mistake("F603", f"the parameter ':{name}' in sql, which no parameters name", "a value or an output for it")
            for name in self.sql.names
            if is_map and name not in outputs.union(inputs)
        ]
        mistakes += [
            Mistake("F603", f"the output '{name}', which is not in sql", f"a place ':{name}' in sql")
            for name in sorted(outputs - {*self.sql.names, self.sql.result})
        ]
        if mistakes:
            refuse(mistakes)


def _names(template: Template) -> list[str]:
    """Return the names of a map that is written out."""
    return list(template.entries or ())
