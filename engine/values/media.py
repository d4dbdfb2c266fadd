"""Media types, and reading texts by them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.reading import read_json as read_json
from engine.expressions.texts import without_mark
from engine.values.errors import TRANSFORMATION, FlowError


@lru_cache(maxsize=64)  # most requests have the same few
def is_json(media_type: str | None) -> bool:
    """Return whether a media type is JSON: application/json, or anything that ends in +json."""
    essence = (media_type or "").partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


def read_media_type(payload: Any, media_type: str | None) -> Any:
    """Return the value of a text whose media type is JSON, and any other payload as it is.

    Raises MULE:TRANSFORMATION for a text that is not JSON.
    """
    if not isinstance(payload, str) or not is_json(media_type):
        return payload
    spend(len(payload), "reading JSON")
    try:
        return read_json(without_mark(payload).encode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise FlowError(TRANSFORMATION, f"the text is no JSON: {error}", cause=error) from error


def own_media_type(payload: Any) -> str | None:
    """Return the media type that a text, or bytes, knows of itself, as what DataWeave writes does."""
    return getattr(payload, "media_type", None) if isinstance(payload, (str, bytes)) else None


def read_yaml(text: str) -> Any:
    """Read a YAML text (1.2's core schema). Raises ValueError for anything else, including tags and aliases."""
    from engine.expressions.functions.formats.yaml_text import read  # few flows need it

    try:
        return read(text, {})
    except EvaluationError as error:
        raise ValueError(str(error)) from None
