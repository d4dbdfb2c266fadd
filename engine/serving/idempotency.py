"""What a listener promises of requests that come again under the same key."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.core.element import Parameters
from engine.core.expression import Expression
from engine.core.parameters import Duration
from engine.core.store import StoreRef


class Idempotency(Parameters):
    """A request with an Idempotency-Key runs once: sent again, it gets the answer of the first time.

    (draft-ietf-httpapi-idempotency-key-header.)
    """

    store: StoreRef = None  # type: ignore[assignment]  # None is its own
    """The os:object-store that keeps the answers; its own, in memory, of 1,000 answers, if left out. Workers, and
    listeners that share keys, need a persistent one."""

    ttl: Annotated[Duration, Field(gt=0)] = 86400.0
    """How long an answer is kept."""

    required: bool = False
    """Whether a request without a key is refused (400)."""

    caller: Expression | None = None
    """Whose key it is: an expression; keys of different callers are different keys. Left out, who security:* steps
    at the head of the flow found out; without them the headers Authorization and Cookie."""
