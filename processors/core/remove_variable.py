from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from engine import Event, Name, Processor
from engine.connectors import Constant, Naming


class RemoveVariable(Processor):
    """Forget a variable. If it does not exist, that is not an error.

    Example:
        given: {vars: {token: abc, id: 7}}
        run:
          - remove-variable: {variableName: token}
        expect: {vars: {id: 7}}
    """

    variable_name: Annotated[Name, Naming("variable")]
    """The variable's name."""

    def assigns(self) -> Mapping[str, Any]:
        return {f"vars.{self.variable_name}": Constant(None)}

    def run_plain(self, event: Event) -> Event:
        return event.without_variable(self.variable_name)
