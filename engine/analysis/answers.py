"""The answers that a flow may give to HTTP requests, by status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from engine.analysis.rehearsal import Outcome, Rehearsal, gathered
from engine.analysis.states import HEADERS, Failure, State
from engine.content.bodies import CSV, JSON, TEXT, essence_of
from engine.content.problem import PROBLEM
from engine.expressions.digits import is_digits
from engine.expressions.schemas import NULL, OPEN, STREAM, Schema, joined, types_of, values_of
from engine.parameters.expression import Compiled
from engine.serving.answer import BODILESS
from engine.serving.route import HttpResponse, Route
from engine.serving.sending import LINES
from engine.steps.flow import Flow
from engine.values.errors import error_type
from engine.values.event import STATUS
from engine.values.media import is_json
from engine.values.status import status_in, status_of_type

DEFAULT = "default"
"""Stands for statuses that are known only at run time."""

TOLD_ELSEWHERE = frozenset({"content-type", "x-correlation-id"})
"""Headers that the description of an answer has anyway."""

NOT_ACCEPTABLE = error_type("HTTP:NOT_ACCEPTABLE")
PROBLEM_REF: Schema = {"$ref": "#/components/schemas/Problem"}


class Content(NamedTuple):
    """One form of an answer: its status, its media type and the schema of its body.

    media_type: None if there is no body, empty if it is known only at run time. headers: the names of the headers that
    the flow sets.
    """

    status: int | str
    media_type: str | None
    schema: Schema
    headers: tuple[str, ...] = ()


def answers(flow: Flow, route: Route, rehearsal: Rehearsal) -> list[Content]:
    """Return the answers that the flow itself may give. Raises TooMuch."""
    start = (State(),)
    entered = rehearsal.chain(flow.steps, start)
    ended = rehearsal.handled(gathered([entered, _unacceptable(entered, route)]), flow.error_handler)
    found = [each for state in ended.states for each in _successes(state, route.response)]
    found += [each for failure in ended.failures for each in _failures(failure, route.error_response)]
    return found


def _unacceptable(outcome: Outcome, route: Route) -> Outcome:
    """Return the outcome with 406, which the flow's handler sees, for payloads whose media type is left open."""
    found = (state for state in outcome.states if _is_negotiable(state, route.response))
    return Outcome((), tuple(Failure(NOT_ACCEPTABLE, state, frozenset({406})) for state in found))


def _is_negotiable(state: State, response: HttpResponse) -> bool:
    """Return whether the caller's Accept determines the format of the payload."""
    return not state.media_type and _body(state, response).media_type in (JSON, "")


def _successes(state: State, response: HttpResponse) -> Iterator[Content]:
    values = _given(state, response, state.variables.get(STATUS, OPEN))
    statuses = {DEFAULT} if values is None else {200 if value is None else status_in(value) for value in values}
    headers = (*_names_in(state.variables.get(HEADERS, NULL)), *_names_in(_set_by(state, response)))
    for status in statuses:
        if status in BODILESS:
            yield Content(status, None, OPEN, headers)
        elif status is not None:
            for body in _bodies(state, response):
                yield body._replace(status=status, headers=headers)


def _set_by(state: State, response: HttpResponse) -> Schema:
    """Return the schema of the headers that a response sets."""
    return state.of(response.headers.held) if response.headers else NULL


def _names_in(headers: Schema) -> Iterator[str]:
    """Yield the names of headers that are known to be set, or possibly set."""
    return (name for name in headers.get("properties", {}) if name.lower() not in TOLD_ELSEWHERE)


def _failures(failure: Failure, response: HttpResponse) -> Iterator[Content]:
    by_table = failure.statuses or {status_of_type(failure.type)}
    values = _given(failure.state, response, failure.answer_status or NULL)
    statuses = _assigned(values, by_table)
    if response.body is not None:
        bodies = _bodies(failure.state, response)
    elif failure.answer is not None:
        bodies = _bodies(failure.answer, response)
    else:
        bodies = [Content(0, PROBLEM, PROBLEM_REF)]
    headers = tuple(_names_in(_set_by(failure.state, response)))
    return (body._replace(status=status, headers=headers) for status in statuses for body in bodies)


def _given(state: State, response: HttpResponse, otherwise: Schema) -> list[Any] | None:
    """Return the possible values of the status, None if unknown; if the response's is null, the variable's count."""
    if response.status_code is None:
        return values_of(otherwise)
    values = values_of(state.of(response.status_code.held))
    if values is None or None not in values:
        return values
    more = values_of(otherwise)
    return None if more is None else [*(value for value in values if value is not None), *more]


