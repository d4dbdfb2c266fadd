"""Types of parameters that are more than plain values: durations, counts, and references to configs."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from engine.expressions.digits import is_digits
from engine.expressions.held import Constant, Held, ListOf, MapOf
from engine.expressions.operators import is_finite, is_number, number_in
from engine.expressions.suggestion import did_you_mean
from engine.parameters.element import Element
from engine.parameters.expression import Compiled
from engine.parameters.loading import Loading, loading_of
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.reader import Reader
from engine.parameters.validated import NAME, TEXT, TEXTS, Kind, Naming, Validated, scalar
from engine.values.errors import EXPRESSION, FlowError
from engine.values.event import Event

T = TypeVar("T")

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
SHORT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|m|h|d)?")
ISO_8601 = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?")
DURATION_TEXT = rf"{SHORT.pattern}|{ISO_8601.pattern}"
DURATION = scalar("number", DURATION_TEXT, minimum=0)

LONGEST = 10**10
"""The longest duration, in seconds: anything longer is a slip, and beyond the range of clocks."""


A_DURATION, HOW_LONG = "a duration", "milliseconds (3000), or 500ms, 3s, 5m, PT5M"


def read_duration(value: Any) -> float:
    """Return the seconds of a duration: a number is milliseconds (Mule); `500ms`, `3s`, `5m`, `2h`, `PT5M` texts."""
    seconds = _seconds(value)
    if seconds is None:
        refuse([Mistake("F303", shown(value), A_DURATION, HOW_LONG)])
    return seconds


def _seconds(value: Any) -> float | None:
    seconds = _read_seconds(value)
    return seconds if seconds is not None and seconds <= LONGEST else None


def _read_seconds(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value / 1000 if 0 <= value <= LONGEST * 1000 else None
    text = value.strip() if isinstance(value, str) else ""
    if match := SHORT.fullmatch(text):
        return float(match[1]) * UNITS[match[2] or "ms"]
    match = ISO_8601.fullmatch(text)
    if match and any(match.groups()):
        days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return None


def _plain(name: str) -> str:
    if "#[" in name:
        refuse(
            [Mistake("F303", f"the expression {shown(name)}", "a plain name", "a name that stands in the flow file")]
        )
    return name


Name = Annotated[str, AfterValidator(_plain), Kind("text", NAME)]
"""The name of a thing, such as a variable: never an expression."""

VariableName = Annotated[Name, Naming("variable", defines=True)]
"""The name of a variable that the element sets."""


Duration = Annotated[float, BeforeValidator(read_duration), Kind("duration", DURATION)]
"""A duration, in seconds."""


TIME_UNITS = {
    "NANOSECONDS": 1e-9, "MICROSECONDS": 1e-6, "MILLISECONDS": 0.001, "SECONDS": 1.0, "MINUTES": 60.0, "HOURS": 3600.0,
    "DAYS": 86400.0,
}  # fmt: skip
"""Seconds of Mule's units of time."""

TimeUnit = Literal["NANOSECONDS", "MICROSECONDS", "MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS"]
"""The units of numbers that stand for an amount of time."""


AN_AMOUNT, WITH_UNIT = "an amount of time", "a number, or with its unit 500ms, 3s, 5m, PT5M"


class Amount(Validated):
    """An amount of time whose unit is in another parameter (Mule's timeUnit): `5`, or with its own unit, `5s`."""

    __slots__ = ("_is_plain", "_seconds")
    word = "amount of time"
    schema = DURATION

    def __init__(self, value: Any) -> None:
        seconds = _seconds(value)
        if seconds is None:
            refuse([Mistake("F303", shown(value), AN_AMOUNT, WITH_UNIT)])
        self._seconds = seconds
        self._is_plain = isinstance(value, (int, float)) or is_digits(value.strip()[-1:])

    def __str__(self) -> str:
        return f"{self._seconds * 1000:g}" if self._is_plain else f"{self._seconds:g}s"

    def seconds(self, unit: TimeUnit) -> float:
        """Return the amount in seconds; the unit counts if it has none of its own."""
        return min(self._seconds * 1000 * TIME_UNITS[unit], LONGEST) if self._is_plain else self._seconds

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else cls(value)


BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
LONGEST_NUMBER = 20
SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)")


def read_size(value: Any) -> int:
    """Return the bytes of a size: a number, or a text such as `10MiB` or `500 KB`."""
    if type(value) is int and value >= 0:
        return value
    match = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match and match[2] in BYTES and len(match[1]) < LONGEST_NUMBER:
        return int(float(match[1]) * BYTES[match[2]])
    refuse([Mistake("F303", shown(value), "a size", "bytes (1048576), or 500KB, 10MiB")])


