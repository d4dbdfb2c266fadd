"""The functions of the expression language, by name.

Those of JMESPath and of its community (JEP-14) refuse null where they are not made for it. Ours give
null where their first argument is null, or say in their manual what else they give. No function
changes its arguments, none waits for anything, and none but those of `chance` depends on more than
its arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from engine.expressions.functions import (
    chance,
    conditions,
    dates,
    encodings,
    formats,
    grouping,
    joining,
    kinds,
    lists,
    number_patterns,
    numbers,
    objects,
    outcomes,
    patterns,
    sequences,
    strings,
    text,
    trees,
    values,
)
from engine.expressions.functions.function import Function

ENTRY_POINTS = "engine.functions"


def collect(*modules: ModuleType) -> dict[str, Function]:
    """All functions that the modules define, by name."""
    found = (value for module in modules for value in vars(module).values())
    return {function.name: function for function in found if isinstance(function, Function)}


FUNCTIONS: Mapping[str, Function] = collect(
    chance, conditions, dates, encodings, formats, grouping, joining, kinds, lists, number_patterns, numbers, objects,
    outcomes, patterns, sequences, strings, text, trees, values,
)  # fmt: skip


def discover_functions() -> dict[str, Function]:
    """FUNCTIONS, and those of the modules that installed packages name as entry points of `engine.functions`.

    Raises ValueError for a function whose name is taken already: nothing replaces a function
    without a word.
    """
    from importlib.metadata import entry_points

    functions = dict(FUNCTIONS)
    for entry in sorted(entry_points(group=ENTRY_POINTS)):
        for name, function in collect(entry.load()).items():
            if functions.setdefault(name, function) is not function:
                raise ValueError(f"the entry point {entry.value} of {ENTRY_POINTS} defines {name}(), which exists")
    return functions
