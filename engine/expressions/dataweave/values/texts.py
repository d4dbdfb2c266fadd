"""Values as text: `as String`, `++` with a text, `"$(x)"`, and as writers write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.expressions.charset import codec_named
from engine.expressions.dataweave.values.annotated import schema_of
from engine.expressions.dataweave.values.errors import Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.numbers import exact, number_text
from engine.expressions.dataweave.values.patterns.numbers import write_number
from engine.expressions.dataweave.values.patterns.writing import write_moment
from engine.expressions.dataweave.values.times.moments import moment_text

MOMENTS = frozenset({"Date", "DateTime", "LocalDateTime", "Time", "LocalTime"})
MARK = b"\xfe\xff"
BIG_ENDIAN = {"utf-16": "utf-16-be", "utf-32": "utf-32-be"}
"""Java's order without a mark. It writes UTF-16 with one, UTF-32 without."""
OTHER_NAMES = {"UnicodeBig": "UTF-16", "UnicodeBigUnmarked": "UTF-16BE", "UnicodeLittleUnmarked": "UTF-16LE"}


def as_text(value: Any) -> str:
    """Return a value `as String`, dates in ISO 8601. Raise Unfit for null, lists, objects and functions."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]  # it is a str
    if kind is int:
        return number_text(value)
    make = TEXTS.get(kind_of(value))
    if make is None:
        raise Unfit(f"{kind_of(value)} does not convert to String")
    return make(value)


def written(value: Any) -> str:
    """Return a value as JSON and CSV write it: a date by the format that it was read or converted with."""
    schema = schema_of(value)
    if schema and schema.get("format") is not None and kind_of(value) in MOMENTS:
        return formatted(value, str(schema["format"]), schema)
    return as_text(value)


def formatted(value: Any, pattern: str, schema: Any) -> str:
    """Return a number, a date or a time by a pattern, with the schema's `locale` and `roundMode`."""
    kind, language, mode = kind_of(value), schema.get("locale"), schema.get("roundMode")
    language, mode = (each if each is None else as_text(each) for each in (language, mode))
    if kind == "Number":
        return write_number(exact(value), pattern, language, mode)
    if kind in MOMENTS:
        return write_moment(value, pattern, language)
    return as_text(value)


def decoded(value: bytes, encoding: str | None = None) -> str:
    """Return the text of a Binary. Bytes that are not of the encoding become U+FFFD, as in Java."""
    codec = _codec(encoding)
    if codec == "utf-16" and value[:2] in (MARK, MARK[::-1]):
        return value.decode(codec, "replace")
    return value.decode(BIG_ENDIAN.get(codec, codec), "replace")


def encoded(text: str, encoding: str | None = None) -> bytes:
    """Return the bytes of a text. Characters that the encoding does not have become a question mark."""
    codec = _codec(encoding)
    mark = MARK if codec == "utf-16" else b""
    return mark + text.encode(BIG_ENDIAN.get(codec, codec), "replace")


def _codec(name: str | None) -> str:
    """Return the codec of an encoding, UTF-8 without a name. Raise Unfit for one that is not known."""
    try:
        return codec_named(OTHER_NAMES.get(name, name)) if name is not None else "utf-8"
    except LookupError:
        raise Unfit("the encoding is not known here") from None


TEXTS: dict[str, Callable[[Any], str]] = {
    "String": str,
    "Key": str,
    "Boolean": lambda value: "true" if value else "false",
    "Number": number_text,
    "TimeZone": moment_text,
    "Period": str,
    "Regex": lambda value: str(value.pattern),
    "Binary": decoded,
    "Type": str,
    "Namespace": lambda value: str(value.uri),
    **dict.fromkeys(MOMENTS, moment_text),
}
"""What a value of each kind is as String."""
