"""text/x-java-properties: names and texts, one a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.expressions.dataweave.formats.output import Output
from engine.expressions.dataweave.formats.properties import Properties, Values, text
from engine.expressions.dataweave.formats.scalars import text_of
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import AnyObject, is_object, object_of

READING = Properties(encoding=text())
WRITING = Properties(encoding=text("UTF-8"))
ENTRY = re.compile(r"((?:[^\s:=\\]|\\.)*)[ \t\f]*[:=]?[ \t\f]*(.*)", re.DOTALL)
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
BLANK = "\\"
"""Stands before a blank at the start of a text."""
LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
WRITTEN = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "=": "\\=", ":": "\\:",
                         "#": "\\#", "!": "\\!"})  # fmt: skip


def read(content: str, values: Values) -> AnyObject:
    entries = (ENTRY.fullmatch(line) for line in _lines(content))
    return object_of({_plain(entry[1]): _plain(entry[2]) for entry in entries if entry}.items())


def _lines(content: str) -> Iterator[str]:
    """Yield the lines that are neither blank nor comments, with those that are continued."""
    begun: list[str] = []
    for line in content.splitlines():
        line = line.lstrip(" \t\f")
        if not begun and (not line or line[0] in "#!"):
            continue
        is_continued = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        begun.append(line[:-1] if is_continued else line)
        if not is_continued:
            yield "".join(begun)
            begun = []
    if begun:
        yield "".join(begun)


def _plain(content: str) -> str:
    return ESCAPE.sub(_unescaped, content) if "\\" in content else content


def _unescaped(found: re.Match[str]) -> str:
    sign = found[1]
    return chr(int(sign[1:], 16)) if len(sign) > 1 else LETTERS.get(sign, sign)


def write(value: Any, values: Values) -> str:
    if not is_object(value):
        raise Failed(f"properties are written of an Object, not of {kind_of(value)}")
    out = Output("properties")
    for name, each in value.items():
        key = str(name).translate(WRITTEN).replace(" ", "\\ ")
        content = text_of(each).translate(WRITTEN)
        out.put(f"{key}={BLANK if content[:1] == ' ' else ''}{content}\n")
    return out.text()
