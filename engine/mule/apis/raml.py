"""RAML 1.0 → OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class RamlMistake(Exception):
    """A file of RAML that cannot be converted. As text: the reason."""


def openapi_of(file: str, read: Callable[[str], bytes | None]) -> dict[str, Any]:
    raise RamlMistake("not yet")
