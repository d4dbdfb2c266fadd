"""dw::util::Coercions."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.library.core.lists import join_by
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.walking import check_list, walked
from engine.expressions.dataweave.values.coercing import coerce
from engine.expressions.dataweave.values.errors import Failed, Unfit, unfit
from engine.expressions.dataweave.values.objects import is_object
from engine.expressions.dataweave.values.types import simple

COERCIONS = "dw::util::Coercions"
MOMENTS = ("Date", "DateTime", "LocalDateTime", "Time", "LocalTime")
PROPERTIES = ("format", "locale", "mode", "roundMode", "unit", "encoding")


def _as(value: Any, kind: str, **properties: Any) -> Any:
    """Return a value as a type, with the properties that are not null."""
    return coerce(value, simple(kind), {name: given for name, given in properties.items() if given is not None})


def _by_first(value: Any, kind: str, formatters: Any) -> Any:
    """Return a value by the first of some formatters (`{format, locale, …}`) that fits."""
    for each in walked(formatters, "a conversion"):
        if not is_object(each):
            raise unfit("formatters that are objects", each, f"to{kind}")
        try:
            return _as(value, kind, **{name: each.get(name) for name in PROPERTIES})
        except (Unfit, Failed):
            continue
    raise Unfit(f"the value fits none of the formats of {kind}")


def _declare_moment(kind: str) -> None:
    """Declare toDate, toDateOrNull and their siblings."""
    by_formatters = f"(text: String, formatters: Array<Formatter>) -> {kind}"
    by_format = f"(text: String, format: String | Null = null, locale: String | Null = null) -> {kind}"
    manual = f"Return the {kind} of a text, by a format, or by the first of some that fits."

    @defined(COERCIONS, f"to{kind}", by_formatters, manual=manual)
    def to_moment_by(text: str, formatters: Any) -> Any:
        return _by_first(text, kind, formatters)

    @defined(COERCIONS, f"to{kind}", by_format)
    def to_moment(text: str, format_: Any = None, locale: Any = None) -> Any:
        return _as(text, kind, format=format_, locale=locale)

    manual = f"Return the {kind} of a text, by the first of some formats that fits; null if none does."

    @defined(COERCIONS, f"to{kind}OrNull", f"{by_formatters} | Null", manual=manual)
    def to_moment_or_null(text: str, formatters: Any) -> Any:
        try:
            return _by_first(text, kind, formatters)
        except Unfit:
            return None


for _moment in MOMENTS:
    _declare_moment(_moment)


@defined(COERCIONS, "toDateTime", "(number: Number, unit: String | Null = null) -> DateTime")
def to_date_time(number: Any, unit: Any = None) -> Any:
    """Return the DateTime of seconds, or milliseconds, since 1970."""
    return _as(number, "DateTime", unit=unit)


@defined(COERCIONS, "toNumber", "(text: String, formatters: Array<Formatter>) -> Number")
def to_number_by(text: str, formatters: Any) -> Any:
    """Return the number of a text, by the first of some formats that fits."""
    return _by_first(text, "Number", formatters)


@defined(COERCIONS, "toNumberOrNull", "(text: String, formatters: Array<Formatter>) -> Number | Null")
def to_number_or_null(text: str, formatters: Any) -> Any:
    """Return the number of a text, by the first of some formats that fits; null if none does."""
    try:
        return _by_first(text, "Number", formatters)
    except Unfit:
        return None


@defined(COERCIONS, "toNumber", "(dateTime: DateTime, unit: String | Null = null) -> Number")
@defined(COERCIONS, "toNumber", "(period: Period, unit: String | Null = null) -> Number")
def to_number_of(value: Any, unit: Any = None) -> Any:
    """Return the seconds, or another unit, of a DateTime or a period."""
    return _as(value, "Number", unit=unit)


@defined(
    COERCIONS,
    "toNumber",
    "(value: String | Key | Number, format: String | Null = null, locale: String | Null = null) -> Number",
)
def to_number(value: Any, format_: Any = None, locale: Any = None) -> Any:
    """Return the number of a text."""
    return _as(value, "Number", format=format_, locale=locale)


@defined(COERCIONS, "toString", "(arr: Array<String>) -> String")
def to_string_of_list(items: Any) -> str:
    """Return the texts joined."""
    return join_by(items, "")


@defined(COERCIONS, "toString", "(binary: Binary, encoding: String) -> String")
def to_string_of_bytes(value: bytes, encoding: str) -> Any:
    """Return the text of bytes in an encoding."""
    return _as(value, "String", encoding=encoding)


@defined(
    COERCIONS,
    "toString",
    "(number: Number, format: String | Null = null, locale: String | Null = null, roundMode: String | Null = null)"
    " -> String",
)
def to_string_of_number(value: Any, format_: Any = None, locale: Any = None, mode: Any = None) -> Any:
    """Return the text of a number, by a format."""
    return _as(value, "String", format=format_, locale=locale, roundMode=mode)


@defined(
    COERCIONS,
    "toString",
    "(date: Date | DateTime | LocalDateTime | LocalTime | Time, format: String | Null = null,"
    " locale: String | Null = null) -> String",
)
def to_string_of_moment(value: Any, format_: Any = None, locale: Any = None) -> Any:
    """Return the text of a date or a time, by a format."""
    return _as(value, "String", format=format_, locale=locale)


@defined(COERCIONS, "toString", "(data: TimeZone | Uri | Boolean | Period | Key | String | Binary) -> String")
def to_string(value: Any) -> Any:
    """Return the text of a value."""
    return _as(value, "String")


@defined(COERCIONS, "toArray", "(text: String) -> Array<String>")
def to_array(text: str) -> list[str]:
    """Return the characters of a text."""
    check_list(len(text), "toArray")
    return list(text)


@defined(COERCIONS, "toBinary", "(text: String, encoding: String) -> Binary")
def to_binary(text: str, encoding: str) -> Any:
    """Return the bytes of a text in an encoding."""
    return _as(text, "Binary", encoding=encoding)


@defined(COERCIONS, "toBoolean", "(text: String) -> Boolean")
def to_boolean(text: str) -> Any:
    """Return the Boolean of `true` or `false`."""
    return _as(text, "Boolean")


@defined(COERCIONS, "toPeriod", "(text: String) -> Period")
def to_period(text: str) -> Any:
    """Return the period of a text in ISO 8601."""
    return _as(text, "Period")


@defined(COERCIONS, "toRegex", "(text: String) -> Regex")
def to_regex(text: str) -> Any:
    """Return the regular expression of a text."""
    return _as(text, "Regex")


@defined(COERCIONS, "toTimeZone", "(text: String) -> TimeZone")
def to_time_zone(text: str) -> Any:
    """Return the time zone of a name or an offset."""
    return _as(text, "TimeZone")


@defined(COERCIONS, "toUri", "(text: String) -> Uri")
def to_uri(text: str) -> Any:
    """Return the text as Uri."""
    return _as(text, "Uri")
