"""A face is a module of names that are defined elsewhere, each imported when it is first used.

So `engine --help` answers at once. Each name is written once, as an import under `if TYPE_CHECKING:`. Type checkers see
it there; at run the same lines are read from the source of the face.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


def on_first_use(face: str, source: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of the face that stands in this file."""

    @cache
    def homes() -> dict[str, str]:
        return _homes(source)

    def get(name: str) -> Any:
        if name == "__all__":
            return list(homes())
        if name not in homes():
            raise AttributeError(f"module {face!r} has no attribute {name!r}")
        value = getattr(import_module(homes()[name]), name)
        setattr(sys.modules[face], name, value)
        return value

    return get


def _homes(source: str) -> dict[str, str]:
    """Return the module of each name that the file imports for type checkers."""
    import ast
    from pathlib import Path

    return {
        alias.asname: node.module
        for block in ast.parse(Path(source).read_text(encoding="utf-8")).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if alias.asname
    }
