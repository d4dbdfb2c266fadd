"""read and write: texts in JSON, CSV, XML, YAML and as forms, and the values that they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.csv_text import read_csv, write_csv
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_deep, refuse_long_text
from engine.expressions.functions.xml_text import read_xml, write_xml
from engine.expressions.functions.yaml_text import read_yaml, write_yaml
from engine.expressions.operators import type_name
from engine.expressions.writing import encode, to_text

Options = Mapping[str, Any]
MOST_FIELDS = 10_000


def read_json(text: str, options: Options) -> Any:
    """The value of a JSON text (RFC 8259); keys that stand twice and more than 200 levels are refused."""
    from jiter import from_json

    return from_json(text.encode(), allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")


def write_json(value: Any, options: Options) -> str:
    from msgspec.json import format as indented

    text = encode(value)
    return (indented(text, indent=2) if options.get("indent") is True else text).decode()


def read_form(text: str, options: Options) -> dict[str, Any]:
    """The fields of a form (application/x-www-form-urlencoded); of a name that stands several times, a list."""
    from urllib.parse import parse_qsl

    fields: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS):
        before = fields.get(name)
        if before is None:
            fields[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            fields[name] = [before, value]
    return fields


def write_form(value: Any, options: Options) -> str:
    from urllib.parse import urlencode

    if not isinstance(value, Mapping):
        raise EvaluationError(f"write() makes a form of a map, not of {type_name(value)}")
    lists = {name: field if isinstance(field, list) else [field] for name, field in value.items()}
    return urlencode([(name, to_text(field)) for name, fields in lists.items() for field in fields])


READERS: dict[str, Callable[[str, Options], Any]] = {
    "json": read_json,
    "csv": read_csv,
    "xml": read_xml,
    "yaml": read_yaml,
    "x-www-form-urlencoded": read_form,
}
WRITERS: dict[str, Callable[[Any, Options], str]] = {
    "json": write_json,
    "csv": write_csv,
    "xml": write_xml,
    "yaml": write_yaml,
    "x-www-form-urlencoded": write_form,
}


def _format(name: str, mime: str) -> str:
    """The format of a media type: `application/problem+json; charset=utf-8` is json."""
    essence = mime.partition(";")[0].strip().lower().rpartition("/")[2]
    kind = essence.rpartition("+")[2].removeprefix("x-") if essence != "x-www-form-urlencoded" else essence
    if kind not in READERS:
        raise EvaluationError(f"{name}() knows media types of JSON, CSV, XML, YAML and forms, not others")
    return kind


@function("string|bytes", "string", "object?", dataweave="read", of_null=None)
def read(text: str | bytes, mime: str, options: Options | None = None) -> Any:
    """The value that a text of a media type holds: JSON, CSV, XML, YAML or a form.

    - CSV: a list of maps by the first row; `{header: false}` gives a list of lists, `{separator: ';'}`
      and `{quote: …}` are as named. All values are texts.
    - XML: a map with the root's name; attributes are `@name`, text beside them `#text`, elements that
      stand several times a list, an empty element null. Names keep their prefix. A DOCTYPE is refused.
    - YAML (1.2's core schema): aliases, and tags but `!!str`, are refused.
    - Keys that stand twice, more than 200 levels and more than 10,000,000 characters are refused.

    read('{"a": [true]}', 'application/json') → {"a": [true]}
    read('a=1&b=x+y', 'application/x-www-form-urlencoded') → {"a": "1", "b": "x y"}
    read('<order id="7"><line>a</line><line>b</line></order>', 'application/xml').order.line → ["a", "b"]
    read('a: [1, yes]', 'application/yaml') → {"a": [1, "yes"]}
    """
    kind = _format("read", mime)
    refuse_long_text(len(text), "read")
    try:
        return READERS[kind](text if isinstance(text, str) else text.decode(), options or {})
    except (ValueError, RecursionError):  # UnicodeError is one
        raise EvaluationError(f"read() takes a string in {kind.upper()}, not one that it cannot read") from None


@function("any", "string", "object?", dataweave="write")
def write(value: Any, mime: str, options: Options | None = None) -> str:
    """The value as a text of a media type: JSON, CSV, XML, YAML or a form; what read makes of it is the value again.

    - JSON: `{indent: true}` for people.
    - CSV: a list of maps with the keys of the first, or a list of lists; `{header: false}`, `{separator: ';'}`.
    - XML: a map of one root; see read for attributes.

    write({a: ['x']}, 'application/json') → "{\\"a\\":[\\"x\\"]}"
    write({a: 'x y'}, 'application/x-www-form-urlencoded') → "a=x+y"
    write({a: {"@id": '7', b: 'x'}}, 'application/xml') → "<a id=\\"7\\"><b>x</b></a>"
    """
    kind = _format("write", mime)
    refuse_deep(value, "write")
    try:
        return WRITERS[kind](value, options or {})
    except (ValueError, NotImplementedError, RecursionError):
        raise EvaluationError(f"write() cannot make {kind.upper()} of this {type_name(value)}") from None
