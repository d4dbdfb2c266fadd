"""YAML (1.2's core schema) as values, and back.

Values are made of the parser's events, not by a loader: so nesting is bounded before it costs
anything (a loader recurses, and libyaml's time grows with the square of open brackets), and an
alias, by which nine lines become a billion elements, is refused where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.limits import YAML_TOO_DEEP, refuse_depth, refuse_many_nodes
from engine.expressions.operators import number_in
from engine.expressions.writing import encode
from engine.limits import DEEPEST

TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
"""No other is read: what a tag makes of a text is the business of the one who wrote it."""
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
"""YAML 1.2, 10.3.2; hexadecimal and octal numbers, .inf and .nan stay texts."""
CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
MISSING = object()


class _Builder:
    """Puts values together; `open` holds the unfinished lists and maps, `keys` the key that each map waits with."""

    def __init__(self) -> None:
        self.open: list[Any] = []
        self.keys: list[Any] = []
        self.documents: list[Any] = []

    def begin(self, container: Any) -> None:
        refuse_depth(len(self.open), "read")
        self.open.append(container)
        self.keys.append(MISSING)

    def end(self) -> None:
        self.keys.pop()
        self.put(self.open.pop())

    def put(self, value: Any) -> None:
        if not self.open:
            self.documents.append(value)
        elif isinstance(self.open[-1], list):
            self.open[-1].append(value)
        elif self.keys[-1] is MISSING:
            self.keys[-1] = self._key(value)
        else:
            self.open[-1][self.keys[-1]] = value
            self.keys[-1] = MISSING

    def _key(self, value: Any) -> str:
        if isinstance(value, (dict, list)):
            raise EvaluationError("read() takes YAML whose keys are scalars")
        key = value if isinstance(value, str) else encode(value).decode()
        if key in self.open[-1]:
            raise EvaluationError("read() finds a key twice in a map of YAML")
        return key


def read(text: str, options: Mapping[str, Any]) -> Any:
    import yaml

    builder = _Builder()
    steps: dict[type, Callable[[Any], None]] = {
        yaml.ScalarEvent: lambda event: builder.put(_scalar(event)),
        yaml.SequenceStartEvent: lambda event: builder.begin([]),
        yaml.MappingStartEvent: lambda event: builder.begin({}),
        yaml.SequenceEndEvent: lambda event: builder.end(),
        yaml.MappingEndEvent: lambda event: builder.end(),
        yaml.AliasEvent: _refuse_alias,
    }
    try:
        for count, event in enumerate(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))):
            refuse_many_nodes(count, "read")
            if getattr(event, "tag", None) not in TAGS:
                raise EvaluationError("read() takes YAML without tags of its own")
            steps.get(type(event), _pass)(event)
    except yaml.YAMLError as error:
        if YAML_TOO_DEEP in str(error):
            refuse_depth(DEEPEST + 1, "read")
        raise ValueError from error
    return _only(builder.documents)


def _pass(event: Any) -> None:
    """The start and end of the stream and of a document."""


def _refuse_alias(event: Any) -> None:
    raise EvaluationError("read() refuses YAML with aliases")


def _only(documents: list[Any]) -> Any:
    if len(documents) > 1:
        raise EvaluationError("read() takes YAML of one document")
    return documents[0] if documents else None


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0]:  # quoted, a block, or tagged as a text
        return text
    if text in CONSTANTS:
        return CONSTANTS[text]
    if not NUMBER.fullmatch(text):
        return text
    number = number_in(_as_in_json(text))
    return text if number is None else number


def _as_in_json(text: str) -> str:
    """`.5` is 0.5, `5.` is 5.0."""
    text = re.sub(r"^([+-]?)\.", r"\g<1>0.", text)
    return re.sub(r"\.(?=[eE]|$)", ".0", text)


def write(value: Any, options: Mapping[str, Any]) -> str:
    import yaml
    from msgspec.json import decode

    plain = decode(encode(value))  # without dates and decimals; and nothing shared, of which YAML would make aliases
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(plain, Dumper=dumper, allow_unicode=True, sort_keys=False, width=1 << 30))
