"""The names that a RAML file knows: its own, and those of its libraries."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.mule.apis.raml.loading import Files, RamlMistake

KINDS = ("types", "traits", "resourceTypes")


@dataclass
class Scope:
    """The types, traits and resource types of a file, by name; path: how it is called, from the API on."""

    names: dict[str, dict[str, Any]] = field(default_factory=dict)
    libraries: dict[str, Scope] = field(default_factory=dict)
    path: str = ""

    def find(self, kind: str, name: str) -> tuple[Any, Scope] | None:
        """Return what a name means, and the scope of its own names; None if nobody has it."""
        library, dot, rest = name.partition(".")
        if dot and library in self.libraries:
            return self.libraries[library].find(kind, rest)
        known = self.names.get(kind, {})
        return (known[name], self) if name in known else None


def scope_of(files: Files, file: str, data: Mapping[str, Any], path: str = "", depth: int = 0) -> Scope:
    """Return the scope of a file. Raise RamlMistake."""
    if depth > 10:
        raise RamlMistake(f"{file} uses libraries that use each other")
    scope = Scope({kind: _named(data.get(kind)) for kind in KINDS}, path=path)
    scope.names["types"] |= _named(data.get("schemas"))
    for name, target in _named(data.get("uses")).items():
        place = posixpath.normpath(posixpath.join(posixpath.dirname(file), str(target)))
        library = files.load(place)
        if isinstance(library, dict):
            scope.libraries[name] = scope_of(files, place, library, f"{path}{name}.", depth + 1)
    return scope


def _named(value: Any) -> dict[str, Any]:
    """Return entries by name, given as a map, or as a list of maps."""
    if isinstance(value, list):
        return {str(name): inner for each in value if isinstance(each, dict) for name, inner in each.items()}
    return {str(name): inner for name, inner in value.items()} if isinstance(value, dict) else {}
