"""MUnit's mocks, spies and counts: which steps they mean, and what these do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rules import SOURCES
from engine.mule.conversion.texts import is_expression, value_of
from engine.mule.munit.matching import with_resources
from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

OURS = {"ee:transform": "transform", "ee:cache": "cache"}
LABEL, ID = "doc:name", "doc:id"
NO_STEP = Advice("no step of the flows is meant", "mock the step that is, by its doc:name", "S")
NO_LABEL = Advice("the step has no doc:name by which a test could name it", "give it one", "S")


class Steps:
    """The elements of an application that tests can mean."""

    def __init__(self, roots: Iterable[Node]) -> None:
        self.elements = [each for root in roots for each in root.walk()]
        self.labels: dict[str, set[str]] = {}
        for each in self.elements:
            self.labels.setdefault(each.get(LABEL), set()).add(each.name)

    def meant(self, node: Node) -> list[Node]:
        """Return the elements that a mock means, by its processor and attributes."""
        wanted = wanted_of(node)
        name = node.get("processor")
        return [each for each in self.elements if each.name == name and _fits(each, wanted)]

    def selectors(self, conversion: Conversion, node: Node) -> list[dict[str, Any]]:
        """Return how a test file names the steps that a mock means; a gap for those that it cannot name."""
        wanted, name = wanted_of(node), node.get("processor")
        found = self.meant(node)
        if not found:
            conversion.report.add_gap(node, f"{node.name} of {name}", NO_STEP)
            return []
        is_known = name in conversion.rules and name not in SOURCES
        rest = {key: value for key, value in wanted.items() if key not in (LABEL, ID)}
        if is_known and LABEL not in wanted and ID not in wanted:
            return [{"processor": OURS.get(name, name), **_with(rest)}]
        labels = dict.fromkeys(each.get(LABEL) for each in found if each.get(LABEL))
        if not labels:
            conversion.report.add_gap(node, f"{node.name} of {name}", NO_LABEL)
        return [{"processor": label} for label in labels]


def wanted_of(node: Node) -> dict[str, str]:
    """Return the attributes that a mock asks for, by their names."""
    entries = [each for each in node.walk() if each.name == "munit-tools:with-attribute"]
    return {each.get("attributeName"): _plain(each.get("whereValue")) for each in entries}


def _plain(text: str) -> str:
    """Return a text that may be written as an expression, such as `#['x']`."""
    match = re.fullmatch(r"\s*#\[\s*(['\"])(.*)\1\s*\]\s*", text, re.DOTALL)
    return match[2] if match else text


def _fits(element: Node, wanted: dict[str, str]) -> bool:
    return all(_plain(element.get(name)) == value for name, value in wanted.items())


def _with(wanted: dict[str, str]) -> dict[str, Any]:
    return {"with": {name: value_of(value) for name, value in wanted.items()}} if wanted else {}


def reply_of(conversion: Conversion, node: Node, flows: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a mocked step does. flows: those of the test file, to which one may be added under a name."""
    then = next((each for each in node.elements if each.local_name in ("then-return", "then-call")), None)
    if then is None:
        return {}
    if then.local_name == "then-call":
        return {"call": then.get("flow")}
    if (error := then.child("munit-tools:error")) is not None and error.get("typeId"):
        return {"raise": {"type": _plain(error.get("typeId"))}}
    returned = dict(_returned(then, "munit-tools"))
    if not returned:
        return {}
    flows[name] = {"steps": [{"transform": returned}]}
    return {"call": name}


def _returned(node: Node, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the parameters of a transformation that makes the event of an element's payload, attributes, variables."""
    payload = node.child(f"{prefix}:payload")
    if payload is not None and payload.get("value"):
        yield "set-payload", _value(payload)
        if (media_type := payload.get("mediaType") or payload.get("mimeType")) and "java" not in media_type:
            yield "mimeType", value_of(media_type)
    attributes = node.child(f"{prefix}:attributes")
    if attributes is not None and attributes.get("value"):
        yield "set-attributes", _value(attributes)
    variables = [each for each in node.walk() if each.name == f"{prefix}:variable"]
    if variables:
        yield "set-variables", {each.get("key"): _value(each) for each in variables}


def _value(node: Node) -> Any:
    text = value_of(with_resources(node.get("value")))
    is_map_without_braces = is_expression(text) and re.match(r"#\[\s*['\"]?\w+['\"]?\s*:", text)
    return f"#[{{{text[2:-1]}}}]" if is_map_without_braces else text


def event_of(node: Node) -> list[dict[str, Any]]:
    """Return the step that sets the event of a test."""
    made = dict(_returned(node, "munit"))
    return [{"transform": made}] if made else []
