from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import Event, Processor, Template
from engine.connectors import VariableName


class SetVariable(Processor):
    """Make a value a variable, which later steps read as `vars.NAME`.

    `append(vars.list, x)` costs the same however long the list is.

    Example:
        given: {payload: {id: 7}}
        run:
          - set-variable: {variableName: id, value: "#[payload.id]"}
        expect: {vars.id: 7, payload: {id: 7}}
    """

    variable_name: VariableName
    """The variable's name."""

    value: Template
    """Its new value."""

    def assigns(self) -> Mapping[str, Any]:
        return {f"vars.{self.variable_name}": self.value.held}

    def run_plain(self, event: Event) -> Event:
        return event.with_variable(self.variable_name, self.value.evaluate(event))
