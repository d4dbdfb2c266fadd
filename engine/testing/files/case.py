"""A case: its input, its action, its expectations. One format for test files, manual pages, conformance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from msgspec.structs import replace
from pydantic import BeforeValidator, Field
from pydantic_core import core_schema

from engine.loading.files.data import as_data
from engine.parameters.amounts import Duration
from engine.parameters.element import Parameters
from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.validated import TEXT, Kind, Validated, typed
from engine.steps.chain import Chain
from engine.steps.flow import Flow
from engine.steps.flow_link import FlowLink
from engine.testing.expected.expectations import Expectations
from engine.testing.expected.selecting import Selecting
from engine.testing.generated.generating import Value, Values
from engine.testing.staged.doubles import Mock, Spy
from engine.testing.staged.faults import Fault
from engine.values.event import NOTHING, Event

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
ACTIONS = (*METHODS, "request", "flow", "steps")
DEFAULT_TIMEOUT = 10.0
DEFAULT_EXAMPLES = 100

Data = Annotated[dict[str, Any], BeforeValidator(as_data)]
"""A map, unchanged from the file."""

Steps = Annotated[Flow, Kind(Chain.word, Chain.schema)]
"""Steps that run as those of a flow of their own."""


class Moment(Validated):
    """A point in time: `2026-01-01T00:00:00Z`."""

    word = "point in time"
    schema = TEXT

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> datetime:
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            refuse([Mistake("F303", shown(value), "a point in time", "2026-01-01T00:00:00Z")])
        if moment.tzinfo is None:
            refuse([Mistake("F303", shown(value), "a point in time with its zone", f"{value}Z")])
        return moment


class FlowNames(Validated):
    """`true` for all flows, `false` for none, or a list of their names."""

    word = "true or false or list"
    schema = typed("boolean", "array", items=TEXT)

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Any:
        if isinstance(value, (bool, frozenset)):
            return value
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            refuse([Mistake("F303", shown(value), "true, or a list of names of flows")])
        for name in value:
            loading_of(info).expect_flow(str(name), name)
        return frozenset(map(str, value))


class VariableNames(Validated):
    """`true` for all environment variables, `false` for none, or a list of names."""

    word = FlowNames.word
    schema = FlowNames.schema

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Any:
        if isinstance(value, (bool, tuple)):
            return value
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            found = f"{shown(value)} for 'environment'"
            refuse([Mistake("F303", found, "true, or a list of environment variables", "[DB_URL]")])
        return tuple(map(str, value))


class Given(Parameters):
    """The input: the event of a flow, or the request."""

    payload: Value = Value.UNSET
    """The payload, or the body of the request."""

    attributes: Values = Values.NONE
    """The attributes; a request has those that it has."""

    headers: Values = Values.NONE
    """The headers of the request, or those among the attributes."""

    query_params: Values = Values.NONE
    """The query of the request, or queryParams among the attributes."""

    uri_params: Values = Values.NONE
    """The values of `{name}` in the request's path, or uriParams among the attributes."""

    vars: Values = Values.NONE
    """The variables; a request has none."""

    correlation_id: str | None = None
    """The correlation id; a new one, if left out."""

    mime_type: str | None = None
    """The media type of the payload."""

    def made(self, payload: Any) -> Made:
        """Return the input, with the generated values."""
        return Made(
            payload,
            self.attributes.make(),
            self.headers.make(),
            self.query_params.make(),
            self.uri_params.make(),
            self.vars.make(),
            self.correlation_id,
            self.mime_type,
        )


class Made(NamedTuple):
    """The input of one run of a case."""

    payload: Any
    attributes: dict[str, Any]
    headers: dict[str, Any]
    query_params: dict[str, Any]
    uri_params: dict[str, Any]
    vars: dict[str, Any]
    correlation_id: str | None
    media_type: str | None

    def shown(self) -> dict[str, Any]:
        """Return it for the root `given` of expectations."""
        return {name: getattr(self, name) for name in ("payload", "attributes", "vars", "headers")}

    def event(self, variables: Mapping[str, Any]) -> Event:
        """Return the event for a flow or steps."""
        attributes = dict(self.attributes)
        for name, values in (
            ("headers", self.headers),
            ("queryParams", self.query_params),
            ("uriParams", self.uri_params),
        ):
            if values:
                attributes[name] = {**attributes.get(name, {}), **values}
        event = Event(
            payload=self.payload,
            attributes=attributes or NOTHING,
            vars={**variables, **self.vars},
            media_type=self.media_type,
        )
        return event if self.correlation_id is None else replace(event, correlation_id=self.correlation_id)


class Request(Parameters):
    """A request in full; `post: PATH` and its like are short for it."""

    method: str
    """The method."""

    path: str
    """The path, which may hold a query."""

    headers: Values = Values.NONE
    """Its headers, in addition to those given."""

    body: Value = Value.UNSET
    """Its body; the payload given, if left out."""


