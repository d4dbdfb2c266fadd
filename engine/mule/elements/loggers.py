"""Loggers of others than Mule, which do what `logger` does, and metrics, which become lines of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.texts import value_of
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
OF_LINES = ("level", "priority", "category", "config-ref", "doc:name")
IGNORED_CONFIGS = ("json-logger:config", "avio-logger:config")
METRICS = "custom-metrics:send"


def written(node: Node) -> Callable[[Conversion, Node], Part] | None:
    """Return what makes a line of the log of an element; None for an element that is no logger."""
    if node.name == METRICS:
        return _metrics
    is_logger = "logger" in node.local_name.lower() or ("logg" in node.namespace.lower() and node.local_name == "log")
    return _logger if is_logger else None


def _logger(conversion: Conversion, node: Node) -> Part:
    """Return a logger of a map: each attribute and child that says something."""
    message: dict[str, Any] = {
        name: value_of(value) for name, value in node.attributes.items() if name not in OF_LINES and ":" not in name
    }
    message |= {child.local_name: value_of(child.text) for child in node.elements if child.text.strip()}
    if message.get("correlationId") == "#[correlationId]":
        del message["correlationId"]
    level = (node.get("level") or node.get("priority") or "INFO").upper()
    line: dict[str, Any] = {"doc:name": node.get("doc:name")} if node.get("doc:name") else {}
    line |= {"message": message.get("message", "") if message.keys() == {"message"} else message}
    line |= {"level": level if level in LEVELS else "INFO"}
    if category := node.get("category"):
        line["category"] = value_of(category)
    conversion.note(node, node.name, "it is a line of the log here, with all that it says")
    return Part({"logger": line}, node, kind="step")


def _metrics(conversion: Conversion, node: Node) -> Part:
    """Return a logger of the metric, for those who count lines of the log."""
    entries = {
        child.local_name: {
            each.get("dimensionName") or each.get("factName"): value_of(each.get("value")) for each in child.elements
        }
        for child in node.elements
    }
    line = {"message": {"metric": value_of(node.get("metricName")), **entries}, "category": "metrics"}
    conversion.note(node, node.name, "it is a line of the log here; metrics of flows are at --management's /metrics")
    return Part({"logger": line}, node, kind="step")
