"""Multipart forms (RFC 7578); imported by the first request that brings one."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from engine.content.pieces import Pieces
from engine.limits import MOST_SPOOLED
from engine.serving.bodies.incoming import Chunks
from engine.values.spooled import Spooled
from engine.wire.room import Held, Room

Pairs = list[tuple[str, Any]]

DISK = Room(MOST_SPOOLED)
"""The bytes on disk of incomplete forms; there is room for at least the largest form."""


class _Parser(MultiPartParser):
    """Refuses a form without its closing boundary: parts of it may be missing. It reports how much of it is held."""

    _is_complete = False
    _came = _on_disk = _weighed = 0

    async def read(self, keep: Callable[[int], None], disk: Held) -> FormData:
        """Return the form. keep: called with how many of its bytes are in memory; disk: the share of those on disk."""
        chunks = self._to_the_end(self.stream, keep, disk)
        self.stream = chunks
        try:
            return await self.parse()
        finally:
            await chunks.aclose()  # its frame refers to this parser: a cycle would keep the body in memory

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._current_part.data = Pieces()  # type: ignore[assignment]  # has the used methods of a bytearray

    def on_end(self) -> None:
        self._is_complete = True

    async def _to_the_end(self, chunks: Chunks, keep: Callable[[int], None], disk: Held) -> Chunks:
        async for chunk in chunks:
            yield chunk
            self._came += len(chunk)
            spooled = self._spooled()
            disk.add(spooled - disk.size)
            keep(self._came - spooled)
        if not self._is_complete:
            raise MultiPartException("The closing boundary is missing.")

    def _spooled(self) -> int:
        """Return how many bytes are on disk: of complete files, and of the one that is arriving."""
        self._on_disk += sum(_size_on_disk(value) for _, value in self.items[self._weighed :])
        self._weighed = len(self.items)
        coming = self._current_part.file
        is_counted = coming is None or (self.items and self.items[-1][1] is coming)
        return self._on_disk if is_counted else self._on_disk + _size_on_disk(coming)


def _size_on_disk(value: UploadFile | str | None) -> int:
    size = value.size or 0 if isinstance(value, UploadFile) else 0
    return size if size > _Parser.spool_max_size else 0


async def read_multipart(
    media_type: str, charset: str, chunks: Chunks, most: int, longest: int, keep: Callable[[int], None]
) -> Pairs:
    """Return the parts as names and values: a field as text, a file as `{filename, contentType, content}`.

    The content is bytes, or Spooled if larger than 1 MiB: it was written to disk and stays there.

    charset: of names and fields, even if a part declares another. most: how many fields, and how many files, are
    allowed. longest: bytes of a field, and of all fields. keep: called with how many bytes are in memory. Raises
    ValueError for a body that is not a multipart form, Refusal (503) if there is no room for it.
    """
    DISK.most = max(DISK.most, longest)
    disk = Held(DISK)
    try:
        headers = Headers({"content-type": _with_charset(media_type, charset)})
        parser = _Parser(headers, chunks, max_files=most, max_fields=most, max_part_size=longest)
        form = await parser.read(keep, disk)
    except MultiPartException as error:
        raise ValueError(error.message) from error
    except (KeyError, UnicodeError) as error:
        raise ValueError("The parts cannot be read.") from error
    finally:
        disk.close()
    try:
        return [(name, await _part(value)) for name, value in form.multi_items()]
    finally:
        await form.close()


def _with_charset(media_type: str, charset: str) -> str:
    """Return the media type for Starlette, which would look for any charset, and could pick another one of two."""
    boundary = parse_options_header(media_type)[1].get(b"boundary")
    if boundary is None:
        raise MultiPartException("Missing boundary in multipart.")
    quoted = boundary.decode("latin-1").replace("\\", "\\\\").replace('"', '\\"')
    return f'multipart/form-data; boundary="{quoted}"; charset={charset}'


async def _part(value: UploadFile | str) -> Any:
    if isinstance(value, str):
        return value
    return {"filename": value.filename, "contentType": value.content_type, "content": await _content(value)}


async def _content(upload: UploadFile) -> bytes | Spooled:
    size = upload.size or 0
    if size <= _Parser.spool_max_size:
        return await upload.read()
    file: Any = upload.file
    upload.file = BytesIO()  # the form closes this one in its place
    return Spooled(file, size)
