"""The functions that run, made once when the flows are linked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from engine.expressions.budget import begin, here
from engine.plan.effects import ANYTHING, PURE, Effects, union
from engine.plan.inside import Holder
from engine.plan.observer import Visit, Watch
from engine.values.errors import FlowError
from engine.values.event import Event
from engine.work.batch import result_at_once
from engine.work.turns import MUCH, give_turn_after_much

Run = Callable[[Event], Awaitable[Event]]
RunPlain = Callable[[Event], Event]
Located = Callable[[Any, Exception, Event], FlowError]
"""Returns the error that leaves a row, given the step, the exception it raised, and the event that entered it."""


class Code(NamedTuple):
    """The compiled form of a step, a row of steps or a flow.

    run: a function that may wait; None for a step that never waits. plain: the same as a plain function; None if it
    may wait even inside a batch of its resources. If the effects have resources, use `plain` only in such a batch.
    """

    run: Run | None
    plain: RunPlain | None
    effects: Effects = ANYTHING

    @property
    def awaited(self) -> Callable[[Event], Coroutine[Any, Any, Event]]:
        """The function for callers that always await."""
        return self.run or _awaited(self.plain)  # type: ignore[return-value]  # ours are all coroutines


def _awaited(plain: Any) -> Any:
    async def run(event: Event) -> Event:
        return plain(event)  # type: ignore[no-any-return]  # a RunPlain

    return run


def _as_it_is(event: Event) -> Event:
    return event


ROW = "<row of steps>"
"""The file name of the functions of rows; their variables `steps` and `at` say which step they are at."""

PASS = Code(None, _as_it_is, PURE)
"""The code of an empty row."""


# Rows


def row(steps: Sequence[Any], codes: Sequence[Code], located: Located, watch: Watch | None) -> Code:
    """Return code that runs the steps one after another, and awaits only those that may wait.

    Between steps it yields to other tasks after much computing. The plain function does not: the loop around it does.
    """
    if not codes:
        return PASS
    effects = union(code.effects for code in codes)
    fill = steps, located, watch
    plains = [code.plain for code in codes]
    plain = None if None in plains else _filled(plains, (False,) * len(codes), *fill)
    if len(codes) == 1 and codes[0].run is None:
        return Code(None, plain, effects)
    runs = [code.run or code.plain for code in codes]
    return Code(_filled(runs, tuple(code.run is not None for code in codes), *fill, waits=True), plain, effects)


def _filled(
    runs: Sequence[Any],
    awaits: tuple[bool, ...],
    steps: Sequence[Any],
    located: Located,
    watch: Watch | None,
    *,
    waits: bool = False,
) -> Any:
    make = _maker(awaits, waits, watch is not None)
    return make(runs, steps, located, *(watch or (None, None)))


@lru_cache(512)  # most rows have one of a few shapes, and tests link them repeatedly
def _maker(awaits: tuple[bool, ...], waits: bool, watched: bool) -> Callable[..., Any]:
    """Return the factory for the functions of rows of this shape. They identify the step that failed by its number.

    awaits: which steps are awaited. waits: whether the function is a coroutine function, which yields to other tasks.
    """
    names = {"here": here, "begin": begin, "MUCH": MUCH, "give_turn_after_much": give_turn_after_much}
    exec(compile("\n".join(_source(awaits, waits, watched)), ROW, "exec"), names)  # noqa: S102  # ours
    return names.pop("make")  # type: ignore[return-value]  # the source defines it


def _source(awaits: tuple[bool, ...], waits: bool, watched: bool) -> list[str]:
    runs = ", ".join(f"run_{number}" for number in range(len(awaits)))
    turns = waits and len(awaits) > 1
    lines = ["def make(runs, steps, located, entered, left):", f" {runs}, = runs"]
    lines += [f" {'async ' if waits else ''}def row(event):", "  at = 0", *["  budget = here() or begin()"][:turns]]
    lines.append("  try:")
    for number, is_awaited in enumerate(awaits):
        lines += [f"   at = {number}"] if number else []
        lines += [f"   entered(steps[{number}], event)"] if watched else []
        lines.append(f"   event = {'await ' if is_awaited else ''}run_{number}(event)")
        lines += ["   if budget.spent > MUCH:", "    await give_turn_after_much()"] if turns else []
        lines += [f"   left(steps[{number}], event, None)"] if watched else []
    lines += _WATCHED_END if watched else _END
    return [*lines, "  return event", " return row"]


_END = ["  except Exception as error:", "   raise located(steps[at], error, event)"]
_WATCHED_END = [
    "  except BaseException as error:",
    "   failure = located(steps[at], error, event) if isinstance(error, Exception) else error",
    "   left(steps[at], event, failure)",
    "   try:",
    "    raise failure",
    "   finally:",
    "    del failure",  # its traceback holds this frame: avoids a reference cycle
]


# Wrappers


def watched(node: Any, code: Code, watch: Watch | None) -> Code:
    """Return the code of a handler's steps or of a flow, wrapped in calls of the observers."""
    if watch is None:
        return code
    run = code.run and _watched(node, code.run, watch)
    return Code(run, code.plain and _watched_plain(node, code.plain, watch), code.effects)


