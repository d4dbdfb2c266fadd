"""dw::Runtime, dw::System and dw::util::Timer."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from engine.expressions.budget import STEP, BudgetSpent, spend
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.walking import Item, truth
from engine.expressions.dataweave.values.coercing import coerce
from engine.expressions.dataweave.values.errors import Failed, UserFailed
from engine.expressions.dataweave.values.numbers import exact
from engine.expressions.dataweave.values.objects import AnyObject
from engine.expressions.dataweave.values.places import calls
from engine.expressions.dataweave.values.types import simple
from engine.expressions.errors import EvaluationError

RUNTIME = "dw::Runtime"
SYSTEM = "dw::System"
TIMER = "dw::util::Timer"
PAUSE = 100
"""Milliseconds."""
VERSION = "2.12"
"""The version of the language that scripts find."""


@defined(RUNTIME, "try", "(delegate: () -> T) -> TryResult")
def try_(delegate: Callable[[], Any]) -> dict[str, Any]:
    """Return `{success: true, result}`, or `{success: false, error: {kind, message, …}}` if the function failed.

    An evaluation that has cost too much is not caught.
    """
    try:
        return {"success": True, "result": delegate()}
    except BudgetSpent:
        raise
    except EvaluationError as error:
        kind = getattr(error, "kind", "InternalWeaveError")
        stack = list(calls(error))
        location = stack[0].shown() if stack else ""
        told = {"kind": kind, "message": _words(error), "location": location, "stack": list(map(str, stack))}
        return {"success": False, "error": told}


def _words(error: EvaluationError) -> str:
    return getattr(error, "told", "") or str(error)


@defined(RUNTIME, "orElse", "(previous: TryResult, orElse: () -> E) -> Any")
def or_else(previous: AnyObject, otherwise: Callable[[], Any]) -> Any:
    """Return the result of `try`; if it failed, that of another function."""
    return previous.get("result") if _is_success(previous) else otherwise()


@defined(RUNTIME, "orElseTry", "(previous: TryResult, orElse: () -> R) -> TryResult")
def or_else_try(previous: AnyObject, otherwise: Callable[[], Any]) -> AnyObject:
    """Return what `try` returned; if it failed, what it returns for another function."""
    return previous if _is_success(previous) else try_(otherwise)


def _is_success(tried: AnyObject) -> bool:
    success = tried.get("success")
    if not isinstance(success, bool):
        raise Failed("orElse takes what try returns")
    return success


@defined(RUNTIME, "fail", '(message: String = "Error") -> Nothing')
def fail(message: str = "Error") -> Any:
    """Raise an error with a message. `default` does not catch it, `try` does."""
    raise UserFailed(str(message))


@defined(RUNTIME, "failIf", '(value: T, evaluator: (value: T) -> Boolean, message: String = "Failed") -> T')
def fail_if(value: Any, evaluator: Item, message: str = "Failed") -> Any:
    """Return the value; raise an error if a condition holds for it."""
    return fail(message) if truth(evaluator(value)) else value


@defined(RUNTIME, "wait", "(value: T, timeout: Number) -> T", acts=True)
def wait(value: Any, timeout: Any) -> Any:
    """Return the value after milliseconds, 100 at most: other flows wait, too. The time is paid from the budget."""
    seconds = max(float(min(exact(timeout), PAUSE)), 0) / 1000
    spend(int(seconds / STEP), "wait")
    clock.sleep(seconds)
    return value


@defined(RUNTIME, "version", "() -> String")
def version() -> str:
    """Return the version of the language."""
    return VERSION


@defined(RUNTIME, "props", "() -> Dictionary<String>")
def props() -> dict[str, str]:
    """Return the properties of the Java system: there are none."""
    return {}


@defined(RUNTIME, "prop", "(propertyName: String) -> String | Null")
def prop(name: str) -> str | None:
    """Return a property of the Java system: null."""
    return None


@defined(SYSTEM, "envVar", "(variableName: String) -> String | Null", acts=True)
def env_var(name: str) -> str | None:
    """Return a variable of the environment; null if there is none."""
    try:
        return os.environ.get(name)
    except ValueError:  # no name can be so
        return None


@defined(SYSTEM, "envVars", "() -> Dictionary<String>", acts=True)
def env_vars() -> dict[str, str]:
    """Return the variables of the environment."""
    return dict(os.environ)


# Timer


@defined(TIMER, "currentMilliseconds", "() -> Number", acts=True)
def current_milliseconds() -> int:
    """Return the milliseconds since 1970."""
    return clock.time_ns() // 1_000_000


@defined(TIMER, "toMilliseconds", "(date: DateTime) -> Number")
def to_milliseconds(date: datetime) -> Any:
    """Return the milliseconds from 1970 to a DateTime."""
    return coerce(date, simple("Number"), {"unit": "milliseconds"})


@defined(TIMER, "time", "(valueToMeasure: () -> T) -> Object", acts=True)
def time_(delegate: Callable[[], Any]) -> dict[str, Any]:
    """Return the result of a function, with the moments at which it started and ended."""
    start = datetime.now(UTC)
    result = delegate()
    return {"start": start, "result": result, "end": datetime.now(UTC)}


@defined(TIMER, "duration", "(valueToMeasure: () -> T) -> Object", acts=True)
def duration(delegate: Callable[[], Any]) -> dict[str, Any]:
    """Return the result of a function, with the milliseconds that it took."""
    start = current_milliseconds()
    result = delegate()
    return {"time": current_milliseconds() - start, "result": result}
