"""Converting values to other types: `as`, and arguments that do not fit."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, tzinfo
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.values.annotated import annotate, plain
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.numbers import exact, read_number
from engine.expressions.dataweave.values.objects import Key, Namespace
from engine.expressions.dataweave.values.patterns.numbers import read_number_by
from engine.expressions.dataweave.values.patterns.reading import read_by
from engine.expressions.dataweave.values.regexes import Regex, compiled_regex
from engine.expressions.dataweave.values.texts import MOMENTS, TEXTS, as_text, decoded, encoded, formatted, written
from engine.expressions.dataweave.values.times.moments import read_as, zone_named
from engine.expressions.dataweave.values.times.periods import DAY, HOUR, MINUTE, SECOND, Period, read_period
from engine.expressions.dataweave.values.typed import opened
from engine.expressions.dataweave.values.types import Type

__all__ = ["as_text", "coerce", "converted", "fitted", "written"]

Schema = Mapping[str, Any]
NONE: Schema = {}
UNIT = "InvalidUnitException"
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC).timestamp(), datetime(9999, 12, 31, tzinfo=UTC).timestamp()
PER_ELEMENT = 2
TOLD = 100
"""Characters of a value that `try` tells."""
UNITS = {
    "nanos": 1, "milliseconds": SECOND // 1000, "seconds": SECOND, "minutes": MINUTE, "hours": HOUR, "days": DAY,
}  # fmt: skip
"""Nanoseconds."""


def coerce(value: Any, kind: Type, schema: Schema | None = None) -> Any:
    """Return the value `as` a type, with the metadata of `as Type {format: …}`. Raise Unfit if it does not convert.

    Metadata that the type itself has is used, too.
    """
    if kind.schema:
        schema = {**kind.schema, **(schema or {})}
    made = _coerced(value, kind, schema or NONE)
    return annotate(made, schema) if schema else made


def _coerced(value: Any, kind: Type, schema: Schema) -> Any:
    kind = kind.resolved()
    if kind.name in CONVERTING:
        return converted(value, kind.name, schema)
    if kind.accepts(value):
        return value
    if kind.name in ("Union", "Intersection"):
        return _of_one(value, kind, schema)
    if kind.name == "Literal":
        made = converted(value, kind.base, schema)
        if kind.accepts(made):
            return made
    if kind.name == "Array":
        return converted(value, "Array", schema)
    raise Unfit(f"{kind_of(value)} does not convert to {kind.described}")


def _of_one(value: Any, kind: Type, schema: Schema) -> Any:
    """Return the value as the first of some types to which it converts."""
    for each in kind.arguments:
        try:
            return _coerced(value, each, schema)
        except Unfit:
            continue
    raise Unfit(f"{kind_of(value)} does not convert to {kind.described}")


def fitted(value: Any, kind: Type) -> Any:
    """Return an argument converted to the type of its parameter. Raise Unfit if it does not convert."""
    return value if kind.accepts(value) else coerce(value, kind)


def converted(value: Any, kind: str, schema: Schema = NONE) -> Any:
    """Return the value converted to a kind (`String`), without metadata. Raise Unfit if it does not convert."""
    convert = CONVERTING.get(kind)
    value = opened(value) if kind in ("Array", "Object") else value
    found = kind_of(value)
    try:
        if convert is None and found != kind:
            raise _refuse(found, kind)
        return value if convert is None else convert(plain(value), found, schema)
    except Unfit as error:
        error.told = error.told or _told(value, found, kind)
        raise


def _told(value: Any, found: str, kind: str) -> str:
    """Return DataWeave's own words, which hold the value, for `try`."""
    shown = f" ({str(TEXTS[found](value))[:TOLD]})" if found in TEXTS else ""
    return f"Cannot coerce {found}{shown} to {kind}"


def _refuse(found: str, kind: str) -> Unfit:
    return Unfit(f"{found} does not convert to {kind}")


# To each type


def _to_text(value: Any, found: str, schema: Schema) -> str:
    pattern = _pattern(schema)
    if pattern is not None and (found == "Number" or found in MOMENTS):
        return formatted(value, pattern, schema)
    if found == "Binary":
        return _text_of_bytes(value, schema)
    return as_text(value)


