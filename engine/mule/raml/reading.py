"""Reads RAML files: YAML with `!include`, which stays within the folder of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.limits import DEEPEST, MOST_YAML_NODES
from engine.loading.files.data import NotFinite, resolve

INCLUDE = "!include"
LARGEST = 10 * 2**20
"""Bytes of a file."""
DEEPEST_INCLUDES = 50
TABS_BETWEEN = re.compile(r"(?<=\S)\t+")


class RamlError(Exception):
    """A file that cannot be read as RAML. As text: `file:line: the reason`."""


class JsonMap(dict[str, Any]):
    """A map of an included file of JSON: what it says is JSON Schema, not RAML."""


@dataclass
class Files:
    """The files of an API. root: the folder that they may lie in. read: how many values they have together."""

    root: Path
    values: int = 0
    _open: list[Path] = field(default_factory=list)

    def load(self, file: Path) -> Any:
        """Return the content of a file: data of YAML or JSON, or a text. Raises RamlError."""
        file = file.resolve()
        if not file.is_relative_to(self.root.resolve()):
            raise RamlError(f"{file.name} lies outside the folder of the API")
        if file in self._open or len(self._open) >= DEEPEST_INCLUDES:
            raise RamlError(f"{file.name} includes itself")
        self._open.append(file)
        try:
            return self._parsed(file, _text_of(file))
        finally:
            self._open.pop()

    def _parsed(self, file: Path, text: str) -> Any:
        if file.suffix in (".raml", ".yaml", ".yml") or text.startswith("#%RAML"):
            return _Builder(self, file).read(text)
        if file.suffix in (".json", ".jsonld", ".schema"):
            return _json(file, text)
        return text


def _text_of(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise RamlError(f"{file.name} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise RamlError(f"{file.name} is larger than {LARGEST} bytes")
    return data.decode("utf-8-sig", "replace")


def _json(file: Path, text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RamlError(f"{file.name} is not JSON: {error}") from None
    return JsonMap(found) if isinstance(found, dict) else found


class _Builder:
    """Builds data from YAML's events, without recursion, as deep and as large as is allowed."""

    def __init__(self, files: Files, file: Path) -> None:
        self._files, self._file = files, file
        self._open: list[tuple[dict[str, Any] | list[Any], list[str]]] = []
        self._root: Any = None

    def read(self, text: str) -> Any:
        import yaml

        text = TABS_BETWEEN.sub(" ", text)  # no parser takes tabs in texts
        take: dict[type, Callable[[Any], None]] = {
            yaml.MappingStartEvent: lambda event: self._begin({}, event),
            yaml.SequenceStartEvent: lambda event: self._begin([], event),
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._refuse_alias,
        }
        try:
            for event in yaml.parse(text, Loader=_loader_of(text)):
                take.get(type(event), _pass)(event)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise RamlError(f"{self._file.name}:{line}: {getattr(error, 'problem', None) or error}") from None
        return self._root

    def _fail(self, event: Any, reason: str) -> None:
        raise RamlError(f"{self._file.name}:{event.start_mark.line + 1}: {reason}")

    def _refuse_alias(self, event: Any) -> None:
        self._fail(event, f"the alias *{event.anchor}; RAML has !include and types in its place")

    def _begin(self, container: dict[str, Any] | list[Any], event: Any) -> None:
        if len(self._open) >= DEEPEST:
            self._fail(event, f"lists and maps more than {DEEPEST} deep")
        self._put(container, event)
        self._open.append((container, []))

    def _end(self, event: Any) -> None:
        self._open.pop()

    def _scalar(self, event: Any) -> None:
        if self._open and isinstance(self._open[-1][0], dict) and not self._open[-1][1]:
            self._open[-1][1].append(event.value)
        elif event.tag == INCLUDE:
            self._put(self._included(event), event)
        else:
            self._put(_plain(event.value) if event.implicit[0] else event.value, event)

    def _included(self, event: Any) -> Any:
        try:
            return self._files.load(self._file.parent / event.value.strip().lstrip("/"))
        except RamlError as error:
            raise RamlError(f"{self._file.name}:{event.start_mark.line + 1}: {error}") from None

    def _put(self, value: Any, event: Any) -> None:
        self._files.values += 1
        if self._files.values > MOST_YAML_NODES:
            self._fail(event, f"more than {MOST_YAML_NODES} values in all files")
        if not self._open:
            self._root = value
            return
        container, key = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif key:
            container[key.pop()] = value
        else:
            self._fail(event, "a list or a map as a key")


def _loader_of(text: str) -> Any:
    """Return the parser in C if it takes the text: it refuses some colons that the one in Python, and Java's, take."""
    import yaml

    try:
        for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
            pass
    except yaml.YAMLError:
        return yaml.SafeLoader
    return yaml.CSafeLoader


def _plain(text: str) -> Any:
    try:
        return resolve(text)
    except NotFinite:
        return text


def _pass(event: Any) -> None: ...
