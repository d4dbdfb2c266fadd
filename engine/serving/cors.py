"""Which pages of other origins may call (CORS; WHATWG Fetch, 3.2)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from engine.parameters.amounts import CommaList, Duration
from engine.parameters.element import Parameters
from engine.parameters.mistake import Mistake, refuse, shown

ANY = "*"


def _checked(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if origin != ANY and (not origin.startswith(("http://", "https://")) or origin.count("/") != 2):
            write = "https://shop.example.org, or '*' for all"
            refuse([Mistake("F303", f"{shown(origin)} as an origin", "scheme, host and port without a path", write)])
    return origins


class Cors(Parameters):
    """Which pages of other origins may call, and what browsers let them send and see."""

    origins: Annotated[CommaList[str], AfterValidator(_checked), Field(min_length=1)]
    """The origins, such as https://shop.example.org, as a list or a comma list; `*` is all of them."""

    methods: CommaList[str] = ()
    """The methods; if left out, those of the path's listeners."""

    headers: CommaList[str] = ()
    """The headers that a page may send in addition to those that Fetch always allows; `*` is any."""

    expose_headers: CommaList[str] = ()
    """The headers of an answer that a page may read."""

    credentials: bool = False
    """Whether browsers send cookies and authorization with the calls; then the origins must be named."""

    max_age: Duration = 600.0
    """How long a browser may cache the permission."""

    def __post_init__(self) -> None:
        if self.credentials and ANY in self.origins:
            found = "credentials for all origins, by which every page could act in the name of whoever visits it"
            refuse([Mistake("F303", found, "the origins by name", "origins: https://shop.example.org")])
