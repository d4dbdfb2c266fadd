"""XML as maps, and back, by the standard library's expat.

A DOCTYPE is refused, and with it every entity of a document's own: nine lines of them become gigabytes.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.charset import codec_named
from engine.expressions.errors import EvaluationError, NotInFormat
from engine.expressions.functions.limits import refuse_depth, refuse_large, refuse_many_nodes
from engine.expressions.writing import TooLarge, to_text
from engine.limits import DEEPEST, LARGEST_WRITTEN, MOST_NODES

ATTRIBUTE = "@"
TEXT = "#text"
NAME = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML 1.0 document may hold."""
STARTS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    ("<?".encode("utf-16-le"), "utf-16-le"),
    ("<?".encode("utf-16-be"), "utf-16-be"),
)
DECLARATION = re.compile(rb"""<\?xml[^>]{1,100}?encoding\s{0,9}=\s{0,9}["']([A-Za-z][\w.-]{0,40})["']""")
PORTION = 2**18
"""Characters that are escaped in one go."""
LONG_TAG = re.compile("<[^<]{1000000,}")
SPECIAL = re.compile('[\x00-\x08\x0b-\x1f&<>"\ud800-\udfff\ufffe\uffff]')
"""Forbidden characters, and those that are escaped."""
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


class _Reader:
    """Makes maps of expat's calls; the last of `open` is the innermost element."""

    def __init__(self) -> None:
        self.open: list[tuple[dict[str, Any], list[str]]] = [({}, [])]
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1 + len(attributes)
        if self.count > MOST_NODES or len(self.open) > DEEPEST:
            refuse_many_nodes(self.count, "read")
            refuse_depth(len(self.open), "read")
        self.open.append(({ATTRIBUTE + key: value for key, value in attributes.items()} if attributes else {}, []))

    def end(self, name: str) -> None:
        fields, pieces = self.open.pop()
        _add(self.open[-1][0], name, _content(fields, "".join(pieces)))

    def text(self, piece: str) -> None:
        self.open[-1][1].append(piece)


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


def _refuse_doctype(parser: Any) -> None:
    raise NotInFormat("it has a DOCTYPE", parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)


def codec_of(content: bytes) -> str:
    """Return the codec of a document, by its first bytes or its declaration (XML 1.0, appendix F).

    Raise NotInFormat for an unknown encoding.
    """
    for start, codec in STARTS:
        if content.startswith(start):
            return codec
    declared = DECLARATION.match(content)
    try:
        return codec_named(declared[1].decode()) if declared else "utf-8"
    except LookupError:
        raise NotInFormat("it is in an encoding that is none that is known here") from None


def read(text: str, options: Mapping[str, Any]) -> dict[str, Any]:
    from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

    for tag in LONG_TAG.finditer(text):  # all its attributes come together
        refuse_many_nodes(tag[0].count("="), "read")
    reader, parser = _Reader(), ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_doctype(parser)
    try:
        parser.Parse(text.encode(), True)
    except ExpatError as error:
        raise NotInFormat(ErrorString(error.code) or "it cannot be parsed", error.lineno, error.offset + 1) from None
    return reader.open[0][0]


def write(value: Any, options: Mapping[str, Any]) -> str:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise EvaluationError("write() makes XML of a map with one entry, the root")
    if isinstance(root := next(iter(value.values())), (list, Appended)) and len(root) != 1:
        raise EvaluationError(f"write() makes XML of one root, not of a list of {len(root)}")
    refuse_large(value, MOST_NODES // 2, "write")  # a key costs as much as a value
    writer = _Writer()
    for name, content in value.items():
        writer.element(name, content)
    return "".join(writer.pieces)


class _Writer:
    """Collects the pieces of a document in order; a text that is held several times is written as often."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._left = LARGEST_WRITTEN
        self._names: set[str] = set()
        """The texts that were checked."""

    def element(self, name: Any, content: Any) -> None:
        if isinstance(content, (list, Appended)):
            for one in content:
                self.element(name, one)
            return
        is_map = isinstance(content, Mapping)
        self._put(f"<{self._name(name)}")
        if is_map:
            self._attributes(content)
        self._put(">")
        at = len(self.pieces)
        if is_map:
            self._inner(content)
        else:
            self._text(content)
        if len(self.pieces) == at:
            self.pieces[-1] = "/>"
        else:
            self._put(f"</{name}>")

    def _attributes(self, content: Mapping[Any, Any]) -> None:
        for key, one in content.items():
            if key.startswith(ATTRIBUTE):
                self._put(f' {self._name(key[1:])}="{_escaped(one)}"')

    def _inner(self, content: Mapping[Any, Any]) -> None:
        for key, one in content.items():
            if key == TEXT:
                self._text(one)
            elif not key.startswith(ATTRIBUTE):
                self.element(key, one)

    def _text(self, value: Any) -> None:
        text = value if type(value) is str else to_text(value)
        for start in range(0, len(text), PORTION):
            self._put(_escaped(text[start : start + PORTION]))

    def _name(self, name: Any) -> str:
        if name not in self._names:
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise EvaluationError("write() finds a key that is no name of XML")
            self._names.add(name)
        return str(name)

    def _put(self, piece: str) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge
        self.pieces.append(piece)


def _escaped(value: Any) -> str:
    text = value if type(value) is str else to_text(value)
    if not SPECIAL.search(text):
        return text
    if FORBIDDEN.search(text):
        raise EvaluationError("write() finds a character that no XML may hold")
    return text.translate(ESCAPES)
