"""A response that goes to a file as it comes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from engine import Event, FlowError, Template, to_text
from engine.connectors import EXPRESSION, TEXT, UNKNOWN, Constant, Folder, Held, ListOf, Reader, TextOf

PORTION = 2**20
"""How many bytes are gathered before a thread writes them."""


@dataclass(frozen=True)
class Destination:
    """The destination of a response: a folder that the flow names, and folders below it and a file that expressions
    name.

    A value of an event cannot lead outside it, even if somebody puts a link there.
    """

    root: Path
    names: tuple[str, ...]

    @property
    def path(self) -> Path:
        return self.root.joinpath(*self.names)

    async def check(self) -> None:
        """Check, before anything is sent, that the file could be written. Raise MULE:UNKNOWN if not."""
        try:
            folder = await asyncio.to_thread(self.folder)
            try:
                folder.check_replaceable(self.names[-1])
            finally:
                folder.close()
        except OSError as error:
            raise _unwritten(error) from error

    def folder(self) -> Folder:
        """Open the folder of the file. Raise OSError if that fails."""
        return Folder(self.root, self.names[:-1])


class FileName(Template):
    """The name of a file: an `#[…]` inside it is the name of one folder or file; alone it may be any path."""

    __slots__ = ("_pieces", "_root")
    word = "file name"
    schema = TEXT

    def _check(self, held: Held, written: Any, reader: Reader) -> Held:
        parts = held.parts if isinstance(held, TextOf) else ()
        self._pieces = tuple(part.value if isinstance(part, Constant) else None for part in parts)
        self._root = _folder_in(self._pieces[0]) if self._pieces else ""
        return ListOf(tuple(held.computed())) if parts else held

    def of(self, event: Event) -> Destination:
        """Return the destination of this event's response. Raise MULE:EXPRESSION for a value that is not a name."""
        value = self.evaluate(event)
        if self._pieces:
            values = iter(value)
            value = "".join(_name(next(values)) if piece is None else piece for piece in self._pieces)
        if not _is_path(value):
            raise FlowError(EXPRESSION, "saveTo is no name of a file")
        root = self._root if self._pieces else _folder_in(value)
        return Destination(Path(root), Path(value[len(root) :]).parts)


def _folder_in(text: str | None) -> str:
    """Return the folder with which a path begins, up to its last slash."""
    head, slash, _ = (text or "").rpartition("/")
    return head + slash


def _is_path(value: Any) -> bool:
    """Return whether a file may have that name, as far as the name shows."""
    if not isinstance(value, str) or "\0" in value or value.rpartition("/")[2] in ("", ".", ".."):
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def _name(value: Any) -> str:
    name = to_text(value)
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise FlowError(EXPRESSION, "a value in saveTo is no name of a file")
    return name


async def save(chunks: AsyncIterator[bytes], destination: Destination) -> int:
    """Write the chunks; return how many bytes they are. The file appears when it is whole, or not at all."""
    try:
        folder = await asyncio.to_thread(destination.folder)
        try:
            return await _save(chunks, folder, destination.names[-1])
        finally:
            folder.close()
    except OSError as error:
        raise _unwritten(error) from error


async def _save(chunks: AsyncIterator[bytes], folder: Folder, name: str) -> int:
    part = f".{uuid4().hex}.part"  # a name of its own, whatever the length of the final one
    try:
        size = await _write(chunks, folder.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        await asyncio.to_thread(folder.replace, part, name)
    finally:
        folder.remove(part)
    return size


async def _write(chunks: AsyncIterator[bytes], descriptor: int) -> int:
    size, gathered = 0, bytearray()
    with open(descriptor, "wb") as opened:  # noqa: ASYNC230  # it is open already
        async for chunk in chunks:
            size += len(chunk)
            gathered += chunk
            if len(gathered) >= PORTION:
                await asyncio.to_thread(opened.write, bytes(gathered))
                gathered.clear()
        await asyncio.to_thread(opened.write, bytes(gathered))
    return size


def _unwritten(error: OSError) -> FlowError:
    reason = error.strerror or "it is no file"
    detail = str(error)
    return FlowError(UNKNOWN, f"the file of saveTo cannot be written: {reason}", detailed_description=detail)
