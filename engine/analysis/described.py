"""APIs that have an OpenAPI document of their own, as parts of the document of the flows."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from copy import copy
from http import HTTPStatus
from itertools import chain, count
from typing import Any
from urllib.parse import quote, unquote

from engine.analysis.answers import component

METHODS = ("delete", "get", "head", "options", "patch", "post", "put", "trace")
COMPONENTS = "#/components/"
PATHS = "#/paths/"
OURS = {
    "schemas": {"Problem"},
    "headers": {"X-Correlation-ID"},
    "responses": {component(str(status.value)) for status in HTTPStatus} | {"Problem"},
}
"""The names of components that are ours, wherever they are needed."""
POINTER = "#/~!$&'()*+,;=:@?-._"
"""What a JSON Pointer in a URI holds unescaped."""
DEEPEST = 20
"""How many references may lead from one path to another."""


class DescribedApi:
    """A document, which stands as 3.1 has it and refers to nothing outside of it.

    prefix: the path that it is below. components: those that are there already, by their sections; its own join
    them under names that are free.
    """

    def __init__(
        self, name: str, document: Mapping[str, Any], prefix: str, components: dict[str, dict[str, Any]]
    ) -> None:
        self.prefix = prefix
        self._document = document
        self._names: dict[str, str] = {}
        """References to components, as the document has them, and as they are here."""
        for section, entries in (document.get("components") or {}).items():
            taken = components.setdefault(section, {})
            for own in entries if isinstance(entries, Mapping) else ():
                free = free_name(own, name, {*taken, *OURS.get(section, ())})
                self._names[f"{COMPONENTS}{section}/{_escaped(own)}"] = f"{COMPONENTS}{section}/{_escaped(free)}"
                taken[free] = None
        for section, entries in (document.get("components") or {}).items():
            for own in entries if isinstance(entries, Mapping) else ():
                components[section][self._name(section, own)] = self._moved(entries[own])

    def below(self, prefix: str) -> DescribedApi:
        """The same below another path, with the same components."""
        other = copy(self)
        other.prefix = prefix
        return other

    @property
    def info(self) -> dict[str, str]:
        """Title, version and description, as far as the document has them."""
        info = self._document.get("info")
        told = info if isinstance(info, Mapping) else {}
        return {name: str(told[name]) for name in ("title", "version", "description") if told.get(name) is not None}

    def _name(self, section: str, own: str) -> str:
        """What a component is called here."""
        found = self._names.get(f"{COMPONENTS}{section}/{_escaped(own)}", own)
        return found.rpartition("/")[2].replace("~1", "/").replace("~0", "~")

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, method and Operation Object of each operation."""
        for path, written in (self._document.get("paths") or {}).items():
            item = self._resolved(written)
            for method in METHODS:
                if method in item:
                    yield self.prefix + path, method, self._operation(item, item[method] or {})

    def _operation(self, item: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
        operation: dict[str, Any] = self._moved(written)
        operation.pop("servers", None)
        if shared := self._beside(item.get("parameters") or (), written.get("parameters") or ()):
            operation["parameters"] = [*shared, *operation.get("parameters", ())]
        security = written.get("security", self._document.get("security"))
        if security is not None:
            schemes = [{self._name("securitySchemes", name): each[name] for name in each} for each in security]
            operation["security"] = schemes
        return operation

    def _beside(self, shared: Any, own: Any) -> list[Any]:
        """The parameters of all operations of a path that one of them does not have itself."""
        overridden = {_identity(self._resolved(each)) for each in own}
        return [self._moved(each) for each in shared if _identity(self._resolved(each)) not in overridden]

    def _resolved(self, value: Any) -> Mapping[str, Any]:
        """What a reference leads to, in the document."""
        for _ in range(DEEPEST):
            if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
                break
            found: Any = self._document
            for part in unquote(value["$ref"]).removeprefix("#/").split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
            value = found
        return value if isinstance(value, Mapping) else {}

    def _moved(self, value: Any) -> Any:
        """A part of the document, whose references lead to where things are here."""
        if isinstance(value, list):
            return [self._moved(each) for each in value]
        if not isinstance(value, Mapping):
            return value
        moved = {key: self._moved(each) for key, each in value.items()}
        if isinstance(value.get("$ref"), str):
            moved["$ref"] = self._reference(value["$ref"])
        discriminator = value.get("discriminator")
        mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
        if isinstance(mapping, Mapping):
            moved["discriminator"]["mapping"] = {key: self._mapped(each) for key, each in mapping.items()}
        return moved

    def _reference(self, reference: str) -> str:
        whole = unquote(reference).split("/")
        start, rest = "/".join(whole[:4]), "".join(f"/{each}" for each in whole[4:])
        if start in self._names:
            return quote(self._names[start] + rest, POINTER)
        if reference.startswith(PATHS):
            return PATHS + quote(_escaped(self.prefix), POINTER) + reference.removeprefix(PATHS)
        return reference

    def _mapped(self, name: Any) -> Any:
        """An entry of a discriminator's mapping: a reference, or the name of a schema."""
        as_name = f"{COMPONENTS}schemas/{name}"
        return self._names[as_name] if as_name in self._names else self._reference(str(name))


def free_name(own: str, prefix: str, taken: Container[str]) -> str:
    """A name that is not taken."""
    if own not in taken:
        return own
    others = (f"{prefix}-{own}-{number}" for number in count(2))
    return next(each for each in chain([f"{prefix}-{own}"], others) if each not in taken)


def _escaped(part: str) -> str:
    """A part of a JSON Pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def _identity(parameter: Mapping[str, Any]) -> tuple[Any, Any]:
    return parameter.get("name"), parameter.get("in")
