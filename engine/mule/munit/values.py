"""Values in tests: of a given event, and of what a mock leaves."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.constants import FileRead
from engine.mule.munit.scripts import constant, file_read, script_of, text_of
from engine.mule.munit.unfit import Unfit
from engine.mule.xml.nodes import Node

JSON = "application/json"
AS_JSON = (".json",)
TEXTS = ("text/plain", JSON)


def given_value(node: Node, attribute: str = "value") -> Any:
    """Return the value of an element as test files give it: itself, or how it is made."""
    text = node.get(attribute)
    if (found := _from_file(text, node.get("mediaType"))) is not None:
        return found
    fixed = constant(text)
    if fixed is not None and not _looks_made(fixed.value):
        return fixed.value
    return {"from-expression": _script(text_of(text))}


def replied_value(node: Node, attribute: str = "value") -> Any:
    """Return the value of an element as mocks leave it: itself, from a file, or an expression."""
    text = node.get(attribute)
    if (found := _from_file(text, node.get("mediaType"))) is not None:
        return found
    fixed = constant(text)
    if fixed is not None and not _has_marks(fixed.value):
        return fixed.value
    return text_of(text)


def _script(text: str) -> str:
    script = script_of(text)
    return text if script is None else script


def _from_file(text: str, media_type: str) -> dict[str, str] | None:
    """Return how a payload of JSON is read from its file."""
    read = file_read(text)
    return {"from-file": read.name} if read and _is_json(read, media_type) else None


def _is_json(read: FileRead, media_type: str) -> bool:
    essence = (media_type if read.media_type == "text/plain" else read.media_type).partition(";")[0]
    return essence.strip().lower() == JSON and read.name.endswith(AS_JSON)


def _looks_made(value: Any) -> bool:
    """Return whether a value has a map that test files read as how a value is made."""
    if isinstance(value, dict):
        return any(str(key).startswith("from-") for key in value) or any(map(_looks_made, value.values()))
    return isinstance(value, list) and any(map(_looks_made, value))


def _has_marks(value: Any) -> bool:
    """Return whether a value has a text that would be read as an expression, or be filled in."""
    if isinstance(value, dict):
        return _looks_made(value) or any(map(_has_marks, (*value, *value.values())))
    if isinstance(value, list):
        return any(map(_has_marks, value))
    return isinstance(value, str) and ("#[" in value or "${" in value)


def constant_text(node: Node, attribute: str) -> str:
    """Return the text of an attribute, which must be constant. Raise Unfit."""
    found = constant(node.get(attribute))
    if found is None or not isinstance(found.value, (str, int, float)):
        what = f"{attribute} of {node.name}"
        raise Unfit(node, what, "it is computed", "a value that is known before the test runs")
    return str(found.value).strip()
