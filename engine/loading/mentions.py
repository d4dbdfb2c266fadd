"""Names that must exist once everything is read: flows and error types."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from engine.expressions.suggestion import did_you_mean
from engine.loading.catalog import Catalog
from engine.loading.explain import place_of
from engine.loading.files.place import Place
from engine.loading.files.quoting import quoted
from engine.parameters.mistake import Mistake
from engine.parameters.type_patterns import CATCH_ALL
from engine.values.errors import ErrorType, error_type


class Mention(NamedTuple):
    """A name, its place, and its flow or sub-flow."""

    name: str
    place: Place | None
    owner: str
    offset: int = 0


class Mentions:
    """Names that flow files mention; checked when all of them are read."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.flows: list[Mention] = []
        self.wanted: list[tuple[Collection[str], Mention]] = []
        self.error_types: list[Mention] = []
        self.raised: dict[str, ErrorType] = {}
        self._known: dict[str, ErrorType | None] = {}

    def known_type(self, name: str) -> ErrorType | None:
        """Return the type of that name that the core or an element of the catalog declares."""
        full = str(error_type(name))
        if full not in self._known:
            self._known[full] = self.catalog.loaded_error_types().get(full) or self.catalog.error_types().get(full)
        return self._known[full]

    def check(self, flows: Collection[str], sub_flows: Collection[str], *, is_whole: bool) -> Iterator[Mistake]:
        """Yield mistakes for names that are mentioned and not defined, and for sub-flows that form a cycle.

        is_whole: whether all of the files could be built; if not, a type of a namespace of the author's own may be
        raised in the missing part.
        """
        for mention in self.flows:
            if mention.name not in flows:
                expected, close = "the name of a flow or sub-flow", did_you_mean(mention.name, flows)
                yield Mistake("F501", f"the unknown flow '{mention.name}'", expected, close, mention.place)
        for cycle, mention in self._cycles(sub_flows):
            expected = "a flow in between, or another way to repeat"
            yield Mistake("F506", f"a cycle of sub-flows: {' → '.join(cycle)}", expected, "", mention.place)
        known = {name: self._is_known(name) for name in {mention.name for mention in self.error_types}}
        for mention in self.error_types:
            if not known[mention.name] and (is_whole or self._is_of_catalog(mention.name)):
                yield self._unknown_type(mention)

    def missing(self, flows: Collection[str]) -> Iterator[Mistake]:
        """Yield warnings for names without a flow that could have one."""
        for names, mention in self.wanted:
            if not any(name in flows for name in names):
                found = f"no flow for {mention.name}"
                yield Mistake("F509", found, "a flow of that name", list(names)[-1], mention.place)

    def _is_known(self, pattern: str) -> bool:
        if pattern in CATCH_ALL:
            return True
        if "*" not in pattern:
            return str(error_type(pattern)) in self.raised or self.known_type(pattern) is not None
        namespace, _, identifier = pattern.rpartition(":")
        known = [*self.raised.values(), *self.catalog.error_types().values()]
        return any(namespace in ("*", each.namespace) and identifier in ("*", each.identifier) for each in known)

    def _is_of_catalog(self, pattern: str) -> bool:
        namespace = pattern.rpartition(":")[0] or "MULE"
        return any(namespace == each.namespace for each in self.catalog.error_types().values())

    def _unknown_type(self, mention: Mention) -> Mistake:
        close = _meant(mention.name, [*self.raised.values(), *self.catalog.error_types().values()])
        found = f"the error type '{mention.name}', which nothing can raise"
        expected = "a type that an element declares or raise-error names"
        write = quoted(close) if close.startswith("*") else close
        return Mistake("F508", found, expected, write, mention.place, mention.offset)

    def _cycles(self, sub_flows: Collection[str]) -> Iterator[tuple[list[str], Mention]]:
        edges: dict[str, list[Mention]] = {name: [] for name in sub_flows}
        for mention in self.flows:
            if mention.owner in edges and mention.name in edges:
                edges[mention.owner].append(mention)
        done: set[str] = set()
        for name in edges:
            if name not in done:
                yield from _cycles_from(name, edges, done)


LIKENESS = 0.75
"""How similar identifiers are if one is a slip of the other: CONFLICT and CONNECTIVITY are not."""


def _meant(pattern: str, known: Collection[ErrorType]) -> str:
    """Return the type that was meant: the same identifier elsewhere, or one spelt similarly in the namespace."""
    given, _, identifier = pattern.rpartition(":")
    namespace = did_you_mean(given or "MULE", {each.namespace for each in known} | {"*"}, likeness=LIKENESS)
    others = [each.namespace for each in known if each.identifier == identifier]
    if namespace and others and namespace not in others:
        return f"{others[0] if len(others) == 1 else '*'}:{identifier}"
    alike = {each.identifier for each in known if namespace in ("*", each.namespace)} | {"*"}
    close = did_you_mean(identifier, alike, likeness=LIKENESS)
    return f"{namespace}:{close}" if namespace and close else ""


def _cycles_from(name: str, edges: Mapping[str, list[Mention]], done: set[str]) -> Iterator[tuple[list[str], Mention]]:
    """Yield the cycles that are reached from a sub-flow, each once, with the mention that closes it.

    It uses its own stack: sub-flows may call each other in longer chains than Python's recursion allows.
    """
    trail = {name: iter(edges[name])}
    while trail:
        last = next(reversed(trail))
        mention = next(trail[last], None)
        if mention is None:
            del trail[last]
            done.add(last)
        elif mention.name in trail:
            names = list(trail)
            yield [*names[names.index(mention.name) :], mention.name], mention
        elif mention.name not in done:
            trail[mention.name] = iter(edges[mention.name])


def mention(name: str, value: Any, owner: str, offset: int = 0) -> Mention:
    return Mention(name, place_of(value), owner, offset)
