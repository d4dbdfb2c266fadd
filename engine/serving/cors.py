"""Which pages of other origins may call (CORS; WHATWG Fetch, 3.2)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from engine.parameters.amounts import Duration
from engine.parameters.element import Parameters
from engine.parameters.mistake import Mistake, refuse, shown

ANY = "*"


def _names(value: object) -> object:
    """The entries of a comma list."""
    return tuple(each.strip() for each in value.split(",")) if isinstance(value, str) else value


def _origins(value: object) -> object:
    for origin in each if isinstance(each := _names(value), (list, tuple)) else ():
        text = origin if isinstance(origin, str) else ""
        if text != ANY and (not text.startswith(("http://", "https://")) or text.count("/") != 2):
            write = "https://shop.example.org, or '*' for all"
            refuse([Mistake("F303", f"{shown(origin)} as an origin", "scheme, host and port without a path", write)])
    return each


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class Cors(Parameters):
    """Which pages of other origins may call, and what browsers let them send and see."""

    origins: Annotated[tuple[str, ...], BeforeValidator(_origins), Field(min_length=1)]
    """The origins, such as https://shop.example.org, as a list or a comma list; `*` is all of them."""

    methods: Names = ()
    """The methods; those of the listeners of a path, if left out."""

    headers: Names = ()
    """The headers that a page may send beside those that Fetch always allows; `*` is any."""

    expose_headers: Names = ()
    """The headers of an answer that a page may read."""

    credentials: bool = False
    """Whether browsers send cookies and authorization with the calls; then the origins must be named."""

    max_age: Duration = 600.0
    """How long a browser may remember what it was allowed."""

    def __post_init__(self) -> None:
        if self.credentials and ANY in self.origins:
            found = "credentials for all origins, by which every page could act in the name of whoever visits it"
            refuse([Mistake("F303", found, "the origins by name", "origins: https://shop.example.org")])
