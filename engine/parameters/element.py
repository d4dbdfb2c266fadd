"""The base of everything that a flow file can name: declared parameters and a manual."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from inspect import get_annotations
from typing import Annotated, Any, ClassVar, Literal, Self, dataclass_transform

from msgspec import UNSET
from pydantic import ConfigDict
from pydantic import Field as Field
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass

from engine.parameters.mistake import Mistake
from engine.values.errors import ErrorType, as_type
from engine.work.measures import Measures
from engine.work.runtime import STANDALONE, Runtime

PARAMETERS = ConfigDict(
    extra="forbid",
    alias_generator=to_camel,
    validate_by_name=True,
    validate_by_alias=True,
    arbitrary_types_allowed=True,
    defer_build=True,
)


def _read_annotations(cls: type) -> None:
    """Evaluate the annotations of fields, texts until now, once: pydantic would do it again for each subclass."""
    names = vars(sys.modules[cls.__module__])
    annotations = get_annotations(cls)
    for name, text in annotations.items():
        if isinstance(value := vars(cls).get(name), _Prepared):
            annotations[name] = ClassVar  # which pydantic does not take for a parameter
            value.leave(cls, name)
        elif isinstance(text, str):
            with suppress(NameError):  # pydantic looks later for names that do not exist yet
                annotations[name] = ClassVar if text.startswith("ClassVar") else eval(text, names)  # noqa: S307  # ours
    cls.__annotations__ = annotations


class _Prepared:
    """Stands for an attribute that is not a parameter, until its class is made."""

    def __init__(self, default: Any) -> None:
        self._default = default

    def leave(self, cls: type, name: str) -> None:
        """Replace itself by the default, or by nothing."""
        if self._default is UNSET:
            delattr(cls, name)
        else:
            setattr(cls, name, self._default)


def prepared(default: Any = UNSET, *, init: Literal[False] = False) -> Any:
    """Declare an attribute of each instance that is not a parameter: `_prepare` sets it.

    default: its value until then; without one it is not there. init: for type checkers.
    """
    return _Prepared(default)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field, prepared))
class Parameters:
    """The base of classes declared by fields: their types, defaults, and a line of description beneath each.

    In a flow file the names are camelCase, unless `Field(alias=…)` says otherwise. An instance is
    made once, when the file is loaded, and never changes.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _read_annotations(cls)
        dataclass(cls, config=PARAMETERS, kw_only=True, frozen=True, eq=False, repr=False)

    def members(self) -> Iterable[Any]:
        """Return the values of its fields, in their order."""
        return [getattr(self, name) for name in self.__pydantic_fields__]  # type: ignore[attr-defined]  # pydantic adds it

    def _prepare(self, **derived: Any) -> None:
        """Set what is `prepared`: in `__post_init__`, and when the element becomes one of an application."""
        self.__dict__.update(derived)


class Element(Parameters):
    """The base of processors, sources, configs and handlers: one class in one file for each.

    The fields are the element's parameters, the docstring is its manual page.
    """

    doc_name: Annotated[str | None, Field(alias="doc:name")] = None
    """A label for logs, traces and pictures."""

    also_called: ClassVar[tuple[str, ...]] = ()
    """Its names in other languages: authors who write one of these are told the element's."""

    stands_apart: ClassVar[bool] = False
    """Whether it is not run by the element that holds it: a config, a source."""

    runtime: Runtime = prepared(STANDALONE)
    """The things that the elements of the application share; set by `live_in` when the file is loaded."""

    raises: ClassVar[Sequence[ErrorType | str]] = ()
    """The error types that it can raise, or their names (`SHOP:CLOSED`); MULE:EXPRESSION from its expressions is not
    one of them."""

    refuses: ClassVar[Mapping[ErrorType, int] | Mapping[str, int]] = {}
    """The statuses that it refuses callers with, by the type of the Refusal, or its name."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if taken := _taken(cls):
            name = min(taken)
            raise TypeError(f"{cls.__name__}.{name} cannot be a parameter of that name: Field(alias='{name}') gives it")
        try:
            raised_types(cls)
        except ValueError as error:
            raise TypeError(f"{cls.__name__}.raises: {error}") from None

    def objections(self) -> Iterable[tuple[str, Mistake]]:
        """Return mistakes that show only once all flows are loaded, each with the parameter that it is about."""
        return ()

    def doubts(self) -> Iterable[tuple[str, Mistake]]:
        """Return warnings that show only once all flows are loaded, each with the parameter that it is about, unless it
        has a place of its own.
        """
        return ()

    @property
    def keeps_data(self) -> bool:
        """Whether it keeps data on this machine that outlives the process, such as an SQLite file."""
        return False

    def live_in(self, runtime: Runtime) -> None:
        """Make the element one of an application. Report by `refuse` if it cannot live beside the others there."""
        self._prepare(runtime=runtime)

    def measure(self, measures: Measures, place: str) -> None:
        """Take slots for what the element counts, or have values read that it keeps; called once, if anybody will ask.

        A config that lives on after a reload is asked again, and gets the same slots.
        place: the label of a step (its `doc:name`, else its place in its flow), of a config its name, of a source its
        flow. Raises Taken if the name of a measure is that of another one.
        """

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        """Go on with the state of the element in whose place this one is after a reload; by default there is none.

        Events may still be inside the former one, so it keeps its state too: both have the same counters, gates and
        entries. If the reload fails after all, the former one takes over from this one.

        is_unchanged: whether it is written as the former one is, with all that it leads to.
        """


def raised_types(element: Element | type[Element]) -> tuple[ErrorType, ...]:
    """Return the types among an element's `raises`. Raise ValueError if one is not valid."""
    if isinstance(element.raises, str):
        raise ValueError(f"{element.raises!r} is a text; write ({element.raises!r},)")
    return tuple(as_type(each) for each in element.raises)


def _taken(cls: type[Element]) -> set[str]:
    """Return the parameters that would hide something that every element of this kind has, such as `run`."""
    fields: Mapping[str, Any] = cls.__pydantic_fields__  # type: ignore[attr-defined]  # pydantic adds it
    others = [(vars(base), getattr(base, "__pydantic_fields__", {})) for base in cls.__mro__[1:]]
    return {name for name in fields for own, inherited in others if name in own and name not in inherited}
