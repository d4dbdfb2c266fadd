"""set-event and its like → the event that is given to a case, or steps that make it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from engine.mule.conversion.texts import value_of
from engine.mule.munit.scripts import constant, file_read, script_of
from engine.mule.munit.unfit import Unfit
from engine.mule.munit.values import JSON, constant_text, given_value
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

PARTS = ("munit:payload", "munit:attributes", "munit:variables")
OF_EVENT = re.compile(r"\b(?:payload|vars|attributes|message|error|correlationId)\b")
LABEL = "doc:name"


def given_of(node: Node) -> dict[str, Any] | None:
    """Return the event that a set-event makes; None if it depends on the event before."""
    if any(_depends(each) for each in node.walk()):
        return None
    given: dict[str, Any] = {}
    if (payload := node.child("munit:payload")) is not None:
        given |= given_payload(payload)
    if (attributes := node.child("munit:attributes")) is not None:
        given["attributes"] = given_value(attributes)
        if not isinstance(given["attributes"], dict):
            return None
    if variables := dict(_variables(node)):
        given["vars"] = {name: given_value(each) for name, each in variables.items()}
    return given


def given_payload(node: Node) -> dict[str, Any]:
    """Return the payload of an element, and its media type."""
    given: dict[str, Any] = {"payload": given_value(node)}
    for name in ("mediaType", "mimeType"):
        if node.get(name):
            given["mimeType"] = constant_text(node, name)
    if isinstance(given["payload"], str) and given.get("mimeType", "").startswith(JSON):
        given["payload"] = _read(given["payload"])
    return given


def _read(text: str) -> Any:
    """Return the value of a text that is JSON, as a request is to send it; the text itself if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _depends(node: Node) -> bool:
    text = node.get("value")
    script = script_of(text)
    if script is None or constant(text) is not None or file_read(text) is not None:
        return False
    return bool(OF_EVENT.search(script))


def is_fixed(node: Node) -> bool:
    """Return whether the value of an element depends on no event."""
    return not _depends(node)


def _variables(node: Node) -> Iterator[tuple[str, Node]]:
    for outer in node.all("munit:variables"):
        for each in outer.elements:
            yield each.get("key"), each


def check(node: Node) -> None:
    """Raise Unfit for parts of an event that no case gives."""
    for each in node.elements:
        if each.name not in PARTS:
            why = "a case gives payload, attributes and variables"
            raise Unfit(each, f"{each.name} of munit:set-event", why, "a mock that raises the error, or a try")


def steps_of(node: Node) -> list[Part]:
    """Return the steps that do what a set-event does."""
    made: list[dict[str, Any]] = []
    if variables := dict(_variables(node)):
        made += [{"set-variable": {"variableName": name, **_value(each)}} for name, each in variables.items()]
    if (attributes := node.child("munit:attributes")) is not None:
        script = script_of(value_of(attributes.get("value")))
        made.append({"transform": {"set-attributes": {"dataweave": f"{script or '{}'}\n"}}})
    if (payload := node.child("munit:payload")) is not None:
        media_type = {"mimeType": constant_text(payload, "mediaType")} if payload.get("mediaType") else {}
        made.append({"set-payload": {**_value(payload), **media_type}})
    return [Part(each, node, kind="step") for each in made]


def _value(node: Node) -> dict[str, Any]:
    return {"value": value_of(node.get("value"))}
