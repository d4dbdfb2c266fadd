"""YAML (1.2's core schema) as values, and back.

Values are made from the parser's events, not by a loader: so nesting is bounded before it costs anything (a loader
recurses, and libyaml's time grows with the square of open brackets), and an alias, by which nine lines become a billion
elements, is refused immediately.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import isfinite
from typing import Any

from engine.expressions.digits import is_digits
from engine.expressions.errors import NotInFormat
from engine.expressions.functions.limits import YAML_TOO_DEEP, refuse_depth, refuse_large, refuse_past
from engine.expressions.reading import read_json
from engine.expressions.writing import encode
from engine.limits import DEEPEST, LONGEST_NUMBER, MOST_YAML_NODES

TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
"""No other is read: the meaning of a tag is up to its author."""
CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
SIGNS = frozenset("+-")
FIRST_OF_NUMBERS = frozenset("+-.0123456789")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
"""The start of texts that are not numbers, such as a postal code: as in flow files."""
INDENT = 4
"""The cost of a level for each value: two characters, which take time to write."""
LONG = 64
"""Characters of a text that is quoted if it begins like a number: checking takes long, and it is hardly one."""
PLAIN, QUOTED = (True, True), (False, True)
"""Whether a text is read back unchanged, written plain and quoted."""
MISSING = object()


class _Builder:
    """Assembles values; `open` holds the unfinished lists and maps, `keys` the pending key of each map."""

    def __init__(self) -> None:
        self.open: list[Any] = []
        self.keys: list[Any] = []
        self.documents: list[Any] = []

    def begin(self, container: Any) -> None:
        self.open.append(container)
        refuse_depth(len(self.open), "read")
        self.keys.append(MISSING)

    def end(self) -> None:
        self.keys.pop()
        self.put(self.open.pop())

    def put(self, value: Any) -> None:
        if not self.open:
            self.documents.append(value)
            return
        innermost = self.open[-1]
        if type(innermost) is list:
            innermost.append(value)
        elif self.keys[-1] is MISSING:
            self.keys[-1] = _key(innermost, value)
        else:
            innermost[self.keys[-1]] = value
            self.keys[-1] = MISSING


def _key(fields: dict[str, Any], value: Any) -> str:
    if type(value) in (dict, list):
        raise NotInFormat("a key is a list or a map")
    key = value if type(value) is str else str(value) if type(value) is int else encode(value).decode()
    if key in fields:
        raise NotInFormat("a key stands twice in a map")
    return key


def read(text: str, options: Mapping[str, Any]) -> Any:
    import yaml

    builder, event = _Builder(), None
    put, scalar = builder.put, yaml.ScalarEvent
    steps: dict[type, Callable[[Any], None]] = {
        yaml.SequenceStartEvent: lambda event: builder.begin([]),
        yaml.MappingStartEvent: lambda event: builder.begin({}),
        yaml.SequenceEndEvent: lambda event: builder.end(),
        yaml.MappingEndEvent: lambda event: builder.end(),
        yaml.AliasEvent: _refuse_alias,
    }
    try:
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for event in islice(events, MOST_YAML_NODES + 1):
            if type(event) is scalar:
                put(_scalar(event))
            elif type(event) in steps:
                _check_tag(getattr(event, "tag", None))
                steps[type(event)](event)
        event = None
        refuse_past(MOST_YAML_NODES, MOST_YAML_NODES + sum(1 for _ in islice(events, 1)), "read", "values and keys")
    except NotInFormat as error:
        raise NotInFormat(str(error), *_place(event and event.start_mark)) from None
    except yaml.YAMLError as error:
        if YAML_TOO_DEEP in str(error):
            refuse_depth(DEEPEST + 1, "read")
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        raise NotInFormat(getattr(error, "problem", None) or "it cannot be parsed", *_place(mark)) from None
    return _only(builder.documents)


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _check_tag(tag: str | None) -> None:
    if tag not in TAGS:
        raise NotInFormat("it has a tag of its own")


def _refuse_alias(event: Any) -> None:
    raise NotInFormat("it has an alias")


def _only(documents: list[Any]) -> Any:
    if len(documents) > 1:
        raise NotInFormat("it has more than one document")
    return documents[0] if documents else None


def _scalar(event: Any) -> Any:
    if event.tag is not None:
        _check_tag(event.tag)
    text: str = event.value
    if not event.implicit[0]:  # quoted, a block, or tagged as a text
        return text
    return _number_in(text) if text[:1] in FIRST_OF_NUMBERS else CONSTANTS.get(text, text)


def _number_in(text: str) -> int | float | str:
    """Return the number of a plain text; other texts, and numbers that no float can hold, stay a text.

    Python's numbers are those of YAML 1.2's core schema (10.3.2), except for underscores, other digits and infinity;
    hexadecimal and octal numbers, .inf and .nan stay texts.
    """
    if len(text) > LONGEST_NUMBER or "_" in text or not text.isascii() or LEADING_ZERO.match(text):
        return text
    try:
        if is_digits(text) or (text[0] in SIGNS and is_digits(text[1:])):
            return int(text)
        number = float(text)
    except ValueError:
        return text
    return number if isfinite(number) else text


def write(value: Any, options: Mapping[str, Any]) -> str:
    import yaml

    most = MOST_YAML_NODES // 2  # a key costs as much as a value
    refuse_large(value, most, "write", indent=INDENT)
    plain = read_json(encode(value))  # without dates and decimals; values that render themselves as JSON may be larger
    refuse_large(plain, most, "write", indent=INDENT)
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    events = _Events(dumper.yaml_implicit_resolvers).of(plain)
    return str(yaml.emit(events, Dumper=dumper, allow_unicode=True, width=1 << 30))


class _Events:
    """Yields the events of the parts of a value, for the emitter.

    A dumper would take four times as long, and make aliases of shared values. `resolvers` decide, by its first
    character, how YAML 1.1 would read a plain text.
    """

    def __init__(self, resolvers: Mapping[str, Any]) -> None:
        from yaml import events

        self._scalar, self._resolvers = events.ScalarEvent, resolvers
        self._list, self._map = events.SequenceStartEvent, events.MappingStartEvent
        self._ends: dict[Any, Any] = {list: events.SequenceEndEvent(), dict: events.MappingEndEvent()}
        self._before = [events.StreamStartEvent(), events.DocumentStartEvent(explicit=False)]
        self._after = [events.DocumentEndEvent(explicit=False), events.StreamEndEvent()]

    def of(self, value: Any) -> Iterator[Any]:
        yield from self._before
        open_: list[tuple[Iterator[Any], Any]] = [(iter([value]), None)]
        while open_:
            parts, end = open_[-1]
            for part in parts:
                if type(part) is tuple:  # an entry of a map
                    yield self._text(part[0])
                    part = part[1]
                if type(part) in self._ends:
                    yield self._start(part)
                    open_.append((iter(part if type(part) is list else part.items()), self._ends[type(part)]))
                    break
                yield self._text(part) if type(part) is str else self._other(part)
            else:
                open_.pop()
                if end is not None:
                    yield end
        yield from self._after

    def _start(self, container: Any) -> Any:
        kind = self._list if type(container) is list else self._map
        return kind(None, None, implicit=True, flow_style=not container)

    def _text(self, text: str) -> Any:
        is_long = len(text) > LONG and text[0] in FIRST_OF_NUMBERS
        is_other = is_long or any(pattern.match(text) for _, pattern in self._resolvers.get(text[:1], ()))
        return self._scalar(None, None, QUOTED if is_other else PLAIN, text)

    def _other(self, value: Any) -> Any:
        text = _number(value) if type(value) is float else encode(value).decode()
        return self._scalar(None, None, PLAIN, text)


def _number(value: float) -> str:
    """Return it with the point that YAML 1.1 wants before an exponent."""
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")
