from __future__ import annotations

from engine import Event, FlowError, Template
from engine.connectors import INVALID_VALUE, KEY_ALREADY_EXISTS, NULL_VALUE
from processors.os._uses_store import OF_KEYS, UsesEntry


class Store(UsesEntry):
    """Store a value under a key, replacing the one before.

    Example:
        configs:
          States: {os:object-store: {persistent: false}}
        given: {payload: {id: 7, state: open}}
        run:
          - os:store: {objectStore: States, key: "order-#[payload.id]", value: "#[payload.state]"}
          - os:retrieve: {objectStore: States, key: order-7, target: state}
        expect: {vars.state: open, payload.id: 7}
    """

    value: Template = Template("#[payload]")
    """The value to store; the payload, if left out."""

    fail_if_present: bool = False
    """Whether OS:KEY_ALREADY_EXISTS is raised if the key has a value; otherwise that value is replaced."""

    fail_on_null_value: bool = True
    """Whether null raises OS:NULL_VALUE; otherwise null is not stored, and the value before stays."""

    raises = (*OF_KEYS, INVALID_VALUE, KEY_ALREADY_EXISTS, NULL_VALUE)

    async def run(self, event: Event) -> Event:
        key, value = self.key.of(event), self.value.evaluate(event)
        if value is not None:
            await self.store.put(key, value, replace=not self.fail_if_present)
        elif self.fail_on_null_value:
            raise FlowError(NULL_VALUE, "null cannot be stored")
        return event
