"""libyaml's events → data with places.

It uses its own stack: libyaml's composer, and Python's recursion, would fail on a file that is nested deeply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import yaml

from engine.limits import DEEPEST_FILE, MOST_FILE_VALUES
from engine.loading.files.data import Map, NotFinite, Sequence, resolve
from engine.loading.files.place import Place
from engine.parameters.mistake import Mistake, not_finite
from engine.parameters.text import Text

PLAIN_TAGS = frozenset({"!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class Scalar(NamedTuple):
    """A text of the file: YAML's reading of it, and its start and end offset."""

    value: str
    start: int
    end: int
    style: str


class GiveUp(Exception):
    """The rest of the file cannot be read."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.found)
        self.mistake = mistake


class Anchored(NamedTuple):
    """The value of an anchor, how many nodes it has, how many levels."""

    value: Any
    size: int
    height: int


class Level:
    """A map or a list that is still open."""

    def __init__(self, container: Map | Sequence, anchor: str | None, nodes_before: int) -> None:
        self.container = container
        self.anchor = anchor
        self.nodes_before = nodes_before
        self.height = 1
        self.key: Text | None = None

    @property
    def path(self) -> tuple[Any, ...]:
        """The path of the next value in it."""
        container = self.container
        return (*container.place.path, str(self.key) if isinstance(container, Map) else len(container))

    @property
    def awaits_key(self) -> bool:
        return isinstance(self.container, Map) and self.key is None

    def put(self, value: Any, place: Place) -> None:
        if isinstance(self.container, Map):
            key_place: Any = None if self.key is None else self.key.place  # every key has a place
            self.container.put(str(self.key), value, key_place, place)
            self.key = None
        else:
            self.container.append(value)
            self.container.places.append(place)


def too_deep(place: Place) -> Mistake:
    return Mistake(
        "F105", f"more than {DEEPEST_FILE} levels inside each other", "a flatter file, by sub-flows", place=place
    )


class Composer:
    """Takes events, builds Map, Sequence and Text.

    place_at: returns the place of a mark and a path; quoted_at: returns the text at a mark, as it should be written.
    Raises GiveUp if reading on makes no sense; mistakes that leave the rest readable are noted.
    """

    def __init__(self, place_at: Callable[..., Place], quoted_at: Callable[[Any], str]) -> None:
        self.place_at = place_at
        self.quoted_at = quoted_at
        self.root: Any = None
        self.scalars: dict[tuple[int, int], Scalar] = {}
        self.mistakes: list[Mistake] = []
        self._levels: list[Level] = []
        self._anchors: dict[str, Anchored] = {}
        self._nodes = 0
        self._documents = 0

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
        self._documents += 1
        if self._documents > 1:
            self._give_up("F106", "a second YAML document in the file", event, "one document a file, without '---'")

    def _place(self, event: yaml.Event) -> Place:
        return self.place_at(event.start_mark, self._levels[-1].path if self._levels else ())

    def _awaits_key(self) -> bool:
        return bool(self._levels) and self._levels[-1].awaits_key

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self._check_depth(1, event)
        if self._awaits_key():
            self._give_up("F106", "a map or a list as a key", event, "a plain text as the key")
        self._check_tag(event)
        place = self._place(event)
        container = Map(place) if isinstance(event, yaml.MappingStartEvent) else Sequence(place)
        self._put(container, place)
        self._levels.append(Level(container, event.anchor, self._nodes))

    def _close(self) -> None:
        level = self._levels.pop()
        if self._levels:
            self._levels[-1].height = max(self._levels[-1].height, level.height + 1)
        if level.anchor:
            self._anchors[level.anchor] = Anchored(level.container, self._nodes - level.nodes_before, level.height)

    def _check_depth(self, height: int, event: yaml.Event) -> None:
        if len(self._levels) + height > DEEPEST_FILE:
            raise GiveUp(too_deep(self._place(event)))

    def _alias(self, event: yaml.AliasEvent) -> None:
        anchored = self._anchors.get(str(event.anchor))
        if anchored is None:
            found = f"'*{event.anchor}', which YAML takes for an alias of '&{event.anchor}'; that does not stand above"
            self._give_up("F101", found, event, "a text in quotes, or the anchor", self.quoted_at(event.start_mark))
        if self._awaits_key():
            self._give_up("F106", "an alias as a key", event, "a plain text as the key")
        self._check_depth(anchored.height, event)
        self._nodes += anchored.size
        self._put(anchored.value, self._place(event))
        self._levels[-1].height = max(self._levels[-1].height, anchored.height + 1)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        start: Any = event.start_mark
        end: Any = event.end_mark
        self.scalars[start.line + 1, start.column + 1] = Scalar(event.value, start.index, end.index, event.style or "")
        self._check_tag(event)
        self._check_anchor(event)
        place = self._place(event)
        text = Text(event.value, place)
        if self._awaits_key():
            self._key(text, place)
            return
        value = self._plain(text) if event.implicit[0] else text
        self._put(value, place)
        if event.anchor:
            self._anchors[event.anchor] = Anchored(value, 0, 0)

    def _plain(self, text: Text) -> Any:
        try:
            return resolve(text, text)
        except NotFinite:
            self.mistakes.append(not_finite(text, text.place))
            return text

    def _check_anchor(self, event: yaml.ScalarEvent) -> None:
        if event.anchor and not event.value and not event.style:
            found = f"'&{event.anchor}', which YAML takes for the name of a value that is missing"
            self._give_up("F106", found, event, "a text in quotes", self.quoted_at(event.start_mark))

    def _key(self, key: Text, place: Place) -> None:
        level = self._levels[-1]
        if key in level.container and isinstance(level.container, Map):
            line = level.container.places[key][0].line
            expected = f"one '{key}' here (the first is in line {line})"
            self.mistakes.append(Mistake("F103", f"the key '{key}' a second time", expected, place=place))
        level.key = key

    def _put(self, value: Any, place: Place) -> None:
        self._nodes += 1
        if self._nodes > MOST_FILE_VALUES:
            found = f"more than {MOST_FILE_VALUES} values, with those that aliases repeat"
            raise GiveUp(Mistake("F105", found, "a smaller file", place=place))
        if self._levels:
            self._levels[-1].put(value, place)
        else:
            self.root = value

    def _check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is None or event.tag in PLAIN_TAGS:
            return
        is_text = event.tag.startswith("!")
        found = f"'{event.tag}', which YAML takes for a tag" if is_text else f"the YAML tag '{event.tag}'"
        write = self.quoted_at(event.start_mark) if is_text else ""
        self._give_up("F106", found, event, "a text in quotes" if is_text else "a value without a tag", write)

    def _give_up(self, code: str, found: str, event: yaml.Event, expected: str, write: str = "") -> NoReturn:
        raise GiveUp(Mistake(code, found, expected, write, self._place(event)))
