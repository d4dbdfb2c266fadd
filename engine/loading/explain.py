"""From pydantic's validation errors to mistakes with a place, in the words of flow files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.expressions.suggestion import did_you_mean
from engine.loading.files.data import Map
from engine.loading.files.data import Sequence as ListOfFile
from engine.loading.files.place import Place
from engine.loading.files.quoting import quoted
from engine.parameters.element import Parameters
from engine.parameters.mistake import MISTAKES, Mistake, shown

PLAIN_WORDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a map",
    "dataclass_type": "a map of parameters",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "too_short": "at least {min_length} of them",
    "string_too_short": "a text of at least {min_length} characters",
}
MERGE_KEY = "<<"
LABEL = "doc:name"
"""Every element has it, but nobody who writes `name` means it."""
UNKNOWN = "unexpected_keyword_argument"
PYDANTIC_WORDS = ("Input should be ", "Value error, ", "Assertion failed, ")
Location = tuple[int | str, ...]


class Spot(NamedTuple):
    """The places of a parameter's value and key, the value, and the map that holds it."""

    place: Place
    key: Place
    value: Any
    holder: Any


class Explainer:
    """Explains the mistakes in the parameters of one element.

    name: the element, quoted, for messages; place: where its name is; given: parameters that come from elsewhere in the
    file.
    """

    def __init__(self, cls: type[Any], parameters: Map, name: str, place: Place, given: Collection[str] = ()) -> None:
        self.cls = cls
        self.parameters = parameters
        self.name = name
        self.place = place
        self.given = given

    def explain(self, error: ValidationError) -> Iterator[Mistake]:
        every = error.errors(include_url=False)
        unknown = [details["loc"] for details in every if details["type"] == UNKNOWN]
        self._unknown_at = Counter(location[:-1] for location in unknown)
        self._missing_at = _by_map(details["loc"] for details in every if details["type"] == "missing")
        meant = {self._meant(location) for location in unknown}
        merged = {location[:-1] for location in unknown if location[-1] == MERGE_KEY}
        for details in every:
            location = details["loc"]
            if details["type"] != "missing" or (location not in meant and location[:-1] not in merged):
                yield from self._explain(details)

    def _explain(self, details: ErrorDetails) -> Iterator[Mistake]:
        kind, location = details["type"], details["loc"]
        spot = self._spot(location)
        if kind == MISTAKES:
            yield from (self._placed(mistake, location, spot) for mistake in details["ctx"][MISTAKES])
        elif kind == "missing":
            found = f"the parameter '{location[-1]}' is missing in {self.name}"
            yield Mistake("F302", found, "", f"{location[-1]}: …", spot.key)
        elif kind == UNKNOWN:
            yield from self._unknown(str(location[-1]), location, spot)
        else:
            found = f"{shown(details['input'])}{self._of(location)}"
            yield Mistake("F303", found, _expected(details), _write(details, location), spot.place)

    def _of(self, location: Location) -> str:
        """Return which parameter of which element it is."""
        names = [part for part in location if isinstance(part, str)]
        return f" for '{names[-1]}' of {self.name}" if names else f" of {self.name}"

    def _placed(self, mistake: Mistake, location: Location, spot: Spot) -> Mistake:
        """Return a parameter's own mistake, with its place; for a secret it may have said too much."""
        if mistake.place:
            return mistake
        of = self._of(location) if mistake.code == "F303" else ""
        found = shown(spot.value) if mistake.found == repr(spot.value) else mistake.found
        if getattr(spot.value, "secret", False) and mistake.code == "F303":
            found = shown(spot.value)
        return replace(mistake, found=found + of, place=spot.place)

    def _spot(self, location: Location) -> Spot:
        spot = Spot(self.place, self.place, self.parameters, self.parameters)
        for part in location:
            container = spot.value
            if isinstance(container, Map) and part in container:
                key, place = container.places[str(part)]
            elif isinstance(container, ListOfFile) and isinstance(part, int) and part < len(container):
                key = place = container.places[part]
            else:
                break
            spot = Spot(place, key, container[part], container)
        return spot

    def _known(self, location: Location) -> list[str]:
        """Return the parameters that could be meant by an unknown one."""
        return [name for name in parameter_names(self._class_at(location)) if name not in self.given]

    def _meant(self, location: Location) -> Location:
        """Return the place of the parameter that was meant: one of a similar name, or the only one that is missing."""
        key, above = str(location[-1]), location[:-1]
        known = [name for name in self._known(location) if name != LABEL or key.startswith("doc")]
        missing = self._missing_at.get(above, []) if self._unknown_at[above] == 1 else []
        return (*above, did_you_mean(key, known) or (missing[0] if len(missing) == 1 else ""))

    def _unknown(self, key: str, location: Location, spot: Spot) -> Iterator[Mistake]:
        known = self._known(location)
        if key == MERGE_KEY:
            expected = "the entries themselves: YAML 1.2 has no merge keys"
            yield Mistake("F301", f"the merge key '{key}' in {self.name}", expected, "", spot.key)
        elif not _was_cut(key, spot.holder):
            found, write = f"unknown parameter '{key}' of {self.name}", str(self._meant(location)[-1])
            yield Mistake("F301", found, f"one of {', '.join(known)}", write, spot.key)
        elif pieces := _cut_off(key, spot.holder, known):
            found = f"'{key}' without a value in {self.name}: YAML cut a text at its comma"
            write = _uncut(pieces, spot.holder)
            yield Mistake("F108", found, "a text with a comma in quotes", write, spot.key)

    def _class_at(self, location: Location) -> type[Any]:
        """Return the declared class of a nested location."""
        cls = self.cls
        for part in location[:-1]:
            fields = {field.alias or name: field for name, field in cls.__pydantic_fields__.items()}
            field = fields.get(str(part))
            cls = next(_classes_in(field.annotation), cls) if field else cls
        return cls


