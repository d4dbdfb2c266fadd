"""Loggers of others than Mule that do what `logger` does."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule, content
from engine.mule.conversion.texts import value_of
from engine.mule.xml.nodes import Node

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")


def _json_logger(conversion: Conversion, node: Node, params: Params) -> Any:
    """Return a logger of a map: the message, the trace point, the content."""
    level = str(params.pop("priority", "INFO")).upper()
    told = {name: params.pop(name) for name in ("message", "tracePoint", "correlationId", "content") if name in params}
    usual = {"correlationId": "#[correlationId]"}
    message = {name: value for name, value in told.items() if usual.get(name) != value}
    return {"logger": {**params, "message": message, "level": level if level in LEVELS else "INFO"}}


def _attributes(conversion: Conversion, node: Node) -> Params:
    return {"content": value_of(node.text)}


RULES = [
    Rule(
        "json-logger:logger",
        texts="message tracePoint priority category correlationId content",
        children={"json-logger:content": content("content")},
        no_matter="config-ref",
        finish=_json_logger,
    )
]
IGNORED_CONFIGS = ("json-logger:config",)
