"""DataWeave scripts of the XML, unchanged."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.texts import converted
from engine.mule.xml.nodes import Node

CLASSPATH = ("classpath://", "classpath:")


def script_of(conversion: Conversion, node: Node) -> dict[str, Any]:
    """Return the script that stands in an element, or in the file that it names."""
    conversion.report.scripts["all"] += 1
    if name := node.get("resource"):
        return {"resource": resource_name(conversion, name, node)}
    return {"dataweave": converted(node.text.strip()) + "\n"}


def resource_name(conversion: Conversion, name: str, node: Node) -> str:
    """Return the name of a file of src/main/resources as it is here."""
    name = converted(name).strip().replace("\\", "/")
    for prefix in CLASSPATH:
        name = name.removeprefix(prefix)
    name = name.removeprefix("/")
    conversion.refer("file", name, node)
    return name
