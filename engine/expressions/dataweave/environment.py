"""What a script finds in the application that it runs in: properties, flows, files, functions in Python, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.expressions.dataweave import library
from engine.expressions.dataweave.boundary import settled
from engine.expressions.dataweave.formats.declared import url_reader
from engine.expressions.dataweave.values.functions import Function
from engine.expressions.errors import EvaluationError, NoProperty
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions import function as common

Functions = Mapping[str, common.Function]
RESOURCE, CLOCK = "resource", "now"
SECURE = "secure::"
"""How Mule marks the name of a property that may be encrypted; here it is one like any other."""
HERE = ("p", "lookup", RESOURCE, CLOCK, "today")
"""Functions of the application that a script has in a form of its own."""


def names_of(functions: Functions) -> dict[str, Any]:
    """Return the functions that a script may call in addition to its library, by name."""
    found: dict[str, Any] = {name: _own(functions[name]) for name in functions if name not in FUNCTIONS}
    found |= {name: make(functions) for name, make in MAKING.items() if name in functions}
    found["causedBy"] = library.function("Mule", "causedBy")
    if RESOURCE in functions:
        found["readUrl"] = Function("readUrl", 3, url_reader(load_from(functions)), least=1, acts=True)
    return {name: value for name, value in found.items() if name not in (RESOURCE, "today")}


def load_from(functions: Functions) -> Callable[[str], str]:
    """Return the function that reads a text file of the application by its name. Raises KeyError."""

    def load(name: str) -> str:
        if RESOURCE not in functions:
            raise KeyError(name)
        try:
            return str(functions[RESOURCE].call(name))
        except EvaluationError:
            raise KeyError(name) from None

    return load


def _own(function: common.Function) -> Function:
    """Return a function of the application, written in Python, which gets plain values."""
    most = len(function.parameters)
    least = sum(not each.is_optional for each in function.parameters)

    def call(*arguments: Any) -> Any:
        pairs = zip(function.parameters, arguments, strict=False)
        return function.call(*[parameter.adapt(settled(value)) for parameter, value in pairs])

    return Function(function.name, most, call, least=least, acts=function.acts)


def _property(functions: Functions) -> Function:
    find = functions["p"].call

    def p(name: str) -> Any:
        try:
            return find(name.removeprefix(SECURE))
        except NoProperty:
            return None

    return Function("p", 1, p)


def _lookup(functions: Functions) -> Function:
    run = functions["lookup"].call

    def lookup(flow: str, payload: Any = None, timeout: Any = None) -> Any:
        return run(flow, settled(payload))

    return Function("lookup", 3, lookup, least=1, acts=True)


def _now(functions: Functions) -> Function:
    read = functions[CLOCK].call
    return Function(CLOCK, 0, lambda: read())


MAKING: Mapping[str, Callable[[Functions], Function]] = {"p": _property, "lookup": _lookup, CLOCK: _now}
