from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from engine import Event, Processor
from engine.connectors import NOTHING


class ClearLoggingVariables(Processor):
    """Remove all logging variables from the log lines of the event; the correlation id stays.

    Example:
        run:
          - tracing:set-logging-variable: {variableName: order, value: 7}
          - tracing:clear-logging-variables:
        expect: {error: null}
    """

    def assigns(self) -> Mapping[str, Any]:
        return {}

    async def run(self, event: Event) -> Event:
        return replace(event, logging_variables=NOTHING)
