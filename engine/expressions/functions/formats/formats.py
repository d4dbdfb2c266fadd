"""read and write: texts in JSON, CSV, XML, YAML and as forms, and the values that they hold."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.charset import codec_named, named_charset
from engine.expressions.errors import EvaluationError, NotInFormat
from engine.expressions.functions.function import function
from engine.expressions.functions.limits import refuse_long_text
from engine.expressions.operators import type_name
from engine.expressions.tables import Dialect
from engine.expressions.texts import text_of, without_mark
from engine.limits import MOST_STEPS

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

JSON_MARKS = {",": 3, '":': 3, "[": 4, "{": 4}
COSTS: Mapping[str, tuple[int, Mapping[str, int]]] = {
    "json": (200, JSON_MARKS),
    **dict.fromkeys(("ndjson", "jsonl"), (240, {**JSON_MARKS, "\n": 40})),
    "csv": (400, {",": 30, ";": 30, "\t": 30, "|": 30, "\n": 60}),
    "xml": (520, {"<": 50, '="': 30, "='": 30}),
    "yaml": (1000, dict.fromkeys(("- ", ": ", ":\n", "\n", "[", "{"), 130)),
    "x-www-form-urlencoded": (600, {"&": 30}),
}
"""Format → the steps of a call, and of each mark in the text: there are as many as values, within a factor."""
FLOW_ENTRY = 80
"""Steps of a comma in YAML that has lists or maps within lines."""
CHARACTERS = 8
"""Characters of one step, in any format."""
OVER_HALF = MOST_STEPS // 2 + 1
"""The most that a text counts: reading the largest takes no longer; an evaluation cannot read two such."""


def _format(name: str, mime: str) -> str:
    """Return the format of a media type: `application/problem+json; charset=utf-8` is json."""
    essence = mime.partition(";")[0].strip().lower().rpartition("/")[2]
    kind = essence.rpartition("+")[2].removeprefix("x-") if essence != "x-www-form-urlencoded" else essence
    if kind not in FORMATS:
        raise EvaluationError(f"{name}() knows media types of JSON, NDJSON, CSV, XML, YAML and forms, not others")
    return kind


def _module(kind: str) -> Any:
    return import_module(f"{__package__}.{FORMATS[kind]}")


def _text(content: str | bytes, kind: str, mime: str, options: Options) -> str:
    """Return the text of the content: the encoding of bytes is set by the options, the media type or the bytes."""
    if isinstance(content, str):
        return without_mark(content)
    try:
        named = options.get("encoding")
        codec = named_charset(mime) if named is None else codec_named(str(named))
    except LookupError:
        raise EvaluationError("read() finds a charset that is none that is known here") from None
    return decoded(content, kind, codec)


def decoded(content: bytes, kind: str, codec: str | None) -> str:
    """Decode bytes in a format to a text. Raise NotInFormat if that fails.

    codec: an encoding that was specified; without it, the one that XML itself declares, otherwise UTF-8.
    """
    if codec is None and kind == "xml":
        codec = _module(kind).codec_of(content)
    try:
        return text_of(content, codec or "utf-8")
    except UnicodeError:
        raise NotInFormat(f"it is no text in {codec or 'utf-8'}") from None


def read_text(text: str, kind: str, dialect: Dialect) -> Any:
    """Return the value of a text in a format. Raise NotInFormat, or EvaluationError for one that holds too much."""
    _count("read", kind, text)
    return _module(kind).read(text, {}, dialect) if kind == "csv" else _module(kind).read(text, {})


def _count(name: str, kind: str, text: str) -> None:
    """Count the cost of reading or writing a text."""
    call, marks = COSTS[kind]
    steps = call + len(text) // CHARACTERS + sum(text.count(mark) * each for mark, each in marks.items())
    if kind == "yaml" and ("[" in text or "{" in text):
        steps += text.count(",") * FLOW_ENTRY
    spend(min(steps, OVER_HALF), f"{name}()")


@function("string|bytes", "string", "object?", dataweave="read", of_null=None)
def read(text: str | bytes, mime: str, options: Options | None = None) -> Any:
    """The value that a text of a media type holds: JSON, NDJSON, CSV, XML, YAML or a form.

    - CSV: a list of maps by the first row; `{header: false}` makes it a list of lists, `{separator: ';'}` and `{quote:
    …}` are as named. All values are texts; a short row has nulls. A row with more cells than there are columns is
    refused; `{lenient: true}` drops those cells.
    - XML: a map with the root's name; attributes are `@name`, text beside them `#text`, repeated elements a list, an
    empty element null. Names keep their prefix. A DOCTYPE is refused. Bytes are read in the encoding that the XML
    itself declares.
    - NDJSON (application/x-ndjson): a list of the values, one a line.
    - YAML (1.2's core schema): aliases, and tags other than `!!str`, are refused. A scalar that begins with 0 and has
    more digits is a text.
    - Bytes are UTF-8 unless the media type has a charset, or the options an `encoding`.
    - Duplicate keys, more than 200 levels and more than 10,000,000 characters are refused, and so are more than 250,000
    elements of XML, rows of CSV or lines of NDJSON, and 150,000 values and keys of YAML.

    read('{"a": [true]}', 'application/json') → {"a": [true]}
    read('a=1&b=x+y', 'application/x-www-form-urlencoded') → {"a": "1", "b": "x y"}
    read('<order id="7"><line>a</line><line>b</line></order>', 'application/xml').order.line → ["a", "b"]
    read('a: [1, yes]', 'application/yaml') → {"a": [1, "yes"]}
    """
    kind, options = _format("read", mime), options or {}
    refuse_long_text(len(text), "read")
    try:
        whole = _text(text, kind, mime, options)
        _count("read", kind, whole)
        return _module(kind).read(whole, options)
    except EvaluationError:
        raise
    except (ValueError, RecursionError) as error:  # UnicodeError is one
        why = f": {error}" if isinstance(error, NotInFormat) else ""
        raise EvaluationError(f"read() takes a string in {kind.upper()}, not one that it cannot read{why}") from None


@function("any", "string", "object?", dataweave="write")
def write(value: Any, mime: str, options: Options | None = None) -> str:
    """The value as a text of a media type: JSON, NDJSON, CSV, XML, YAML or a form; read returns the value again.

    - JSON: `{indent: true}` for people.
    - CSV: a list of maps, with the keys of all, or a list of lists; `{header: false}`, `{separator: ';'}`
      and `{quote: …}` as in read.
    - XML: a map of one root; see read for attributes.

    write({a: ['x']}, 'application/json') → "{\\"a\\":[\\"x\\"]}"
    write({a: 'x y'}, 'application/x-www-form-urlencoded') → "a=x+y"
    write({a: {"@id": '7', b: 'x'}}, 'application/xml') → "<a id=\\"7\\"><b>x</b></a>"
    """
    kind = _format("write", mime)
    try:
        text = str(_module(kind).write(value, options or {}))
        _count("write", kind, text)
        return text
    except EvaluationError:
        raise
    except (ValueError, NotImplementedError, RecursionError):
        raise EvaluationError(f"write() cannot make {kind.upper()} of this {type_name(value)}") from None
