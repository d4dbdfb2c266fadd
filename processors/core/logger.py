from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from engine import Event, Name, Processor, Template, prepared
from engine.connectors import LEVELS, write_line


class Logger(Processor):
    """Write a line to the log; the event stays as it is.

    In a loop whose items are committed together (`fuse`), the lines are written as soon as that is done.

    Example:
        given: {payload: {id: 7}}
        run:
          - logger: {message: "order #[payload.id] received", category: orders}
        expect: {payload: {id: 7}}
    """

    message: Template = Template("#[message]")
    """The value to log; the whole message, if left out."""

    level: Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] = "INFO"
    """The level of the line."""

    category: Name = "flow"
    """The logger's name below `engine.`."""

    _log: logging.Logger = prepared()
    _level: int = prepared()

    def __post_init__(self) -> None:
        self._prepare(_log=logging.getLogger(f"engine.{self.category}"), _level=LEVELS[self.level])

    def assigns(self) -> Mapping[str, Any]:
        return {}

    def run_plain(self, event: Event) -> Event:
        if self._log.isEnabledFor(self._level):
            text = self.message.text(event)
            write_line(partial(self._log.log, self._level, "%s", text, extra=self.log_fields(event)))
        return event
