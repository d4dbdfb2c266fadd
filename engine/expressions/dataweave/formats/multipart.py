"""Multipart bodies as an object of `parts`, each with `headers` and `content`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from engine.expressions.dataweave.formats.properties import Properties, Values, text
from engine.expressions.dataweave.formats.scalars import text_of
from engine.expressions.dataweave.values.annotated import annotate, schema_of
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import AnyObject, is_object, object_of
from engine.expressions.writing import TooLarge
from engine.limits import LARGEST_WRITTEN, MOST_FIELDS

READING = Properties(boundary=text(), defaultContentType=text("application/octet-stream"))
WRITING = Properties(boundary=text())
DISPOSITION, TYPE = "Content-Disposition", "Content-Type"
LINE = b"\r\n"
BYTES = "application/octet-stream"
BLANK_LINE = re.compile(rb"\r?\n\r?\n|\A\r?\n")
LINE_END = re.compile(rb"\r?\n")
PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{1,200}")


def read(content: bytes, values: Values) -> AnyObject:
    """Return an object of parts by name. values may hold `parameters`: the text of those of the media type.

    Raise Failed without a boundary, and for too many parts.
    """
    boundary = values["boundary"] or _parameters(values.get("parameters", "")).get("boundary") or _first(content)
    if not boundary:
        raise Failed("a multipart body has no boundary", "ReadExecutionException")
    pieces = _pieces(content, boundary.encode())
    preamble, parts = next(pieces), [_part(piece, values) for piece in pieces]
    named = object_of((name or f"part{position}", part) for position, (name, part) in enumerate(parts))
    before = LINE_END.sub(b"\n", preamble).decode("utf-8", "replace")
    return {"preamble": before, "parts": named} if before else {"parts": named}


def _first(content: bytes) -> str:
    """Return the boundary that a body begins with."""
    line = LINE_END.split(content, maxsplit=1)[0].rstrip()
    return line[2:].decode("latin-1") if line.startswith(b"--") else ""


def _pieces(content: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what stands in front of the first boundary, then each part."""
    limit = re.compile(rb"(?:\r?\n|\A)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    start = count = 0
    first = True
    for found in limit.finditer(content):
        piece = content[start : found.start()]
        yield piece + b"\n" if first and piece else piece
        first, start, count = False, found.end(), count + 1
        if found[1]:
            return
        if count > MOST_FIELDS:
            raise Failed(f"a multipart body is read with {MOST_FIELDS} parts at most")
    if first:
        raise Failed("the boundary is not in the multipart body", "ReadExecutionException")
    if start < len(content):
        yield content[start:]


def _part(piece: bytes, values: Values) -> tuple[str, AnyObject]:
    """Return the name of a part, and what it holds."""
    from engine.expressions.dataweave.formats.formats import charset_of, is_known, reader

    blank = BLANK_LINE.search(piece)
    head, body = (piece[: blank.start()], piece[blank.end() :]) if blank else (b"", piece)
    headers: dict[str, Any] = dict(_headers(head))
    disposition = headers.get(DISPOSITION, {})
    media_type = str(headers.get(TYPE, values["defaultContentType"]))
    kind = media_type if is_known(media_type) else BYTES
    content = reader(kind).read(body, charset_of(media_type))
    metadata = {"raw": body, "mediaType": media_type, "mimeType": media_type.partition(";")[0].strip()}
    return disposition.get("name", ""), {"headers": headers, "content": annotate(content, metadata)}


def _headers(head: bytes) -> Iterator[tuple[str, Any]]:
    for line in LINE_END.split(head):
        name, _, value = line.decode("utf-8", "replace").partition(":")
        if not name.strip():
            continue
        if name.strip().lower() == DISPOSITION.lower():
            yield DISPOSITION, {**_parameters(value), "subtype": value.partition(";")[0].strip()}
        else:
            yield TYPE if name.strip().lower() == TYPE.lower() else name.strip(), value.strip()


def _parameters(value: str) -> dict[str, str]:
    found = PARAMETER.findall(value)
    return {name: re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for name, quoted, plain in found}


def write(value: Any, values: Values) -> bytes:
    """Return the bytes of `{preamble: …, parts: {name: {headers: …, content: …}}}`; parts may be an array."""
    parts = value.get("parts") if is_object(value) else None
    if not parts:
        raise Failed(
            "a multipart body is written of {parts: {name: {headers: {…}, content: …}}}, with one part or more"
        )
    boundary = boundary_of(values)
    entries = parts.items() if is_object(parts) else [(f"part{position}", part) for position, part in enumerate(parts)]
    pieces = [text_of(value.get("preamble")).encode() + LINE] if value.get("preamble") is not None else []
    left = LARGEST_WRITTEN
    for name, part in entries:
        piece = b"--" + boundary.encode() + LINE + _written_part(name, part)
        left -= len(piece)
        if left < 0:
            raise TooLarge
        pieces.append(piece)
    return b"".join([*pieces, b"--", boundary.encode(), b"--", LINE])


def boundary_of(values: Values) -> str:
    boundary = values["boundary"] or f"----=_Part_{uuid4().hex}"
    if not BOUNDARY.fullmatch(boundary):
        raise Failed("the property boundary has signs that no boundary may have")
    return str(boundary)


def _written_part(name: str, part: Any) -> bytes:
    if not is_object(part):
        raise Unfit(f"{kind_of(part)} does not convert to Object, which a part is")
    from engine.expressions.dataweave.formats.formats import writer

    headers: Mapping[str, Any] = part.get("headers") or {}
    content = part.get("content")
    media_type = next((text_of(each) for key, each in headers.items() if key.lower() == TYPE.lower()), None)
    media_type = media_type or (schema_of(content) or {}).get("mediaType") or BYTES
    lines = [f"{key}: {text_of(each)}" for key, each in headers.items() if key.lower() != DISPOSITION.lower()]
    head = "\r\n".join([*lines, f"{DISPOSITION}: {_disposition(name, headers)}"])
    if head.count("\n") != len(lines) or head.count("\r") != len(lines):
        raise Failed("a header of a part has a line break")
    return head.encode() + LINE + LINE + writer(media_type).write(content) + LINE


def _disposition(name: str, headers: Mapping[str, Any]) -> str:
    given = next((each for key, each in headers.items() if key.lower() == DISPOSITION.lower()), None)
    if isinstance(given, str):
        return given
    fields = {"name": name, **(dict(given.items()) if given else {})}
    kind = fields.pop("subtype", "form-data")
    quoted = (text_of(each).replace("\\", "\\\\").replace('"', '\\"') for each in fields.values())
    return "; ".join([text_of(kind), *(f'{key}="{each}"' for key, each in zip(fields, quoted, strict=True))])