class Act(Parameters):
    """One action, and its expectations."""

    given: Given = Given()
    """The input: payload, vars, attributes, headers, queryParams, uriParams, correlationId, mimeType."""

    get: str | None = None
    """The path of a GET."""

    head: str | None = None
    """The path of a HEAD."""

    post: str | None = None
    """The path of a POST."""

    put: str | None = None
    """The path of a PUT."""

    patch: str | None = None
    """The path of a PATCH."""

    delete: str | None = None
    """The path of a DELETE."""

    options: str | None = None
    """The path of an OPTIONS."""

    request: Request | None = None
    """A request in full: method, path, headers, body."""

    flow: FlowLink | None = None
    """The flow or sub-flow that runs, its source left out."""

    steps: Steps | None = None
    """The steps that run, as those of a flow of their own; `run` is the same."""

    expect: Expectations = Expectations([], [])
    """Expressions, and their expected values or matchers; `calls` counts calls."""

    def __post_init__(self) -> None:
        actions = [name for name in ACTIONS if getattr(self, name, None) is not None]
        if len(actions) != 1:
            found = f"{' and '.join(actions)} in one" if actions else "nothing that runs"
            refuse([Mistake("F703", found, f"one of {', '.join(ACTIONS)}", "post: /path")])

    def the_request(self) -> Request | None:
        """Return the request, short or in full; None if a flow or steps run."""
        if self.request is not None:
            return self.request
        paths = ((method, getattr(self, method)) for method in METHODS)
        return next((Request(method=method.upper(), path=path) for method, path in paths if path is not None), None)


class Settings(Parameters):
    """The settings of a case, and of its suite for all cases without their own."""

    mock: tuple[Mock, ...] = ()
    """Replacements for processors: processor, with, and return, raise, call or sequence."""

    tags: tuple[str, ...] = ()
    """Words to choose cases by."""

    sources: Annotated[bool | frozenset[str], FlowNames] = False
    """The flows whose sources make events, such as schedulers and queue listeners: a list, or true for all."""

    within: Duration = 0.0
    """How long the expectations may take to hold, if sources or async steps are at work."""

    timeout: Duration = DEFAULT_TIMEOUT
    """How long the case may take."""

    now: Annotated[datetime, Moment] | None = None
    """The moment at which the clock stands; waits move it on, and take no time."""

    seed: int | None = None
    """The seed of random numbers and uuids; another one each time, if left out. It is also the seed of values made from
    a schema; there it is always the same, if left out."""

    examples: Annotated[int, Field(ge=1, le=10000)] = DEFAULT_EXAMPLES
    """The number of payloads with which a case is tried whose payload is made from a schema (`from-schema`)."""


class Case(Act, Settings):
    """One case of a suite."""

    doc: str | None = None
    """The purpose of the case."""

    spy: tuple[Spy, ...] = ()
    """Expectations of the events that enter and leave processors: processor, with, before, after."""

    faults: tuple[Fault, ...] = ()
    """Errors and delays of calls that otherwise do their work: processor, with, item, raise, times, delay."""

    then: tuple[Act, ...] = ()
    """The actions that follow, on the same application: each with given, an action, expect."""

    only: bool = False
    """Whether only this case of its suite runs, and others that say so."""

    skip: str | None = None
    """Why it does not run."""

    each: Annotated[Any, Kind("list", typed("array", items=typed("object")))] = None
    """Rows of values: the case runs once for each, with `${name}` standing for the row's value."""

    def acts(self) -> Iterator[Act]:
        yield self
        yield from self.then

    def selections(self) -> Iterator[Selecting]:
        """Return all parts that refer to steps of the application: each must match one."""
        yield from self.mock
        yield from self.spy
        yield from self.faults
        for act in self.acts():
            yield from (counted.calls for counted in act.expect.calls)


class Suite(Settings):
    """A test file."""

    suite: str | None = None
    """Its name; the file's, if left out."""

    doc: str | None = None
    """The settings that the cases have in common."""

    set: Data = Field(default_factory=dict)
    """Properties of the application, by their dotted names; --set wins over them."""

    files: tuple[str, ...] | None = None
    """The flow files and folders under test, from the test file's folder; those beside it, if left out."""

    cases: Annotated[Any, Kind("map", typed("object"))] = None
    """The cases by their names."""

    real: tuple[str, ...] = ()
    """The configs, by their names, and steps, as mocks name them, that act on the real world. All others are kept from
    it: databases are the test's own, in memory (or on a server of `engine test --database`), stores and queues lie in a
    folder of its own, and a call of a service that no mock answers fails the case."""

    environment: Annotated[bool | tuple[str, ...], VariableNames] = False
    """The environment variables that placeholders see (`DB_URL`, or `db.url`), or true for all; none, if left out."""

    offline: bool = False
    """Whether a call of a database, a store, a queue or a Python function that no mock answers fails the case too, as
    recordings want it; no config is started then."""

    before_all: Annotated[Steps | None, Field(alias="before-all")] = None
    """Steps that run before the first case. A suite that has them, or after-all, keeps the data in memory and in the
    data folder for all cases; otherwise each case starts empty."""

    before_each: Annotated[Steps | None, Field(alias="before-each")] = None
    """Steps that run before each case; the variables that they set enter the case."""

    after_each: Annotated[Steps | None, Field(alias="after-each")] = None
    """Steps that run after each case, whatever its result."""

    after_all: Annotated[Steps | None, Field(alias="after-all")] = None
    """Steps that run after the last case."""

    @property
    def shares_application(self) -> bool:
        return self.before_all is not None or self.after_all is not None
