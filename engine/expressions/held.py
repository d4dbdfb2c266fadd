"""The content of a parameter: literals, lists, maps and texts, with expressions in them.

That structure is the engine's. An expression in it is a Tree, which is opaque to all but its language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions.function import Function
from engine.expressions.schemas import OPEN, STREAM, TEXT, TRUTH, Schema, of_list, of_map, of_value

Path = tuple[str, ...]
"""Names that lead from a root to a value: (payload, records). The empty one leads to the whole event."""

Demand = tuple[Path, Schema]
"""A schema that the value at the end of a path satisfies."""


class Known(NamedTuple):
    """The known schemas of the event that an expression sees, and of the names that a `let` around it defines."""

    payload: Schema = OPEN
    variables: Mapping[str, Schema] = {}
    names: Mapping[str, Schema] = {}


class Tree(Protocol):
    """One expression, as its language has read it."""

    @property
    def constant(self) -> Constant | None:
        """The literal that the expression consists of; None if it has to be computed."""

    def doubts(self) -> Iterator[ExpressionSyntaxError]:
        """Yield warnings about parts that probably do not mean what they say."""

    def reads(self) -> Iterator[Path]:
        """Yield the paths it reads from the event, as far as names lead."""

    def calls(self) -> Iterator[Function]:
        """Yield the functions it calls."""

    @property
    def media_type(self) -> str | None:
        """The media type that it says its value has; None if it leaves that open."""

    def shape(self, known: Known) -> Schema:
        """Return the schema of its value, as far as it is certain."""

    def implies(self, schema: Schema) -> Iterator[Demand]:
        """Yield conditions on the event that follow if the value satisfies a schema."""


class Held:
    """The base class of everything a parameter may hold."""

    __slots__ = ()

    @property
    def parts(self) -> Iterable[Held]:
        """Return the direct parts."""
        return ()

    def computed(self) -> Iterator[Computed]:
        """Yield the expressions inside, at any depth."""
        for part in self.parts:
            yield from part.computed()

    def reads(self) -> Iterator[Path]:
        """Yield the paths that the expressions read from the event, as far as names lead."""
        for part in self.parts:
            yield from part.reads()

    @property
    def is_constant(self) -> bool:
        """Whether there is no expression inside."""
        return next(self.computed(), None) is None

    @property
    def media_type(self) -> str | None:
        """The media type that the expression gives its value, if it is one that does."""
        return None

    @property
    def acts(self) -> bool:
        """Return whether an expression calls a function that acts."""
        return any(function.acts for each in self.computed() for function in each.tree.calls())

    def shape(self, known: Known) -> Schema:
        """Return the schema of the value, as far as it is certain before the evaluation."""
        return OPEN

    def implies(self, schema: Schema) -> Iterator[Demand]:
        """Yield conditions on the event that follow if the value satisfies a schema."""
        return iter(())


class Untold(Held):
    """A value about which nothing is known before the flow runs."""

    __slots__ = ()


UNTOLD = Untold()


@dataclass(frozen=True, slots=True)
class Constant(Held):
    """A value that is known already."""

    value: Any

    def shape(self, known: Known) -> Schema:
        return of_value(self.value)


@dataclass(frozen=True, slots=True)
class Computed(Held):
    """An expression; number: its position in the parameter."""

    number: int
    tree: Tree

    @property
    def simplest(self) -> Held:
        """Return the literal that the expression consists of, if it is one, so that it need not be computed."""
        return self.tree.constant or self

    def computed(self) -> Iterator[Computed]:
        yield self

    def in_other_language(self, evaluate: Callable[[Any], Any], truth: Callable[[Any], bool]) -> Foreign:
        """Return the same expression for a file in another language.

        evaluate: its function of the event. truth: returns whether its value holds as a condition.
        """
        return Foreign(self.number, self.tree, evaluate, truth)

    @property
    def media_type(self) -> str | None:
        return self.tree.media_type

    def reads(self) -> Iterator[Path]:
        return self.tree.reads()

    def shape(self, known: Known) -> Schema:
        return self.tree.shape(known)

    def implies(self, schema: Schema) -> Iterator[Demand]:
        return self.tree.implies(schema)


@dataclass(frozen=True, slots=True)
class Foreign(Computed):
    """An expression in another language than those of its file.

    evaluate: its function of the event. truth: returns whether its value holds as a condition.
    """

    evaluate: Callable[[Any], Any]
    truth: Callable[[Any], bool]

    def holds(self, event: Any) -> bool:
        """Return whether the expression holds as a condition: its own language says so."""
        return self.truth(self.evaluate(event))


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
    """A payload to which a step gives this media type; None leaves it open."""

    of: Held
    media_type: str | None

    @property
    def parts(self) -> Iterable[Held]:
        return (self.of,)

    def shape(self, known: Known) -> Schema:
        return self.of.shape(known)


@dataclass(frozen=True, slots=True)
class Outcomes(Held):
    """The list of outcomes of a loop, each of which is one of these and sees an item as its payload."""

    parts: tuple[Held, ...]
    is_stream: bool = False

    def shape(self, known: Known) -> Schema:
        found = of_list(each.shape(Known()) for each in self.parts)
        return {**found, STREAM: True} if self.is_stream else found
