"""The properties of readers and writers, such as `indent` and `header`, checked by type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.suggestion import did_you_mean

BOOLEANS = {"true": True, "false": False}
IGNORED = frozenset({"bufferSize", "deferred", "streaming"})
"""Properties about how much is in memory at once, which makes no difference to what is read or written."""

Values = Mapping[str, Any]


class Property(NamedTuple):
    """A property. kind: Boolean, Number or String. among: the texts that it may be; anything if empty."""

    kind: str
    default: Any = None
    among: tuple[str, ...] = ()

    def objection(self, value: Any) -> str | None:
        """Return what the value should be instead; None if it fits."""
        if self.kind not in KINDS or not KINDS[self.kind](value):
            return f"a {self.kind}"
        return None

    def converted(self, value: Any) -> Any:
        """Return the value as the property's type. Raise ValueError if it does not convert."""
        if self.kind == "Boolean":
            return value if type(value) is bool else BOOLEANS.get(str(value).lower(), False)
        return int(value) if self.kind == "Number" else value if type(value) is bytes else str(value)


KINDS = {
    "Boolean": lambda value: type(value) is bool,
    "Number": lambda value: type(value) is int,
    "String": lambda value: isinstance(value, str),
}


def flag(default: bool) -> Property:
    return Property("Boolean", default)


def text(default: str | None = None, *among: str) -> Property:
    return Property("String", default, among)


def number(default: int) -> Property:
    return Property("Number", default)


class Properties(dict[str, Property]):
    """The properties of a reader or a writer by name."""

    def defaults(self) -> dict[str, Any]:
        return {name: each.default for name, each in self.items()}

    def objections(self, given: Values) -> Iterable[tuple[str, str, str]]:
        """Yield each property that does not fit: its name, what is expected, and what to write."""
        for name, value in given.items():
            if name in self:
                expected = self[name].objection(value)
                if expected:
                    yield name, f"{expected} for the property {name}", ""
            elif name not in IGNORED:
                yield name, f"one of {', '.join(self)}", did_you_mean(name, self)

    def of(self, given: Values) -> dict[str, Any]:
        """Return the values of all properties, converted. Raise Failed for an unknown name or an unfit value."""
        values = self.defaults()
        for name, value in given.items():
            if name in self:
                values[name] = self._converted(name, value)
            elif name not in IGNORED:
                raise Failed(f"{name} is no property of this format: they are {', '.join(self)}")
        return values

    def _converted(self, name: str, value: Any) -> Any:
        try:
            return self[name].converted(value)
        except (ValueError, TypeError, ArithmeticError):
            raise Failed(f"the property {name} takes a {self[name].kind}") from None
