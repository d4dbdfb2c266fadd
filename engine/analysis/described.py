"""APIs with an OpenAPI document of their own, as parts of the document of the flows."""

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
"""The names of our own components."""
POINTER = "#/~!$&'()*+,;=:@?-._"
"""The characters that a JSON Pointer in a URI holds unescaped."""
DEEPEST = 20
"""How many references may be followed from one path to another."""


class DescribedApi:
    """A document in the form of 3.1 that refers to nothing outside itself.

    prefix: the path that it is below. components: the existing ones, by section; its own are added under free names.
    """

    def __init__(
        self, name: str, document: Mapping[str, Any], prefix: str, components: dict[str, dict[str, Any]]
    ) -> None:
        self.prefix = prefix
        self._document = document
        self._names: dict[str, str] = {}
        """The references to components in the document, mapped to the references here."""
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
        """Return the same API below another path, with the same components."""
        other = copy(self)
        other.prefix = prefix
        return other

    @property
    def info(self) -> dict[str, str]:
        """Return title, version and description, as far as the document has them."""
        info = self._document.get("info")
        told = info if isinstance(info, Mapping) else {}
        return {name: str(told[name]) for name in ("title", "version", "description") if told.get(name) is not None}

    def _name(self, section: str, own: str) -> str:
        """Return the name of a component here."""
        found = self._names.get(f"{COMPONENTS}{section}/{_escaped(own)}", own)
        return found.rpartition("/")[2].replace("~1", "/").replace("~0", "~")

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield path, method and Operation Object of each operation."""
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
        """Return the parameters shared by all operations of a path that this operation does not define itself."""
        overridden = {_identity(self._resolved(each)) for each in own}
        return [self._moved(each) for each in shared if _identity(self._resolved(each)) not in overridden]

    def _resolved(self, value: Any) -> Mapping[str, Any]:
        """Return the target of a reference in the document."""
        for _ in range(DEEPEST):
            if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
                break
            found: Any = self._document
            for part in unquote(value["$ref"]).removeprefix("#/").split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
            value = found
        return value if isinstance(value, Mapping) else {}

    def _moved(self, value: Any) -> Any:
        """Return a part of the document with its references changed to the places here."""
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
        """Return an entry of a discriminator's mapping: a reference, or the name of a schema."""
        as_name = f"{COMPONENTS}schemas/{name}"
        return self._names[as_name] if as_name in self._names else self._reference(str(name))


def free_name(own: str, prefix: str, taken: Container[str]) -> str:
    """Return a name that is not taken."""
    if own not in taken:
        return own
    others = (f"{prefix}-{own}-{number}" for number in count(2))
    return next(each for each in chain([f"{prefix}-{own}"], others) if each not in taken)


def _escaped(part: str) -> str:
    """Return a part of a JSON Pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def _identity(parameter: Mapping[str, Any]) -> tuple[Any, Any]:
    return parameter.get("name"), parameter.get("in")
