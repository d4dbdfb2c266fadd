"""The event that people give on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.expressions.texts import bytes_without_mark
from engine.values.event import NOTHING, Event
from engine.values.media import read_json


def entering(payload: bytes | None = None, variables: str | None = None, attributes: str | None = None) -> Event:
    """Return the event of a payload, variables and attributes in JSON. Raise ValueError, for people."""
    return Event(
        payload=read("the payload", payload) if payload and payload.strip() else None,
        vars=_map("--vars", variables),
        attributes=_map("--attributes", attributes) or NOTHING,
    )


def _map(option: str, text: str | None) -> dict[str, Any]:
    value = read(option, text.encode()) if text else {}
    if not isinstance(value, Mapping):
        raise ValueError(f'{option} is no map; write {option} \'{{"name": "value"}}\'')
    return dict(value)


def read(what: str, text: bytes) -> Any:
    """Return a value in JSON. Raise ValueError, which names the invalid text."""
    try:
        return read_json(bytes_without_mark(text))
    except ValueError as error:
        raise ValueError(f"{what} is no JSON: {error}") from None


SUFFIXES = {
    ".xml": "application/xml", ".csv": "application/csv", ".yaml": "application/yaml", ".yml": "application/yaml",
    ".txt": "text/plain", ".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson", ".dwl": "application/dw",
}  # fmt: skip
"""The media types of files that are not JSON, for languages that read more than that."""


def inputs(
    payload: bytes | None = None, name: str = "", variables: str | None = None, attributes: str | None = None
) -> dict[str, Any]:
    """Return the same as the inputs of a script. Raise ValueError, for people.

    name: of the payload's file; its suffix tells the media type.
    """
    media_type = SUFFIXES.get(Path(name).suffix.lower(), "application/json")
    return {
        "payload": (payload, media_type) if payload and payload.strip() else None,
        "vars": _map("--vars", variables),
        "attributes": _map("--attributes", attributes),
    }
