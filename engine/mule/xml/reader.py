"""XML → nodes, by expat. Nothing is fetched, no entity is expanded, depth and size are bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from engine.mule.xml.namespaces import USUAL, prefix_of
from engine.mule.xml.nodes import Comment, Node

LARGEST = 16 * 2**20
DEEPEST = 200
MOST_ELEMENTS = 200_000
WRAPPER = "fragment"
DECLARATION = re.compile(rb"\s*<\?xml[^>]*\?>")
DECLARED_ENCODING = re.compile(rb"""(<\?xml[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')""")
TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
SEVERAL_ROOTS = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class XmlMistake(Exception):
    """A file that cannot be read. As text: what is wrong, with the place and what is expected."""

    def __init__(self, file: str, line: int, column: int, found: str, expected: str) -> None:
        super().__init__(f"{file}:{line}:{column} {found}\n  expected: {expected}")
        self.file, self.line, self.column, self.found, self.expected = file, line, column, found, expected


def read(data: bytes, file: str) -> Node:
    """Return the root of a file; that of a fragment with several is called `fragment`. Raise XmlMistake."""
    if len(data) > LARGEST:
        raise XmlMistake(file, 1, 1, f"{len(data)} bytes", f"a file of at most {LARGEST}")
    text = _as_utf_8(data, file)
    if (zero := text.find(b"\0")) >= 0:
        line, column = text.count(b"\n", 0, zero) + 1, zero - text.rfind(b"\n", 0, zero)
        raise XmlMistake(file, line, column, "a zero byte", "text")
    if not text.strip():
        raise XmlMistake(file, 1, 1, "an empty file", "flows in Mule's XML")
    try:
        return _Reader(file, text).read()
    except expat.ExpatError as error:
        if error.code != SEVERAL_ROOTS:
            raise _mistake(file, error) from None
    try:
        return _Reader(file, _wrapped(text), is_wrapped=True).read()
    except expat.ExpatError as error:
        raise _mistake(file, error) from None


def _mistake(file: str, error: expat.ExpatError) -> XmlMistake:
    reason = expat.errors.messages.get(error.code, "it cannot be read")
    return XmlMistake(file, error.lineno, error.offset + 1, f"broken XML: {reason}", "well-formed XML")


def _as_utf_8(data: bytes, file: str) -> bytes:
    """Return the text in UTF-8, whatever the encoding that the file declares."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return _reencoded(data[len(mark) :], encoding, file)
    if data[:2] in (b"<\0", b"\0<"):
        return _reencoded(data, "utf-16-le" if data[0] else "utf-16-be", file)
    declared = DECLARED_ENCODING.match(data.lstrip())
    named = re.search(rb"""encoding\s*=\s*["']([^"']*)""", declared[0]) if declared else None
    return _reencoded(data, named[1].decode("ascii", "replace") if named else "utf-8", file)


def _reencoded(data: bytes, encoding: str, file: str) -> bytes:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise XmlMistake(file, line, 1, f"bytes that are no {encoding.upper()}", "the declared encoding") from None
    except (LookupError, ValueError):
        raise XmlMistake(file, 1, 1, f"the encoding {encoding[:40]!r}, which is unknown", "UTF-8") from None
    return DECLARED_ENCODING.sub(rb"\1", text.encode(), count=1)


def _wrapped(text: bytes) -> bytes:
    """Return the text within one element. The declaration becomes blanks, so that lines stay where they are."""
    declaration = DECLARATION.match(text)
    start = declaration.end() if declaration else 0
    return f"<{WRAPPER}>".encode() + b"\n" * text[:start].count(b"\n") + text[start:] + f"</{WRAPPER}>".encode()


@dataclass
class _Open:
    node: Node
    start: int
    prefixes: dict[str, str]
    text: list[str] = field(default_factory=list)


class _Reader:
    """One run of the parser."""

    def __init__(self, file: str, text: bytes, *, is_wrapped: bool = False) -> None:
        self.file, self.text, self.is_wrapped = file, text, is_wrapped
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.count = 0
        self.leading: list[Comment] = []
        self.parser = parser = expat.ParserCreate("UTF-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = self._comment
        parser.StartDoctypeDeclHandler = self._doctype

    def read(self) -> Node:
        self.parser.Parse(self.text, True)
        assert self.root is not None
        self.root.children[:0] = self.leading
        return self.root

    def _refuse(self, found: str, expected: str) -> XmlMistake:
        parser = self.parser
        return XmlMistake(self.file, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1, found, expected)

    def _doctype(self, name: str, *_: object) -> None:
        raise self._refuse(
            f"a DOCTYPE '{name[:40]}'", "XML without one: it could name other files, or grow without end"
        )

    def _start(self, tag: str, written: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= DEEPEST:
            raise self._refuse(f"elements in more than {DEEPEST} levels", "fewer levels")
        if self.count > MOST_ELEMENTS:
            raise self._refuse(f"more than {MOST_ELEMENTS} elements", "several smaller files")
        prefixes = self._prefixes(written)
        node = Node(_name(tag, prefixes), self.file, self.parser.CurrentLineNumber, self._column())
        for name, value in written.items():
            if name != "xmlns" and not name.startswith("xmlns:"):
                node.attributes[_attribute(name, prefixes)] = value
        if self.open:
            self.open[-1].node.children.append(node)
        self.open.append(_Open(node, self.parser.CurrentByteIndex, prefixes))

    def _column(self) -> int:
        shift = len(WRAPPER) + 2 if self.is_wrapped and self.parser.CurrentLineNumber == 1 else 0
        return max(1, self.parser.CurrentColumnNumber + 1 - shift)

    def _prefixes(self, written: dict[str, str]) -> dict[str, str]:
        outer = self.open[-1].prefixes if self.open else {}
        declared = {
            name[6:]: prefix_of(uri) for name, uri in written.items() if name == "xmlns" or name.startswith("xmlns:")
        }
        return {**outer, **declared} if declared else outer

    def _end(self, tag: str) -> None:
        opened = self.open.pop()
        opened.node.text = text = "".join(opened.text)
        opening = TAG.match(self.text, opened.start)
        blanks = text[: len(text) - len(text.lstrip())].count("\n")
        opened.node.text_line = opened.node.line + (opening[0].count(b"\n") if opening else 0) + blanks
        opened.node.source = self.text[opened.start : self._end_of_tag(opened.start)].decode("utf-8", "replace")
        if not self.open:
            self.root = opened.node

    def _end_of_tag(self, start: int) -> int:
        """Return where an element ends that began at a byte. Of an empty one, the parser is behind it already."""
        at = self.parser.CurrentByteIndex
        if at > start and self.text[at : at + 2] != b"</":
            return at
        tag = TAG.match(self.text, at)
        return tag.end() if tag else len(self.text)

    def _characters(self, text: str) -> None:
        self.open[-1].text.append(text)

    def _comment(self, text: str) -> None:
        comment = Comment(text, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].node.children.append(comment)
        elif self.root is None:
            self.leading.append(comment)


def _name(tag: str, prefixes: dict[str, str]) -> str:
    prefix, colon, local = tag.rpartition(":")
    known = prefixes.get(prefix, USUAL.get(prefix, prefix)) if colon else prefixes.get("", "")
    return f"{known}:{local}" if known else local


def _attribute(name: str, prefixes: dict[str, str]) -> str:
    prefix, colon, local = name.rpartition(":")
    return f"{prefixes.get(prefix, USUAL.get(prefix, prefix))}:{local}" if colon else local
