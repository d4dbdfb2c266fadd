"""Paths of requests: split at the slashes that the caller wrote; the segments are decoded afterwards."""

from __future__ import annotations

import re
from urllib.parse import unquote

PARAMETER = re.compile(r"\{([^{}/]+)\}")
REST = "*"
"""The last segment of a pattern for the rest of a path, and the name of the rest."""

INNER_SLASH = "\udc2f"
"""A `/` inside a segment, in a split path; no decoded text contains this character."""
ESCAPED_SLASH = re.compile("%2f", re.IGNORECASE)


def cut_path(raw: str) -> str:
    """Decode each segment of a percent-encoded path once, keeping slashes inside segments apart from those between.

    Dot segments, empty segments and everything after a `;` stay as they are: nothing is resolved or dropped.
    """
    return unquote(ESCAPED_SLASH.sub(INNER_SLASH, raw)) if "%" in raw else raw


def joined_path(path: str) -> str:
    """Return a split path, or a part of it, as people read it."""
    return path.replace(INNER_SLASH, "/")


class PathPattern:
    """A path with `{name}` for something within a segment, and a trailing `*` for the rest if `has_rest`.

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
        """Return the values of the names in a split path; None if the path does not match."""
        if self.is_fixed:
            return () if path == self.shape else None
        match = self._pattern.fullmatch(path)
        return tuple(map(joined_path, match.groups())) if match else None

    @property
    def specificity(self) -> tuple[tuple[int, str], ...]:
        """Return the sort key of patterns: fixed segments before parameters, parameters before a rest."""
        return tuple((2 if part.endswith(REST) else 1 if "{" in part else 0, part) for part in self.shape.split("/"))
