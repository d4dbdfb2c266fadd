"""What goes wrong while a DataWeave script runs."""

from __future__ import annotations

from typing import Any

from engine.expressions.errors import EvaluationError


class DataWeaveError(EvaluationError):
    """A value that a script cannot work with. kind: DataWeave's own name of the error, which `try` gives."""

    kind = "Exception"
    offset: int | None = None
    """Where in the script it happened, if that is known."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        if kind:
            self.kind = kind


class Unfit(DataWeaveError):
    """A value that cannot be converted, or is of a type that a call or an operator does not take.

    `default` replaces it.
    """

    kind = "InvalidCoercionException"


class Failed(DataWeaveError):
    """Anything else, such as `fail`, a division by zero or a `match` without a case. Only `try` catches it."""

    kind = "ExecutionException"


class UserFailed(Failed):
    """The error of `fail`. Its message is the script's own."""

    kind = "UserException"


def unfit(expected: str, found: Any, where: str = "") -> Unfit:
    """Return the error for a value of another type. where: the function or operator that does not take it."""
    from engine.expressions.dataweave.values.kinds import kind_of

    name = kind_of(found)
    article = f"{where} takes" if where else "expected"
    return Unfit(f"{article} {expected}, not {name}", "UnexpectedTypeException")
