"""What a parameter holds: literals, lists, maps and texts, with expressions in them.

That structure is the engine's. An expression in it is a Tree, which only its language looks into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions.function import Function
from engine.expressions.schemas import OPEN, STREAM, TEXT, TRUTH, Schema, of_list, of_map, of_value

Path = tuple[str, ...]
"""Names that lead to a value, from a root on: (payload, records). The empty one leads to the whole event."""

Demand = tuple[Path, Schema]
"""A schema that the value at the end of a path satisfies."""


class Known(NamedTuple):
    """What is known of the event that an expression sees, and of the names that a `let` around it defines."""

    payload: Schema = OPEN
    variables: Mapping[str, Schema] = {}
    names: Mapping[str, Schema] = {}


class Tree(Protocol):
    """One expression, as its language has read it."""

    @property
    def constant(self) -> Constant | None:
        """The literal that the expression consists of; None if it has to be computed."""

    def doubts(self) -> Iterator[ExpressionSyntaxError]:
        """Warnings of what it says, but hardly means."""

    def reads(self) -> Iterator[Path]:
        """What it reads of the event, as far as names lead."""

    def calls(self) -> Iterator[Function]:
        """The functions that it calls."""

    def shape(self, known: Known) -> Schema:
        """What its value is, as far as that is sure."""

    def implies(self, schema: Schema) -> Iterator[Demand]:
        """What holds of the event if the value satisfies a schema."""


class Held:
    """The base of all that a parameter may hold."""

    __slots__ = ()

    @property
    def parts(self) -> Iterable[Held]:
        """What stands directly inside."""
        return ()

    def computed(self) -> Iterator[Computed]:
        """The expressions inside, at any depth."""
        for part in self.parts:
            yield from part.computed()

    def reads(self) -> Iterator[Path]:
        """What the expressions read of the event, as far as names lead."""
        for part in self.parts:
            yield from part.reads()

    @property
    def is_constant(self) -> bool:
        """Whether there is no expression inside."""
        return next(self.computed(), None) is None

    @property
    def acts(self) -> bool:
        """Whether an expression calls a function that acts."""
        return any(function.acts for each in self.computed() for function in each.tree.calls())

    def shape(self, known: Known) -> Schema:
        """What the value is, as far as that is sure before it is evaluated."""
        return OPEN

    def implies(self, schema: Schema) -> Iterator[Demand]:
        """What holds of the event if the value satisfies a schema."""
        return iter(())


class Untold(Held):
    """A value of which nothing is known before the flow runs."""

    __slots__ = ()


UNTOLD = Untold()


@dataclass(frozen=True, slots=True)
class Constant(Held):
    """A value that is known now."""

    value: Any

    def shape(self, known: Known) -> Schema:
        return of_value(self.value)


@dataclass(frozen=True, slots=True)
class Computed(Held):
    """An expression; number: which one of its parameter."""

    number: int
    tree: Tree

    @property
    def simplest(self) -> Held:
        """The literal that the expression consists of, if it is one: known now, it need not be computed."""
        return self.tree.constant or self

    def computed(self) -> Iterator[Computed]:
        yield self

    def reads(self) -> Iterator[Path]:
        return self.tree.reads()

    def shape(self, known: Known) -> Schema:
        return self.tree.shape(known)

    def implies(self, schema: Schema) -> Iterator[Demand]:
        return self.tree.implies(schema)


@dataclass(frozen=True, slots=True)
class MapOf(Held):
    """A map whose names are written out."""

    entries: Mapping[str, Held]

    @property
    def parts(self) -> Iterable[Held]:
        return self.entries.values()

    def shape(self, known: Known) -> Schema:
        return of_map({str(name): each.shape(known) for name, each in self.entries.items()})


@dataclass(frozen=True, slots=True)
class ListOf(Held):
    """A list whose elements are written out."""

    parts: tuple[Held, ...]

    def shape(self, known: Known) -> Schema:
        return of_list(each.shape(known) for each in self.parts)


@dataclass(frozen=True, slots=True)
class TextOf(Held):
    """A text of several parts: texts, and expressions whose values become text."""

    parts: tuple[Constant | Computed, ...]

    def shape(self, known: Known) -> Schema:
        return TEXT


@dataclass(frozen=True, slots=True)
class Truth(Held):
    """Whether a value counts as true."""

    of: Held

    @property
    def parts(self) -> Iterable[Held]:
        return (self.of,)

    def shape(self, known: Known) -> Schema:
        return TRUTH

    def implies(self, schema: Schema) -> Iterator[Demand]:
        return self.of.implies(schema)


@dataclass(frozen=True, slots=True)
class Let(Held):
    """A value whose expressions may use a name for another one."""

    name: str
    bound: Held
    body: Held

    @property
    def parts(self) -> Iterable[Held]:
        return (self.bound, self.body)

    def reads(self) -> Iterator[Path]:
        yield from self.bound.reads()
        yield from (path for path in self.body.reads() if path[:1] != (self.name,))

    def shape(self, known: Known) -> Schema:
        names = {**known.names, self.name: self.bound.shape(known)}
        return self.body.shape(known._replace(names=names))


@dataclass(frozen=True, slots=True)
class Labelled(Held):
    """A payload that a step gives this media type; None leaves it open."""

    of: Held
    media_type: str | None

    @property
    def parts(self) -> Iterable[Held]:
        return (self.of,)

    def shape(self, known: Known) -> Schema:
        return self.of.shape(known)


@dataclass(frozen=True, slots=True)
class Outcomes(Held):
    """The list of outcomes of a loop, each one of these; every outcome sees an item as its payload."""

    parts: tuple[Held, ...]
    is_stream: bool = False

    def shape(self, known: Known) -> Schema:
        found = of_list(each.shape(Known()) for each in self.parts)
        return {**found, STREAM: True} if self.is_stream else found
