"""Limits of expressions: at each one an evaluation has a value, beyond it MULE:EXPRESSION says where it stopped."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from engine import Event, Expression, FlowError
from engine.limits import (
    DEEPEST,
    LARGEST_EXPONENT,
    LARGEST_FORM,
    LARGEST_INTEGER_BITS,
    LONGEST_FORMAT_PATTERN,
    LONGEST_LIST,
    LONGEST_MOMENT,
    LONGEST_NUMBER,
    LONGEST_PATTERN,
    LONGEST_TEXT,
    LONGEST_TEXT_OF_WORDS,
    LONGEST_UNVERIFIED_TOKEN,
    LONGEST_ZONE_NAME,
    MOST_BROKEN_ESCAPES,
    MOST_CAUSES,
    MOST_JSON_FIELDS,
    MOST_JSON_TEXTS,
    MOST_JSON_VALUES,
    MOST_NODES,
    MOST_READ_COLUMNS,
    MOST_READ_FIELDS,
    MOST_ROUNDED_DIGITS,
    MOST_STEPS,
    MOST_TOKENS,
    MOST_WRITTEN,
    MOST_YAML_NODES,
)

reaches = pytest.mark.reaches
JSON, NDJSON, YAML, XML, CSV = (f"application/{kind}" for kind in ("json", "x-ndjson", "yaml", "xml", "csv"))
FORM = "application/x-www-form-urlencoded"
MIB = 2**20
YAML_FRAME = 5
"""Where a list, its document and its text begin and end; the very first is free."""


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


def moment(length: int) -> str:
    begin = "2026-03-01T10:00:00."
    return begin + "0" * (length - len(begin) - 1) + "Z"


def cells(columns: int) -> str:
    return ",".join(f"c{number}" for number in range(columns))


def fields(count: int) -> str:
    return "&".join(f"a{number}=1" for number in range(count))


def case(
    mark: pytest.MarkDecorator,
    expression: str,
    of: Callable[[int], Any],
    most: int,
    told: str,
    name: str = "",
    *,
    beyond: int = 0,
) -> Any:
    """A payload of a size that is within the limit, and one of a size beyond it, by default one more.

    of: makes a payload of a size. told: where the evaluation stops.
    """
    what = f"{mark.args[0]} {name}".strip()
    return pytest.param(expression, of, most, beyond or most + 1, told, marks=mark, id=what)


CASES = [
    case(
        reaches("LONGEST_PATTERN"),
        "matches('a', payload)",
        lambda n: "a" * n,
        LONGEST_PATTERN,
        f"stops at {LONGEST_PATTERN} characters",
    ),
    case(
        reaches("LARGEST_PROGRAM"),
        "matches('a', payload)",
        lambda n: "x{1000}" * n,
        40,
        "takes a regular expression",
        beyond=100,
    ),
    case(
        reaches("MOST_COMPARED"),
        "matches(payload, '.{0,1000}y')",
        lambda n: "a" * n,
        10_000,
        "the text is too long for this pattern",
        beyond=1_000_000,
    ),
    case(
        reaches("LONGEST_FORMAT_PATTERN"),
        "format_number(1, payload)",
        lambda n: "0" * n,
        LONGEST_FORMAT_PATTERN,
        "takes a number pattern",
    ),
    case(
        reaches("LONGEST_FORMAT_PATTERN"),
        "format_date('2026-03-01', payload)",
        lambda n: "-" * n,
        LONGEST_FORMAT_PATTERN,
        "takes a date pattern",
        "of dates",
    ),
    case(
        reaches("LONGEST_TEXT_OF_WORDS"),
        "length(camelize(payload))",
        lambda n: "a" * n,
        LONGEST_TEXT_OF_WORDS,
        f"camelize() stops at {LONGEST_TEXT_OF_WORDS} ",
    ),
    case(
        reaches("LONGEST_MOMENT"),
        "as_datetime(payload)",
        moment,
        LONGEST_MOMENT,
        "as_datetime() takes a date or a string in ISO 8601",
    ),
    case(
        reaches("LONGEST_ZONE_NAME"),
        "to_timezone('2026-03-01', payload)",
        lambda n: "Europe/Vienna" + "/" * n,
        0,
        "takes the name of a time zone",
        beyond=LONGEST_ZONE_NAME,
    ),
    case(
        reaches("LONGEST_NUMBER"), "as_number(payload)", lambda n: "1" * n, LONGEST_NUMBER, "a string that is no number"
    ),
    case(
        reaches("LARGEST_INTEGER_BITS"),
        "payload * payload",
        lambda n: 2**n,
        LARGEST_INTEGER_BITS // 2,
        "the result is too large",
    ),
    case(
        reaches("LARGEST_EXPONENT"),
        "ceil(payload)",
        lambda n: Decimal(f"1E+{n}"),
        LARGEST_EXPONENT,
        "ceil() takes a number, not one out of range",
    ),
    case(
        reaches("MOST_ROUNDED_DIGITS"),
        "round(1.5, payload)",
        int,
        MOST_ROUNDED_DIGITS,
        f"round() stops at {MOST_ROUNDED_DIGITS} digits",
    ),
    case(
        reaches("MOST_STEPS"),
        "map(&length(map(&@, $payload)), payload)",
        lambda n: [0] * n,
        1000,
        f"map() stops at {MOST_STEPS} steps",
        beyond=4000,
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
    case(
        reaches("MOST_YAML_NODES"),
        read(YAML),
        lambda n: "- 1\n" * (n - YAML_FRAME),
        MOST_YAML_NODES,
        f"read() stops at {MOST_YAML_NODES} values and keys",
        "read YAML",
    ),
    case(
        reaches("MOST_YAML_NODES"),
        write(YAML),
        lambda n: [1] * (n - 1),
        MOST_YAML_NODES // 2,
        f"write() stops at {MOST_YAML_NODES // 2} values",
        "write YAML",
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
        lambda n: "[" + ",".join(f'"{each:x}"' for each in range(n)) + "]",
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
    case(
        reaches("LARGEST_CSV"),
        write(CSV),
        lambda n: [["x" * MIB]] * n,
        2,
        "characters of CSV",
        beyond=16,
    ),
    case(
        reaches("LARGEST_WRITTEN"),
        write(JSON),
        lambda n: ["x" * MIB] * n,
        28,
        f"{32 * MIB} bytes at most",
        beyond=32,
    ),
]


@pytest.mark.holds_loop("it evaluates without a loop")
@pytest.mark.parametrize(("expression", "of", "most", "beyond", "told"), CASES)
def test_an_evaluation_ends_there(expression: str, of: Callable[[int], Any], most: int, beyond: int, told: str) -> None:
    assert Expression(expression).evaluate(Event(payload=of(most))) is not None
    with pytest.raises(FlowError) as caught:
        Expression(expression).evaluate(Event(payload=of(beyond)))
    assert str(caught.value.type) == "MULE:EXPRESSION"
    assert told in caught.value.description


@reaches("MOST_TOKENS")
def test_an_expression_of_many_words() -> None:
    """A list of names has a comma for each but one, its brackets, and an end."""
    names = (MOST_TOKENS - 1) // 2
    assert Expression(listed("payload", names)).evaluate(Event(payload=1)) == [1] * names
    with pytest.raises(PydanticCustomError, match=f"more than {MOST_TOKENS} words and signs"):
        Expression(listed("payload", names + 1))


@reaches("MOST_CAUSES")
@pytest.mark.parametrize(("causes", "is_seen"), [(MOST_CAUSES, True), (MOST_CAUSES + 1, False)])
def test_causes_of_causes(causes: int, is_seen: bool) -> None:
    error: Any = {"errorType": {"namespace": "A", "identifier": "B"}}
    for _ in range(causes - 1):
        error = {"cause": error}
    assert Expression("caused_by(payload, 'A:B')").evaluate(Event(payload=error)) is is_seen


@reaches("LONGEST_NUMBER")
def test_a_long_number_is_none() -> None:
    for expression in ("to_number(payload)", "read(payload, 'application/yaml')"):
        for length, is_number in ((LONGEST_NUMBER, True), (LONGEST_NUMBER + 1, False)):
            value = Expression(expression).evaluate(Event(payload="1" * length))
            assert isinstance(value, int) is is_number
