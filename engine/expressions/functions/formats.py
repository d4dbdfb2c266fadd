"""read and write: texts in JSON, CSV, XML, YAML and as forms, and the values that they hold."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_text
from engine.expressions.operators import type_name

Options = Mapping[str, Any]
FORMATS = {
    "json": "json_text",
    "ndjson": "ndjson_text",
    "jsonl": "ndjson_text",
    "csv": "csv_text",
    "xml": "xml_text",
    "yaml": "yaml_text",
    "x-www-form-urlencoded": "form_text",
}
"""Format → the module beside this one that reads and writes it; imported when a flow first needs it."""


def _format(name: str, mime: str) -> str:
    """The format of a media type: `application/problem+json; charset=utf-8` is json."""
    essence = mime.partition(";")[0].strip().lower().rpartition("/")[2]
    kind = essence.rpartition("+")[2].removeprefix("x-") if essence != "x-www-form-urlencoded" else essence
    if kind not in FORMATS:
        raise EvaluationError(f"{name}() knows media types of JSON, NDJSON, CSV, XML, YAML and forms, not others")
    return kind


def _module(kind: str) -> Any:
    return import_module(f"{__package__}.{FORMATS[kind]}")


@function("string|bytes", "string", "object?", dataweave="read", of_null=None)
def read(text: str | bytes, mime: str, options: Options | None = None) -> Any:
    """The value that a text of a media type holds: JSON, NDJSON, CSV, XML, YAML or a form.

    - CSV: a list of maps by the first row; `{header: false}` gives a list of lists, `{separator: ';'}`
      and `{quote: …}` are as named. All values are texts.
    - XML: a map with the root's name; attributes are `@name`, text beside them `#text`, elements that
      stand several times a list, an empty element null. Names keep their prefix. A DOCTYPE is refused.
    - NDJSON (application/x-ndjson): a list of the values, one a line.
    - YAML (1.2's core schema): aliases, and tags but `!!str`, are refused.
    - Keys that stand twice, more than 200 levels and more than 10,000,000 characters are refused, so
      are more than 250,000 elements of XML, values of YAML or rows of CSV.

    read('{"a": [true]}', 'application/json') → {"a": [true]}
    read('a=1&b=x+y', 'application/x-www-form-urlencoded') → {"a": "1", "b": "x y"}
    read('<order id="7"><line>a</line><line>b</line></order>', 'application/xml').order.line → ["a", "b"]
    read('a: [1, yes]', 'application/yaml') → {"a": [1, "yes"]}
    """
    kind = _format("read", mime)
    refuse_long_text(len(text), "read")
    try:
        return _module(kind).read(text if isinstance(text, str) else text.decode(), options or {})
    except EvaluationError:
        raise
    except (ValueError, RecursionError):  # UnicodeError is one
        raise EvaluationError(f"read() takes a string in {kind.upper()}, not one that it cannot read") from None


@function("any", "string", "object?", dataweave="write")
def write(value: Any, mime: str, options: Options | None = None) -> str:
    """The value as a text of a media type: JSON, NDJSON, CSV, XML, YAML or a form; read gives the value again.

    - JSON: `{indent: true}` for people.
    - CSV: a list of maps with the keys of the first, or a list of lists; `{header: false}`, `{separator: ';'}`.
    - XML: a map of one root; see read for attributes.

    write({a: ['x']}, 'application/json') → "{\\"a\\":[\\"x\\"]}"
    write({a: 'x y'}, 'application/x-www-form-urlencoded') → "a=x+y"
    write({a: {"@id": '7', b: 'x'}}, 'application/xml') → "<a id=\\"7\\"><b>x</b></a>"
    """
    kind = _format("write", mime)
    try:
        return str(_module(kind).write(value, options or {}))
    except EvaluationError:
        raise
    except (ValueError, NotImplementedError, RecursionError):
        raise EvaluationError(f"write() cannot make {kind.upper()} of this {type_name(value)}") from None
