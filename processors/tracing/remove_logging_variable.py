from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from engine import Event, Name, Processor


class RemoveLoggingVariable(Processor):
    """Remove a logging variable from the log lines of the event; one that is not there is not an error.

    Example:
        run:
          - tracing:set-logging-variable: {variableName: order, value: 7}
          - tracing:remove-logging-variable: {variableName: order}
        expect: {error: null}
    """

    variable_name: Name
    """The name in the log."""

    def assigns(self) -> Mapping[str, Any]:
        return {}

    async def run(self, event: Event) -> Event:
        left = {name: text for name, text in event.logging_variables.items() if name != self.variable_name}
        return replace(event, logging_variables=left)