def _watched(node: Any, run: Run, watch: Watch) -> Run:
    async def watched_run(event: Event) -> Event:
        with Visit(watch, node, event) as visit:
            visit.after = await run(event)
        return visit.after

    return watched_run


def _watched_plain(node: Any, run: RunPlain, watch: Watch) -> RunPlain:
    def watched_run(event: Event) -> Event:
        with Visit(watch, node, event) as visit:
            visit.after = run(event)
        return visit.after

    return watched_run


class Handling(Holder, Protocol):
    """Something that takes errors: an error handler."""

    async def handle(self, failure: FlowError, outer: FlowError | None) -> Event | None:
        """Return the event to continue with; None to raise the error again.

        outer: the error that was being handled before.
        """


def guard(body: Code, handling: Handling, handlers: Sequence[Code]) -> Code:
    """Return code that handles the errors of the body: "run, handle, raise again". handlers: their steps."""
    run = body.awaited

    async def guarded(event: Event) -> Event:
        try:
            return await run(event)
        except FlowError as failure:
            after = await handling.handle(failure, event.error)
            if after is None:
                raise
            return after

    effects = body.effects | union(each.effects for each in handlers)
    may_wait = any(each.plain is None for each in handlers)
    plain = None if body.plain is None or may_wait else _guarded_plain(body.plain, handling)
    return Code(guarded, plain, effects)


def _guarded_plain(run: RunPlain, handling: Handling) -> RunPlain:
    def guarded(event: Event) -> Event:
        try:
            return run(event)
        except FlowError as failure:
            after = result_at_once(handling.handle(failure, event.error))
            if after is None:
                raise
            return after

    return guarded


def choose(ways: Sequence[tuple[Callable[[Event], Any], Code]], rest: Code) -> Code:
    """Return code that runs the first way whose condition holds, or the rest."""
    runs = [(holds, code.awaited) for holds, code in ways]
    otherwise = rest.awaited

    async def chosen(event: Event) -> Event:
        budget = here() or begin()
        for holds, run in runs:
            if holds(event):
                return await run(event)
            if budget.spent > MUCH:
                await give_turn_after_much()
        return await otherwise(event)

    codes = [*(code for _, code in ways), rest]
    plain = None if any(code.plain is None for code in codes) else _chosen_plain(ways, rest.plain)
    return Code(chosen, plain, union(code.effects for code in codes))


def _chosen_plain(ways: Sequence[tuple[Callable[[Event], Any], Code]], otherwise: Any) -> RunPlain:
    runs: list[Any] = [(holds, code.plain) for holds, code in ways]

    def chosen(event: Event) -> Event:
        for holds, run in runs:
            if holds(event):
                return run(event)  # type: ignore[no-any-return]  # a RunPlain
        return otherwise(event)  # type: ignore[no-any-return]  # a RunPlain

    return chosen
