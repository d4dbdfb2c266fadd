"""The name of an event, and of all that it causes."""

from __future__ import annotations

from random import getrandbits


def new_correlation_id() -> str:
    """A UUID of version 4; it is a name, no secret, so that the quick generator is good enough."""
    digits = f"{getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
