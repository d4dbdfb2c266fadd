"""A recorded request as the text of a test file."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from engine.expressions.writing import WRITING_ERRORS, encode
from engine.parameters.expression import Compiled
from engine.serving.headers import Headers
from engine.serving.path_route import raw_path_of
from engine.steps.processor import Operation
from engine.testing.client import OF_THE_CONNECTION, Received
from engine.testing.expected.matchers import MARK
from engine.testing.expected.selecting import StepParameter
from engine.testing.recordings.exchanges import MOST_BYTES, Call, Exchange
from engine.testing.recordings.redaction import Redaction
from engine.values.errors import FlowError
from engine.values.event import Message
from engine.values.media import is_json, read_json
from engine.values.spooled import Spooled
from engine.values.stream import Stream

OF_EACH_REQUEST = OF_THE_CONNECTION | {"user-agent", "x-correlation-id"}
"""Headers that the case does not give: the test has its own."""

TOLD = ("content-type", "location")
"""Headers of an answer that are expected again."""


INWARD = {"target", "targetValue", "doc:name"}
"""Parameters that say nothing about the request."""


class Unwritable(Exception):
    """A value that no file can hold."""


def case_of(exchange: Exchange, files: Sequence[str], settings: Mapping[str, str], redaction: Redaction) -> str:
    """Return the test file. Raise Unwritable."""
    headers = Headers(exchange.scope["headers"])
    target = _target(exchange)
    redaction.learn(dict(headers))
    redaction.learn(target)
    method, path = exchange.scope["method"], redaction.text(target)
    given = {
        "headers": redaction.of({name: value for name, value in headers.items() if name not in OF_EACH_REQUEST}),
        "payload": _body(bytes(exchange.body), headers.get("content-type"), redaction),
        "correlationId": headers.get("x-correlation-id") or exchange.headers.get("x-correlation-id"),
    }
    case = {
        "request": {"method": method, "path": path},
        "given": {name: value for name, value in given.items() if value not in (None, {})},
        "now": exchange.began.isoformat(),
        "seed": exchange.seed,
        "mock": list(_mocks(exchange.calls, redaction)),
        "expect": _expected(exchange, redaction),
    }
    case = redaction.of({name: value for name, value in case.items() if value})  # all secrets are known by now
    suite: dict[str, Any] = {"suite": "recorded", "offline": True, "files": list(files)}
    suite |= {"set": redaction.of(dict(settings))} if settings else {}
    return as_yaml({**suite, "cases": {f"{method} {path}": case}})


def _target(exchange: Exchange) -> str:
    path, query = raw_path_of(exchange.scope), exchange.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _body(body: bytes, media_type: str | None, redaction: Redaction) -> Any:
    """Return the body for `given.payload`; None if there is none."""
    if not body:
        return None
    try:
        value = read_json(body) if media_type and is_json(media_type) else None
    except ValueError:
        value = None
    if value is None or not isinstance(value, (dict, list)) or _looks_made(value):
        redaction.learn(body)
        content = b64encode(redaction.of(body)).decode()
        return {"from-expression": f"base64_decode('{content}', 'bytes')"}
    redaction.learn(value)
    return redaction.of(value)


def _looks_made(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("from-")


def _expected(exchange: Exchange, redaction: Redaction) -> dict[str, Any]:
    expected: dict[str, Any] = {"status": exchange.status}
    for name in TOLD:
        if name in exchange.headers:
            expected[f'headers."{name}"'] = redaction.text(exchange.headers[name])
    body = Received(exchange.status, exchange.headers, bytes(exchange.content)).body
    if isinstance(body, bytes):
        return expected if not body else expected | {"base64_encode(payload)": b64encode(body).decode()}
    return expected | {"payload": _wanted(redaction.of(_plain(body)))}


def _wanted(value: Any) -> Any:
    """Return the value as the right side of an expectation: a map that looks like matchers is marked as none."""
    if isinstance(value, dict):
        inner = {name: _wanted(each) for name, each in value.items()}
        return {"$equals": value} if any(name.startswith(MARK) for name in value) else inner
    return [_wanted(each) for each in value] if isinstance(value, list) else value


def _mocks(calls: Sequence[Call], redaction: Redaction) -> Iterator[dict[str, Any]]:
    """Yield a mock for all calls of one kind: of the same element, with the same literal parameters."""
    kinds: dict[str, tuple[dict[str, Any], list[Call]]] = {}
    for call in calls:
        named = {"processor": call.step.name}
        known = _literals(call, redaction)
        mock = named | ({"with": known} if known else {})
        kinds.setdefault(as_yaml(mock), (mock, []))[1].append(call)
    for mock, same in kinds.values():
        is_beside = any(call.is_beside for call in same)
        yield mock | {"sequence": [_reply(call, redaction, is_beside=is_beside) for call in same]}


def _literals(call: Call, redaction: Redaction) -> dict[str, Any]:
    """Return the parameters that tell the step from others of its element."""
    known = {}
    for name in sorted(set(StepParameter.names(call.step)) - INWARD):
        parameter = StepParameter.of(call.step, name)
        value = None if parameter is None or parameter.is_computed else parameter.of_event(call.before)
        if isinstance(value, str) and redaction.text(value) == value and not _is_template(value):
            known[name] = str(value)
    return known


def _computed(call: Call, redaction: Redaction) -> dict[str, Any]:
    """Return the parameters that tell the call from others of its step."""
    known = {}
    for name in StepParameter.names(call.step):
        parameter = StepParameter.of(call.step, name)
        if parameter is None or not parameter.is_computed:
            continue
        try:
            value = _plain(parameter.of_event(call.before))
        except (FlowError, Unwritable):
            continue
        if redaction.of(value) == value:
            known[name] = _wanted(value)
    return known


def _reply(call: Call, redaction: Redaction, *, is_beside: bool) -> dict[str, Any]:
    """Return the result of the call, as an entry of a sequence."""
    known = _computed(call, redaction) if is_beside else {}
    return ({"with": known} if known else {}) | _result(call, redaction)


def _result(call: Call, redaction: Redaction) -> dict[str, Any]:
    if call.failure is not None:
        return {"raise": _failure(call.failure, redaction)}
    if call.after is None:
        return {"raise": {"type": "MULE:TIMEOUT" if call.is_over else "MULE:UNKNOWN"}}
    if not isinstance(call.step.processor, Operation):
        return {}
    target = call.step.processor.target
    if target is not None:
        value = call.streamed if call.streamed is not None else call.after.vars.get(target)
        return {"return": {"vars": {target: _template(value, redaction)}}}
    return {"return": _message(call, redaction)}


def _message(call: Call, redaction: Redaction) -> dict[str, Any]:
    after = call.after
    assert after is not None  # the caller has checked
    payload = call.streamed if call.streamed is not None else after.payload
    returned = {"payload": _template(payload, redaction, or_null="#[null]")}
    if after.attributes:
        returned["attributes"] = _template(after.attributes, redaction)
    return returned | ({"mimeType": after.media_type} if after.media_type else {})


def _failure(failure: FlowError, redaction: Redaction) -> dict[str, Any]:
    raised = {"type": str(failure.type), "description": _template(failure.description, redaction)}
    message = failure.error_message
    if isinstance(message, Message):
        raised["errorMessage"] = {
            "payload": _template(message.payload, redaction, or_null="#[null]"),
            "attributes": _template(message.attributes, redaction),
        }
    return raised


def _template(value: Any, redaction: Redaction, or_null: Any = None) -> Any:
    """Return a template that evaluates to a value."""
    if isinstance(value, Spooled):
        value = value.read()
    if isinstance(value, (bytes, bytearray)):
        redaction.learn(bytes(value))
        return f"#[base64_decode('{b64encode(redaction.of(bytes(value))).decode()}', 'bytes')]"
    plain = _plain(value)
    redaction.learn(plain)
    plain = redaction.of(plain)
    if _holds_template(plain):
        return f"#[read(base64_decode('{b64encode(encode(plain)).decode()}'), 'application/json')]"
    return or_null if plain is None else plain


def _holds_template(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_template(name) or _holds_template(each) for name, each in value.items())
    if isinstance(value, list):
        return any(map(_holds_template, value))
    return isinstance(value, str) and _is_template(value)


def _is_template(text: str) -> bool:
    return "#[" in text or "${" in text


def _plain(value: Any) -> Any:
    """Return the value as JSON has it. Raise Unwritable."""
    if isinstance(value, (Stream, Spooled, bytes, Compiled)):
        raise Unwritable(f"a {type(value).__name__} cannot be written")
    try:
        written = encode(value)
    except WRITING_ERRORS as error:
        raise Unwritable(f"a {type(value).__name__} cannot be written: {error}") from None
    if len(written) > MOST_BYTES:
        raise Unwritable(f"a {type(value).__name__} is longer than {MOST_BYTES} bytes")
    return json.loads(written)


class _Dumper(yaml.SafeDumper):
    """Puts texts in quotes if YAML's versions may differ about them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    is_word = text.replace("-", "").replace("_", "").isalpha() and text.isascii()
    is_plain = is_word and text.lower() not in {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan"}
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_Dumper.add_representer(str, _text)


def as_yaml(value: Any) -> str:
    """Return data as YAML that reads back the same."""
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=float("inf"))
    return text