def _by_map(locations: Iterable[Location]) -> dict[Location, list[str]]:
    """Group parameters by the map that they belong in."""
    found: dict[Location, list[str]] = {}
    for location in locations:
        found.setdefault(location[:-1], []).append(str(location[-1]))
    return found


def parameter_names(cls: type[Any]) -> list[str]:
    """Return the names of a class's parameters as flow files write them."""
    return [field.alias or name for name, field in cls.__pydantic_fields__.items()]


def place_of(value: Any) -> Place | None:
    """Return the place of a value of a flow file; None for one that does not know it."""
    place = getattr(value, "place", None)
    return place if isinstance(place, Place) else None


def _expected(details: ErrorDetails) -> str:
    words = PLAIN_WORDS.get(details["type"])
    if words:
        return words.format(**details.get("ctx", {}))
    message = details["msg"]
    for prefix in PYDANTIC_WORDS:
        message = message.removeprefix(prefix)
    return message


def _write(details: ErrorDetails, location: Location) -> str:
    """Suggest quotes for a number or a word like true, if a text is wanted."""
    value = details["input"]
    is_scalar = isinstance(value, (int, float)) and details["type"] == "string_type"
    return f"{location[-1]}: {quoted(shown(value))}" if is_scalar else ""


def _was_cut(key: str, holder: Any) -> bool:
    """Return whether a key looks like the rest of a text that YAML cut: no value, in a map on one line."""
    return isinstance(holder, Map) and holder[key] is None and holder.places[key][1].line == holder.place.line


def _cut_off(key: str, holder: Map, known: Sequence[str]) -> list[str]:
    """Return all pieces that were cut off a text, in order, if this key is the first of them; otherwise none."""
    keys = list(holder)
    position = keys.index(key)
    if position and _is_piece(keys[position - 1], holder, known):
        return []
    return list(takewhile(lambda name: _is_piece(name, holder, known), keys[position:]))


def _is_piece(name: str, holder: Map, known: Sequence[str]) -> bool:
    return name not in known and _was_cut(name, holder)


def _uncut(pieces: Sequence[str], holder: Map) -> str:
    """Return the entry that lost these pieces, as it should be written."""
    keys = ["", *holder]
    owner = keys[keys.index(pieces[0], 1) - 1]
    text = holder.get(owner)
    if not isinstance(text, str) or getattr(text, "has_placeholders", True):
        return 'quotes around the text: {sql: "SELECT a, b"}'
    return f"{owner}: {quoted(', '.join([text, *pieces]))}"


def _classes_in(annotation: Any) -> Iterator[type[Any]]:
    if isinstance(annotation, type) and issubclass(annotation, Parameters):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _classes_in(argument)
