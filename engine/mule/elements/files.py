"""Files: `python` steps whose functions are written beside the flows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.mule.conversion.conversion import NO_SUCH_ATTRIBUTE, NO_SUCH_CHILD, OF_EDITORS, Conversion, raising
from engine.mule.conversion.texts import flag, value_of
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

OPERATIONS: dict[str, tuple[str, dict[str, str]]] = {
    "file:read": ("read", {"path": "path", "outputMimeType": "media_type"}),
    "file:write": ("write", {"path": "path", "mode": "mode", "createParentDirectories": "parents"}),
    "file:list": ("listing", {"directoryPath": "path", "recursive": "recursive"}),
    "file:delete": ("delete", {"path": "path"}),
    "file:create-directory": ("create_directory", {"directoryPath": "path"}),
    "file:copy": ("copy", {"sourcePath": "source", "targetPath": "target", "overwrite": "overwrite"}),
    "file:move": ("move", {"sourcePath": "source", "targetPath": "target", "overwrite": "overwrite"}),
    "http:load-static-resource": ("static", {"resourceBasePath": "folder", "defaultFile": "default"}),
    "file:rename": ("rename", {"path": "path", "to": "to", "overwrite": "overwrite"}),
}
"""The function of each operation, and its arguments by Mule's attributes."""

RAISES = ("FILE:ILLEGAL_PATH", "FILE:ACCESS_DENIED", "FILE:FILE_ALREADY_EXISTS", "FILE:ILLEGAL_CONTENT")
FLAGS = ("recursive", "overwrite", "parents")
NO_MATTER = (
    "outputEncoding", "encoding", "lock", "timeBetweenSizeCheck", "timeBetweenSizeCheckUnit", "createParentDirectories",
)  # fmt: skip
OF_STEPS = ("target", "targetValue")
PATTERN = "filenamePattern"


def written(node: Node) -> Callable[[Conversion, Node], list[Part]] | None:
    """Return what makes the step of a file operation; None for any other element."""
    return _operation if node.name in OPERATIONS else None


def source_of_module() -> str:
    return (Path(__file__).parents[1] / "handed" / "files.py").read_text(encoding="utf-8")


def module_of(application: str) -> str:
    from engine.mule.elements.scripting import module_of as name_of

    return name_of(application).replace("_functions", "_files")


def _operation(conversion: Conversion, node: Node) -> list[Part]:
    function, names = OPERATIONS[node.name]
    step: dict[str, Any] = {"doc:name": node.get("doc:name")} if node.get("doc:name") else {}
    arguments: dict[str, Any] = {}
    with conversion.noting() as gaps:
        for name, value in node.attributes.items():
            if name in names:
                arguments[names[name]] = flag(value) if names[name] in FLAGS else value_of(value)
            elif name in OF_STEPS:
                step[name] = value_of(value)
            elif name != "config-ref" and name not in NO_MATTER and not name.startswith(OF_EDITORS):
                what = f"{name} of {node.name}"
                conversion.gap(node, what, NO_SUCH_ATTRIBUTE, is_whole=False, source=f'{name}="{value}"')
        arguments |= _children(conversion, node)
    if folder := _folder(conversion, node):
        arguments["folder"] = folder
    if function == "write":
        arguments.setdefault("content", "#[payload]")
    conversion.uses_files = True
    call = {"function": f"{module_of(conversion.application)}:{function}", "arguments": arguments}
    step = {**step, **call, "raises": list(RAISES), "thread": True}
    return [*(raising(gap, source, node) for gap, source in gaps), Part({"python": step}, node, kind="step")]


def _children(conversion: Conversion, node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in node.elements:
        if child.name == "file:content":
            found["content"] = value_of(child.text)
        elif child.name == "file:matcher" and set(child.attributes) <= {PATTERN, "symLinks"}:
            found |= {"pattern": child.get(PATTERN).removeprefix("glob:")} if child.get(PATTERN) else {}
        else:
            conversion.gap(child, f"{child.name} in {node.name}", NO_SUCH_CHILD)
    return found


def _folder(conversion: Conversion, node: Node) -> str:
    """Return the working directory of the config that an operation names."""
    config = conversion.globals.find("file:config", node.get("config-ref"))
    connection = config.child("file:connection") if config is not None else None
    return value_of(connection.get("workingDir")) if connection is not None else ""
