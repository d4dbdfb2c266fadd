"""The name of an event and of everything it causes."""

from __future__ import annotations

from random import getrandbits


def new_correlation_id() -> str:
    """Return a version 4 UUID. It is a name, not a secret, so the quick generator is good enough."""
    digits = f"{getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
