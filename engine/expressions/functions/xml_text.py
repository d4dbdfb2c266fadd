"""XML as maps, and back, by the standard library's expat.

A DOCTYPE is refused, and with it every entity of a document's own: nine lines of them become gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.limits import refuse_depth, refuse_many_nodes
from engine.expressions.writing import to_text

ATTRIBUTE = "@"
TEXT = "#text"
NAME = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML 1.0 document may hold."""
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


class _Reader:
    """Makes maps of expat's calls; the last of `open` is the innermost element."""

    def __init__(self) -> None:
        self.open: list[tuple[dict[str, Any], list[str]]] = [({}, [])]
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        refuse_depth(len(self.open), "read")
        self.count += 1 + len(attributes)
        refuse_many_nodes(self.count, "read")
        self.open.append(({ATTRIBUTE + key: value for key, value in attributes.items()}, []))

    def end(self, name: str) -> None:
        fields, pieces = self.open.pop()
        _add(self.open[-1][0], name, _content(fields, "".join(pieces)))

    def text(self, piece: str) -> None:
        self.open[-1][1].append(piece)

    def doctype(self, *_: Any) -> None:
        raise EvaluationError("read() refuses XML with a DOCTYPE")


def _content(fields: dict[str, Any], text: str) -> Any:
    if not fields:
        return text or None
    if text.strip():
        fields[TEXT] = text.strip()
    return fields


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def read(text: str, options: Mapping[str, Any]) -> dict[str, Any]:
    from xml.parsers.expat import ExpatError, ParserCreate

    reader, parser = _Reader(), ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(text.encode(), True)
    except ExpatError as error:
        raise ValueError from error
    return reader.open[0][0]


def write(value: Any, options: Mapping[str, Any]) -> str:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise EvaluationError("write() makes XML of a map with one entry, the root")
    return "".join(piece for name, content in value.items() for piece in _element(name, content))


def _element(name: Any, content: Any) -> Iterator[str]:
    if isinstance(content, (list, Appended)):
        for one in content:
            yield from _element(name, one)
        return
    name = _name(name)
    if not isinstance(content, Mapping):
        yield from _tagged(name, "", [_escaped(to_text(content))])
        return
    attributes = {key: one for key, one in content.items() if key.startswith(ATTRIBUTE)}
    written = "".join(f' {_name(key[1:])}="{_escaped(to_text(one))}"' for key, one in attributes.items())
    inner = [piece for key, one in content.items() if key not in attributes for piece in _inner(key, one)]
    yield from _tagged(name, written, inner)


def _inner(key: str, content: Any) -> Iterator[str]:
    return iter([_escaped(to_text(content))]) if key == TEXT else _element(key, content)


def _tagged(name: str, attributes: str, inner: list[str]) -> Iterator[str]:
    text = "".join(inner)
    yield f"<{name}{attributes}>{text}</{name}>" if text else f"<{name}{attributes}/>"


def _name(name: Any) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise EvaluationError("write() finds a key that is no name of XML")
    return name


def _escaped(text: str) -> str:
    if FORBIDDEN.search(text):
        raise EvaluationError("write() finds a character that no XML may hold")
    return text.translate(ESCAPES)
