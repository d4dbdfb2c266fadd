"""Answers that come page by page, as a stream of the items on the pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from msgspec.structs import asdict

from engine import Count, Event, Expression, FlowError, Parameters
from engine.connectors import EXPRESSION, REPEAT_EXHAUSTED, Appended
from engine.limits import MOST_PAGES


class PageEvent(Event, frozen=True):
    """The answer as `next` and `items` see it, with the number of the page from 1."""

    page: int = 1


class OfPage(Expression):
    """An expression that sees a page as payload and attributes, and its number as `$page`."""

    __slots__ = ()
    variables: ClassVar[Mapping[str, str]] = {"page": "event.page"}


class Paginate(Parameters):
    """How one page leads to the next, and the items on it."""

    next: OfPage
    """The next page: a url, relative to the page's own, or a map of query parameters that are added to the request's
    and win. Null, an empty text, and a map of nothing but nulls end it."""

    items: OfPage = OfPage("payload")
    """The list of items on a page."""

    max_pages: Count = Count(MOST_PAGES)
    """How many pages there may be; one more is MULE:REPEAT_EXHAUSTED."""


class ResultPage(NamedTuple):
    """An answer, and the url that it came from."""

    after: Event
    url: str


Ask = Callable[[Any, str], Awaitable[ResultPage]]
"""Requests the value of `next` from a page of a url."""


class Pages:
    """The pages of a request: one is requested when the items of the one before were taken."""

    def __init__(self, paginate: Paginate, most: int, ask: Ask) -> None:
        self._paginate, self._most, self._ask = paginate, most, ask

    def portions(self, first: ResultPage) -> AsyncGenerator[list[Any], None]:
        """Return the items, page by page. Errors of the first page are raised immediately."""
        return self._portions(self._looked_at(first, 1), first.url)

    def _looked_at(self, page: ResultPage, number: int) -> tuple[list[Any], Any]:
        """Return the items on a page, and the request for the next; None if it is the last."""
        seen = PageEvent(**asdict(page.after), page=number)
        items, following = self._paginate.items.evaluate(seen), self._paginate.next.evaluate(seen)
        if items is not None and not isinstance(items, (list, tuple, Appended)):
            raise FlowError(EXPRESSION, "'items' of paginate gives no list")
        return list(items or ()), None if _is_end(following) else following

    async def _portions(self, looked_at: tuple[list[Any], Any], url: str) -> AsyncGenerator[list[Any], None]:
        number = 1
        items, following = looked_at
        while True:
            if items:
                yield items
            if following is None:
                return
            if number >= self._most:
                raise FlowError(REPEAT_EXHAUSTED, f"the upstream has more than {self._most} pages")
            number += 1
            page = await self._ask(following, url)
            (items, following), url = self._looked_at(page, number), page.url


def _is_end(following: Any) -> bool:
    """Return whether there is no next page. Raise MULE:EXPRESSION if it cannot be requested."""
    if following is None or following == "":
        return True
    if isinstance(following, Mapping):
        return all(value is None for value in following.values())
    if isinstance(following, str):
        return False
    raise FlowError(EXPRESSION, "'next' of paginate gives neither a url nor a map of query parameters")
