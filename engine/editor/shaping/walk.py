"""Follows the steps of a flow to a place in it, and collects what each leaves in the event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from engine.editor.asking.meaning import STEPS, Content, Fields, Handlers, Meaning, Top, element_class
from engine.editor.scopes.shape import UNKNOWN, Shape
from engine.editor.shaping.schemas import shape_of, shape_of_file
from engine.editor.shaping.seen import ANSWER, AUTHENTICATION, NUMBER, Seen
from engine.editor.shaping.values import Values, data_of, text_of
from engine.editor.sketching.nodes import Key, Listing, Mapping, Node, at, inner
from engine.loading.catalog import Catalog
from engine.steps.authentication import Authentication
from engine.steps.processor import After, Processor, Targeted, VoidOperation
from engine.steps.scope import Scope

DEEPEST = 6
"""How many flows that call each other are followed."""
MOST_STEPS = 2_000
SETS_VARIABLE = "VariableName"
"""The end of the names of parameters that name a variable which the element sets."""


@dataclass(frozen=True)
class Place:
    """A file, for what is written in it."""

    values: Values
    folder: Path
    language: str

    @property
    def source(self) -> str:
        return self.values.source


class Known(Protocol):
    """What a walk asks about the rest of the application."""

    @property
    def catalog(self) -> Catalog: ...

    def flow(self, name: str) -> tuple[Place, Node] | None:
        """Return the file and the contents of a flow or sub-flow."""

    def result(self, names: frozenset[str]) -> Shape:
        """Return the shape that mocks give to the results of steps of these names."""


class Walk:
    """One walk; it looks at a bounded number of steps."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._catalog = known.catalog
        self._steps = 0
        self._open: list[str] = []

    def to(self, root: Node | None, path: tuple[Key, ...], place: Place, seen: Seen, *, is_test: bool = False) -> Seen:
        """Return the event at a place. path: from the top of the file. seen: the event that enters the flow."""
        meaning: Meaning = Top(is_test)
        node = root
        for number, key in enumerate(path):
            if meaning == STEPS and isinstance(node, Listing) and isinstance(key, int):
                seen = self._row(node.items[:key], place, seen)
                seen = self._entering(node, key, path[number + 1 :], place, seen)
            elif isinstance(meaning, Fields) and key == "error-handler":
                seen = replace(self._tried(node, place, seen), has_error=True)
            node, meaning = at(node, (key,)), meaning.inside(key, self._catalog)
        return seen

    def chain(self, steps: Node | None, place: Place, seen: Seen) -> Seen:
        """Return the event after steps."""
        return self._row(steps.items, place, seen) if isinstance(steps, Listing) else seen

    def _row(self, items: list[Node | None], place: Place, seen: Seen) -> Seen:
        for item in items:
            self._steps += 1
            if self._steps < MOST_STEPS:
                for name, parameters in inner(item):
                    seen = self._after(str(name), parameters, place, seen)
        return seen

    def _tried(self, node: Node | None, place: Place, seen: Seen) -> Seen:
        """Return the event that may reach an error handler: of any step before."""
        after = self.chain(at(node, ("steps",)), place, seen)
        return seen | after

    # Into a step

    def _entering(self, steps: Listing, number: int, rest: tuple[Key, ...], place: Place, seen: Seen) -> Seen:
        """Return the event inside a step: rest begins with its name."""
        step = steps.items[number] if number < len(steps.items) else None
        if len(rest) < 2 or rest[1] == "error-handler":
            return seen
        parameters = at(step, (rest[0],))
        cls = element_class(self._catalog, str(rest[0]))
        if rest[0] == "transform":
            return replace(seen, lets=self._lets(parameters, rest[1:], place, seen))
        if cls is None or not issubclass(cls, Scope) or not self._is_inside(cls, rest):
            return seen
        return self._item(cls, parameters, place, seen)

    def _is_inside(self, cls: type[Any], rest: tuple[Key, ...]) -> bool:
        """Return whether keys lead to steps inside, or to something that sees the event after them."""
        meaning: Meaning = Fields(cls)
        for key in rest[1:]:
            if meaning == STEPS:
                return True
            meaning = meaning.inside(key, self._catalog)
        return rest[1] in ("collect", "until")

    def _item(self, cls: type[Scope], parameters: Node | None, place: Place, seen: Seen) -> Seen:
        inside = seen
        for name, value in self._variables_named(cls, parameters, place):
            inside = inside.with_variable(name, value)
        if "collection" not in cls.__pydantic_fields__:  # type: ignore[attr-defined]  # pydantic adds it
            return inside
        written = at(parameters, ("collection",))
        items = place.values.shape(written, seen, is_whole=True) if written else seen.payload
        item = items if at(parameters, ("batchSize",)) else items.items()
        return replace(inside, payload=item, attributes=UNKNOWN)

    def _variables_named(self, cls: type[Any], parameters: Node | None, place: Place) -> Iterator[tuple[str, Shape]]:
        """Yield the variables whose names are parameters of the element, such as counterVariableName."""
        for key, (_, info) in Fields(cls).fields().items():
            if key.endswith(SETS_VARIABLE):
                name = text_of(at(parameters, (key,)), place.source) or info.default
                if isinstance(name, str):
                    yield name, NUMBER if key.startswith("counter") else UNKNOWN

    def _lets(self, parameters: Node | None, rest: tuple[Key, ...], place: Place, seen: Seen) -> dict[str, Shape]:
        """Return the names of `let` that an expression of a transform sees: under `let` those above it."""
        found: dict[str, Shape] = {}
        for name, value in inner(at(parameters, ("let",))):
            if rest[0] == "let" and len(rest) > 1 and rest[1] == name:
                break
            found[str(name)] = place.values.shape(value, replace(seen, lets=found), is_whole=True)
        return found

    # Past a step

    def _after(self, name: str, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        known = getattr(self, f"_after_{name.replace('-', '_').replace(':', '_')}", None)
        if known is not None:
            after: Seen = known(parameters, place, seen)
            return after
        cls = element_class(self._catalog, name)
        if cls is None or not issubclass(cls, Processor):
            return seen
        if issubclass(cls, Scope):
            return self._after_scope(cls, name, parameters, place, seen)
        if issubclass(cls, Targeted) or not issubclass(cls, VoidOperation):
            return self._delivered(cls, name, parameters, place, seen)
        return seen.with_variable("authentication", AUTHENTICATION) if issubclass(cls, Authentication) else seen

    def _after_set_payload(self, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        return replace(seen, payload=place.values.shape(at(parameters, ("value",)), seen))

    def _after_set_variable(self, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        name = text_of(at(parameters, ("variableName",)), place.source)
        value = place.values.shape(at(parameters, ("value",)), seen)
        return seen.with_variable(name, value) if name and "#[" not in name else seen

    def _after_remove_variable(self, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        removed = text_of(at(parameters, ("variableName",)), place.source)
        return replace(seen, vars={name: value for name, value in seen.vars.items() if name != removed})

    def _after_transform(self, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        inside = replace(seen, lets=self._lets(parameters, ("set-payload",), place, seen))
        after = seen
        if isinstance(parameters, Mapping) and "set-payload" in parameters.names():
            after = replace(after, payload=place.values.shape(at(parameters, ("set-payload",)), inside))
        for name, value in inner(at(parameters, ("set-variables",))):
            after = after.with_variable(str(name), place.values.shape(value, inside))
        return after

    def _after_json_validate_schema(self, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        content = text_of(at(parameters, ("content",)), place.source)
        if content not in ("", "#[payload]"):
            return seen
        contents = data_of(at(parameters, ("schemaContents",)), place.source)
        file = text_of(at(parameters, ("schema",)), place.source)
        shape = shape_of_file(place.folder / file) if file else shape_of(contents, place.folder)
        return replace(seen, payload=shape | seen.payload)

    def _after_flow_ref(self, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        name = text_of(at(parameters, ("name",)), place.source)
        target = text_of(at(parameters, ("target",)), place.source)
        found = self._known.flow(name) if name not in self._open and len(self._open) < DEEPEST else None
        after = seen
        if found:
            self._open.append(name)
            after = self.chain(at(found[1], ("steps",)), found[0], seen)
            self._open.pop()
        return seen.with_variable(target, after.payload) if target else after

    def _delivered(self, cls: type[Any], name: str, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        """Return the event with the result of an operation: in its target, or as the payload."""
        label = text_of(at(parameters, ("doc:name",)), place.source)
        result = self._known.result(frozenset(filter(None, (name, label))))
        target = text_of(at(parameters, ("target",)), place.source)
        if target:
            value = text_of(at(parameters, ("targetValue",)), place.source)
            as_payload = replace(seen, payload=result, attributes=UNKNOWN)
            return seen.with_variable(target, place.values.expression(value, as_payload) if value else result)
        attributes = ANSWER if name == "http:request" else UNKNOWN
        return replace(seen, payload=result, attributes=attributes)

    def _after_scope(self, cls: type[Scope], name: str, parameters: Node | None, place: Place, seen: Seen) -> Seen:
        inside = self._item(cls, parameters, place, seen)
        ways = [self.chain(steps, place, inside) for steps in self._chains(Fields(cls), parameters)]
        after = seen if not ways or not cls.always_enters else ways[0]
        for way in ways:
            after = after | way
        if cls.message_after is After.BEFORE:
            after = replace(after, payload=seen.payload, attributes=seen.attributes)
        elif cls.message_after is After.RESULT:
            after = replace(after, payload=UNKNOWN, attributes=UNKNOWN)
        if cls.variables_after is After.BEFORE:
            after = replace(after, vars=seen.vars)
        return self._collected(parameters, place, after, inside)

    def _collected(self, parameters: Node | None, place: Place, after: Seen, inside: Seen) -> Seen:
        """Return the event with the variable that takes the outcomes of a loop, or the result of a scope."""
        target = text_of(at(parameters, ("target",)), place.source)
        if target:
            after = after.with_variable(target, after.vars.get(target, UNKNOWN))
        collect = at(parameters, ("collect",))
        if name := text_of(at(collect, ("target",)), place.source):
            failed = replace(inside, has_error=True)
            outcome = place.values.shape(at(collect, ("success",)), inside)
            outcome = outcome | place.values.shape(at(collect, ("failure",)), failed)
            after = after.with_variable(name, Shape.of_items(outcome))
        return after

    def _chains(self, meaning: Meaning, node: Node | None) -> Iterator[Node]:
        """Yield the rows of steps inside, but those of error handlers."""
        if meaning == STEPS and node is not None:
            yield node
        elif not isinstance(meaning, (Handlers, Content)):
            for key, value in inner(node):
                yield from self._chains(meaning.inside(key, self._catalog), value)
