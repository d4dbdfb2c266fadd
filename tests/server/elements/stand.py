from __future__ import annotations

import logging
import time

from engine import Event, Processor


class Stand(Processor):
    """Block the event loop, as nothing should.

    Example:
        run: [{stand: {seconds: 0}}]
        expect: {payload: null}
    """

    seconds: float
    """How long."""

    async def run(self, event: Event) -> Event:
        logging.getLogger("engine.flow").info("stands")
        time.sleep(self.seconds)  # noqa: ASYNC251  # that is what it is for
        return event
