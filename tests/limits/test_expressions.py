"""Limits of expressions: at each one an evaluation has a value, beyond it MULE:EXPRESSION says where it stopped."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest

from engine import Event, Expression, FlowError
from engine.limits import (
    DEEPEST,
    LARGEST_FORM,
    LONGEST_CELL,
    LONGEST_LIST,
    LONGEST_TEXT,
    LONGEST_UNVERIFIED_TOKEN,
    MOST_BROKEN_ESCAPES,
    MOST_JSON_FIELDS,
    MOST_JSON_TEXTS,
    MOST_JSON_VALUES,
    MOST_NODES,
    MOST_READ_COLUMNS,
    MOST_READ_FIELDS,
    MOST_STEPS,
    MOST_WRITTEN,
)

reaches = pytest.mark.reaches
JSON, NDJSON, YAML, XML, CSV = (f"application/{kind}" for kind in ("json", "x-ndjson", "yaml", "xml", "csv"))
FORM = "application/x-www-form-urlencoded"
MIB = 2**20


def read(mime: str) -> str:
    return f"type(read(payload, '{mime}'))"


def write(mime: str) -> str:
    return f"length(write(payload, '{mime}'))"


def token(length: int) -> str:
    head = f"a.{urlsafe_b64encode(b'{}').decode().rstrip('=')}."
    return head + "x" * (length - len(head))


def listed(part: str, times: int) -> str:
    """A list of JSON with a part so many times."""
    return f"[{','.join([part] * times)}]"


def lists(levels: int) -> str:
    return "[" * levels + "1" + "]" * levels


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def cells(columns: int) -> str:
    return ",".join(f"c{number}" for number in range(columns))


def fields(count: int) -> str:
    return "&".join(f"a{number}=1" for number in range(count))


def case(
    mark: pytest.MarkDecorator, expression: str, of: Callable[[int], Any], most: int, told: str, name: str = ""
) -> Any:
    """A payload of a size that is the limit, and one beyond it; told: where the evaluation stops."""
    what = f"{mark.args[0]} {name}".strip()
    return pytest.param(expression, of(most), of(most + 1), told, marks=mark, id=what)


CASES = [
    pytest.param(
        "map(&length(map(&@, $payload)), payload)",
        [0] * 1000,
        [0] * 4000,
        f"map() stops at {MOST_STEPS} steps",
        marks=reaches("MOST_STEPS"),
        id="MOST_STEPS",
    ),
    case(
        reaches("LONGEST_TEXT"), "length(repeat('x', payload))", int, LONGEST_TEXT, f"repeat() stops at {LONGEST_TEXT} "
    ),
    case(reaches("LONGEST_LIST"), "length(range(payload))", int, LONGEST_LIST, f"range() stops at {LONGEST_LIST} "),
    case(
        reaches("LONGEST_UNVERIFIED_TOKEN"),
        "type(jwt_claims(payload))",
        token,
        LONGEST_UNVERIFIED_TOKEN,
        f"jwt_claims() stops at {LONGEST_UNVERIFIED_TOKEN} characters",
    ),
    case(
        reaches("MOST_NODES"), read(NDJSON), lambda n: "1\n" * n, MOST_NODES, f"read() stops at {MOST_NODES} ", "NDJSON"
    ),
    case(reaches("DEEPEST"), read(YAML), lists, DEEPEST, f"read() stops at {DEEPEST} levels", "read YAML"),
    case(reaches("DEEPEST"), read(JSON), lists, DEEPEST, "read() takes a string in JSON", "read JSON"),
    case(
        reaches("DEEPEST"),
        read(XML),
        lambda n: "<a>" * n + "</a>" * n,
        DEEPEST,
        f"read() stops at {DEEPEST} levels",
        "read XML",
    ),
    case(reaches("DEEPEST"), write(JSON), nested, DEEPEST, f"write() stops at {DEEPEST} levels", "write JSON"),
    case(reaches("DEEPEST"), write(YAML), nested, DEEPEST, f"write() stops at {DEEPEST} levels", "write YAML"),
    case(reaches("DEEPEST"), "type(omit_nulls(payload))", nested, DEEPEST, f"omit_nulls() stops at {DEEPEST} levels"),
    case(
        reaches("DEEPEST"),
        "length(unique([payload]))",
        nested,
        DEEPEST,
        f"unique() stops at {DEEPEST} levels",
        "unique",
    ),
    case(
        reaches("DEEPEST"),
        "type(reduce(payload, &[acc], null))",
        lambda n: [1] * n,
        DEEPEST,
        f"reduce() stops at {DEEPEST} ",
        "reduce",
    ),
    case(
        reaches("MOST_JSON_FIELDS"),
        read(JSON),
        lambda n: listed('{"a":0,"b":0}', (n + 1) // 2),
        MOST_JSON_FIELDS,
        f"JSON is read with {MOST_JSON_FIELDS} fields",
    ),
    case(
        reaches("MOST_JSON_TEXTS"),
        read(JSON),
        lambda n: listed('"a"', n),
        MOST_JSON_TEXTS,
        f"JSON is read with {MOST_JSON_TEXTS} texts",
    ),
    case(
        reaches("MOST_JSON_VALUES"),
        read(JSON),
        lambda n: listed("[]", n - 1),
        MOST_JSON_VALUES,
        f"JSON is read with {MOST_JSON_VALUES} lists",
    ),
    case(
        reaches("LONGEST_CELL"),
        read(CSV),
        lambda n: f"a\n{'x' * n}\n",
        LONGEST_CELL,
        f"of {LONGEST_CELL} characters each",
    ),
    case(reaches("MOST_READ_COLUMNS"), read(CSV), cells, MOST_READ_COLUMNS, f"stops at {MOST_READ_COLUMNS} cells"),
    case(reaches("MOST_READ_FIELDS"), read(FORM), fields, MOST_READ_FIELDS, f"more than {MOST_READ_FIELDS} fields"),
    case(
        reaches("MOST_BROKEN_ESCAPES"),
        read(FORM),
        lambda n: f"a={'%' * (n // 2)}&b={'%' * (n - n // 2)}",
        MOST_BROKEN_ESCAPES,
        f"more than {MOST_BROKEN_ESCAPES} signs %",
    ),
    case(
        reaches("MOST_WRITTEN"),
        write(JSON),
        lambda n: [0] * (n - 1),
        MOST_WRITTEN,
        f"write() stops at {MOST_WRITTEN} values",
    ),
    case(
        reaches("LARGEST_FORM"),
        write(FORM),
        lambda n: {"a": "x" * (n - 1)},
        LARGEST_FORM,
        f"{LARGEST_FORM} bytes of a form",
    ),
    pytest.param(
        write(CSV),
        [["x" * MIB]] * 2,
        [["x" * MIB]] * 16,
        "characters of CSV",
        marks=reaches("LARGEST_CSV"),
        id="LARGEST_CSV",
    ),
    pytest.param(
        write(JSON),
        ["x" * MIB] * 28,
        ["x" * MIB] * 32,
        f"{32 * MIB} bytes at most",
        marks=reaches("LARGEST_WRITTEN"),
        id="LARGEST_WRITTEN",
    ),
]


@pytest.mark.holds_loop("it evaluates without a loop")
@pytest.mark.parametrize(("expression", "at", "beyond", "told"), CASES)
def test_an_evaluation_ends_there(expression: str, at: Any, beyond: Any, told: str) -> None:
    assert Expression(expression).evaluate(Event(payload=at)) is not None
    with pytest.raises(FlowError) as caught:
        Expression(expression).evaluate(Event(payload=beyond))
    assert str(caught.value.type) == "MULE:EXPRESSION"
    assert told in caught.value.description
