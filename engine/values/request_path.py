"""Paths of requests: cut where they were cut by who wrote them, and what is between decoded afterwards."""

from __future__ import annotations

import re
from urllib.parse import unquote

PARAMETER = re.compile(r"\{([^{}/]+)\}")
REST = "*"
"""What a pattern may end with, and the name of what it takes."""

INNER_SLASH = "\udc2f"
"""A `/` inside of a segment, in a path that was cut; no text that was decoded holds this character."""
ESCAPED_SLASH = re.compile("%2f", re.IGNORECASE)


def cut_path(raw: str) -> str:
    """A path, percent-encoded, with each segment decoded once; slashes inside of segments are told from those between.

    Dot segments, empty segments and what follows a `;` stand as they are: nothing is walked or left out.
    """
    return unquote(ESCAPED_SLASH.sub(INNER_SLASH, raw)) if "%" in raw else raw


def joined_path(path: str) -> str:
    """What was cut, or a part of it, as people read it."""
    return path.replace(INNER_SLASH, "/")


class PathPattern:
    """A path with `{name}` for something within a segment, and a trailing `*` for all that follows where `has_rest`.

    shape: the path without the names of its parameters.
    """

    __slots__ = ("_pattern", "is_fixed", "names", "shape")

    def __init__(self, written: str, *, has_rest: bool = True) -> None:
        has_rest = has_rest and written.endswith(REST)
        self.shape = PARAMETER.sub("{}", written)
        parts = PARAMETER.split(written.removesuffix(REST) if has_rest else written)
        self.names = parts[1::2]
        pattern = "".join("([^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        if has_rest:
            self.names.append(REST)
            pattern += "(.*)"
        self.is_fixed = not self.names
        self._pattern = re.compile(pattern, re.DOTALL)

    def find(self, path: str) -> tuple[str, ...] | None:
        """What the names take of a path that was cut; None where the path is another."""
        if self.is_fixed:
            return () if path == self.shape else None
        match = self._pattern.fullmatch(path)
        return tuple(map(joined_path, match.groups())) if match else None

    @property
    def specificity(self) -> tuple[tuple[int, str], ...]:
        """The order in which patterns are tried: fixed segments before parameters, those before a rest."""
        return tuple((2 if part.endswith(REST) else 1 if "{" in part else 0, part) for part in self.shape.split("/"))
