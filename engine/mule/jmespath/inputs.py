"""Events to try an expression with: all kinds of values under the names that it mentions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from engine.expressions.dataweave.translation import Pairs, nodes, tree
from engine.mule.jmespath.known import IN_ATTRIBUTES, Known
from engine.mule.jmespath.shapes import (
    ANYTHING,
    ARRAY,
    BOOLEAN,
    NULL,
    NUMBER,
    OBJECT,
    OTHER,
    STRING,
    WHOLE,
    Shape,
)
from engine.values.errors import FlowError
from engine.values.event import Event

SCALARS: Mapping[str, tuple[Any, ...]] = {
    NULL: (None,),
    BOOLEAN: (True, False),
    WHOLE: (0, 1, -7, 200, 2**40),
    NUMBER: (Decimal("1.50"), 2.5, 5.0, Decimal("1E+3"), -0.1),
    STRING: ("", "a", "5", "false", "null", " b ", "Ünï\n'\"`\\ #[x] ${y}", "2026-03-01"),
    OTHER: (date(2026, 3, 1), datetime(2026, 3, 1, 12, tzinfo=UTC), b"bytes"),
}
MIXED = 40
"""Events in which every value is chosen at random."""
MOST = 120
"""Values that are tried in one place, at most."""
MOST_NAMES = 12
"""Names of fields that are tried, at most."""
FEW = 3
"""Entries of a list, and names of an object, at most."""
DEEP = 2


class Mentioned(NamedTuple):
    """What scripts mention. roots: those of the event; variables and names: of variables, and of any other fields."""

    roots: tuple[str, ...]
    variables: tuple[str, ...]
    names: tuple[str, ...]
    literals: tuple[Any, ...]


def mentioned(scripts: Sequence[tree.Script]) -> Mentioned:
    every = [each for script in scripts for each in nodes(script)]
    literals = [each.value for each in every if isinstance(each, tree.Literal) and type(each.value) in (str, int)]
    keys = [(each.operand, each.key) for each in every if isinstance(each, tree.Select)]
    keys += [(each.operand, each.index) for each in every if isinstance(each, tree.Index)]
    named = [(of, key.value) for of, key in keys if isinstance(key, tree.Literal) and type(key.value) is str]
    variables = [name for of, name in named if isinstance(of, tree.Name) and of.name == "vars"]
    names = [name for _, name in named if name not in variables]
    roots = [each.name for each in every if isinstance(each, tree.Name)]
    return Mentioned(*(tuple(dict.fromkeys(each)) for each in (roots, variables, [*names, "x"], literals)))


def events(scripts: Sequence[tree.Script], known: Known) -> Iterator[Event]:
    """Yield events: first those in which one value changes, then some in which all do."""
    about = mentioned(scripts)
    values = _Values(about, Random(len(scripts)))  # noqa: S311  # the same for the same scripts
    pools = {f"vars.{name}": values.of(known.variables.get(name, ANYTHING)) for name in about.variables}
    pools |= {"payload": values.of(known.payload)} if {"payload", "message"} & {*about.roots} else {}
    pools |= {"attributes": list(values.attributes(known))} if {"attributes", "message"} & {*about.roots} else {}
    pools |= {"error": list(values.errors())} if "error" in about.roots else {}
    pools = {root: values.few(pool) for root, pool in pools.items()}
    first = {root: pool[0] for root, pool in pools.items()}
    yield _event(first)
    for root, pool in pools.items():
        yield from (_event({**first, root: value}) for value in pool)
    for _ in range(MIXED if len(pools) > 1 else 0):
        yield _event({root: values.random.choice(pool) for root, pool in pools.items()})


def _event(values: Mapping[str, Any]) -> Event:
    variables = {key.removeprefix("vars."): each for key, each in values.items() if key.startswith("vars.")}
    return Event(
        payload=values.get("payload"),
        attributes=values.get("attributes", {}),
        vars={name: each for name, each in variables.items() if each is not None},
        error=values.get("error"),
        correlation_id="c-1",
    )


class _Values:
    """Values under the names that a script mentions."""

    def __init__(self, about: Mentioned, random: Random) -> None:
        self.names, self.literals, self.random = about.names[:MOST_NAMES], about.literals[:MOST_NAMES], random

    def few(self, pool: list[Any]) -> list[Any]:
        """Return a pool, or a part of it that begins as it does."""
        return pool if len(pool) <= MOST else [*pool[: MOST // 2], *self.random.sample(pool[MOST // 2 :], MOST // 2)]

    def of(self, shape: Shape, depth: int = DEEP) -> list[Any]:
        """Return values of a shape."""
        found = [value for kind, values in SCALARS.items() if kind in shape.kinds for value in values]
        found += [each for each in self.literals if (STRING if isinstance(each, str) else WHOLE) in shape.kinds]
        if OBJECT in shape.kinds:
            found += self.objects(shape, depth)
        if ARRAY in shape.kinds:
            found += self.lists(shape.element or ANYTHING, depth)
        return found

    def objects(self, shape: Shape, depth: int) -> Iterator[Any]:
        fields = shape.fields if shape.fields is not None else dict.fromkeys(self.names, ANYTHING)
        if shape.fields is None:
            yield {}
        if not depth:
            return
        pools = {name: self.of(each, depth - 1) or [None] for name, each in fields.items()}
        for _ in range(8 if depth == DEEP else FEW):
            yield {name: self.random.choice(pool) for name, pool in pools.items()}
        if shape.fields is None:
            yield from ({name: each} for name, pool in pools.items() for each in pool[:: 3 if depth == DEEP else 9])
            yield Pairs([(name, number) for name in fields for number in (1, 2)])

    def lists(self, element: Shape, depth: int) -> Iterator[list[Any]]:
        yield []
        pool = self.of(element, depth - 1) if depth else []
        yield from ([each] for each in (pool if depth == DEEP else pool[:FEW]))
        for _ in range(6 if pool else 0):
            yield [self.random.choice(pool) for _ in range(self.random.randint(2, FEW))]

    def attributes(self, known: Known) -> Iterator[Any]:
        """Yield attributes: maps, in some of which are the maps that those of requests have."""
        if known.attributes == ANYTHING:
            yield from self.of(ANYTHING)
            return
        yield from ({}, None)
        pool = self.of(ANYTHING, DEEP - 1)
        for _ in range(24):
            inner = {name: self.random.choice(pool) for name in self.names}
            maps = dict.fromkeys(IN_ATTRIBUTES, inner)
            yield {**{name: self.random.choice(pool) for name in self.names}, **maps}
        repeated = Pairs([(name, value) for name in self.names for value in ("first", "last")])
        yield {**dict.fromkeys(IN_ATTRIBUTES, repeated), "method": "GET"}

    def errors(self) -> Iterator[FlowError | None]:
        yield None
        yield FlowError("MULE:EXPRESSION", "it failed", detailed_description="because")
        yield FlowError("HTTP:NOT_FOUND", "")
