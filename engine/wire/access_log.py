"""The access log: one line for each request, or for some of them."""

from __future__ import annotations

import logging
from random import random

access = logging.getLogger("engine.access")
"""The logger of the lines. If it is not enabled for INFO, no request has one."""

FIRST_ERROR = 400
"""The lowest status that is an error, the caller's or ours."""


class AccessLog:
    """Says which requests have a line: errors and slow ones always, of the others a share.

    share: from 0 to 1. slow: milliseconds from which on a request is slow.
    """

    def __init__(self) -> None:
        self.share = 1.0
        self.slow = 1000.0

    def keeps(self, status: int, milliseconds: float, *, has_failed: bool = False) -> bool:
        """Return whether the request has a line.

        has_failed: whether there was an error even though the status says nothing of it.
        """
        if self.share >= 1 or has_failed or status >= FIRST_ERROR or milliseconds >= self.slow:
            return True
        return random() < self.share  # noqa: S311  # a sample, not a secret


access_log = AccessLog()
"""The choice of this process; of all requests if nobody sets it, as where the engine is embedded."""
