"""YAML 1.2 text → data in which everything knows its line and column.

Read from libyaml's events, on a stack of our own: its composer, and Python's recursion, would fail
on a file that is nested deeply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import yaml

from engine.core.mistake import Mistake
from engine.core.text import Text
from engine.loading.place import Place

DEEPEST = 100
MOST_NODES = 200_000
"""Aliases may repeat what they name; past this many nodes a file counts as an attack."""

NULL = re.compile(r"|~|null|Null|NULL")
TRUE, FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
SPECIAL_FLOAT = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}
COMMENT = re.compile(r"(?:^|(?<=[\s]))#")


class Map(dict[str, Any]):
    """A mapping with its place, and those of its keys and values."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, tuple[Place, Place]] = {}

    def put(self, key: str, value: Any, key_place: Place, place: Place | None = None) -> None:
        self[key] = value
        self.places[key] = (key_place, place or key_place)


class Sequence(list[Any]):
    """A list with its place, and those of its entries."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []


def as_data(value: Any) -> Any:
    """The value without its places: Python's own maps, lists and texts."""
    if isinstance(value, Map):
        return {key: as_data(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [as_data(inner) for inner in value]
    return str(value) if isinstance(value, Text) else value


class Scalar(NamedTuple):
    """A text of the file: what YAML made of it, and where it stands between two offsets."""

    value: str
    start: int
    end: int
    style: str


class Document:
    """One flow file: its text, its data (None where it could not be read), its mistakes."""

    def __init__(self, file: str, text: str, short: str = "") -> None:
        self.file = file
        self.text = text
        self.short = short or file
        self.lines = text.splitlines()
        self.mistakes: list[Mistake] = []
        self.data: Any = None
        self.scalars: dict[tuple[int, int], Scalar] = {}
        self._read()

    def place(self, mark: Any, path: tuple[Any, ...] = ()) -> Place:
        """The place of one of libyaml's marks."""
        return Place(self.file, mark.line + 1, mark.column + 1, path, self.short)

    def start(self) -> Place:
        return Place(self.file, 1, 1, (), self.short)

    def exact_place(self, place: Place, offset: int) -> Place:
        """The place of a character of the scalar that begins at `place`, quotes, escapes and folding undone."""
        scalar = self.scalars.get((place.line, place.column))
        if scalar is None:
            return place
        position = self._position(scalar, offset)
        line = self.text.count("\n", 0, position)
        column = position - (self.text.rfind("\n", 0, position) + 1)
        return replace(place, line=line + 1, column=column + 1)

    def _position(self, scalar: Scalar, offset: int) -> int:
        position = scalar.start + (1 if scalar.style in ("'", '"') else 0)
        if scalar.style in ("|", ">"):
            position = self.text.index("\n", scalar.start) + 1
        for character in scalar.value[:offset]:
            if not character.isspace():
                position = self.text.find(character, position, scalar.end) + 1 or position
        rest = scalar.value[offset : offset + 1].strip()
        found = self.text.find(rest, position, scalar.end) if rest else position
        return found if found >= 0 else position

    def _read(self) -> None:
        builder = _Builder(self)
        try:
            for event in yaml.parse(self.text, Loader=yaml.CSafeLoader):
                builder.take(event)
        except yaml.MarkedYAMLError as error:
            self._note_broken(error)
        except yaml.YAMLError as error:
            self.mistakes.append(Mistake("F101", str(error).split("\n")[0], "YAML text", place=self.start()))
        except _GiveUp as error:
            self.mistakes.append(error.mistake)
        else:
            self.data = builder.root
        self.mistakes += self._unquoted_expressions()

    def _note_broken(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        place = self.place(mark) if mark else self.start()
        found = f"{error.problem or error}" + (f" {error.context}" if error.context else "")
        self.mistakes.append(Mistake("F101", found, "YAML", _hint(self, place), place))

    def _unquoted_expressions(self) -> Iterator[Mistake]:
        """Comments that start with `#[`: expressions that YAML dropped, since nobody quoted them."""
        offset = 0
        for number, line in enumerate(self.text.split("\n"), 1):
            for match in COMMENT.finditer(line):
                position = offset + match.start()
                if any(scalar.start <= position < scalar.end for scalar in self.scalars.values()):
                    continue
                if line.startswith("#[", match.start()):
                    expression = line[match.start() :].strip()
                    place = Place(self.file, number, match.start() + 1, (), self.short)
                    yield Mistake(
                        "F104",
                        f"'{expression}', which YAML takes for a comment",
                        "a quoted expression",
                        f'"{expression}"',
                        place,
                    )
                break
            offset += len(line) + 1


def _hint(document: Document, place: Place) -> str:
    """What to write where YAML stumbled over a character that needs quotes."""
    line = document.lines[place.line - 1] if place.line <= len(document.lines) else ""
    return "quotes around the text" if re.search(r"[:,\[{]\s+[`@%&*!|>'\"].|\*:|: .*: ", line) else ""


class _GiveUp(Exception):
    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.found)
        self.mistake = mistake


class _Builder:
    """Takes events, builds Map, Sequence and Text."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root: Any = None
        self.stack: list[Map | Sequence] = []
        self.keys: list[Text | None] = []
        self.paths: list[tuple[Any, ...]] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: list[tuple[str | None, int]] = []
        self.nodes = 0
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._count_documents(event)

    def _count_documents(self, event: yaml.Event) -> None:
        self.documents += 1
        if self.documents > 1:
            self._give_up("F106", "a second YAML document in the file", event, "one document a file")

    def _path(self) -> tuple[Any, ...]:
        """The path of what comes next."""
        if not self.stack:
            return ()
        container, key = self.stack[-1], self.keys[-1]
        return (*self.paths[-1], str(key) if isinstance(container, Map) else len(container))

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if len(self.stack) >= DEEPEST:
            self._give_up("F105", f"nesting of more than {DEEPEST} levels", event, "a flatter file; sub-flows help")
        if self._awaits_key():
            self._give_up("F106", "a map or a list as a key", event, "a plain text as the key")
        place = self.document.place(event.start_mark, self._path())
        container = Map(place) if isinstance(event, yaml.MappingStartEvent) else Sequence(place)
        self._check_tag(event)
        self.paths.append(place.path)
        self._put(container, place)
        self.open_anchors.append((event.anchor, self.nodes))
        self.stack.append(container)
        self.keys.append(None)

    def _close(self) -> None:
        container = self.stack.pop()
        self.keys.pop()
        self.paths.pop()
        anchor, before = self.open_anchors.pop()
        if anchor:
            self.anchors[anchor] = (container, self.nodes - before)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor is None or event.anchor not in self.anchors:
            self._give_up(
                "F101",
                f"the alias '*{event.anchor}' without an anchor before it",
                event,
                "&name first",
                "quotes around a text that starts with '*'",
            )
        value, size = self.anchors[str(event.anchor)]
        self.nodes += size
        self._put(value, self.document.place(event.start_mark, self._path()))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        mark: Any = event.start_mark
        end: Any = event.end_mark
        scalar = Scalar(event.value, mark.index, end.index, event.style or "")
        self.document.scalars[mark.line + 1, mark.column + 1] = scalar
        self._check_tag(event)
        place = self.document.place(event.start_mark, self._path())
        text = Text(event.value, place)
        if self._awaits_key():
            self._key(text, place)
            return
        value = resolve(event.value, text) if event.implicit[0] else text
        self._put(value, place)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)

    def _awaits_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1], Map) and self.keys[-1] is None

    def _key(self, key: Text, place: Place) -> None:
        container = self.stack[-1]
        assert isinstance(container, Map)
        if key in container:
            first = container.places[key][0]
            self.document.mistakes.append(
                Mistake(
                    "F103",
                    f"the key '{key}' a second time",
                    f"one '{key}' here (the first is in line {first.line})",
                    place=place,
                )
            )
        self.keys[-1] = key

    def _put(self, value: Any, place: Place) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise _GiveUp(
                Mistake("F105", f"more than {MOST_NODES} nodes, aliases counted", "a smaller file", place=place)
            )
        if not self.stack:
            self.root = value
        elif isinstance(parent := self.stack[-1], Map):
            key = self.keys[-1]
            assert key is not None
            parent[str(key)] = value
            parent.places[str(key)] = (key.place, place)  # type: ignore[assignment]  # every key has a place
            self.keys[-1] = None
        else:
            parent.append(value)
            parent.places.append(place)

    def _check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        tag = event.tag
        if tag and tag != "!" and not tag.startswith("tag:yaml.org,2002:"):
            self._give_up("F106", f"the tag '{tag}'", event, "plain YAML", "quotes around a text that starts with '!'")
        if tag and tag.startswith("tag:yaml.org,2002:python"):
            self._give_up("F106", f"the tag '{tag}'", event, "plain YAML")

    def _give_up(self, code: str, found: str, event: yaml.Event, expected: str, write: str = "") -> None:
        raise _GiveUp(Mistake(code, found, expected, write, self.document.place(event.start_mark)))


def resolve(text: str, otherwise: Any = None) -> Any:
    """A plain scalar as YAML 1.2's core schema reads it; `on`, `yes` and dates are texts."""
    if NULL.fullmatch(text):
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return SPECIAL_FLOAT.get(text.lower(), text if otherwise is None else otherwise)
