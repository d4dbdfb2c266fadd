"""Maps that grow in place while `reduce` builds them."""

from __future__ import annotations

from typing import Any


class Growing(dict[str, Any]):
    """A map that only `reduce` refers to: as its accumulator it takes entries without being copied.

    It becomes a plain map when the reduction ends.
    """

    __slots__ = ()


def grown(value: Any) -> Any:
    """Return the value in a form that others may refer to."""
    return dict(value) if type(value) is Growing else value
