"""A path of an application: requests are matched by the segments that their callers wrote."""

from __future__ import annotations

from typing import Any

from starlette.routing import Match
from starlette.routing import Route as StarletteRoute
from starlette.types import Scope

from engine.values.request_path import PathPattern, cut_path, joined_path

PATH_VALUES = "engine.path_values"
"""The key of the values of path parameters in the scope of a request."""

PATH = "engine.path"
"""The key of the split path in the scope: all routes are matched against it."""


class PathRoute(StarletteRoute):
    """A route for undecoded paths. Starlette's own matches decoded ones, in which `/a%2Fb` is the same as `/a/b`."""

    def __init__(self, path: str, endpoint: Any) -> None:
        super().__init__("/", endpoint)
        self.path = path
        self.pattern = PathPattern(path)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        path = scope.get(PATH)
        if path is None:
            path = scope[PATH] = _path_below(scope)
        values = self.pattern.find(path)
        if values is None:
            return Match.NONE, {}
        is_taken = self.methods is None or scope["method"] in self.methods
        return Match.FULL if is_taken else Match.PARTIAL, {"endpoint": self.endpoint, PATH_VALUES: values}


def raw_path_of(scope: Scope) -> str:
    """Return the path as received, percent-encoded.

    If the server does not provide it, or a component before us rewrote the path, use that path instead.
    """
    path: str = scope["path"]
    raw = scope.get("raw_path")
    came = raw.decode("latin-1") if raw else ""
    if came == path:  # as most do
        return path
    if joined_path(cut_path(came)) == path:
        return came
    return path.replace("%", "%25")


def _path_below(scope: Scope) -> str:
    """Return the split path after the prefix that an outer application consumed."""
    path = cut_path(raw_path_of(scope))
    prefix = scope.get("root_path", "")
    is_below = bool(prefix) and path.startswith(prefix) and path[len(prefix) :][:1] in ("", "/")
    return path[len(prefix) :] if is_below else path
