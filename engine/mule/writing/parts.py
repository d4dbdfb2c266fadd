"""The contents of a flow file before it is text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.mule.xml.nodes import Node


@dataclass
class Part:
    """A value with the comments above it, and the XML that it was made of.

    It may be an entry of a list, or the value of a map. value: anything YAML knows; NOTHING if the comments are all.
    """

    value: Any
    origin: Node | None = None
    comments: Sequence[str] = ()
    kind: str = ""
    """How it may be replaced, if it cannot be loaded: as `step`, `handler`, `source`, or the name of its section."""

    replaced: int = 0
    """The round of checks in which it was replaced; 0 for none."""

    lines: tuple[int, int] = field(default=(0, 0), compare=False)
    """Its first and its last line in the file; known when that was written."""


class _Nothing:
    """The value of a part that has nothing but comments."""


NOTHING = _Nothing()


def plain(value: Any) -> Any:
    """Return the value without comments."""
    if isinstance(value, Part):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if not is_comment(each)}
    return [plain(each) for each in value if not is_comment(each)] if isinstance(value, list) else value


def is_comment(value: Any) -> bool:
    return isinstance(value, Part) and value.value is NOTHING
