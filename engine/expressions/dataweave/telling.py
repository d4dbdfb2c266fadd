"""What `log` of a script writes: a line at INFO in the log of flows."""

from __future__ import annotations

import logging
from typing import Any

from engine.expressions.budget import BudgetSpent
from engine.expressions.dataweave.formats.formats import writer
from engine.expressions.errors import EvaluationError

CUT = 1_000
"""How many characters of a value a line shows."""
logger = logging.getLogger("engine.flow")
_writer = writer("application/dw", {"indent": ""})


def tell(prefix: str, value: Any) -> None:
    """Write a line with a value as DataWeave writes it, cut if it is long; secrets are hidden as in all lines."""
    if not logger.isEnabledFor(logging.INFO):
        return
    try:
        text = str(_writer.written(value))
    except BudgetSpent:
        raise
    except EvaluationError as error:
        text = f"a value that cannot be written: {error}"
    shown = text if len(text) <= CUT else f"{text[: CUT - 1]}…"
    logger.info("%s%s", f"{prefix} - " if prefix else "", shown)
