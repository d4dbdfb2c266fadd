from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import Event
from engine.connectors import Run
from processors.validation._several import Several


class All(Several):
    """Run several validators, and report all that do not hold together.

    Every validator runs, whatever the others say. If any does not hold, VALIDATION:MULTIPLE is raised: its description
    has a line for each message, and the errors themselves, with their types, are in `error.childErrors`. An error of
    another kind, such as MULE:EXPRESSION, ends the scope as it is.

    Example:
        given: {payload: {name: "", email: ada}}
        run:
          - validation:all:
              steps:
                - validation:is-not-blank-string: {value: "#[payload.name]", message: name is blank}
                - validation:is-email: {email: "#[payload.email]", message: email is not well formed}
        expect:
          error.type: VALIDATION:MULTIPLE
          "error.childErrors[].description": [name is blank, email is not well formed]
    """

    def demands(self) -> Sequence[tuple[Any, Mapping[str, Any]]]:
        return tuple(demand for step in self.steps.steps for demand in step.processor.demands())

    async def _run(self, validators: Sequence[Run], event: Event) -> Event:
        failures = await self.failures(validators, event)
        if failures:
            raise self.multiple(failures)
        return event
