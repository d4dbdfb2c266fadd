"""All rules, by Mule's names."""

from __future__ import annotations

from engine.mule.conversion.rule import Rule
from engine.mule.elements import apikit, core, db, ee, http, json, loggers, scheduling, scopes, stores, validation, vm

STEPS: dict[str, Rule] = {
    rule.name: rule
    for module in (core, scopes, http, db, stores, vm, validation, json, ee, apikit, loggers)
    for rule in module.RULES
}
"""What stands in a row of steps."""

SOURCES: dict[str, Rule] = {rule.name: rule for module in (http, vm, scheduling) for rule in module.SOURCES}
"""What starts a flow."""

CONFIGS: dict[str, Rule] = {
    rule.name: rule for module in (http, db, stores, vm, ee, apikit) for rule in module.CONFIGS
}
"""What others name."""
