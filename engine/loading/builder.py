"""From the data of flow files to elements: what parameters ask while they are validated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from engine.core.chain import Chain, Step
from engine.core.element import Element
from engine.core.error_handler import ErrorHandler, OnError
from engine.core.errors import ErrorType, error_type
from engine.core.expression import Scope
from engine.core.mistake import Mistake, refuse
from engine.core.parameters import Runnable
from engine.core.processor import Processor
from engine.expressions.suggestion import did_you_mean
from engine.loading.catalog import Catalog, CatalogError
from engine.loading.document import Map, Sequence
from engine.loading.explain import Explainer, place_of, shown
from engine.loading.mentions import Mentions, mention
from engine.loading.place import Place

KIND_WORDS = {"Processor": "step", "Source": "source", "Config": "config", "OnError": "error handler (on-error-*)"}


class Builder:
    """Builds elements; it is the validation context of their parameters.

    Mistakes are noted, not raised, so that all are found at once. What refers to flows and error
    types is mentioned, and checked when all files are read.
    """

    def __init__(self, catalog: Catalog, scope: Scope) -> None:
        self.catalog = catalog
        self.scope = scope
        self.mistakes: list[Mistake] = []
        self.warnings: list[Mistake] = []
        self.mentions = Mentions(catalog)
        self.configs: dict[str, Any] = {}
        self.flows: dict[str, Runnable] = {}
        self.default_handler = ErrorHandler()
        self.handler_lists: dict[str, Sequence] = {}
        self._named_handlers: dict[str, ErrorHandler] = {}
        self._open_handlers: list[str] = []
        self.owner = ""

    def enter(self, owner: str) -> None:
        """What is built next belongs to this flow, sub-flow, config or handler list."""
        self.owner = owner
        self.scope = replace(self.scope, flow={"name": owner})

    def note(self, code: str, found: str, expected: str = "", write: str = "", place: Place | None = None) -> None:
        self.mistakes.append(Mistake(code, found, expected, write, place))

    # Elements

    def element(self, entry: Any, kind: type[Element], where: str) -> Any:
        """The element that a mapping of one key names; None, with its mistakes noted, where that fails."""
        if not isinstance(entry, Map) or not entry:
            found = f"{shown(entry)} in {where}"
            self.note("F107", found, "a mapping of one element", "- logger: {message: hi}", place_of(entry))
            return None
        name, *others = entry
        for other in others:
            self._second_key(name, other, entry)
        element = self._class(name, kind, where, entry.places[name][0])
        return element and self._validated(element, entry, name)

    def _class(self, name: str, kind: type[Element], where: str, place: Place) -> type[Element] | None:
        if name not in self.catalog:
            close = did_you_mean(name, self.catalog.names())
            self.note("F102", f"unknown element '{name}' in {where}", "a name of `engine processors`", close, place)
            return None
        try:
            element = self.catalog[name]
        except CatalogError as error:
            self.note("F110", f"'{name}': {error}", "a module with one element", "", place)
            return None
        if not issubclass(element, kind):
            expected = KIND_WORDS[kind.__name__]
            self.note("F109", f"'{name}', which is no {expected}, in {where}", f"a {expected}", "", place)
            return None
        return element

    def _second_key(self, name: str, other: str, entry: Map) -> None:
        is_element = other in self.catalog
        write = f"- {other}: … as a step of its own" if is_element else f"{other} two columns further in, under {name}"
        found = f"a second key '{other}' beside '{name}'"
        self.note("F107", found, "one element a step", write, entry.places[other][0])

    def _validated(self, element: type[Element], entry: Map, name: str) -> Any:
        key_place, value_place = entry.places[name]
        parameters = Map(key_place) if entry[name] is None else entry[name]
        if not isinstance(parameters, Map):
            self.note("F303", shown(parameters), f"a map of the parameters of {name}", f"{name}: {{…: …}}", value_place)
            return None
        return self.parameters(element, parameters, f"'{name}'", key_place)

    def parameters(self, cls: type[Any], parameters: Map, name: str, place: Place) -> Any:
        """An instance of the class; None, with its mistakes noted, where a parameter is wrong."""
        try:
            return cls.__pydantic_validator__.validate_python(parameters, context=self, by_alias=True, by_name=False)
        except ValidationError as error:
            self.mistakes += Explainer(cls, parameters, name, place).explain(error)
            return None

    # What parameters ask for

    def chain(self, value: Any) -> Chain:
        """The chain of a list of steps."""
        if not isinstance(value, Sequence):
            refuse([Mistake("F303", shown(value), "a list of steps", "- logger: {message: hi}")])
        return Chain([step for entry in value if (step := self._step(entry))])

    def _step(self, entry: Any) -> Step | None:
        processor = self.element(entry, Processor, f"'{self.owner}'")
        return processor and Step(processor, next(iter(entry)), entry.place.location)

    def error_handler(self, value: Any) -> ErrorHandler:
        """The handlers of a list, or of the list that `{ref: NAME}` names; the default ones for None."""
        if value is None:
            return self.default_handler
        if isinstance(value, Map) and list(value) == ["ref"]:
            return self.named_handler(value["ref"], value.places["ref"][1])
        if not isinstance(value, Sequence):
            expected = "a list of on-error-continue and on-error-propagate, or {ref: NAME}"
            refuse([Mistake("F303", shown(value), expected)])
        return ErrorHandler(list(self._handlers(value)))

    def _handlers(self, entries: Sequence) -> Iterator[OnError]:
        for entry in entries:
            is_last = entry is entries[-1]
            reference = entry.get("error-handler") if isinstance(entry, Map) else None
            if isinstance(reference, Map) and list(reference) == ["ref"] and is_last:
                yield from self.named_handler(reference["ref"], reference.places["ref"][1]).handlers
            elif handler := self.element(entry, OnError, f"an error handler of '{self.owner}'"):
                if handler.is_catch_all and not is_last:
                    found = "a handler that takes every error, before others"
                    self.note("F504", found, "it as the last one", "", entry.place)
                yield handler

    def named_handler(self, name: Any, place: Place | None) -> ErrorHandler:
        """The handlers of that name under `error-handlers`, built when they are first asked for."""
        if name not in self.handler_lists:
            close = did_you_mean(str(name), self.handler_lists)
            self.note("F505", f"the unknown error handler {shown(name)}", "a name under error-handlers", close, place)
            return ErrorHandler()
        if name in self._open_handlers:
            self.note("F505", f"the error handler '{name}' inside itself", "another handler", "", place)
            return ErrorHandler()
        if name not in self._named_handlers:
            outer = self.owner
            self.enter(name)
            self._open_handlers.append(name)
            self._named_handlers[name] = ErrorHandler(list(self._handlers(self.handler_lists[name])))
            self._open_handlers.pop()
            self.enter(outer)
        return self._named_handlers[name]

    def expect_flow(self, name: str, value: Any) -> None:
        self.mentions.flows.append(mention(name, value, self.owner))

    def expect_error_types(self, patterns: tuple[str, ...], value: Any) -> None:
        entries = value if isinstance(value, Sequence) else [value] * len(patterns)
        for name, entry in zip(patterns, entries, strict=True):
            self.mentions.error_types.append(mention(name, entry, self.owner))

    def raised_type(self, name: str, value: Any) -> ErrorType:
        """The type that raise-error names; a new one becomes known by being named."""
        known = self.mentions.known_type(name)
        if known and known.namespace != "MULE":
            found = f"the type {known}, which belongs to a connector, in raise-error"
            self.warnings.append(Mistake("F507", found, "a type of your own", "", place_of(value)))
        raised = known or error_type(name)
        return self.mentions.raised.setdefault(str(raised), raised)
