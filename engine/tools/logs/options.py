"""The options of commands that write a log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from engine.limits import MOST_ALIKE

LEVELS = ["trace", "debug", "info", "warning", "error"]
FORMATS = ["text", "json", "otel", "ecs"]

SHARES = {"all": 1.0, "errors": 0.0, "off": None}
"""The share of ordinary requests that have a line; None if no request has one."""


@dataclass(frozen=True)
class LogSettings:
    """What the command line says of the log.

    access: the share of ordinary requests that have a line, from 0 to 1; None for no line of any request.
    slow: seconds from which on a request is slow. burst: errors of a kind in a while; 0 for all.
    """

    level: str = "info"
    form: str = "text"
    access: float | None = 1.0
    slow: float = 1.0
    burst: int = MOST_ALIKE


class Share(click.ParamType[Any]):
    """`all`, `errors`, `off`, or a share such as `0.01` or `1%`."""

    name = "share"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float | None:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # converted before
        if value in SHARES:
            return SHARES[value]
        number, percent, rest = value.partition("%")
        try:
            share = float(number) / (100 if percent else 1)
        except ValueError:
            share = -1.0
        if rest or not 0 <= share <= 1:
            self.fail(f"'{value}' is none of all, errors, off and a share from 0 to 1, such as 0.01 or 1%")
        return share


class Seconds(click.ParamType[float]):
    """A duration as flow files have it."""

    name = "duration"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        from pydantic_core import PydanticCustomError

        from engine.parameters.amounts import HOW_LONG, read_duration

        try:
            return read_duration(value)
        except PydanticCustomError:
            self.fail(f"'{value}' is no duration; write {HOW_LONG}")


level_option = click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True)
OPTIONS = (
    level_option,
    click.option(
        "--log-format", type=click.Choice(FORMATS), default="text", show_default=True,
        help="otel: OpenTelemetry's log data model; ecs: the Elastic Common Schema; both one JSON object a line.",
    ),
    click.option(
        "--access-log", type=Share(), default="all", show_default=True, metavar="all|errors|off|RATE",
        help="Which requests have a line: a RATE such as 0.01 is a share of those that are no errors and not slow.",
    ),
    click.option(
        "--slow-request", type=Seconds(), default="1s", show_default=True, metavar="DURATION",
        help="From when on a request is slow: it has its line whatever --access-log says, but for off.",
    ),
    click.option(
        "--log-burst", type=click.IntRange(min=0), default=MOST_ALIKE, show_default=True,
        help="Errors of the same kind that are written in 10 s; the rest is told as a number. 0: all are written.",
    ),
)  # fmt: skip


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the log to a command, which takes them as `logs`, a LogSettings."""

    @wraps(command)
    def with_settings(
        *, log_level: str, log_format: str, access_log: float | None, slow_request: float, log_burst: int, **others: Any
    ) -> Any:
        return command(logs=LogSettings(log_level, log_format, access_log, slow_request, log_burst), **others)

    for option in reversed(OPTIONS):
        with_settings = option(with_settings)
    return with_settings
