"""The base of the operations that run one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar

from engine import Amount, Code, ConfigRef, Effects, Field, Mistake, Operation, Runtime, Template, prepared, refuse
from engine.connectors import Measures, RunPlain, Shown, TimeUnit, Transaction
from processors.db._database import AtOnce, Database, DatabasePart, Statements
from processors.db._errors import DB_TYPES
from processors.db._lists import short
from processors.db._meter import StatementMeter
from processors.db._meter import Statements as Measured
from processors.db._shown import shown_statements, system_of
from processors.db._sql import ONE_OF_MANY, Sql
from processors.db.config import Config


class DatabaseOperation(Operation):
    """The base of the operations on a database."""

    config_ref: ConfigRef[Config]
    """The name of the db:config."""

    query_timeout: Amount = Amount(0)
    """How long a statement may take, in queryTimeoutUnit, before it is stopped and DB:TIMEOUT raised; 0 is no limit.
    The changes of INSERT, UPDATE, DELETE, MERGE and REPLACE are undone for sure when they are stopped; on a server that
    costs two messages more."""

    query_timeout_unit: TimeUnit = "SECONDS"
    """The unit of a queryTimeout without a unit of its own."""

    raises = DB_TYPES
    is_outward = True

    timeout: float | None = prepared()
    """Return the seconds that a statement may take."""

    database: Database = prepared()

    is_prepared: ClassVar[bool] = True
    """Whether `engine check --connect` has the database understand its statement without running it."""

    operation: str = prepared("BATCH")
    """The verb of its statement, for measures; BATCH for several statements."""

    _meter: StatementMeter | None = prepared(None)

    def __post_init__(self) -> None:
        self._prepare(timeout=self.query_timeout.seconds(self.query_timeout_unit) or None)
        if isinstance(self.config_ref, Config):  # not if the config itself has mistakes
            self._prepare(database=self.config_ref.database, reaches_outside=self.config_ref.reaches_outside)
            self.prepare(self.database)

    def prepare(self, database: Database) -> None:
        """Write the statement for the database."""

    def measure(self, measures: Measures, place: str) -> None:
        """Measure the statements, all of one verb together."""
        measured = Measured(self.config_ref.config_name, system_of(self.config_ref.url), self.operation)
        self._prepare(_meter=StatementMeter(measures, measured, lambda: self.database.is_in_batch()))

    def bounded(self, code: Code) -> Code:
        code = super().bounded(code)
        return code if self._meter is None else code._replace(run=self._meter.around(code.awaited))

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        sql = getattr(self, "sql", None)
        if self.is_prepared and isinstance(sql, Sql) and isinstance(self.config_ref, Config):
            self.config_ref.statements_in(runtime).append(sql)

    @property
    def all_texts(self) -> Sequence[str]:
        """The statements in the form of the database."""
        raise NotImplementedError

    def shown_call(self) -> Shown:
        return shown_statements(self.config_ref.url, self.all_texts)

    async def statements(self) -> Statements:
        """Return the database, or its part in the transaction of this logical task."""
        transaction = Transaction.current()
        if transaction is None:
            return self.database
        part: DatabasePart = await transaction.part_of(self.database)
        return part


class OneStatement(DatabaseOperation):
    """The base of the operations with one statement."""

    text: str = prepared()
    """The statement in the form of the database."""

    @property
    def all_texts(self) -> Sequence[str]:
        return (self.text,)


class Statement(OneStatement):
    """The base of the operations with one statement that has parameters."""

    sql: Sql
    """The statement, with a `:name` for each value. A list is used alone after IN: `id IN (:ids)`; an empty one finds
    no row, and with NOT IN all. A list or a map that is stored becomes JSON; if it is compared with one value, it is
    refused."""

    input_parameters: Annotated[Template, Field(alias="input-parameters")] = Template({})
    """The values by name: a map, or one expression whose value is a map. They are bound, never pasted."""

    bind: Any = prepared()
    """Returns the values of an event for the statement, in order."""

    bind_at_once: Any = prepared()
    """The same for a batch; it is lost if a statement would block it."""

    def __post_init__(self) -> None:
        self._check_names()
        super().__post_init__()

    def prepare(self, database: Database) -> None:
        bind = self.sql.binder(self.input_parameters.evaluate, database.style)
        bind_at_once = short(bind) if self.sql.has_lists else bind
        text, operation = self.sql.text(database.style), self.sql.verb
        self._prepare(text=text, operation=operation, bind=bind, bind_at_once=bind_at_once)

    @property
    def is_one_of_many(self) -> bool:
        """Whether it can be committed together with others."""
        return self.timeout is None and self.sql.verb in ONE_OF_MANY

    def one_of_many(self, plain: Callable[[AtOnce], RunPlain]) -> Code:
        """Return the code of the operation; `plain` makes the function for batches of a database used synchronously."""
        batching, at_once = self.database.batching, self.database.at_once
        if batching is None or not self.is_one_of_many:
            return Code(self.run, None)
        return Code(self.run, plain(at_once) if at_once else None, Effects(resources=frozenset({batching})))

    def _check_names(self) -> None:
        """Check the names that are known now: a map that is written out must have them all."""
        entries = self.input_parameters.entries
        given = self.sql.names if entries is None else entries
        missing = [name for name in self.sql.names if name not in given]
        if missing:
            found = f"the parameter ':{missing[0]}' in sql, which input-parameters lack"
            refuse([Mistake("F603", found, f"a value for each of {', '.join(self.sql.names)}")])
