"""A request, before it knows of any connection."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from engine import Event, FlowError, Mistake, Template, refuse, shown
from engine.connectors import TEXT, Constant, Held, Reader, Spooled, headers_of
from processors.http._errors import BAD_REQUEST, TIMEOUT
from processors.http._methods import meant_method

T = TypeVar("T")

METHOD = re.compile(r"[A-Za-z][A-Za-z-]*")
THE_REQUEST = "the request"
Pieces = Sequence["bytes | Spooled"]
"""A body, one piece after another: a large file of a form stays on the disk until it is sent."""
UNSENDABLE = frozenset({"CONNECT", "TRACE"})
BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that send no body, unless one is given."""


@dataclass(frozen=True)
class Outgoing:
    """The request to send.

    url: percent-encoded if is_encoded. headers: by lower-case name, a list is several of the name.
    asked: the url that the flow asked for, if its upstream supplied this one.
    """

    method: str
    url: str
    headers: Mapping[str, Any] = field(repr=False)
    body: Pieces | None = field(default=None, repr=False)
    is_encoded: bool = True
    asked: str = ""


class Method(Template):
    """The method of a request; checked at load if it is known then."""

    __slots__ = ()
    word = "method"
    schema = TEXT
    expected: ClassVar[str] = "a method such as GET or POST"

    def _check(self, held: Held, written: Any, reader: Reader) -> Held:
        if isinstance(held, Constant):
            method = read_method(held.value)
            meant = "" if method is None else meant_method(method)
            if method is None or meant:
                place = getattr(written, "place", None)
                reader.mistakes.append(Mistake("F303", shown(written), self.expected, meant, place))
        return held

    def of(self, event: Event) -> str:
        """Return the method for this event. Raise HTTP:BAD_REQUEST if it is not one."""
        method = read_method(self.evaluate(event))
        if method is None:
            raise FlowError(BAD_REQUEST, "the method of the request is none that can be sent")
        return method


def read_method(value: Any) -> str | None:
    """Return a method in upper case; None if it is not one, or is a method of proxies."""
    method = value.upper() if isinstance(value, str) and METHOD.fullmatch(value) else None
    return None if method in UNSENDABLE else method


def constant_headers(template: Template) -> dict[str, Any] | None:
    """Return the headers that hold no expression, checked at load; None if they depend on the event."""
    if not template.is_constant:
        return None
    try:
        return headers_of(template, Event(), THE_REQUEST)
    except FlowError as error:
        place = getattr(template.written, "place", None)
        refuse([Mistake("F303", error.description, "headers that can be sent: {x-shop: north}", "", place)])


async def in_time(seconds: float, work: Awaitable[T]) -> T:
    """Await something for at most some seconds. Raise HTTP:TIMEOUT after that."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await work
    except TimeoutError:
        if not limit.expired():
            raise
        raise FlowError(TIMEOUT, f"the upstream did not answer within {seconds:g} s") from None
