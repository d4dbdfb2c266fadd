"""From the data of flow files to elements: what parameters ask while they are validated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.core.chain import Chain, Step
from engine.core.element import Element, Parameters
from engine.core.error_handler import ErrorHandler, OnError
from engine.core.errors import ErrorType, error_type
from engine.core.expression import Scope
from engine.core.mistake import MISTAKES, Mistake, refuse
from engine.core.parameters import Broken, Runnable
from engine.core.processor import Processor
from engine.expressions.suggestion import did_you_mean
from engine.loading.catalog import Catalog, CatalogError
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


class Mention(NamedTuple):
    """A name that must exist once everything is read: where it stands, and in which flow."""

    name: str
    place: Place | None
    owner: str


class Builder:
    """Builds elements; it is the validation context of their parameters.

    Mistakes are noted, not raised, so that all are found at once. What refers to flows and error
    types is mentioned here and checked when all files are read.
    """

    def __init__(self, catalog: Catalog, scope: Scope) -> None:
        self.catalog = catalog
        self.scope = scope
        self.mistakes: list[Mistake] = []
        self.warnings: list[Mistake] = []
        self.configs: dict[str, Any] = {}
        self.flows: dict[str, Runnable] = {}
        self.error_handlers: dict[str, Any] = {}
        self.default_handler = ErrorHandler()
        self.flow_mentions: list[Mention] = []
        self.type_mentions: list[Mention] = []
        self.raised_types: dict[str, ErrorType] = {}
        self.owner = ""
        self._building: list[str] = []

    def enter(self, owner: str) -> None:
        """What is built next belongs to this flow, sub-flow, config or handler list."""
        self.owner = owner
        self.scope = replace(self.scope, flow={"name": owner})

    # Elements

    def element(self, entry: Any, kind: type[Element], where: str) -> Element | None:
        """The element that a mapping of one key names; None, with its mistakes noted, where that fails."""
        named = self._named(entry, kind, where)
        return named and self._validated(named[1], entry, named[0])

    def _named(self, entry: Any, kind: type[Element], where: str) -> tuple[str, type[Element]] | None:
        if not isinstance(entry, Map) or not entry:
            self._note("F107", f"{shown(entry)} in {where}", "a mapping of one element", "- logger: {message: hi}", place_of(entry))
            return None
        name, *others = entry
        for other in others:
            self._second_key(name, other, entry)
        place = entry.places[name][0]
        if name not in self.catalog:
            self._unknown_element(name, place, where)
            return None
        try:
            element = self.catalog[name]
        except CatalogError as error:
            self._note("F110", f"'{name}': {error}", "a module with one element", "", place)
            return None
        if not issubclass(element, kind):
            expected = KIND_WORDS[kind.__name__]
            self._note("F109", f"'{name}', which is no {expected}, in {where}", f"a {expected}", "", place)
            return None
        return name, element

    def _second_key(self, name: str, other: str, entry: Map) -> None:
        place = entry.places[other][0]
        if other in self.catalog:
            write = f"- {other}: … as a step of its own"
        else:
            write = f"{other} two columns further in, under {name}"
        self._note("F107", f"a second key '{other}' beside '{name}'", "one element a step", write, place)

    def _unknown_element(self, name: str, place: Place, where: str) -> None:
        close = did_you_mean(name, self.catalog.names())
        self._note("F102", f"unknown element '{name}' in {where}", "a name of `engine processors`", close, place)

    def _validated(self, element: type[Element], entry: Map, name: str) -> Element | None:
        parameters = entry[name]
        if parameters is None:
            parameters = Map(entry.places[name][0])
        if not isinstance(parameters, Map):
            expected = f"a map of the parameters of {name}"
            self._note("F303", shown(parameters), expected, f"{name}: {{…: …}}", entry.places[name][1])
            return None
        return self.parameters(element, parameters, f"'{name}'", entry.places[name][0])

    def parameters(self, cls: type[Any], parameters: Map, name: str, place: Place) -> Any:
        """An instance of the class; None, with its mistakes noted, where a parameter is wrong."""
        try:
            return cls.__pydantic_validator__.validate_python(parameters, context=self, by_alias=True, by_name=False)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                self.mistakes += self._translate(details, cls, parameters, name, place)
            return None

    # Mistakes of parameters

    def _translate(
        self, details: ErrorDetails, cls: type[Any], parameters: Map, name: str, place: Place
    ) -> Iterator[Mistake]:
        kind, location = details["type"], details["loc"]
        value_place, key_place, holder = locate(parameters, location, place)
        if kind == MISTAKES:
            for mistake in details["ctx"][MISTAKES]:
                yield mistake if mistake.place else replace(mistake, place=value_place)
        elif kind == "missing":
            label = f"the parameter '{location[-1]}' is missing in {name}"
            yield Mistake("F302", label, "", f"{location[-1]}: …", key_place)
        elif kind == "unexpected_keyword_argument":
            yield _unknown_parameter(str(location[-1]), holder, _class_at(cls, location), name, key_place)
        else:
            expected = PLAIN_WORDS.get(kind) or details["msg"].replace("Input should be ", "")
            yield Mistake("F303", f"{shown(details['input'])} for '{location[0]}' of {name}", expected, "", value_place)

    def _note(self, code: str, found: str, expected: str, write: str, place: Place | None) -> None:
        self.mistakes.append(Mistake(code, found, expected, write, place))

    # What parameters ask for

    def chain(self, value: Any) -> Chain:
        """The chain of a list of steps."""
        if not isinstance(value, Sequence):
            refuse([Mistake("F303", shown(value), "a list of steps", "- logger: {message: hi}")])
        return Chain([step for entry in value if (step := self._step(entry))])

    def _step(self, entry: Any) -> Step | None:
        element = self.element(entry, Processor, f"'{self.owner}'")
        if element is None:
            return None
        assert isinstance(element, Processor)
        return Step(element, next(iter(entry)), entry.place.location)

    def error_handler(self, value: Any) -> ErrorHandler:
        """The handlers of a list, or of the list that `{ref: NAME}` names; the default ones for None."""
        if value is None:
            return self.default_handler
        if isinstance(value, Map) and list(value) == ["ref"]:
            return ErrorHandler(self._handlers_by_name(value))
        if not isinstance(value, Sequence):
            refuse([Mistake("F303", shown(value), "a list of on-error-continue and on-error-propagate, or {ref: NAME}")])
        return ErrorHandler(list(self._handlers(value)))

    def _handlers(self, entries: Sequence) -> Iterator[OnError]:
        for number, entry in enumerate(entries):
            is_last = number == len(entries) - 1
            reference = entry.get("error-handler") if isinstance(entry, Map) else None
            if isinstance(reference, Map) and is_last:
                yield from self._handlers_by_name(reference)
                continue
            handler = self.element(entry, OnError, f"an error handler of '{self.owner}'")
            if isinstance(handler, OnError):
                if handler.is_catch_all and not is_last:
                    self._note("F504", "a handler that takes every error, before others", "it as the last one", "", entry.place)
                yield handler

    def _handlers_by_name(self, reference: Map) -> tuple[OnError, ...]:
        name = reference.get("ref")
        place = reference.places["ref"][1] if "ref" in reference else reference.place
        if name not in self.error_handlers:
            expected = "a name under error-handlers"
            self._note("F505", f"the unknown error handler {name!r}", expected, did_you_mean(str(name), self.error_handlers), place)
            return ()
        if name in self._building:
            self._note("F505", f"the error handler '{name}' inside itself", "another handler", "", place)
            return ()
        if isinstance(self.error_handlers[name], Sequence):
            self._building.append(name)
            self.error_handlers[name] = self.named_handler(name, self.error_handlers[name])
            self._building.pop()
        return tuple(self.error_handlers[name].handlers)

    def named_handler(self, name: str, entries: Any) -> ErrorHandler:
        """The handler list of that name under `error-handlers`."""
        outer = self.owner
        self.enter(name)
        handler = ErrorHandler(list(self._handlers(entries)))
        self.enter(outer)
        return handler

    def expect_flow(self, name: str, value: Any) -> None:
        self.flow_mentions.append(Mention(name, place_of(value), self.owner))

    def expect_error_types(self, patterns: tuple[str, ...], value: Any) -> None:
        places = {str(entry): place_of(entry) for entry in value} if isinstance(value, list) else {}
        for pattern in patterns:
            self.type_mentions.append(Mention(pattern, places.get(pattern) or place_of(value), self.owner))

    def raised_type(self, name: str, value: Any) -> ErrorType:
        """The type that raise-error names; a new one becomes known by being named."""
        known = self.known_type(name)
        if known and known.namespace != "MULE" and str(known) not in self.raised_types:
            self.warnings.append(
                Mistake("F507", f"the type {known} of a connector, raised by a flow", "a type of your own", "", place_of(value))
            )
            return known
        return self.raised_types.setdefault(str(error_type(name)), known or error_type(name))

    def known_type(self, name: str) -> ErrorType | None:
        """The type of that name that the core or an element of the catalog declares."""
        full = str(error_type(name))
        if not hasattr(self, "_declared"):
            self._declared: dict[str, ErrorType] = self.catalog.error_types()
        return self._declared.get(full)


KIND_WORDS = {"Processor": "step", "Source": "source", "Config": "config", "OnError": "error handler (on-error-*)"}


def shown(value: Any) -> str:
    """A value of a flow file in a message: short, and never a secret."""
    if getattr(value, "secret", False):
        return "a secret"
    if isinstance(value, (Map, Sequence)):
        return "a map" if isinstance(value, Map) else "a list"
    text = "null" if value is None else repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…'"


def place_of(value: Any) -> Place | None:
    place = getattr(value, "place", None)
    return place if isinstance(place, Place) else None


def locate(parameters: Map, location: tuple[Any, ...], place: Place) -> tuple[Place, Place, Any]:
    """Where the value and the key of a location stand, and the innermost map that was reached."""
    value_place = key_place = place
    holder: Any = parameters
    for part in location:
        if isinstance(holder, Map) and part in holder:
            key_place, value_place = holder.places[part]
        elif isinstance(holder, Sequence) and isinstance(part, int) and part < len(holder):
            key_place = value_place = holder.places[part]
        else:
            break
        inner = holder[part]
        if not isinstance(inner, (Map, Sequence)):
            break
        if part != location[-1]:
            holder = inner
    return value_place, key_place, holder


def _class_at(cls: type[Any], location: tuple[Any, ...]) -> type[Any]:
    """The declared class that a nested location lies in."""
    for part in location[:-1]:
        fields = {field.alias or name: field for name, field in cls.__pydantic_fields__.items()}
        field = fields.get(part)
        inner = [kind for kind in _classes_in(field.annotation)] if field else []
        cls = inner[0] if inner else cls
    return cls


def _classes_in(annotation: Any) -> Iterator[type[Any]]:
    if isinstance(annotation, type) and issubclass(annotation, Parameters):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _classes_in(argument)


def parameter_names(cls: type[Any]) -> list[str]:
    """The names of a class's parameters as flow files write them."""
    return [field.alias or name for name, field in cls.__pydantic_fields__.items()]


def _unknown_parameter(key: str, holder: Any, cls: type[Any], name: str, place: Place) -> Mistake:
    known = parameter_names(cls)
    if isinstance(holder, Map) and holder.get(key, "") is None and holder.places[key][1].line == holder.place.line:
        found = f"'{key}' without a value in {name}: YAML cut a text at its comma"
        return Mistake("F108", found, "a text with a comma in quotes", '{sql: "SELECT a, b"}', place)
    return Mistake("F301", f"unknown parameter '{key}' of {name}", f"one of {', '.join(known)}", did_you_mean(key, known), place)


__all__ = ["Broken", "Builder", "Callable", "Mention"]
