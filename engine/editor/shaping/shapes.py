"""The known shape of payload, attributes and variables at a place of a flow file or test file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.editor.cursor import Cursor, language_of
from engine.editor.scopes.shape import UNKNOWN, Shape
from engine.editor.shaping.examples import Entrance, Given, acts_of, mocked
from engine.editor.shaping.schemas import operation_of, read, shape_of, shape_of_file
from engine.editor.shaping.seen import REQUEST, TEXT, Seen
from engine.editor.shaping.values import Values, data_of, sketched, text_of
from engine.editor.shaping.walk import Place, Walk
from engine.editor.sketching.nodes import Key, Node, at, inner
from engine.loading.catalog import Catalog
from engine.loading.sections import TEST_SUFFIXES

if TYPE_CHECKING:
    from engine.editor.site import Site
    from engine.editor.texts import Text

FLOWS = ("flows", "sub-flows")
MOST_CALLERS = 6
"""How many callers of a sub-flow are looked at."""
DEEPEST_CALLERS = 3


def seen_at(site: Site, text: Text, cursor: Cursor) -> Seen:
    """Return the event that an expression at the cursor sees, as far as it is known."""
    return _Shapes(site).at(text, cursor.root, cursor.path)


def is_test(path: Path) -> bool:
    return path.name.endswith(TEST_SUFFIXES)


def entrances_of(site: Site, name: str, flow: Node | None, text: Text) -> Iterator[tuple[Path, Entrance]]:
    """Yield the test files that may run a flow, with how it begins."""
    entrance = _entrance(name, at(flow, ("source", "http:listener")), text.source)
    for path in _tests_of(site, entrance):
        yield path, entrance


def _tests_of(site: Site, entrance: Entrance) -> list[Path]:
    words = [word for word in (entrance.flow, entrance.path.partition("{")[0].rstrip("*")) if word]
    files = (path for path, text in site.texts.items() if is_test(path) and any(word in text.source for word in words))
    return list(files)


class _Shapes:
    """One question, and what was found out for it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._texts = site.texts
        self._tests: list[tuple[Path, Any]] = []
        self._callers: list[str] = []

    @property
    def catalog(self) -> Catalog:
        return self._site.catalog

    def at(self, text: Text, root: Node | None, path: tuple[Key, ...]) -> Seen:
        place = self._place(text)
        if not path:
            return Seen()
        if path[0] == "cases" or (is_test(text.path) and path[0] not in FLOWS):
            return self._of_test(text, root, path, place)
        if path[0] in FLOWS and len(path) > 1:
            return Walk(self).to(root, path, place, self._entering(str(path[1]), at(root, path[:2]), place))
        return replace(Seen(), has_error=path[0] == "error-handlers")

    def _place(self, text: Text) -> Place:
        language = language_of(text.source)
        return Place(Values(text.source, language, self._site.functions), text.path.parent, language)

    # What a walk asks

    def flow(self, name: str) -> tuple[Place, Node] | None:
        """Return the file and the contents of a flow or sub-flow."""
        for text in self._mentioning(name):
            for section in FLOWS:
                found = at(sketched(text.source), (section, name))
                if found is not None:
                    return self._place(text), found
        return None

    def result(self, names: frozenset[str]) -> Shape:
        """Return the shape that mocks give to the results of steps of these names."""
        found = UNKNOWN
        for _, data in self._tests:
            found = found | mocked(data, names)
        return found

    def _mentioning(self, name: str) -> Iterator[Text]:
        return (text for path, text in self._texts.items() if not is_test(path) and name in text.source)

    # What enters a flow

    def _entering(self, name: str, flow: Node | None, place: Place) -> Seen:
        """Return the event that enters a flow: of its source, of test cases, and of those who call it."""
        source = at(flow, ("source",))
        listener = at(source, ("http:listener",))
        entrance = _entrance(name, listener, place.source)
        seen = self._requested(name, listener, entrance, place) if listener or ":" in name else Seen()
        given = self._given(entrance)
        variables = {**seen.vars, **given.vars.members()}
        seen = replace(seen, payload=seen.payload | given.payload, attributes=seen.attributes | given.attributes)
        seen = replace(seen, vars=variables)
        return seen if source is not None else self._called(name, seen)

    def _requested(self, name: str, listener: Node | None, entrance: Entrance, place: Place) -> Seen:
        body, parameters = UNKNOWN, dict[str, dict[str, Shape]]()
        schema = at(listener, ("schema",))
        if schema is not None:
            file = text_of(schema, place.source)
            contents = data_of(schema, place.source)
            body = shape_of_file(place.folder / file) if file else shape_of(contents, place.folder)
        if listener is None:
            body, parameters = self._operation(name)
        uri = {part[1:].partition("}")[0]: TEXT for part in entrance.path.split("/") if part.startswith("{")}
        places = {"uriParams": {**uri, **parameters.get("path", {})}, "queryParams": parameters.get("query", {})}
        known = {key: Shape.of_entries(entries) for key, entries in places.items() if entries}
        return Seen(body, Shape.of_entries({**REQUEST, **known}))

    def _operation(self, name: str) -> tuple[Shape, dict[str, dict[str, Shape]]]:
        for text in self._mentioning("apikit:config"):
            for _, config in inner(at(sketched(text.source), ("configs",))):
                api = at(config, ("apikit:config", "api"))
                file = text_of(api, text.source)
                found = operation_of(read(text.path.parent / file) if file else data_of(api, text.source), name)
                if found != (UNKNOWN, {}):
                    return found
        return UNKNOWN, {}

    def _given(self, entrance: Entrance) -> Given:
        given = Given()
        for path in _tests_of(self._site, entrance):
            data = self._site.parsed(path).data
            self._tests.append((path, data))
            for _, act in acts_of(data):
                if entrance.takes(act):
                    given.add(act.get("given"), path.parent)
        return given

    def _called(self, name: str, seen: Seen) -> Seen:
        """Return the event that enters a flow without a source, whose callers say what it is."""
        if name in self._callers or len(self._callers) >= DEEPEST_CALLERS:
            return seen
        self._callers.append(name)
        for text, path in self._calls(name):
            root, place = sketched(text.source), self._place(text)
            entering = self._entering(str(path[1]), at(root, path[:2]), place)
            seen = seen | Walk(self).to(root, path, place, entering)
        self._callers.pop()
        return seen

    def _calls(self, name: str) -> list[tuple[Text, tuple[Key, ...]]]:
        """Return the places of the flow-refs to a flow."""
        found: list[tuple[Text, tuple[Key, ...]]] = []
        for text in self._mentioning(name):
            root = sketched(text.source)
            for section in FLOWS:
                for path in _references(at(root, (section,)), name, text.source, (section,)):
                    found.append((text, path))
                    if len(found) >= MOST_CALLERS:
                        return found
        return found

    # Tests

    def _of_test(self, text: Text, root: Node | None, path: tuple[Key, ...], place: Place) -> Seen:
        """Return the event that steps or expectations of a test see."""
        if "expect" in path:
            return self._left(text, root, path, place)
        return Walk(self).to(root, path, place, Seen(), is_test=True)

    def _left(self, text: Text, root: Node | None, path: tuple[Key, ...], place: Place) -> Seen:
        """Return the event that a case leaves, for its expectations."""
        act = at(root, path[: path.index("expect")])
        data = data_of(act, text.source)
        given = Given()
        given.add(data.get("given") if isinstance(data, Mapping) else None, text.path.parent)
        more = {
            "status": Shape.of({"type": "integer"}), "headers": Shape.of({"type": "object"}), "mediaType": TEXT,
            "body": UNKNOWN, "given": Shape.of_entries({"payload": given.payload, "vars": given.vars}),
        }  # fmt: skip
        left = self._after_flow(data) if isinstance(data, Mapping) else Seen()
        return replace(left, has_error=True, more=more)

    def _after_flow(self, act: Mapping[str, Any]) -> Seen:
        """Return the event behind the flow that a case runs."""
        for text in self._texts.values():
            is_near = "http:listener" in text.source or str(act.get("flow")) in text.source
            if is_test(text.path) or not is_near:
                continue
            root, place = sketched(text.source), self._place(text)
            for name, flow in (pair for section in FLOWS for pair in inner(at(root, (section,)))):
                entrance = _entrance(str(name), at(flow, ("source", "http:listener")), text.source)
                if entrance.takes(act):
                    return Walk(self).chain(at(flow, ("steps",)), place, self._entering(str(name), flow, place))
        return Seen()


def _entrance(name: str, listener: Node | None, source: str) -> Entrance:
    path = text_of(at(listener, ("path",)), source)
    methods = data_of(at(listener, ("allowedMethods",)), source)
    several = methods if isinstance(methods, list) else str(methods or "").split(",")
    return Entrance(name, path, frozenset(str(each).strip().upper() for each in several if each))


def _references(node: Node | None, name: str, source: str, path: tuple[Key, ...]) -> Iterator[tuple[Key, ...]]:
    """Yield the paths of the flow-refs to a flow, at any depth."""
    if len(path) > 60:
        return
    for key, value in inner(node):
        if key == "flow-ref" and text_of(at(value, ("name",)), source) == name:
            yield (*path, key)
        else:
            yield from _references(value, name, source, (*path, key))
