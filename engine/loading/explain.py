"""From pydantic's validation errors to mistakes with a place, in the words of flow files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.core.element import Parameters
from engine.core.mistake import MISTAKES, Mistake
from engine.expressions.suggestion import did_you_mean
from engine.loading.document import Map, Sequence
from engine.loading.place import Place

PLAIN_WORDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
    "dataclass_type": "a map of parameters",
}


class Spot(NamedTuple):
    """Where a parameter's value and key stand, and the map that holds them."""

    value: Place
    key: Place
    holder: Any


class Explainer:
    """Explains what is wrong with the parameters of one element.

    name: the element, quoted, as messages name it; place: where its name stands.
    """

    def __init__(self, cls: type[Any], parameters: Map, name: str, place: Place) -> None:
        self.cls = cls
        self.parameters = parameters
        self.name = name
        self.place = place

    def explain(self, error: ValidationError) -> Iterator[Mistake]:
        for details in error.errors(include_url=False):
            yield from self._explain(details)

    def _explain(self, details: ErrorDetails) -> Iterator[Mistake]:
        kind, location = details["type"], details["loc"]
        spot = self._spot(location)
        if kind == MISTAKES:
            for mistake in details["ctx"][MISTAKES]:
                yield mistake if mistake.place else replace(mistake, place=spot.value)
        elif kind == "missing":
            found = f"the parameter '{location[-1]}' is missing in {self.name}"
            yield Mistake("F302", found, "", f"{location[-1]}: …", spot.key)
        elif kind == "unexpected_keyword_argument":
            yield self._unknown(str(location[-1]), location, spot)
        else:
            expected = PLAIN_WORDS.get(kind) or details["msg"].replace("Input should be ", "")
            where = f" for '{location[0]}'" if location else ""
            yield Mistake("F303", f"{shown(details['input'])}{where} of {self.name}", expected, "", spot.value)

    def _spot(self, location: tuple[Any, ...]) -> Spot:
        spot = Spot(self.place, self.place, self.parameters)
        container: Any = self.parameters
        for part in location:
            if isinstance(container, Map) and part in container:
                key_place, value_place = container.places[part]
            elif isinstance(container, Sequence) and isinstance(part, int) and part < len(container):
                key_place = value_place = container.places[part]
            else:
                break
            spot = Spot(value_place, key_place, container)
            container = container[part]
        return spot

    def _unknown(self, key: str, location: tuple[Any, ...], spot: Spot) -> Mistake:
        known = parameter_names(self._class_at(location))
        if _was_cut(key, spot.holder):
            found = f"'{key}' without a value in {self.name}: YAML cut a text at its comma"
            return Mistake("F108", found, "a text with a comma in quotes", '{sql: "SELECT a, b"}', spot.key)
        found = f"unknown parameter '{key}' of {self.name}"
        return Mistake("F301", found, f"one of {', '.join(known)}", did_you_mean(key, known), spot.key)

    def _class_at(self, location: tuple[Any, ...]) -> type[Any]:
        """The declared class that a nested location lies in."""
        cls = self.cls
        for part in location[:-1]:
            fields = {field.alias or name: field for name, field in cls.__pydantic_fields__.items()}
            field = fields.get(str(part))
            cls = next(_classes_in(field.annotation), cls) if field else cls
        return cls


def parameter_names(cls: type[Any]) -> list[str]:
    """The names of a class's parameters as flow files write them."""
    return [field.alias or name for name, field in cls.__pydantic_fields__.items()]


def shown(value: Any) -> str:
    """A value of a flow file in a message: short, and never a secret."""
    if getattr(value, "secret", False):
        return "a secret"
    if isinstance(value, (Map, Sequence)):
        return "a map" if isinstance(value, Map) else "a list"
    text = "null" if value is None else repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…'"


def place_of(value: Any) -> Place | None:
    """Where a value of a flow file stands; None for one that does not know."""
    place = getattr(value, "place", None)
    return place if isinstance(place, Place) else None


def _was_cut(key: str, holder: Any) -> bool:
    """Whether a key looks like the rest of a text that YAML cut: no value, in a map on one line."""
    return isinstance(holder, Map) and holder[key] is None and holder.places[key][1].line == holder.place.line


def _classes_in(annotation: Any) -> Iterator[type[Any]]:
    if isinstance(annotation, type) and issubclass(annotation, Parameters):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _classes_in(argument)
