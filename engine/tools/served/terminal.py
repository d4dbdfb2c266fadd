"""SIGHUP has two senders: whoever wants a reload, and a terminal that is closed."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def has_terminal() -> bool:
    """Return whether somebody sits at a terminal from which the process was started."""
    with suppress(OSError, ValueError, AttributeError):
        return sys.stdin.isatty() and bool(os.tcgetpgrp(sys.stdin.fileno()))
    return False
