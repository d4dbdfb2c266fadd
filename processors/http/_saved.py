"""A response that goes to a file as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from engine import EXPRESSION, UNKNOWN, Event, FlowError, Reader, Template, to_text

PORTION = 2**20
"""How many bytes are gathered before a thread writes them."""


class FileName(Template):
    """The name of a file: an `#[…]` inside it is the name of one folder or file; alone it may be any path."""

    __slots__ = ("_pieces",)

    def _check(self, tree: dict[str, Any], value: Any, reader: Reader) -> dict[str, Any]:
        nodes = tree["children"] if tree["type"] == "text" else []
        self._pieces = tuple(None if node["type"] != "literal" else node["value"] for node in nodes)
        return (
            {**tree, "type": "list", "children": [node for node in nodes if node["type"] != "literal"]}
            if nodes
            else tree
        )

    def of(self, event: Event) -> Path:
        """The file for this event. Raises MULE:EXPRESSION for a value that is no name."""
        value = self.evaluate(event)
        if self._pieces:
            values = iter(value)
            value = "".join(_name(next(values)) if piece is None else piece for piece in self._pieces)
        if not isinstance(value, str) or not value or "\0" in value:
            raise FlowError(EXPRESSION, "saveTo is no name of a file")
        return Path(value)


def _name(value: Any) -> str:
    name = to_text(value)
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise FlowError(EXPRESSION, "a value in saveTo is no name of a file")
    return name


async def save(chunks: AsyncIterator[bytes], file: Path) -> int:
    """Write the chunks; how many bytes they are. The file is there when it is whole, or not at all."""
    part = file.with_name(f"{file.name}.{uuid4().hex}.part")
    try:
        size = await _write(chunks, part)
        await asyncio.to_thread(part.replace, file)
    except OSError as error:
        raise FlowError(UNKNOWN, "the file of saveTo cannot be written", detailed_description=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return size


async def _write(chunks: AsyncIterator[bytes], part: Path) -> int:
    size, gathered = 0, bytearray()
    with part.open("xb") as opened:
        async for chunk in chunks:
            size += len(chunk)
            gathered += chunk
            if len(gathered) >= PORTION:
                await asyncio.to_thread(opened.write, bytes(gathered))
                gathered.clear()
        await asyncio.to_thread(opened.write, bytes(gathered))
    return size
