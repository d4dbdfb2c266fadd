"""What `log` tells, and to whom: the application around the scripts may set it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

Tell = Callable[[str, Any], None]
logger = logging.getLogger("engine.dataweave")


def _log(prefix: str, value: Any) -> None:
    logger.info("%s%s", f"{prefix} - " if prefix else "", type(value).__name__)


_tell: list[Tell] = [_log]


def bind(tell_: Tell) -> None:
    """Set what `log` calls, for all scripts of the process: a function of the prefix and the value."""
    _tell[0] = tell_


def tell(prefix: str, value: Any) -> None:
    _tell[0](prefix, value)
