"""MUnit's other processors, as steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.mule.conversion.texts import value_of
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

STORE = "Munit_Store"
FAILED = "MUNIT:FAIL"
IGNORED = {
    "munit-tools:log": "it only writes a line",
}


def _step(element: str, node: Node, **params: Any) -> list[Part]:
    label = {"doc:name": node.get("doc:name")} if node.get("doc:name") else {}
    return [Part({element: {**label, **params}}, node, kind="step")]


def _fail(node: Node) -> list[Part]:
    return _step("raise-error", node, type=FAILED, description=value_of(node.get("message")) or "the test fails")


def _store(node: Node) -> list[Part]:
    value = node.child("munit-tools:value")
    text = node.get("value") or (value.text if value is not None else "") or "#[payload]"
    return _step("os:store", node, key=value_of(node.get("key")), objectStore=STORE, value=value_of(text))


def _retrieve(node: Node) -> list[Part]:
    target = {name: value_of(node.get(name)) for name in ("target", "targetValue") if node.get(name)}
    return _step("os:retrieve", node, key=value_of(node.get("key")), objectStore=STORE, **target)


def _clear(node: Node) -> list[Part]:
    return _step("os:clear", node, objectStore=STORE)


def _remove(node: Node) -> list[Part]:
    return _step("os:remove", node, key=value_of(node.get("key")), objectStore=STORE)


TOOLS: Mapping[str, Callable[[Node], list[Part]]] = {
    "munit-tools:fail": _fail,
    "munit-tools:store": _store,
    "munit-tools:retrieve": _retrieve,
    "munit-tools:remove": _remove,
    "munit-tools:clear-stored-data": _clear,
}
