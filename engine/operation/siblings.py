"""The processes that serve one application together (`--workers`): each can ask all of them.

Each listens on a Unix socket in a folder that only the user can enter. A question is a line of JSON: the name of an
operation and its arguments; the answer is one, too.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.operation.operations import Operations, Refused

log = logging.getLogger("engine")

PATIENCE = 5.0
"""Seconds that another process has for its answer."""

LONGEST = 2**26
"""Bytes of an answer."""


class Siblings:
    """This process among all that serve the application. folder: None if there is only this one."""

    def __init__(self, operations: Operations, folder: Path | None = None, number: int = 0) -> None:
        self._operations = operations
        self._folder = folder
        self._number = number
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Answer the other processes."""
        if self._folder is not None:
            place = self._folder / str(self._number)
            place.unlink(missing_ok=True)  # of a process with this number that died
            self._server = await asyncio.start_unix_server(self._answer, place)

    async def stop(self) -> None:
        if self._server is not None and self._folder is not None:
            self._server.close()
            with suppress(OSError):
                os.unlink(self._folder / str(self._number))

    async def ask(self, name: str, **arguments: Any) -> list[Any]:
        """Return the result of an operation in each process, the own one first. Raises Refused if any refuses.

        Processes that do not answer in time are left out, and told in the log.
        """
        own = await self._operations.do(name, **arguments)
        others = [self._ask(place, name, arguments) for place in self._others()]
        return [own, *(answer for answer in await asyncio.gather(*others) if answer is not None)]

    def _others(self) -> Sequence[Path]:
        if self._folder is None:
            return ()
        return sorted(place for place in self._folder.iterdir() if place.name != str(self._number))

    async def _ask(self, place: Path, name: str, arguments: dict[str, Any]) -> Any:
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_unix_connection(place, limit=LONGEST)
                writer.write(json.dumps([name, arguments]).encode() + b"\n")
                answer = json.loads(await reader.readline())
                writer.close()
        except (OSError, ValueError, TimeoutError) as error:
            log.warning("worker %s does not answer the question for its %s: %s", place.name, name, error or "too late")
            return None
        if "refused" in answer:
            raise Refused(answer["status"], answer["refused"])
        return answer["result"]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError):
            name, arguments = json.loads(await reader.readline())
            try:
                answer = {"result": await self._operations.do(name, **arguments)}
            except Refused as refused:
                answer = {"refused": str(refused), "status": refused.status}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()
