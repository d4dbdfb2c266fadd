"""All names of an application: by their places, and by what they mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from engine.editor.names.mention import (
    CONFIG,
    ELEMENT,
    FLOW,
    HANDLER,
    LABEL,
    REAL,
    SELECTION,
    TEXT,
    TYPE,
    VARIABLE,
    FileNames,
    Mention,
)
from engine.editor.names.variables import Scopes

Key = tuple[str, str, str]


class Names:
    """The names of all files. What they mean is known only now that all are there."""

    def __init__(self, files: Iterable[FileNames]) -> None:
        files = list(files)
        self._by_file: dict[str, list[Mention]] = defaultdict(list)
        self._by_key: dict[Key, list[Mention]] = defaultdict(list)
        self._scopes = Scopes(files)
        meanings = _Meanings(each for file in files for each in file.mentions)
        for mention in (each for file in files for each in file.mentions):
            if (meant := meanings.of(mention)) is not None:
                self._by_file[meant.place.file].append(meant)
                self._by_key[self._key(meant)].append(meant)

    def _key(self, mention: Mention) -> Key:
        """Return what all mentions of the same thing share."""
        return mention.kind, self._scopes.of(mention), mention.name

    def at(self, path: Path, line: int, column: int) -> Mention | None:
        """Return the name that a cursor before that column touches; the shortest, if names are inside of others."""
        touched = [each for each in self._by_file.get(str(path), ()) if each.holds(line, column)]
        return min(touched, key=lambda each: each.length, default=None)

    def of_file(self, path: Path) -> list[Mention]:
        return self._by_file.get(str(path), [])

    def same(self, mention: Mention) -> list[Mention]:
        """Return all mentions of the same thing."""
        return self._by_key.get(self._key(mention), [])

    def definitions(self, mention: Mention) -> list[Mention]:
        return [each for each in self.same(mention) if each.is_definition]

    def all(self, kind: str) -> Iterator[Mention]:
        """Yield the definitions of a kind."""
        for key, mentions in self._by_key.items():
            if key[0] == kind:
                yield from (each for each in mentions if each.is_definition)

    def flow_paths(self, name: str) -> Iterator[Mention]:
        """Yield the mentions in which tests name steps by their places in a flow, or in a list of handlers."""
        for kind in (FLOW, HANDLER):
            yield from (each for each in self._by_key.get((kind, "", name), ()) if each.is_path)

    def is_taken(self, mention: Mention, name: str) -> bool:
        """Return whether something of the same kind has that name."""
        if mention.kind == VARIABLE:
            return self._scopes.meets(mention, name)
        others = self._by_key.get((mention.kind, mention.scope, name), ())
        return any(each.is_definition for each in others)


class _Meanings:
    """Finds out what names are whose kind depends on all files."""

    def __init__(self, mentions: Iterable[Mention]) -> None:
        known: dict[str, set[str]] = defaultdict(set)
        for each in mentions:
            if each.is_definition:
                known[each.kind].add(each.name)
        self._known: Mapping[str, Collection[str]] = known

    def of(self, mention: Mention) -> Mention | None:
        """Return the mention as what it is; None for a text that is no name."""
        if mention.kind == TEXT:
            return replace(mention, kind=TYPE) if mention.name in self._known[TYPE] else None
        if mention.kind == REAL and mention.name in self._known[CONFIG]:
            return replace(mention, kind=CONFIG)
        return self._selected(mention) if mention.kind in (REAL, SELECTION) else mention

    def _selected(self, mention: Mention) -> Mention:
        """Return what selects a step: its label, the flow at the beginning of its path, or its element."""
        if mention.name in self._known[LABEL]:
            return replace(mention, kind=LABEL)
        for kind in (FLOW, HANDLER):
            owners = [name for name in self._known[kind] if mention.name.startswith(f"{name}/")]
            if owners:
                name = max(owners, key=len)
                return replace(mention, kind=kind, name=name, length=len(name), is_whole=False, is_path=True)
        return replace(mention, kind=ELEMENT)