def _text_of_bytes(value: bytes, schema: Schema) -> str:
    base = schema.get("base")
    if base is None:
        return decoded(value, _option(schema, "encoding"))
    return b64encode(value).decode() if as_text(base) == "64" else value.hex().upper()


def _pattern(schema: Schema) -> str | None:
    """Return the `format`; None if there is none. Raise Failed for null."""
    if "format" not in schema:
        return None
    if schema["format"] is None:
        raise Failed("the format is null", "InvalidSchemaException")
    return as_text(schema["format"])


def _option(schema: Schema, name: str) -> str | None:
    """Return a property that is a text; None if there is none."""
    value = schema.get(name)
    return None if value is None else as_text(value)


def _to_key(value: Any, found: str, schema: Schema) -> Key:
    return value if isinstance(value, Key) else Key(_to_text(value, found, schema))


def _to_number(value: Any, found: str, schema: Schema) -> Any:
    if found in ("String", "Key"):
        pattern, text = _pattern(schema), str(value)
        return read_number(text) if pattern is None else read_number_by(text, pattern, _option(schema, "locale"))
    if found == "Number":
        return exact(value) if type(value) is float else value
    if found == "DateTime":
        return _since_epoch(value, _option(schema, "unit"))
    if found == "Period":
        return _length(value, _option(schema, "unit"))
    raise _refuse(found, "Number")


def _since_epoch(value: datetime, unit: str | None) -> int:
    if unit not in (None, "seconds", "milliseconds"):
        raise Failed("a DateTime has a number of seconds or milliseconds", UNIT)
    seconds = int(value.replace(microsecond=0).timestamp())
    return seconds * 1000 + value.microsecond // 1000 if unit == "milliseconds" else seconds


def _length(value: Period, unit: str | None) -> int:
    """Return months, or years, of a period of years and months; seconds, or another unit, of one of hours."""
    if value.nanos is None:
        if unit not in (None, "months", "years"):
            raise Failed("a period of years, months and days has a number of months or years", UNIT)
        months = value.years * 12 + value.months
        return months // 12 if unit == "years" else months
    if unit is not None and unit not in UNITS:
        raise Failed("a period has no such unit", UNIT)
    return _towards_zero(value.nanos, UNITS[unit or "seconds"])


def _towards_zero(number: int, divisor: int) -> int:
    return number // divisor if number >= 0 else -(-number // divisor)


def _to_boolean(value: Any, found: str, schema: Schema) -> bool:
    if found == "Boolean":
        return bool(value)
    if found in ("String", "Key") and value.lower() in ("true", "false"):
        return bool(value.lower() == "true")
    raise _refuse(found, "Boolean")


def _to_moment(kind: str) -> Callable[[Any, str, Schema], Any]:
    """Return the conversion to a Date, DateTime, LocalDateTime, Time or LocalTime."""
    parts = PARTS[kind]

    def convert(value: Any, found: str, schema: Schema) -> Any:
        if found == kind:
            return value
        if found in ("String", "Key"):
            return _read_moment(str(value), kind, schema)
        if found in parts:
            return parts[found](value)
        if found == "Number" and kind == "DateTime":
            return _from_epoch(value, _option(schema, "unit"))
        raise _refuse(found, kind)

    return convert


def _read_moment(text: str, kind: str, schema: Schema) -> Any:
    pattern = _pattern(schema)
    if pattern is None:
        return read_as(text, kind)
    return read_by(text, pattern, kind, _option(schema, "mode"), _option(schema, "locale"))


def _from_epoch(number: Any, unit: str | None) -> datetime:
    if unit not in (None, "seconds", "milliseconds"):
        raise Failed("a DateTime is made of seconds or milliseconds", UNIT)
    number = exact(number)
    number = int(number) if abs(number) < 10**16 else 10**16
    seconds, rest = divmod(number, 1000) if unit == "milliseconds" else (number, 0)
    if not FIRST <= seconds < LAST:
        raise Unfit("the number is out of the range of DateTime")
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def _local(value: datetime) -> datetime:
    return value.replace(tzinfo=None)


def _zoned(value: Any) -> Any:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _clock(value: datetime) -> time:
    return value.time()


