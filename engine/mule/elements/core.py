"""Mule's core: steps that change the event, and flows' references to each other."""

from __future__ import annotations

import re
from typing import Any

from engine.mule.conversion.children import content
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.conversion.scripts import resource_name
from engine.mule.conversion.texts import is_expression
from engine.mule.elements.common import ERROR_MAPPING, operation
from engine.mule.elements.stores import nested_store
from engine.mule.xml.nodes import Node

READ = "#[do {{ var value = {0} --- if (value is String) read(value, {1}) else value }}]"
NO_DESCRIPTION = "An error occurred."
LITERAL_NAME = re.compile(r"""\s*#\[\s*(["'])([^"'$\\]*)\1\s*\]\s*""")


def _flow_ref(conversion: Conversion, node: Node, params: Params) -> Any:
    literal = LITERAL_NAME.fullmatch(params.get("name", ""))
    name = params["name"] = literal[2] if literal else params.get("name", "")
    if not is_expression(name):
        conversion.refer("flow", name, node)
    return {"flow-ref": params}


def _parse_template(conversion: Conversion, node: Node, params: Params) -> Any:
    if "location" in params:
        params["location"] = resource_name(conversion, params["location"], node)
    return {"parse-template": params}


def _raise_error(conversion: Conversion, node: Node, params: Params) -> Any:
    """Add the description that Mule gives an error without one."""
    return {"raise-error": {**params, "description": params.get("description", NO_DESCRIPTION)}}


def _set_variable(conversion: Conversion, node: Node, params: Params) -> Any:
    """Leave out the media type: a value is a value here. A text that is JSON is read."""
    media_type = params.pop("mimeType", "")
    value = str(params.get("value"))
    if not media_type or "java" in media_type or "---" in value:
        return {"set-variable": params}
    conversion.note(node, "mimeType of set-variable", "a text is read as it says when it is set")
    if is_expression(value):
        params["value"] = READ.format(value.strip()[2:-1].strip(), quoted(media_type))
    else:
        params["value"] = f"#[read({quoted(value)}, {quoted(media_type)})]"
    return {"set-variable": params}


def quoted(text: str) -> str:
    """Return a text as DataWeave writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n")
    return f'"{escaped}"'


RULES = [
    Rule("set-payload", texts="value mimeType", no_matter="encoding", finish=None),
    Rule("set-variable", texts="variableName value mimeType", no_matter="encoding", finish=_set_variable),
    Rule("remove-variable", texts="variableName"),
    Rule("logger", texts="message level category"),
    Rule("flow-ref", texts="name target targetValue", finish=_flow_ref),
    Rule("raise-error", texts="type description", finish=_raise_error),
    operation(
        "parse-template",
        "location outputMimeType",
        finish=_parse_template,
        no_matter="outputEncoding",
        children={"content": content("content")},
    ),
    Rule(
        "idempotent-message-validator",
        texts="idExpression valueExpression",
        refs={"objectStore": "os:object-store"},
        no_matter="storePrefix",
        children={"os:private-object-store": nested_store("objectStore"), "error-mapping": ERROR_MAPPING},
    ),
]
