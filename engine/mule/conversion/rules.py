"""All rules, by Mule's names."""

from __future__ import annotations

from collections.abc import Callable

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Rule
from engine.mule.elements import (
    batch,
    core,
    db,
    ee,
    files,
    json,
    loggers,
    scheduling,
    scopes,
    scripting,
    stores,
    validation,
    vm,
)
from engine.mule.elements.web import apikit, http
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

STEPS: dict[str, Rule] = {
    rule.name: rule
    for module in (core, scopes, batch, http, db, stores, vm, validation, json, ee, apikit)
    for rule in module.RULES
}
"""What stands in a row of steps."""

SOURCES: dict[str, Rule] = {rule.name: rule for module in (http, vm, scheduling) for rule in module.SOURCES}
"""What starts a flow."""

CONFIGS: dict[str, Rule] = {rule.name: rule for module in (http, db, stores, vm, ee, apikit) for rule in module.CONFIGS}
"""What others name."""


def written_step(node: Node) -> Callable[[Conversion, Node], list[Part]] | None:
    """Return what makes the steps of an element that no rule describes; None if there is nothing."""
    if write := files.written(node):
        return write
    one = scripting.WRITTEN.get(node.name) or (None if node.name in STEPS else loggers.written(node))
    return None if one is None else lambda conversion, node: [one(conversion, node)]
