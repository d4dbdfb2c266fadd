"""The levels of loggers, set while the process runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from engine.values.log_levels import level_name, loggers, set_level


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    names = ["engine", "engine.access", "engine.orders"]
    before = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("name", "number"),
    [("trace", 5), ("DEBUG", 10), ("Info", 20), ("warn", 30), ("warning", 30), ("error", 40), ("off", 60)],
)
def test_a_level_counts_at_once(name: str, number: int) -> None:
    set_level("engine", name)
    assert logging.getLogger("engine.orders").isEnabledFor(number)
    assert not logging.getLogger("engine.orders").isEnabledFor(number - 1)


def test_a_logger_has_the_level_above_again() -> None:
    set_level("engine", "error")
    set_level("engine.orders", "debug")
    assert logging.getLogger("engine.orders").isEnabledFor(logging.DEBUG)
    set_level("engine.orders", "inherited")
    assert not logging.getLogger("engine.orders").isEnabledFor(logging.WARNING)


def test_off_silences_errors_too() -> None:
    set_level("engine.access", "off")
    assert not logging.getLogger("engine.access").isEnabledFor(logging.CRITICAL)
    assert loggers()["engine.access"] == "OFF"


@pytest.mark.parametrize(
    ("logger", "level", "told"),
    [
        ("engine.acess", "info", "there is no logger 'engine.acess'; write 'engine.access'"),
        ("", "info", "there is no logger ''; write one of engine, "),
        ("root", "info", "there is no logger 'root'; write "),
        ("engine", "loud", "there is no level 'loud'; write one of trace, debug, info, warn, error, "),
        ("engine", "", "there is no level ''; write one of trace, "),
        ("engine", "20", "there is no level '20'; write one of trace, "),
    ],
)
def test_what_does_not_exist(logger: str, level: str, told: str) -> None:
    before = logging.getLogger("engine").level
    with pytest.raises(ValueError, match="there is no") as caught:
        set_level(logger, level)
    assert str(caught.value).startswith(told)
    assert logging.getLogger("engine").level == before


def test_loggers_are_listed_with_ours_first() -> None:
    logging.getLogger("a.library")
    set_level("engine", "warn")
    listed = list(loggers())
    assert listed[0] == "engine"
    assert listed.index("engine.access") < listed.index("a.library")
    assert loggers()["engine"] == "WARN"


@pytest.mark.parametrize(("level", "name"), [(0, "TRACE"), (5, "TRACE"), (25, "INFO"), (30, "WARN"), (45, "ERROR")])
def test_a_level_between_two(level: int, name: str) -> None:
    assert level_name(level) == name
