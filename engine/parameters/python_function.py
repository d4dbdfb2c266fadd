"""Python functions as parameters: imported, and their signatures read, when the flow files are loaded."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Self, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import core_schema

from engine.expressions.appended import settle
from engine.expressions.digits import is_digits
from engine.expressions.operators import type_name
from engine.expressions.writing import encode
from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.validated import TEXT, Validated
from engine.values.errors import EXPRESSION, FlowError
from engine.values.event import Event

NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
EXAMPLE = "module:name, of a package that is installed, or of a file beside the flow files"
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Argument:
    """A parameter of a function: its name, and its annotation."""

    def __init__(self, parameter: inspect.Parameter, annotation: Any) -> None:
        self.name = parameter.name
        self.is_required = parameter.default is inspect.Parameter.empty
        self.is_nameless = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
        self.is_event = annotation is Event
        is_free = annotation in (Any, object, inspect.Parameter.empty)
        self._adapter: TypeAdapter[Any] | None = None if is_free or self.is_event else TypeAdapter(annotation)
        self.wanted = getattr(annotation, "__name__", "") if isinstance(annotation, type) else str(annotation)

    def read(self, value: Any) -> Any:
        """Return the value in the form of the annotation, a copy if it is a list or a map. Raise MULE:EXPRESSION.

        Nothing is converted, except to types that JSON does not have: a text becomes a date, a map a dataclass or a
        model, a list a tuple.
        """
        value = settle(value)
        if self._adapter is None:
            return value
        try:
            return self._adapter.validate_python(value, strict=True)
        except ValidationError as error:
            try:
                return self._adapter.validate_json(encode(value), strict=True)
            except (ValidationError, ValueError, NotImplementedError, RecursionError):
                raise self._wrong(value, error) from None

    def _wrong(self, value: Any, error: ValidationError) -> FlowError:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        path = ".".join(map(str, details[0]["loc"]))
        found = f"{type_name(value)}{f', wrong at {path}' if path else ''}"
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in details)
        description = f"the argument '{self.name}' must be {self.wanted}, not {found}"
        return FlowError(EXPRESSION, description, detailed_description=f"{description} ({told})")


class PythonFunction(Validated):
    """The parameter that names a function, `module:name`."""

    word = "name of a function"
    schema = TEXT

    def __init__(self, call: Callable[..., Any]) -> None:
        """Raise ValueError if it has no signature, or annotations that cannot be read."""
        self.call = call
        self.is_async = inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(_annotated(call))
        self.arguments: dict[str, Argument] = {}
        self.takes_any_name = self.takes_any_number = False
        try:
            hints = get_type_hints(_annotated(call), include_extras=True)
            for parameter in inspect.signature(call).parameters.values():
                self._add(parameter, hints.get(parameter.name, Any))
        except (NameError, TypeError, ValueError, PydanticUserError) as error:
            raise ValueError(f"its signature cannot be read ({_first_line(error)})") from error

    def _add(self, parameter: inspect.Parameter, annotation: Any) -> None:
        if parameter.kind in VARIADIC:
            self.takes_any_name |= parameter.kind is inspect.Parameter.VAR_KEYWORD
            self.takes_any_number |= parameter.kind is inspect.Parameter.VAR_POSITIONAL
        else:
            self.arguments[parameter.name] = Argument(parameter, annotation)

    def bind(self, event: Event, values: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Bind the arguments by position and by name; values whose names are numbers go behind all others."""
        values = values | dict.fromkeys(self.event_names, event)
        more = [values.pop(name) for name in list(values) if is_digits(name)]
        first = [name for name, each in self.arguments.items() if name in values and (more or each.is_nameless)]
        return [*(values.pop(name) for name in first), *more], values

    @property
    def given(self) -> list[Argument]:
        """The arguments that a flow passes: all but the event."""
        return [argument for argument in self.arguments.values() if not argument.is_event]

    @property
    def event_names(self) -> list[str]:
        return [argument.name for argument in self.arguments.values() if argument.is_event]

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        if isinstance(value, cls):
            return value
        if callable(value):
            return cls(value)
        if not isinstance(value, str) or not NAME.fullmatch(value):
            refuse([Mistake("F303", shown(value), EXAMPLE)])
        _find_modules([Path.cwd(), *loading_of(info).resources.folders])
        try:
            return cls(_imported(*value.split(":")))
        except ValueError as error:
            refuse([Mistake("F303", f"{shown(value)}: {error},", EXAMPLE)])


def _annotated(call: Callable[..., Any]) -> Any:
    """Return the object with the annotations: the function, a class's `__init__`, an object's `__call__`."""
    if inspect.isroutine(call):
        return call
    return call.__init__ if inspect.isclass(call) else type(call).__call__


def _find_modules(folders: Iterable[Path]) -> None:
    """Make modules of these folders importable; installed ones come first."""
    sys.path += [folder for folder in dict.fromkeys(map(str, folders)) if folder not in sys.path]


def _imported(module: str, name: str) -> Callable[..., Any]:
    """Return the function of a module. Raise ValueError that says why there is none."""
    try:
        found: Any = import_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f"the module '{module}' cannot be imported ({_first_line(error)})") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise ValueError(f"the module '{module}' has no '{name}'")
        found = getattr(found, part)
    if not callable(found):
        raise ValueError(f"'{name}' of the module '{module}' is no function")
    return found  # type: ignore[no-any-return]  # it is callable


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]
