"""Bytes on disk, such as a large file of a form."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from threading import Lock
from typing import IO, Any
from weakref import finalize

PORTION = 2**18
"""How many bytes are read at a time."""


class Spooled:
    """Bytes in a temporary file, which is deleted when nothing refers to them any more.

    A value that passes through variables and payloads like bytes; it may be read several times.
    As the payload of an answer, it is sent portion by portion. Expressions see its `size`.
    """

    __slots__ = ("__weakref__", "_file", "_lock", "size")

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._lock = Lock()
        self.size = size
        finalize(self, file.close)

    def read(self) -> bytes:
        """Return all bytes, in memory."""
        return self._portion(0, self.size)

    async def portions(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they are read, without blocking other tasks."""
        for start in range(0, self.size, PORTION):
            yield await asyncio.to_thread(self._portion, start, PORTION)

    def _portion(self, start: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(start)
            return self._file.read(size)

    def get(self, name: str) -> Any:
        """Return a field, as expressions read it."""
        return self.size if name == "size" else None

    def to_json(self) -> str:
        """Return the text that JSON shows for bytes."""
        return b64encode(self.read()).decode()

    def __repr__(self) -> str:
        return f"{self.size} bytes in a file"
