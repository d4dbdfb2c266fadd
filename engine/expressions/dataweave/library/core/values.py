"""Functions of dw::Core over any values, and over dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from engine.expressions.dataweave.library.core.lists import CORE
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.hooks import tell
from engine.expressions.dataweave.values.annotated import annotate
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import AnyObject, Key, Namespace, Pairs
from engine.expressions.dataweave.values.types import Type, simple

XSI = Namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")


@defined(CORE, "typeOf", "(value: Any) -> Type")
def type_of(value: Any) -> Type:
    """Return the type of a value."""
    return simple(kind_of(value))


@defined(CORE, "sizeOf", "(value: Array<Any> | Object | Binary) -> Number")
def size_of(value: Any) -> int:
    """Return the number of elements, entries or bytes."""
    return len(value)


@defined(CORE, "isEmpty", "(value: Array<Any> | Object) -> Boolean", "(value: Any) -> Boolean")
def is_empty(value: Any) -> bool:
    """Return whether a list or an object has nothing in it; other values are not empty."""
    return kind_of(value) in ("Array", "Range", "Object") and len(value) == 0


@defined(CORE, "onNull", "(previous: Any, callback: () -> R) -> Any")
def on_null(value: Any, callback: Callable[[], Any]) -> Any:
    """Return the value; in place of null the result of a function."""
    return callback() if kind_of(value) == "Null" else value


@defined(CORE, "then", "(previous: Any, callback: (result: T) -> R) -> Any")
def then(value: Any, callback: Callable[[Any], Any]) -> Any:
    """Return the result of a function of the value; null stays null."""
    return None if kind_of(value) == "Null" else callback(value)


@defined(CORE, "log", "(prefix: String, value: Any) -> Any", "(value: Any) -> Any")
def log(prefix: Any, *value: Any) -> Any:
    """Return the value, after telling it to the log of the engine at level INFO."""
    text, told = (prefix, value[0]) if value else ("", prefix)
    tell(text, told)
    return told


@defined(CORE, "uuid", "() -> String", acts=True)
def uuid() -> str:
    """Return a random identifier, such as 7e3a3e4a-9a4b-4f3a-8f0a-0d6b6c2b1f7e."""
    return str(uuid4())


@defined(CORE, "now", "() -> DateTime", acts=True)
def now() -> datetime:
    """Return the current DateTime, in UTC and with milliseconds, as formats of scripts expect it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@defined(CORE, "daysBetween", "(from: Date, to: Date) -> Number")
def days_between(first: Any, last: Any) -> int:
    """Return the number of days from one date to another."""
    return int((last - first).days)


@defined(CORE, "isLeapYear", "(date: Date | DateTime | LocalDateTime) -> Boolean")
def is_leap_year(date: Any) -> bool:
    """Return whether the year has 366 days."""
    year = date.year
    return bool(year % 4 == 0 and (year % 100 or year % 400 == 0))


@defined(CORE, "xsiType", "(name: String, namespace: Namespace) -> Object")
def xsi_type(name: str, namespace: Namespace) -> AnyObject:
    """Return the attribute `xsi:type` for a type of a namespace."""
    schema = {"nsPrefix": namespace.prefix, "nsUri": namespace.uri}
    return Pairs([(Key("type", XSI), annotate(f"{namespace.prefix}:{name}", schema))])


@defined(CORE, "evaluateCompatibilityFlag", "(flag: String) -> Boolean")
def evaluate_compatibility_flag(flag: str) -> bool:
    """Return whether a flag of compatibility with older versions is set: none is."""
    return False
