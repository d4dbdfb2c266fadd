"""The functions of the expression language, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from engine.expressions.functions import lists, numbers, objects, text, values
from engine.expressions.functions.function import Function


def collect(*modules: ModuleType) -> dict[str, Function]:
    """All functions that the modules define, by name."""
    found = (value for module in modules for value in vars(module).values())
    return {function.name: function for function in found if isinstance(function, Function)}


FUNCTIONS: Mapping[str, Function] = collect(lists, numbers, objects, text, values)
