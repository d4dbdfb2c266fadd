"""All rules, by Mule's names."""

from __future__ import annotations

from collections.abc import Callable

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Rule
from engine.mule.elements import apikit, batch, core, db, ee, http, json, loggers, scheduling, scripting, scopes, stores, validation, vm
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

STEPS: dict[str, Rule] = {
    rule.name: rule
    for module in (core, scopes, http, db, stores, vm, validation, json, ee, apikit)
    for rule in module.RULES
}
"""What stands in a row of steps."""

SOURCES: dict[str, Rule] = {rule.name: rule for module in (http, vm, scheduling) for rule in module.SOURCES}
"""What starts a flow."""

CONFIGS: dict[str, Rule] = {
    rule.name: rule for module in (http, db, stores, vm, ee, apikit) for rule in module.CONFIGS
}
"""What others name."""


def written_step(node: Node) -> Callable[[Conversion, Node], Part] | None:
    """Return what makes the step of an element that no rule describes; None if there is nothing."""
    own = {**scripting.WRITTEN, "batch:job": batch.job}
    return own.get(node.name) or (None if node.name in STEPS else loggers.written(node))
