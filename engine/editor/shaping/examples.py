"""What test cases and recordings show of payloads: what is given to a flow, and what mocks return."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.editor.scopes.shape import UNKNOWN, Shape, of_example
from engine.editor.shaping.schemas import read, shape_of_file
from engine.testing.files.case import METHODS

PLACEHOLDER = re.compile(r"\$\{([^}:]*)\}")
ROWS = ("given", *METHODS, "request", "flow", "mock")
"""The parts of a case that tell something of payloads, in which the values of rows may stand."""
DEEPEST = 20
MOST_EXAMPLES = 8
"""How many examples make the shape of one value."""


@dataclass(frozen=True)
class Entrance:
    """How a flow begins: its name, and the path and methods of its listener; no path if it has none."""

    flow: str
    path: str = ""
    methods: frozenset[str] = frozenset()

    def takes(self, act: Mapping[str, Any]) -> bool:
        """Return whether a test runs the flow."""
        if act.get("flow") == self.flow:
            return True
        return bool(self.path) and any(self._serves(*asked) for asked in _requests(act))

    def _serves(self, method: str, path: str) -> bool:
        pattern = "".join(
            "[^/]+" if part[:1] == "{" else re.escape(part) for part in re.split(r"(\{[^}]*\})", self.path)
        )
        pattern = pattern[:-2] + ".*" if pattern.endswith(r"\*") else pattern
        is_method = not self.methods or method in self.methods
        return is_method and re.fullmatch(pattern, urlsplit(path).path) is not None


def _requests(act: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield method and path of what a test asks for."""
    yield from ((method.upper(), str(act[method])) for method in METHODS if act.get(method))
    request = act.get("request")
    if isinstance(request, Mapping):
        yield str(request.get("method", "")).upper(), str(request.get("path", ""))


def acts_of(data: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each act of the cases of a test file, with the name of its case; of a table of them the first row."""
    cases = data.get("cases") if isinstance(data, Mapping) else None
    for title, written in cases.items() if isinstance(cases, Mapping) else ():
        if isinstance(written, Mapping):
            name, case = _first_row(str(title), written)
            yield name, case
            then = case.get("then")
            yield from ((name, act) for act in then if isinstance(act, Mapping)) if isinstance(then, list) else ()


def _first_row(name: str, case: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    rows = case.get("each")
    row = rows[0] if isinstance(rows, list) and rows else None
    if not isinstance(row, Mapping):
        return name, case
    given = {key: value for key, value in case.items() if key in ROWS}
    return str(_filled(name, row, 0)), {**case, **{key: _filled(value, row, 0) for key, value in given.items()}}


def _filled(value: Any, row: Mapping[str, Any], depth: int) -> Any:
    """Return a value with the values of a row in place of `${name}`."""
    if isinstance(value, Mapping) and depth < DEEPEST:
        return {key: _filled(each, row, depth + 1) for key, each in value.items()}
    if isinstance(value, list) and depth < DEEPEST:
        return [_filled(each, row, depth + 1) for each in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    whole = PLACEHOLDER.fullmatch(value)
    if whole and whole[1] in row:
        return row[whole[1]]
    return PLACEHOLDER.sub(lambda found: str(row.get(found[1], found[0])), value)


@dataclass
class Given:
    """The shapes of what test cases give to a flow."""

    payload: Shape = UNKNOWN
    attributes: Shape = UNKNOWN
    vars: Shape = UNKNOWN
    count: int = 0

    def add(self, given: Any, folder: Path) -> None:
        if not isinstance(given, Mapping) or self.count >= MOST_EXAMPLES:
            return
        self.count += 1
        self.payload = self.payload | payload_shape(given.get("payload"), folder)
        self.vars = self.vars | Shape.of(of_example(given.get("vars")))
        own = {name: given[name] for name in ("headers", "queryParams", "uriParams") if name in given}
        self.attributes = self.attributes | Shape.of(of_example(given.get("attributes"))) | Shape.of(of_example(own))


def payload_of(written: Any, folder: Path) -> Any:
    """Return the payload that a test gives; None if it is computed, or none."""
    if isinstance(written, Mapping) and list(written) == ["from-file"]:
        name = str(written["from-file"])
        return None if "${" in name or not name.endswith((".json", ".yaml")) else read(folder / name)
    return None if isinstance(written, str) and "${" in written else written


def payload_shape(written: Any, folder: Path) -> Shape:
    """Return the shape of the payload that a test gives."""
    if isinstance(written, Mapping) and list(written) == ["from-schema"]:
        named = written["from-schema"]
        return shape_of_file(folder / named) if isinstance(named, str) else Shape.of(named)
    return Shape.of(of_example(payload_of(written, folder)))


def mocked(data: Any, names: frozenset[str]) -> Shape:
    """Return the shape of the payloads that mocks of a test file return in the place of a step with these names."""
    found = UNKNOWN
    for mock in _mocks(data):
        if mock.get("processor") in names:
            several = [mock, *(each for each in mock.get("sequence") or () if isinstance(each, Mapping))]
            for each in several:
                returned = each.get("return")
                if isinstance(returned, Mapping):
                    found = found | Shape.of(of_example(returned.get("payload")))
    return found


def _mocks(data: Any) -> Iterator[Mapping[str, Any]]:
    owners = [data, *(act for _, act in acts_of(data))] if isinstance(data, Mapping) else []
    for owner in owners:
        mocks = owner.get("mock")
        yield from (each for each in mocks if isinstance(each, Mapping)) if isinstance(mocks, list) else ()