def _offset_of(value: datetime) -> tzinfo | None:
    from datetime import timezone

    offset = value.utcoffset()
    return UTC if not offset else timezone(offset)


def _clock_with_zone(value: datetime) -> time:
    return value.time().replace(tzinfo=_offset_of(value) if value.tzinfo else UTC)


PARTS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "Date": {"DateTime": lambda value: value.date(), "LocalDateTime": lambda value: value.date()},
    "DateTime": {"LocalDateTime": _zoned},
    "LocalDateTime": {"DateTime": _local},
    "Time": {"DateTime": _clock_with_zone, "LocalDateTime": _clock_with_zone, "LocalTime": _zoned},
    "LocalTime": {"DateTime": _clock, "LocalDateTime": _clock, "Time": lambda value: value.replace(tzinfo=None)},
}
"""What is made of other dates and times."""


def _to_zone(value: Any, found: str, schema: Schema) -> Any:
    if found == "TimeZone":
        return value
    if found in ("DateTime", "Time"):
        return value.tzinfo
    if found in ("String", "Key"):
        try:
            return zone_named(str(value))
        except Unfit:
            return read_as(str(value), "TimeZone")
    raise _refuse(found, "TimeZone")


def _to_period(value: Any, found: str, schema: Schema) -> Any:
    if found == "Period":
        return value
    if found in ("String", "Key"):
        return read_period(str(value))
    raise _refuse(found, "Period")


def _to_regex(value: Any, found: str, schema: Schema) -> Any:
    if found in ("String", "Key"):
        compiled_regex(str(value))
        return Regex(str(value))
    if found == "Regex":
        return value
    raise _refuse(found, "Regex")


def _to_bytes(value: Any, found: str, schema: Schema) -> Any:
    if found == "Binary":
        return value
    if found == "Number":
        return bytes([int(exact(value)) % 256])
    if found not in ("String", "Key"):
        raise _refuse(found, "Binary")
    base = schema.get("base")
    try:
        if base is None:
            return encoded(str(value), _option(schema, "encoding"))
        return b64decode(value, validate=False) if as_text(base) == "64" else bytes.fromhex(value)
    except ValueError:
        raise Failed("the text is not of this base") from None


def _to_list(value: Any, found: str, schema: Schema) -> Any:
    if found == "Range":
        spend(PER_ELEMENT * len(value), "a range")
        return list(value)
    if found == "Array":
        return value
    raise _refuse(found, "Array")


def _to_iterator(value: Any, found: str, schema: Schema) -> Any:
    return annotate(_to_list(value, found, schema), {"iterator": True})


def _to_namespace(value: Any, found: str, schema: Schema) -> Namespace:
    if found == "Namespace":
        return value  # type: ignore[no-any-return]  # it is one
    if found != "Object" or value.get("uri") is None:
        raise _refuse(found, "Namespace")
    return Namespace(as_text(value.get("prefix", "")), as_text(value.get("uri")))


def _to_uri(value: Any, found: str, schema: Schema) -> Any:
    text = _to_text(value, found, schema)
    if any(character in text for character in ' <>"{}|\\^`'):
        raise Unfit("the text is not a Uri")
    return text


def _to_enum(value: Any, found: str, schema: Schema) -> Any:
    return annotate(_to_text(value, found, schema), {"enumeration": True})


def _to_cdata(value: Any, found: str, schema: Schema) -> Any:
    return annotate(_to_text(value, found, schema), {"cdata": True})


CONVERTING: dict[str, Callable[[Any, str, Schema], Any]] = {
    "Any": lambda value, found, schema: value,
    "String": _to_text,
    "Key": _to_key,
    "Number": _to_number,
    "Boolean": _to_boolean,
    **{kind: _to_moment(kind) for kind in PARTS},
    "TimeZone": _to_zone,
    "Period": _to_period,
    "Regex": _to_regex,
    "Binary": _to_bytes,
    "Array": _to_list,
    "Iterator": _to_iterator,
    "Namespace": _to_namespace,
    "Uri": _to_uri,
    "Enum": _to_enum,
    "CData": _to_cdata,
}
"""How a value is converted to each type; to others only values of the type itself are."""
