"""The modules of DataWeave: a Python module, or a few, for each.

    library.modules() -> names of all modules
    library.names("dw::Core") -> names of what a module declares
    library.function("dw::Core", "upper") -> Function (a Builtin); KeyError if there is none
    library.declared("dw::util::Math", "PI") -> Function, or a constant; KeyError if there is none

A module is imported when it is first asked for.

A Builtin is a Function (values/functions.py): `call(*arguments)` chooses by the types of the arguments and converts
what does not fit. `alternatives` are pairs of `signature` (text, parameters, result) and `implementation`, the bare
Python function. Code that knows its arguments' types may call the implementation itself: it takes values that fit, and
in place of functions Python functions of as many arguments as the signature says: `(item: T, index: Number) -> R` two.

To declare a function:

    @defined("dw::Core", "upper", "(text: String) -> String", "(text: Null) -> Null")
    def upper(text: str) -> str: ...
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from engine.expressions.dataweave.values.functions import Function

ROOM = "engine.expressions.dataweave."
MODULES: dict[str, tuple[str, ...]] = {
    "dw::Core": (
        "library.core.lists", "library.core.objects", "library.core.texts", "library.core.numbers",
        "library.core.values", "formats.declared",
    ),
    "dw::core::Strings": ("library.texts.strings", "library.texts.parts"),
    "dw::core::Arrays": ("library.arrays",),
    "dw::core::Objects": ("library.objects",),
    "dw::core::Numbers": ("library.numbers",),
    "dw::core::Dates": ("library.dates",),
    "dw::core::Periods": ("library.dates",),
    "dw::core::Binaries": ("library.binaries",),
    "dw::Crypto": ("library.binaries",),
    "dw::core::Types": ("library.types",),
    "dw::core::URL": ("library.url",),
    "dw::Runtime": ("library.runtime",),
    "dw::System": ("library.runtime",),
    "dw::util::Coercions": ("library.coercions",),
    "dw::util::Diff": ("library.diffs",),
    "dw::util::Math": ("library.numbers",),
    "dw::util::Timer": ("library.runtime",),
    "dw::util::Tree": ("library.trees",),
    "dw::util::Values": ("library.trees",),
    "dw::module::Multipart": ("library.multipart",),
    "dw::test::Asserts": ("library.testing.asserts",),
    "dw::xml::Dtd": ("library.dtd",),
    "Mule": ("library.mule",),
}  # fmt: skip
"""The Python modules that declare what a module of DataWeave has."""


def modules() -> list[str]:
    """Return the names of all modules."""
    return list(MODULES)


@cache
def table(module: str) -> dict[str, Any]:
    """Return what a module declares, by name. Raise KeyError for a module that there is not."""
    from engine.expressions.dataweave.library.declaring import TABLES

    for name in MODULES[module]:
        import_module(ROOM + name)
    return TABLES[module]


def names(module: str) -> list[str]:
    return list(table(module))


def declared(module: str, name: str) -> Any:
    return table(module)[name]


def function(module: str, name: str) -> Function:
    found = declared(module, name)
    if not isinstance(found, Function):
        raise KeyError(name)
    return found
