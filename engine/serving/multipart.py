"""Multipart forms (RFC 7578); imported by the first request that brings one."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from engine.core.spooled import Spooled
from engine.serving.incoming import Chunks

Pairs = list[tuple[str, Any]]


class _Parser(MultiPartParser):
    """Refuses a form without its closing boundary: parts of it may be missing."""

    _is_complete = False

    async def parse(self) -> FormData:
        self.stream = self._to_the_end(self.stream)
        return await super().parse()

    def on_end(self) -> None:
        self._is_complete = True

    async def _to_the_end(self, chunks: Chunks) -> Chunks:
        async for chunk in chunks:
            yield chunk
        if not self._is_complete:
            raise MultiPartException("The closing boundary is missing.")


async def read_multipart(media_type: str, charset: str, chunks: Chunks, most: int, longest: int) -> Pairs:
    """The parts as names and values: a field as text, a file as `{filename, contentType, content}`.

    The content is bytes, or of more than 1 MiB Spooled: it came to the disk and stays there.

    charset: of names and fields, whatever a part says of itself. most: how many fields, and files,
    there may be. longest: bytes of a field. Raises ValueError for a body that is no multipart form.
    """
    try:
        headers = Headers({"content-type": _with_charset(media_type, charset)})
        form = await _Parser(headers, chunks, max_files=most, max_fields=most, max_part_size=longest).parse()
    except MultiPartException as error:
        raise ValueError(error.message) from error
    except (KeyError, UnicodeError) as error:
        raise ValueError("The parts cannot be read.") from error
    try:
        return [(name, await _part(value)) for name, value in form.multi_items()]
    finally:
        await form.close()


def _with_charset(media_type: str, charset: str) -> str:
    """The media type for Starlette, which would look for any charset, and find another one where two are named."""
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
