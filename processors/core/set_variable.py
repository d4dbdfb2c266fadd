from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine import Name, Processor, Template, assigning


class SetVariable(Processor):
    """Make a value a variable, which later steps read as `vars.NAME`.

    `append(vars.list, x)` costs the same however long the list is.

    Example:
        given: {payload: {id: 7}}
        run:
          - set-variable: {variableName: id, value: "#[payload.id]"}
        expect: {vars.id: 7, payload: {id: 7}}
    """

    variable_name: Name
    """The variable's name."""

    value: Template
    """Its new value."""

    run_at_once: ClassVar[Any]

    def __post_init__(self) -> None:
        self._prepare(run_at_once=assigning(self.variable_name, self.value.evaluate))

    def assigns(self) -> Mapping[str, Any]:
        return {f"vars.{self.variable_name}": self.value.tree}
