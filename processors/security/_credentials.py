"""Secrets of callers, kept as hashes, compared in constant time; and the permissions of roles."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import BeforeValidator

from engine import Kind, Mistake, refuse
from engine.connectors import TEXTS, typed

T = TypeVar("T")
Made = TypeVar("Made", covariant=True)


class Read(Protocol[Made]):
    """Converts a secret of a flow file to the form that is kept; place: its place in the file."""

    def __call__(self, value: Any, *, place: Any = None) -> Made: ...


def names(value: Any) -> Any:
    """Split a comma list into a list of names."""
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, (list, tuple)) or not all(isinstance(entry, str) and entry.strip() for entry in entries):
        refuse([Mistake("F303", "what is no list of names", "names, such as clerk, auditor")])
    return tuple(str(entry).strip() for entry in entries)


Names = Annotated[tuple[str, ...], BeforeValidator(names), Kind("list", TEXTS)]
"""Names, as a list or a comma list."""

CALLERS = Kind("map", typed("object", additionalProperties=typed("string", "object")))
"""Names with their secrets; or with a map that also holds roles."""


def read_secret(value: Any, *, place: Any = None) -> str:
    """Return a secret as a text; no message shows it. place: its place in the file."""
    if not isinstance(value, str) or not value:
        expected = "a text that is not empty"
        refuse([Mistake("F303", "no text that could be a secret", expected, "${secret:name}", place)])
    return str(value)


def digest(text: str) -> bytes:
    """Hash a secret: all hashes have one length, so a comparison reveals nothing about the secret's length."""
    return sha256(text.encode(errors="surrogatepass")).digest()


def matching(given: str, entries: Iterable[tuple[bytes, T]]) -> T | None:
    """Return the entry of the digest that equals the text's; all are compared, however early one fits."""
    found, wanted = None, digest(given)
    for each, value in entries:
        if compare_digest(each, wanted):
            found = value
    return found


def read_callers(value: Any, secret_name: str, read: Read[T]) -> dict[str, tuple[T, tuple[str, ...]]]:
    """Return secrets and roles by the callers' names.

    secret_name: the key of the secret if there are roles beside it. read: converts the secret to the form that is kept.
    """
    if not isinstance(value, dict) or not value:
        refuse([Mistake("F303", "no map of callers", "names with their secrets", "NAME: ${secret:name}")])
    places = getattr(value, "places", {})
    return {
        str(name): _caller(entry, secret_name, read, *places.get(name, (None, None))[1:])
        for name, entry in value.items()
    }


def _caller(entry: Any, secret_name: str, read: Read[T], place: Any) -> tuple[T, tuple[str, ...]]:
    if not isinstance(entry, dict):
        return read(entry, place=place), ()
    if not {secret_name} <= set(entry) <= {secret_name, "roles"}:
        write = f"{{{secret_name}: ${{secret:name}}, roles: [clerk]}}"
        refuse([Mistake("F303", "a caller with other parameters", f"{secret_name}, and roles", write, place)])
    return read(entry[secret_name], place=place), names(entry.get("roles", []))


def permitted(required: tuple[str, ...], had: Iterable[str]) -> bool:
    """Return whether one of the roles is there; if none is required, anybody is permitted."""
    return not required or not set(required).isdisjoint(had)
