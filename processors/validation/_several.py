"""Validators that hold others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from engine import After, Chain, Code, ErrorType, Event, FlowError, Link, Mistake, Scope, VoidOperation, refuse
from engine.connectors import TIMEOUT, VALIDATION, Run, Step, raised_types, union
from processors.validation._validator import violation


def _checked(steps: Chain) -> Chain:
    """Refuse elements that cannot fail a validation: their changes to the event would be lost."""
    mistakes = [
        Mistake("F303", f"'{step.name}'", "validators only, which leave the event as it is")
        for step in steps.steps
        if not _is_validator(step)
    ]
    if mistakes or not steps.steps:
        refuse(mistakes or [Mistake("F303", "an empty list", "at least one validator")])
    return steps


def _is_validator(step: Step) -> bool:
    types = (ancestor for raised in raised_types(step.processor) for ancestor in raised.lineage)
    return isinstance(step.processor, VoidOperation) and VALIDATION in types


class Several(Scope, VoidOperation):
    """The base of validation:all and validation:any."""

    steps: Annotated[Chain, AfterValidator(_checked)]
    """The validators."""

    raises: ClassVar[tuple[ErrorType, ...]] = (violation("MULTIPLE"), TIMEOUT)

    message_after = After.BEFORE
    variables_after = After.BEFORE

    def keeps(self, raised: ErrorType) -> bool:
        return VALIDATION in raised.lineage

    def code(self, link: Link) -> Code:
        rows = [link.row([step]) for step in self.steps.steps]
        return Code(partial(self._run, [row.awaited for row in rows]), None, union(row.effects for row in rows))

    async def _run(self, validators: Sequence[Run], event: Event) -> Event:
        """Return the event after all validators, each of which is a row of its own."""
        raise NotImplementedError

    async def failures(self, validators: Sequence[Run], event: Event) -> list[FlowError]:
        """Run every validator; return the validation errors, in order. Any other error is raised immediately."""
        failures = []
        for validator in validators:
            try:
                await validator(event)
            except FlowError as failure:
                if VALIDATION not in failure.type.lineage:
                    raise
                failures.append(failure.with_traceback(None))  # it holds this frame: avoids a reference cycle
        return failures

    def multiple(self, failures: list[FlowError]) -> FlowError:
        """Join all errors into one, whose description has a line for each."""
        description = "\n".join(failure.description for failure in failures)
        return FlowError(self.raises[0], description, child_errors=failures)
