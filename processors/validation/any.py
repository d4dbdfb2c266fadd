from __future__ import annotations

from collections.abc import Sequence

from engine import Event
from engine.connectors import Run
from processors.validation._several import Several


class Any(Several):
    """Run several validators, of which one must hold.

    If none holds, VALIDATION:MULTIPLE is raised: its description has a line for each message, and the errors themselves
    are in `error.childErrors`.

    Example:
        given: {payload: {phone: null, email: ada@example.org}}
        run:
          - validation:any:
              steps:
                - validation:is-not-null: {value: "#[payload.phone]"}
                - validation:is-email: {email: "#[payload.email]"}
        expect: {error: null}
    """

    async def _run(self, validators: Sequence[Run], event: Event) -> Event:
        failures = await self.failures(validators, event)
        if len(failures) == len(self.steps.steps):
            raise self.multiple(failures)
        return event