def _assigned(values: list[Any] | None, by_table: Iterable[int]) -> set[int | str]:
    """Return the statuses of an error's answer; values below 400, and invalid ones, are ignored."""
    if values is None:
        return {DEFAULT}
    statuses = {status_in(value) for value in values}
    good: set[int | str] = {status for status in statuses if status is not None and status >= 400}
    return good if len(good) == len(statuses) else good | set(by_table)


def _bodies(state: State, response: HttpResponse) -> list[Content]:
    """Return the forms that the body of an answer may have."""
    body = _body(state, response)
    if STREAM not in body.schema:
        return [body]
    schema = {name: value for name, value in body.schema.items() if name != STREAM}
    if state.media_type:
        return [body._replace(schema=schema if is_json(body.media_type) else OPEN)]
    return [Content(200, JSON, schema), *(Content(200, each, OPEN) for each in (LINES, CSV))]


def _body(state: State, response: HttpResponse) -> Content:
    """Return the body of an answer: by its declared media type, otherwise by the type of the payload."""
    schema, media_type = state.payload, state.media_type
    if response.body is not None:
        schema, media_type = state.of(response.body.held), None
    media_type = _labelled(state, response.headers) or media_type
    kinds = types_of(schema)
    if schema == NULL:
        return Content(200, None, OPEN)
    if not kinds or "null" in kinds:
        return Content(200, "", OPEN)
    if kinds == ["string"]:
        return Content(200, essence_of(media_type or TEXT), schema if _is_text(media_type) else OPEN)
    if "string" in kinds and not media_type:
        return Content(200, "", OPEN)
    essence = essence_of(media_type or JSON)
    return Content(200, essence, schema if is_json(essence) else OPEN)


def _is_text(media_type: str | None) -> bool:
    return media_type is None or media_type.startswith("text/")


def _labelled(state: State, headers: Compiled | None) -> str:
    """Return the Content-Type that the flow sets by itself; empty if it sets none."""
    for given in (state.of(headers.held) if headers else NULL, state.variables.get(HEADERS, NULL)):
        properties = given.get("properties", {})
        name = next((each for each in properties if each.lower() == "content-type"), "")
        if name and (values := values_of(properties[name])):
            return str(values[0])
    return ""


def responses(found: Iterable[Content], problems: Iterable[int]) -> dict[str, Any]:
    """Return the Responses Object of an operation. problems: the statuses of the listener's own answers."""
    by_status: dict[str, list[Content]] = {str(status): [Content(status, PROBLEM, PROBLEM_REF)] for status in problems}
    for each in found:
        by_status.setdefault(str(each.status), []).append(each)
    return {status: _response(status, by_status[status]) for status in sorted(by_status)}


def _response(status: str, contents: list[Content]) -> dict[str, Any]:
    names = dict.fromkeys(name for each in contents for name in each.headers)
    if not names and all(each.media_type == PROBLEM and each.schema == PROBLEM_REF for each in contents):
        return {"$ref": f"#/components/responses/{component(status)}"}
    headers = {"X-Correlation-ID": CORRELATION_REF} | {name: {"schema": {"type": "string"}} for name in names}
    response: dict[str, Any] = {"description": phrase(status), "headers": headers}
    by_type: dict[str, list[Schema]] = {}
    for each in contents:
        if each.media_type == "":  # the contents of the body are known only at run time
            return response
        if each.media_type is not None:
            by_type.setdefault(each.media_type, []).append(each.schema)
    if by_type:
        response["content"] = {name: {"schema": dict(joined(schemas))} for name, schemas in by_type.items()}
    return response


CORRELATION_REF = {"$ref": "#/components/headers/X-Correlation-ID"}


PHRASES = {"413": "Content Too Large", "414": "URI Too Long", "422": "Unprocessable Content"}
"""RFC 9110's phrases, which newer versions of Python have."""


def phrase(status: str) -> str:
    """Return HTTP's phrase for a status."""
    if status in PHRASES:
        return PHRASES[status]
    known = is_digits(status) and int(status) in HTTPStatus.__members__.values()
    return HTTPStatus(int(status)).phrase if known else "An answer whose status the flow computes"


def component(status: str) -> str:
    """Return the name of the component that describes a problem with this status."""
    return "".join(filter(str.isalnum, phrase(status))) if is_digits(status) else "Problem"
