"""The services that parameters need from the maker of their element: the loader of flow files, or Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

from pydantic_core import core_schema

from engine.parameters.element import Element
from engine.parameters.files import Resources
from engine.parameters.mistake import Mistake, refuse
from engine.parameters.reader import STANDALONE, Reach
from engine.parameters.text import TextPlace
from engine.parameters.validated import Validated
from engine.values.errors import ErrorType, error_type
from engine.work.nesting import Runnable
from engine.work.runtime import STANDALONE as RUNTIME
from engine.work.runtime import Runtime

T = TypeVar("T")
Several = TypeVar("Several", bound="Elements")


class Elements(Validated):
    """The base of parameters that hold elements: a file has a list of them, Python may pass them."""

    __slots__ = ()

    element: ClassVar[type[Element]]
    """Its contents."""

    def __init__(self, elements: Sequence[Any] = ()) -> None:
        raise NotImplementedError

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else loading_of(info).elements(cls, value)


class Loading(Protocol):
    """The services for parameters while their element is made. Mistakes are refused, or noted by the loader."""

    @property
    def owner(self) -> str:
        """The name of the flow, sub-flow, config or handler list that the element belongs to."""

    @property
    def reach(self) -> Reach:
        """The names that expressions may use."""

    @property
    def runtime(self) -> Runtime:
        """The things that the elements of the application share."""

    @property
    def resources(self) -> Resources:
        """The files beside the flow files."""

    @property
    def configs(self) -> Mapping[str, Any]:
        """The configs that are known by now, by their names."""

    @property
    def flows(self) -> Mapping[str, Runnable]:
        """All flows and sub-flows by their names; complete when all files are read."""

    def element_name(self, cls: type[Element]) -> str:
        """Return the name of a class in flow files."""

    def elements(self, holder: type[Several], value: Any) -> Several:
        """Return the chain or the error handler that is written as a list of elements."""

    def parameters(self, cls: type[T], parameters: Any, name: str, place: Any) -> T | None:
        """Return an instance of a class; None, if a parameter is wrong, which is noted."""

    def note(self, code: str, found: str, expected: str = "", write: str = "", place: Any = None) -> None:
        """Note a mistake."""

    def places_in_file(self, name: str, text: str) -> Callable[[int], TextPlace | None]:
        """Return a function for the place of each character of a file beside the flow files."""

    def expect_flow(self, name: str, value: Any) -> None:
        """Note that there must be such a flow. value: where it is named."""

    def want_flow(self, names: Collection[str], what: str, value: Any) -> None:
        """Note that there should be one of these flows."""

    def expect_error_types(self, entries: Iterable[tuple[str, Any, int]]) -> None:
        """Note error types that must be known, each with its place and the offset there."""

    def raised_type(self, name: str, value: Any) -> ErrorType:
        """Return the error type of a name, which becomes known by this."""

    def known_type(self, name: str) -> ErrorType | None:
        """Return the error type of a name; None, if it is not known by now."""


class InPython:
    """The Loading of elements that are made in Python, outside any file."""

    owner = ""
    reach = STANDALONE
    runtime = RUNTIME
    configs: Mapping[str, Any] = {}
    flows: Mapping[str, Runnable] = {}

    @property
    def resources(self) -> Resources:
        return Resources([Path().resolve()])

    def element_name(self, cls: type[Element]) -> str:
        return cls.__name__

    def elements(self, holder: type[Several], value: Any) -> Several:
        elements = () if value is None else value
        if isinstance(elements, (list, tuple)) and all(isinstance(each, holder.element) for each in elements):
            return holder(elements)
        expected = f"{holder.__name__}, or a list of {holder.element.__name__}"
        refuse([Mistake("F303", type(value).__name__, expected)])

    def parameters(self, cls: type[T], parameters: Any, name: str, place: Any) -> T | None:
        return cls(**parameters)

    def note(self, code: str, found: str, expected: str = "", write: str = "", place: Any = None) -> None:
        refuse([Mistake(code, found, expected, write, place)])

    def places_in_file(self, name: str, text: str) -> Callable[[int], TextPlace | None]:
        return lambda offset: None

    def expect_flow(self, name: str, value: Any) -> None: ...

    def want_flow(self, names: Collection[str], what: str, value: Any) -> None: ...

    def expect_error_types(self, entries: Iterable[tuple[str, Any, int]]) -> None: ...

    def raised_type(self, name: str, value: Any) -> ErrorType:
        return error_type(name)

    def known_type(self, name: str) -> ErrorType | None:
        return None


IN_PYTHON = InPython()


def loading_of(info: core_schema.ValidationInfo) -> Loading:
    """Return the services for a validator. The only place that looks at pydantic's untyped context."""
    loading: Loading = IN_PYTHON if info.context is None else info.context
    return loading
