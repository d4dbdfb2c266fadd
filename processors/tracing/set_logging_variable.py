from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from engine import Event, Name, Processor, Template
from engine.limits import LONGEST_LOGGING_VARIABLE


class SetLoggingVariable(Processor):
    """Add a value to each log line of the event, from the next step on, to the end of the flow.

    It is passed on to all scopes, `async` included, and to flows that flow-ref calls. In log lines of text it is
    `name=value`, in JSON it is under `variables`. The value is written as text, cut to its first 1,000 characters.

    Example:
        given: {payload: {id: 7}}
        run:
          - tracing:set-logging-variable: {variableName: order, value: "#[payload.id]"}
          - logger: {message: the line has order=7 at its end}
        expect: {payload.id: 7}
    """

    variable_name: Name
    """The name in the log."""

    value: Template
    """The value."""

    def assigns(self) -> Mapping[str, Any]:
        return {}

    async def run(self, event: Event) -> Event:
        text = self.value.text(event)[:LONGEST_LOGGING_VARIABLE]
        return replace(event, logging_variables={**event.logging_variables, self.variable_name: text})