Size = Annotated[int, BeforeValidator(read_size), Kind("whole number", scalar("integer", SIZE.pattern, minimum=0))]
"""A size, in bytes."""


NUMBER, WHOLE = r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?", r"[+]?[0-9]+(?:\.0*)?"
"""Numbers as texts."""


class Number(Compiled):
    """A finite number: either literal and checked at load, or an expression, checked at run. Text counts."""

    __slots__ = ()
    always = False
    word = "number"
    schema = scalar("number", NUMBER, expression=True)
    expected: ClassVar[str] = "a number"
    write: ClassVar[str] = ""

    def _check(self, held: Held, written: Any, reader: Reader) -> Held:
        is_wrong = isinstance(held, Constant) and self.read(held.value) is None
        if is_wrong or isinstance(held, (MapOf, ListOf)):
            reader.mistakes.append(Mistake("F303", shown(written), self.expected, self.write))
        return held

    def of(self, event: Event) -> Any:
        """Return the number for this event; raise MULE:EXPRESSION if the expression's value is not one."""
        number = self.read(self.evaluate(event))
        if number is None:
            raise FlowError(EXPRESSION, f"a parameter must be {self.expected}")
        return number

    @classmethod
    def read(cls, value: Any) -> Any:
        """Return the number that a value is or holds as text; None if there is none."""
        number: Any = number_in(value) if isinstance(value, str) else value
        return number if is_number(number) and is_finite(number) else None


EXACT = 2**53
"""Below it floats hold each whole number."""


class Whole(Number):
    """A whole number from 0."""

    __slots__ = ()
    word = "whole number"
    schema = scalar("integer", WHOLE, expression=True, minimum=0)
    expected = "a whole number from 0"
    least: ClassVar[int] = 0

    @classmethod
    def read(cls, value: Any) -> int | None:
        number = super().read(value)
        if isinstance(number, float) and number.is_integer() and abs(number) < EXACT:
            number = int(number)  # the result of a division
        return number if isinstance(number, int) and number >= cls.least else None


class Count(Whole):
    """A whole number from 1."""

    __slots__ = ()
    schema = scalar("integer", WHOLE, expression=True, minimum=1)
    expected = "a whole number from 1"
    least = 1


class Period(Number):
    """A duration, in seconds: in the form of Duration, or an expression, checked at run; numbers are milliseconds."""

    __slots__ = ()
    word = "duration"
    schema = scalar("number", DURATION_TEXT, expression=True, minimum=0)
    expected, write = A_DURATION, HOW_LONG

    @classmethod
    def read(cls, value: Any) -> float | None:
        return _seconds(value)


class Interval(Number):
    """An amount of time in the form of Amount, or an expression, checked at run."""

    __slots__ = ()
    word = Amount.word
    schema = Period.schema
    expected, write = AN_AMOUNT, WITH_UNIT

    @classmethod
    def read(cls, value: Any) -> Amount | None:
        try:
            return Amount(value)
        except PydanticCustomError:
            return None


class Reference:
    """In `Annotated[SomeConfig, Reference()]`: the parameter is the name of such a config."""

    word = "name of a config"
    schema = TEXT

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def resolve(value: Any, info: core_schema.ValidationInfo) -> Any:
            return value if isinstance(value, source) else _look_up(value, source, loading_of(info))

        return core_schema.with_info_plain_validator_function(resolve)


def _look_up(name: Any, wanted: type[Element], loading: Loading) -> Any:
    config = loading.configs.get(name) if isinstance(name, str) else None
    if isinstance(config, (wanted, Broken)):
        return config
    suitable = [known for known, value in loading.configs.items() if isinstance(value, wanted)]
    kind = _with_article(loading.element_name(wanted))
    expected = f"the name of {kind}: {', '.join(suitable)}" if suitable else f"the name of {kind} under configs"
    if config is None:
        refuse([Mistake("F502", f"{shown(name)} is not a config", expected, did_you_mean(str(name), suitable))])
    refuse([Mistake("F502", f"{shown(name)} is {_with_article(loading.element_name(type(config)))}", expected)])


def _with_article(name: str) -> str:
    """Return a name with its article: an os:object-store, an http:listener-config, a db:config."""
    return f"{'an' if name.lower().startswith((*'aeiou', 'http:')) else 'a'} {name}"


class Broken:
    """Replaces a config with mistakes: they are reported once, not at each reference."""


def _listed(value: Any) -> Any:
    return tuple(each.strip() for each in value.split(",")) if isinstance(value, str) else value


CommaList = Annotated[tuple[T, ...], BeforeValidator(_listed), Kind("list", TEXTS)]
"""Several, as a list or a comma list."""

ConfigRef = Annotated[T, Reference(), Field(alias="config-ref")]
"""The config that this element uses, by its name under `configs`."""
