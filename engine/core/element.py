"""What everything that a flow file can name has in common: declared parameters and a manual."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from inspect import get_annotations
from typing import Annotated, Any, ClassVar, dataclass_transform

from pydantic import ConfigDict
from pydantic import Field as Field
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass

from engine.core.errors import ErrorType
from engine.core.runtime import STANDALONE, Runtime

PARAMETERS = ConfigDict(
    extra="forbid",
    alias_generator=to_camel,
    validate_by_name=True,
    validate_by_alias=True,
    arbitrary_types_allowed=True,
    defer_build=True,
)


def _read_annotations(cls: type) -> None:
    """Read what fields are annotated with, texts until now, once: pydantic would do it again for each subclass."""
    names = vars(sys.modules[cls.__module__])
    annotations = get_annotations(cls)
    for name, text in annotations.items():
        if isinstance(text, str):
            with suppress(NameError):  # what is not there yet, pydantic looks for later
                annotations[name] = ClassVar if text.startswith("ClassVar") else eval(text, names)  # noqa: S307  # ours
    cls.__annotations__ = annotations


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
class Parameters:
    """The base of what is declared by fields: their types, defaults, and a line of description beneath each.

    In a flow file the names are camelCase, unless `Field(alias=…)` says otherwise. An instance is
    made once, when the file is loaded, and never changes.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _read_annotations(cls)
        dataclass(cls, config=PARAMETERS, kw_only=True, frozen=True, eq=False, repr=False)

    def _prepare(self, **derived: Any) -> None:
        """Set what is derived from the parameters; to be called in `__post_init__` only."""
        self.__dict__.update(derived)


class Element(Parameters):
    """The base of processors, sources, configs and handlers: one class in one file for each.

    The fields are the element's parameters, the docstring is its manual page.
    """

    doc_name: Annotated[str | None, Field(alias="doc:name")] = None
    """A label for logs, traces and pictures."""

    runtime: ClassVar[Runtime] = STANDALONE
    """What the elements of the application share; set by `live_in` when the file is loaded."""

    raises: ClassVar[tuple[ErrorType, ...]] = ()
    """The error types that it can raise, beside MULE:EXPRESSION from its expressions."""

    refuses: ClassVar[Mapping[ErrorType, int]] = {}
    """The statuses that it refuses callers with, by the type of the Refusal."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        taken = {"raises", "run", "runtime"} & set(cls.__pydantic_fields__)  # type: ignore[attr-defined]  # pydantic adds it
        if taken:
            name = min(taken)
            raise TypeError(f"{cls.__name__}.{name} cannot be a parameter of that name: Field(alias='{name}') gives it")

    def acts_on(self) -> frozenset[Any] | None:
        """The resources that the element itself works with, where it does nothing else and never waits.

        None, where it may do anything. Loops over elements that tell it commit many statements at once.
        """
        return None

    def live_in(self, runtime: Runtime) -> None:
        """Make the element one of an application. What cannot live beside the others there is told by `refuse`."""
        self._prepare(runtime=runtime)
