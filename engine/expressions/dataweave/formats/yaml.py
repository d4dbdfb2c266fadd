"""YAML 1.2's core schema; aliases and tags are refused."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.formats import json_writing
from engine.expressions.dataweave.formats.properties import Properties, Values, flag, number, text
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.functions.formats import yaml_text
from engine.expressions.reading import exact_json

READING = Properties(encoding=text(), maxEntityCount=number(1))
WRITING = Properties(
    skipNullOn=text(), writeDeclaration=flag(True), duplicateKeyAsArray=flag(False), encoding=text("UTF-8")
)
DECLARATION = "%YAML 1.2\n---\n"


def read(content: str, values: Values) -> Any:
    return yaml_text.read(content, {})


def write(value: Any, values: Values) -> str:
    """Return the text of a document. Raise Failed for an object in which a key repeats."""
    as_json = {**json_writing.WRITING.defaults(), "indent": False, "skipNullOn": values["skipNullOn"]}
    written = json_writing.write(value, {**as_json, "duplicateKeyAsArray": values["duplicateKeyAsArray"]})
    try:
        plain = exact_json(written.encode())
    except ValueError:
        raise Failed("YAML has no keys that repeat") from None
    return (DECLARATION if values["writeDeclaration"] else "") + yaml_text.write(plain, {})
