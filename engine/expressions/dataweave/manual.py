"""The manual of DataWeave's library: what each module declares, derived from its declarations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.expressions.dataweave import library
from engine.expressions.dataweave.library.declaring import Builtin
from engine.expressions.dataweave.values.kinds import kind_of

CORE = "dw::Core"
"""The module that every script has; others are imported."""


def full_name(module: str, name: str) -> str:
    """Return the name by which a function of a module is shown: of dw::Core alone without its module."""
    return name if module == CORE else f"{module}::{name}"


def declared() -> Iterator[tuple[str, Any]]:
    """Yield the functions and constants of all modules by their full names."""
    for module in library.modules():
        for name in sorted(library.names(module)):
            yield full_name(module, name), library.declared(module, name)


def lines() -> Iterator[str]:
    """Return one line for each: its name, and its purpose."""
    found = list(declared())
    wide = max(len(name) for name, _ in found)
    return (f"{name:{wide}}  {purpose(value)}".rstrip() for name, value in found)


def purpose(value: Any) -> str:
    if isinstance(value, Builtin):
        return value.manual.strip().partition("\n")[0]
    return f"A {kind_of(value)}."


def page(name: str, value: Any) -> str:
    """Return the manual page: what it does, and its signatures."""
    if not isinstance(value, Builtin):
        return f"{name}\n\n{purpose(value)}"
    signatures = [f"  {name}{each.signature.text}" for each in value.alternatives]
    module = name.rpartition("::")[0]
    imported = f"\n\nimport {value.name} from {module}" if module else ""
    return "\n".join([name, "", value.manual.strip(), "", *signatures]) + imported
