"""Starts work by hand: most of it ends without ever waiting."""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Begun(NamedTuple):
    """The state of work that was started.

    is_done: whether it has ended. value: its result; otherwise the awaitable that its coroutine yielded.
    """

    is_done: bool
    value: Any


def begin(work: Coroutine[Any, Any, Any]) -> Begun:
    """Run work until it waits for the first time, or ends. Its exceptions propagate."""
    try:
        return Begun(False, work.send(None))
    except StopIteration as end:
        return Begun(True, end.value)


@types.coroutine
def rest_of(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """Resume work from the point at which it waits."""
    while True:
        try:
            yield awaited
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:
            step, argument = work.throw, error
        else:
            step, argument = work.send, None  # type: ignore[assignment]  # one of two
        try:
            awaited = step(argument)
        except StopIteration as end:
            result: T = end.value
            return result
