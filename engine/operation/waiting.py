"""Where work stands: the steps that a task waits in, and those that a thread is running, read from their frames."""

from __future__ import annotations

import sys
from asyncio import all_tasks, runners
from collections.abc import Iterable, Iterator, Sequence
from types import FrameType
from typing import Any

from engine.plan.code import ROW
from engine.steps.chain import Step
from engine.values.event import Event
from engine.work.deadline import before
from engine.work.first_step import rest_of

OURS = ("engine", "processors")


def steps_of_events(events: Iterable[Event]) -> dict[int, list[Step]]:
    """Return the steps that events of sources wait in, the innermost last, by the id of each event."""
    wanted = {id(event) for event in events}
    found = {}
    for task in all_tasks() if wanted else ():
        frames = list(_frames_of(task.get_coro()))
        inside = next((frame for frame in frames if id(frame.f_locals.get("event")) in wanted), None)
        if inside is not None:
            found[id(inside.f_locals["event"])] = [step for frame in frames if (step := _step_of(frame))]
    return found


def steps_of_thread(thread: int) -> list[Step]:
    """Return the steps that a thread is running, the innermost last."""
    return [step for frame in reversed(list(_stack(thread))) if (step := _step_of(frame))]


def place_of_thread(thread: int) -> str:
    """Return the function that a thread is running, with its file and line: the innermost that is not ours, if any."""
    frames = list(_stack(thread))
    others = (frame for frame in frames if str(frame.f_globals.get("__name__")).partition(".")[0] not in OURS)
    frame = next(others, frames[0] if frames else None)
    if frame is None or frame.f_globals.get("__name__") == runners.__name__:  # it is in the loop itself
        return "nothing that runs in Python: a library computes, or the machine is too busy"
    return f"{frame.f_code.co_qualname} ({frame.f_code.co_filename}:{frame.f_lineno})"


def _stack(thread: int) -> Iterator[FrameType]:
    """Yield the frames of a thread, the innermost first."""
    frame = sys._current_frames().get(thread)
    while frame is not None:
        yield frame
        frame = frame.f_back


BY_HAND = frozenset({before.__code__, rest_of.__code__})
"""Functions that run a coroutine by hand, which is their variable `work`."""

FRAMES, AWAITED = ("cr_frame", "gi_frame", "ag_frame"), ("cr_await", "gi_yieldfrom", "ag_await")
"""The attributes of coroutines, generators and asynchronous generators."""


def _frames_of(awaited: Any) -> Iterator[FrameType]:
    """Yield the frames of a coroutine and of what it awaits, the outermost first."""
    while (frame := _first(awaited, FRAMES)) is not None:
        yield frame
        awaited = frame.f_locals["work"] if frame.f_code in BY_HAND else _first(awaited, AWAITED)


def _first(value: Any, names: Sequence[str]) -> Any:
    return next((found for name in names if (found := getattr(value, name, None)) is not None), None)


def _step_of(frame: FrameType) -> Step | None:
    """Return the step that a frame of a row is at."""
    if frame.f_code.co_filename != ROW:
        return None
    known = frame.f_locals
    steps, at = known.get("steps"), known.get("at")
    step = steps[at] if steps is not None and at is not None else None
    return step if isinstance(step, Step) else None
