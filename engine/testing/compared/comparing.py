"""Sends recorded requests to an application, one after the other, and compares the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import NamedTuple

from engine.application import Application
from engine.testing.client import OF_THE_CONNECTION, send
from engine.testing.compared.differences import Difference, differences
from engine.testing.compared.recordings import Recorded


class Compared(NamedTuple):
    """A recorded request, and how the answer of the flows differs."""

    recorded: Recorded
    found: list[Difference]


async def compare(
    app: Application, recordings: Iterable[Recorded], ignored: Sequence[str] = ()
) -> AsyncIterator[Compared]:
    """Yield each recording with the differences. What the flows call is called: set its addresses before.

    ignored: patterns of places whose differences do not count.
    """
    serve = app.asgi()
    async with app:
        for recorded in recordings:
            headers = {name: value for name, value in recorded.headers.items() if name not in OF_THE_CONNECTION}
            answer = await send(serve, recorded.method, recorded.target, headers, recorded.body)
            yield Compared(recorded, differences(recorded.answer, answer, ignored))
