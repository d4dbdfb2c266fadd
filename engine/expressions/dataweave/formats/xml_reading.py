"""Reads XML: elements are keys, with their namespaces and attributes, in order; repeated elements are repeated keys.

The standard library's expat reads it. A DOCTYPE is refused, and with it every entity of a document's own.
"""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.formats.properties import Properties, Values, flag, number, text
from engine.expressions.dataweave.values.annotated import annotate
from engine.expressions.dataweave.values.objects import AnyObject, Key, Namespace, object_of
from engine.expressions.errors import NotInFormat
from engine.expressions.functions.formats.xml_text import LONG_TAG
from engine.expressions.functions.limits import refuse_depth, refuse_many_nodes
from engine.limits import DEEPEST, MOST_NODES

READING = Properties(
    nullValueOn=text("blank", "blank", "empty", "none"),
    encoding=text(),
    collectionPath=text(),
    indexedReader=flag(True),
    optimizeFor=text(),
    maxEntityCount=number(1),
    maxAttributeSize=number(65536),
    externalEntities=flag(False),
    supportDtd=flag(False),
)
TEXT = "__text"
NIL = "nil"
SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
XML = Namespace("xml", "http://www.w3.org/XML/1998/namespace")
NO_NAMESPACE = Namespace("", "")
CDATA = {"cdata": True}
BETWEEN = "\x1f"
"""Stands between uri, name and prefix; no XML can hold it."""


def read(content: str, values: Values) -> AnyObject:
    """Return an object with the root. Raise NotInFormat, or EvaluationError for too many elements or levels."""
    from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

    for tag in LONG_TAG.finditer(content):  # all its attributes come together
        refuse_many_nodes(tag[0].count("="), "read")
    reader, parser = _Reader(values["nullValueOn"]), ParserCreate("utf-8", BETWEEN)
    parser.namespace_prefixes = True
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartNamespaceDeclHandler = reader.declare
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartCdataSectionHandler = reader.begin_cdata
    parser.EndCdataSectionHandler = reader.end_cdata
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_doctype(parser)
    try:
        parser.Parse(content.lstrip().encode(), True)
    except ExpatError as error:
        raise NotInFormat(ErrorString(error.code) or "it cannot be parsed", error.lineno, error.offset + 1) from None
    return object_of(reader.root)


def _refuse_doctype(parser: Any) -> None:
    raise NotInFormat("it has a DOCTYPE", parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)


class _Element:
    """An element that is not closed yet.

    pieces: the text since the last child. plain: where in it the text behind the last CDATA section begins.
    """

    __slots__ = ("entries", "has_cdata", "is_nil", "key", "pieces", "plain")

    def __init__(self, key: str, is_nil: bool = False) -> None:
        self.key = key
        self.is_nil = is_nil
        self.entries: list[tuple[str, Any]] = []
        self.pieces: list[str] = []
        self.has_cdata = False
        self.plain = 0

    def drop_blanks(self) -> None:
        """Drop the text beside a CDATA section if it is blank."""
        if self.has_cdata and not "".join(self.pieces[self.plain :]).strip():
            del self.pieces[self.plain :]


class _Reader:
    """Makes objects of expat's calls; the last of `open` is the innermost element."""

    def __init__(self, null_on: str) -> None:
        self._top = _Element("")
        self._open = [self._top]
        self._count = 0
        self._keeps_blank = null_on in ("none", "empty")
        self._empty = "" if null_on == "none" else None
        self._names: dict[str, tuple[str, Namespace | None]] = {}
        self._is_without = False
        """Whether the next element says xmlns="": it is in no namespace, though those around it are."""

    @property
    def root(self) -> list[tuple[str, Any]]:
        return self._top.entries

    def declare(self, prefix: str | None, uri: str | None) -> None:
        self._is_without |= not prefix and not uri

    def start(self, name: str, attributes: list[str]) -> None:
        self._count += 1 + len(attributes) // 2
        if self._count > MOST_NODES or len(self._open) > DEEPEST:
            refuse_many_nodes(self._count, "read")
            refuse_depth(len(self._open), "read")
        self._flush(self._open[-1])
        local, namespace = self._name(name)
        if self._is_without:
            namespace, self._is_without = namespace or NO_NAMESPACE, False
        if not attributes:
            self._open.append(_Element(Key(local, namespace) if namespace else local))
            return
        found, is_nil = self._attributes(attributes)
        key = Key(local, namespace, object_of(found) if found else None) if found or namespace else local
        self._open.append(_Element(key, is_nil))

    def end(self, name: str) -> None:
        element = self._open.pop()
        self._open[-1].entries.append((element.key, self._value(element)))

    def text(self, piece: str) -> None:
        self._open[-1].pieces.append(piece)

    def begin_cdata(self) -> None:
        element = self._open[-1]
        element.has_cdata = True
        if not self._keeps_blank:
            element.drop_blanks()

    def end_cdata(self) -> None:
        self._open[-1].plain = len(self._open[-1].pieces)

    def _name(self, name: str) -> tuple[str, Namespace | None]:
        """Return the local name and the namespace of a name as expat writes it: uri, name, prefix."""
        known = self._names.get(name)
        if known is None:
            uri, local, prefix = [*name.split(BETWEEN), ""][:3] if BETWEEN in name else ("", name, "")
            known = local, (XML if uri == XML.uri else Namespace(prefix, uri)) if uri else None
            self._names[name] = known
        return known

    def _attributes(self, attributes: list[str]) -> tuple[list[tuple[str, Any]], bool]:
        """Return the attributes, and whether the element is nil by one of them."""
        found: list[tuple[str, Any]] = []
        is_nil = False
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            local, namespace = self._name(name)
            if namespace and local == NIL and namespace.uri == SCHEMA_INSTANCE and value == "true":
                is_nil = True
            else:
                found.append((Key(local, namespace) if namespace else local, value))
        return found, is_nil

    def _flush(self, element: _Element) -> None:
        """Make the text in front of a child an entry of its own."""
        content = self._content(element)
        if (self._keeps_blank and content) or content.strip():
            element.entries.append((TEXT, self._text(element, content)))
        element.pieces.clear()
        element.has_cdata, element.plain = False, 0

    def _content(self, element: _Element) -> str:
        if not self._keeps_blank:
            element.drop_blanks()
        return "".join(element.pieces)

    def _value(self, element: _Element) -> Any:
        if element.is_nil:
            return None
        if element.entries:
            self._flush(element)
            return object_of(element.entries)
        content = self._content(element)
        if not content:
            return self._empty
        return self._text(element, content) if self._keeps_blank or content.strip() else None

    @staticmethod
    def _text(element: _Element, content: str) -> str:
        return annotate(content, CDATA) if element.has_cdata else content
