"""A link from a step to a flow."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Self

from pydantic_core import core_schema

from engine.parameters.expression import Template
from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.validated import TEXT, Validated
from engine.plan.code import Code
from engine.plan.effects import ANYTHING
from engine.plan.link import Link, is_to_link
from engine.steps.chain import Chain
from engine.values.errors import ROUTING, FlowError
from engine.values.event import Event
from engine.work.nesting import Runnable, run_nested


class FlowLink(Validated):
    """The name of a flow or sub-flow, which may be an expression.

    flows: all flows by name; filled while the application is loaded, so that their order does not matter.
    """

    word = "name of a flow"
    schema = TEXT

    def __init__(self, name: Template, flows: Mapping[str, Runnable]) -> None:
        self._name = name
        self._flows = flows
        self.static_name: str | None = str(name.literal) if name.is_literal else None

    def members(self) -> Iterable[Any]:
        return self._name, self.static_target()

    def target(self, event: Event) -> Runnable:
        """Return the flow to run for this event. Raises MULE:ROUTING if there is none of that name."""
        name = self.static_name or self._name.evaluate(event)
        try:
            return self._flows[name]
        except (KeyError, TypeError):
            raise FlowError(
                ROUTING, "there is no flow of that name", detailed_description=f"no flow {name!r}"
            ) from None

    def static_target(self) -> Runnable | None:
        """Return the flow, if its name is not an expression and the flow exists."""
        return self._flows.get(self.static_name) if self.static_name else None

    def run(self, event: Event) -> Awaitable[Event]:
        """Run the flow, which may lead back here, and return the event after it."""
        return run_nested(self.target(event), event)

    def code(self, link: Link) -> Code:
        """Return the steps of a sub-flow, as if they were written here, as they never lead back by themselves.

        A flow is called instead.
        """
        flow = self.static_target()
        if isinstance(flow, Chain):
            return link.code(flow)
        return Code(self.run, None, link.code(flow).effects if is_to_link(flow) else ANYTHING)

    @classmethod
    def to(cls, flow: Runnable) -> FlowLink:
        """Return a link to this flow, for processors that are created in Python."""
        return cls(Template("flow"), {"flow": flow})

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self | FlowLink:
        if isinstance(value, cls):
            return value
        if hasattr(value, "run"):
            return cls.to(value)
        if not isinstance(value, str) or not value.strip():
            refuse([Mistake("F303", shown(value), "the name of a flow or sub-flow")])
        loading = loading_of(info)
        link = cls(Template(value, loading.reach), loading.flows)
        if link.static_name:
            loading.expect_flow(link.static_name, value)
        return link
