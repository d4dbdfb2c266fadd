"""Multipart forms (RFC 7578); imported by the first request that brings one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

Pairs = list[tuple[str, Any]]


class _Parser(MultiPartParser):
    """Knows whether the closing boundary came; without it parts may be missing."""

    is_complete = False

    def on_end(self) -> None:
        self.is_complete = True


async def read_multipart(headers: Headers, chunks: AsyncGenerator[bytes, None], most: int, longest: int) -> Pairs:
    """The parts as names and values: a field as text, a file as `{filename, contentType, content}`.

    most: how many fields, and files, there may be. longest: bytes of a field. Raises ValueError for
    a body that is no multipart form.
    """
    parser = _Parser(headers, chunks, max_files=most, max_fields=most, max_part_size=longest)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ValueError(error.message) from error
    except (KeyError, UnicodeError) as error:
        raise ValueError("the parts cannot be read") from error
    try:
        return await _parts(form, parser.is_complete)
    finally:
        await form.close()


async def _parts(form: FormData, is_complete: bool) -> Pairs:
    if not is_complete:
        raise ValueError("the closing boundary is missing")
    return [(name, await _part(value)) for name, value in form.multi_items()]


async def _part(value: UploadFile | str) -> Any:
    if isinstance(value, str):
        return value
    return {"filename": value.filename, "contentType": value.content_type, "content": await value.read()}
