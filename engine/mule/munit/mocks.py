"""mock-when → mock; spy → spy; verify-call → calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.expressions.digits import is_digits
from engine.mule.conversion.conversion import Conversion
from engine.mule.munit.assertions import Assertions
from engine.mule.munit.scripts import constant
from engine.mule.munit.selecting import Selector, Steps
from engine.mule.munit.unfit import Unfit
from engine.mule.munit.values import constant_text, replied_value
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

IDLE = "no step of the flows is meant: it does nothing, neither in MUnit"
COUNTS = {"times": "", "atLeast": "$gte", "atMost": "$lte"}
MEDIA_TYPE = "mediaType"
UNKNOWN = "MULE:UNKNOWN"


class Doubles:
    """Makes the mocks, spies and counts of one suite."""

    def __init__(self, conversion: Conversion, steps: Steps) -> None:
        self._conversion, self._steps = conversion, steps

    def mocks(self, node: Node) -> list[Part]:
        """Return the entries of a `mock-when`: one for each step that has no common name."""
        selectors = self._steps.selectors(node)
        if not selectors:
            self._conversion.note(node, f"mock-when of {node.get('processor')}", IDLE)
        alone = any(not each.is_stand_in for each in selectors)
        entries = (self._mock(each, node, is_beside=alone and each.is_stand_in) for each in selectors)
        return [Part(entry, node, _label(node) if number == 0 else ()) for number, entry in enumerate(entries)]

    def _mock(self, selector: Selector, node: Node, *, is_beside: bool) -> dict[str, Any]:
        entry = selector.entry()
        if is_beside:  # it says that a part of the step has no counterpart
            return entry
        if call := node.child("munit-tools:then-call"):
            return {**entry, "call": call.get("flow")}
        returned = node.child("munit-tools:then-return")
        if returned is None:
            return entry
        if error := returned.child("munit-tools:error"):
            return {**entry, "raise": _raised(error)}
        return {**entry, "return": self._returned(returned, self._target(selector, node))}

    def _target(self, selector: Selector, node: Node) -> str:
        """Return the variable that gets the result of a step which has no counterpart."""
        if not selector.is_stand_in:
            return ""
        origin = self._steps.named(selector.processor)[0].origin
        return origin.get("target") if origin else ""

    def _returned(self, returned: Node, target: str) -> dict[str, Any]:
        reply: dict[str, Any] = {}
        payload, attributes = (returned.child(f"munit-tools:{name}") for name in ("payload", "attributes"))
        variables = {each.get("key"): replied_value(each) for outer in returned.all("munit-tools:variables")
                     for each in outer.elements}  # fmt: skip
        if payload is not None and target:
            variables[target] = replied_value(payload)
        elif payload is not None and payload.attributes.keys() & {"value"}:
            reply["payload"] = replied_value(payload)
        if attributes is not None:
            reply["attributes"] = replied_value(attributes)
        if variables:
            reply["vars"] = variables
        if payload is not None and payload.get(MEDIA_TYPE) and "payload" in reply:
            reply["mimeType"] = constant_text(payload, MEDIA_TYPE)
        return reply

    def spies(self, node: Node) -> list[Part]:
        """Return the entries of a spy, whose processors may only be assertions."""
        looks = {}
        for name in ("before-call", "after-call"):
            if look := node.child(f"munit-tools:{name}"):
                looks[name.removesuffix("-call")] = {"expect": self._looked(look)}
        selectors = [each for each in self._steps.selectors(node) if not each.is_stand_in]
        if not selectors:
            raise Unfit(node, f"spy of {node.get('processor')}", "no step of the flows is meant", "leave it out")
        return [Part({**each.entry(), **looks}, node, _label(node)) for each in selectors]

    def _looked(self, look: Node) -> dict[str, Any]:
        assertions = Assertions()
        for each in look.elements:
            if not assertions.takes(each):
                why = "spies only look at the event"
                raise Unfit(each, f"{each.name} in a spy", why, "an assertion, or a mock with `sequence`", "M")
            assertions.add(each)
        return assertions.expected()

    def calls(self, node: Node) -> list[Part]:
        """Return the entry of a `verify-call`."""
        selectors = self._steps.selectors(node)
        times = _times(node)
        if not selectors and (times == 0 or (isinstance(times, dict) and "$gte" not in times)):
            self._conversion.note(node, f"verify-call of {node.get('processor')}", IDLE)
            return []
        if len(selectors) != 1:
            found = "several steps, which have no common name" if selectors else "no step of the flows"
            why = f"it means {found}"
            raise Unfit(node, f"verify-call of {node.get('processor')}", why, "calls of each step by its path")
        count = {} if times == {"$gte": 1} else {"times": times}
        return [Part({**selectors[0].entry(), **count}, node)]


def _label(node: Node) -> list[str]:
    text = node.get("doc:description").strip()
    return [text] if text else []


def _raised(error: Node) -> dict[str, Any]:
    name = constant_text(error, "typeId") if error.get("typeId") else UNKNOWN
    return {"type": name if ":" in name else f"MULE:{name}"}


def _times(node: Node) -> Any:
    """Return the expected number of calls: a number, or matchers."""
    found = dict(_counts(node))
    return found.get("", found) if found else {"$gte": 1}


def _counts(node: Node) -> Iterator[tuple[str, int]]:
    for name, matcher in COUNTS.items():
        if name in node.attributes:
            given = constant(node.get(name))
            if given is None or not is_digits(str(given.value)):
                raise Unfit(node, f"{name} of verify-call", "it is computed", "a number")
            yield matcher, int(given.value)
