"""The log of the command: its handler, the form of its lines and the levels of the loggers."""

from __future__ import annotations

import logging

from engine.loading.loader import Parts
from engine.tools.logs.handler import LogHandler
from engine.tools.logs.json_lines import EcsLine, JsonLine, ObjectLine, OtelLine
from engine.tools.logs.lines import Line, TextLine
from engine.tools.logs.options import LogSettings
from engine.values.log_levels import OUR_LOGGER, TRACE, read_level
from engine.wire.access_log import access, access_log

OBJECTS: dict[str, type[ObjectLine]] = {"json": JsonLine, "otel": OtelLine, "ecs": EcsLine}

LIBRARIES = ("uvicorn", "python_multipart")
"""They tell what is wrong with a request, which the caller is told anyway."""


def configure(settings: LogSettings, parts: Parts, secrets: frozenset[str] = frozenset()) -> None:
    """Send the log of the engine, and the errors of its libraries, to the standard error output.

    parts: the application, which knows its secrets, the names of fields to hide and its own name. secrets: further
    ones, such as those of flows that a reload brings.
    """
    root = logging.getLogger()
    former = root.handlers[0] if root.handlers else None
    handler = former if isinstance(former, LogHandler) else LogHandler(settings.burst)  # it counts repeats
    handler.setFormatter(_line(settings.form, parts, parts.secrets | secrets))
    logging.addLevelName(TRACE, "TRACE")
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OUR_LOGGER).setLevel(read_level(settings.level))
    is_detailed = settings.level in ("trace", "debug")
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING if is_detailed else logging.ERROR)
    _choose_requests(settings)


def _line(form: str, parts: Parts, secrets: frozenset[str]) -> Line:
    redact = parts.configuration.logging.redact
    return TextLine(secrets, redact) if form == "text" else OBJECTS[form](secrets, redact, parts.name)


def _choose_requests(settings: LogSettings) -> None:
    if settings.access is None:
        access.setLevel(read_level("off"))
    else:
        access_log.share, access_log.slow = settings.access, settings.slow * 1000
