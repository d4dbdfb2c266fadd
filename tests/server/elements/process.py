from __future__ import annotations

import os

from engine import Event, Processor


class Process(Processor):
    """The payload becomes the number of the process.

    Example:
        run: [{process: {}}]
        expect: {"payload > `0`": true}
    """

    async def run(self, event: Event) -> Event:
        return event.with_payload(os.getpid())
