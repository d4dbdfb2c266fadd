from __future__ import annotations

from engine import Event, FlowError, Processor, Template
from engine.connectors import RaisedType


class RaiseError(Processor):
    """Raise an error. Its type becomes known to handlers by being named here.

    CRITICAL, OVERLOAD and FLOW_BACK_PRESSURE pass all handlers; UNKNOWN is taken by ANY alone.

    Example:
        given: {payload: {stock: 0}}
        run:
          - raise-error: {type: "ORDER:OUT_OF_STOCK", description: "only #[payload.stock] left"}
        expect: {error.type: "ORDER:OUT_OF_STOCK", error.description: only 0 left}
    """

    type: RaisedType
    """`NS:ID`, any you like; without a namespace it is MULE's."""

    description: Template = Template("")
    """A sentence that describes the error; it may go to a caller."""

    may_pass = False

    def __post_init__(self) -> None:
        self._prepare(raises=(self.type,))

    def run_plain(self, event: Event) -> Event:
        raise FlowError(self.type, self.description.text(event) or f"{self.type} was raised")
