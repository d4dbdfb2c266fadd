"""The steps of a job, as they are written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from engine import Chain, Condition, Field, Mistake, Name, Parameters, refuse

Policy = Literal["NO_FAILURES", "ONLY_FAILURES", "ALL"]


class Aggregator(Parameters):
    """Steps for many records at once, behind the steps for each."""

    size: Annotated[int, Field(ge=1)] | None = None
    """How many records make one payload, which is a list of theirs. There are fewer at the end of a block."""

    streaming: bool = False
    """Whether the records of the whole job are one payload, in place of a size: a stream. The steps then run once, when
    all blocks are through the steps for each record; the next step begins after them."""

    steps: Chain
    """The steps to run. Records whose group fails have failed."""

    def __post_init__(self) -> None:
        if (self.size is None) != self.streaming:
            found = "neither size nor streaming" if self.size is None else "streaming beside size"
            refuse([Mistake("F304", found, "one of them", "size: 100, or streaming: true")])


class BatchStep(Parameters):
    """One step of a job: each record goes through it, before any record of its block enters the next."""

    name: Annotated[Name, Field(min_length=1, max_length=200)]
    """Its name, which outcomes tell."""

    accept_policy: Policy = "NO_FAILURES"
    """Which records enter it: those that have not failed in a step before, only those that have, or all."""

    accept_expression: Condition | None = None
    """A condition that must hold in addition; it sees the record as `payload`, and `error` of one that has failed."""

    steps: Chain | None = None
    """The steps to run for each record."""

    aggregator: Aggregator | None = None
    """What is done with many records at once: size and steps. It takes those that the steps have not failed for."""


def _named_apart(steps: Any) -> Any:
    if isinstance(steps, list):
        if not steps:
            refuse([Mistake("F303", "a list of 0", "at least 1", "process-records: [{name: store, steps: […]}]")])
        names = [each.get("name") if isinstance(each, dict) else getattr(each, "name", None) for each in steps]
        if twice := next((name for name in names if name is not None and names.count(name) > 1), None):
            refuse([Mistake("F503", f"the step '{twice}' a second time", "another name")])
    return steps


BatchSteps = Annotated[list[BatchStep], BeforeValidator(_named_apart), Field(alias="process-records")]
"""A parameter `process-records`: one step or more, each with a name of its own."""
