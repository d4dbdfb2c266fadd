"""Maps that grow in place, while `reduce` makes them."""

from __future__ import annotations

from typing import Any


class Growing(dict[str, Any]):
    """A map that nobody holds but `reduce`: as its accumulator it takes entries without being copied.

    It becomes a plain map when the reduction ends.
    """

    __slots__ = ()


def grown(value: Any) -> Any:
    """The value as everybody may hold it."""
    return dict(value) if type(value) is Growing else value
