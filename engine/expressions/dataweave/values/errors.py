"""What goes wrong while a DataWeave script runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.errors import EvaluationError


class DataWeaveError(EvaluationError):
    """A value that a script cannot work with.

    kind: DataWeave's own name of the error, which `try` gives. told: DataWeave's own words, also for `try` alone: they
    may hold a value.
    """

    kind = "Exception"
    told = ""
    offset: int | None = None
    """Where in the script it happened, if that is known."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        if kind:
            self.kind = kind


class Unfit(DataWeaveError):
    """A value that cannot be converted, or null in a call that does not take it: `default` replaces it."""

    kind = "UnsupportedTypeCoercionException"


class Failed(DataWeaveError):
    """Anything else, such as other values that a call does not take, `fail` or a division by zero.

    Only `try` catches it.
    """

    kind = "ExecutionException"


class UserFailed(Failed):
    """The error of `fail`. Its message is the script's own."""

    kind = "UserException"


def unfit(expected: str, found: Any, where: str = "") -> DataWeaveError:
    """Return the error for a value of another type: Unfit for null, which `default` replaces, else Failed.

    where: the function or operator that does not take it.
    """
    name = kind_of(found)
    kind = Unfit if name == "Null" else Failed
    return kind(f"{where} takes {expected}, not {name}" if where else f"expected {expected}, not {name}", MISMATCH)


MISMATCH = "UnexpectedFunctionCallTypesException"
"""The kind of error of a call that does not take its arguments."""


def not_taken(name: str, arguments: Sequence[Any]) -> DataWeaveError:
    """Return the error for arguments that a function or an operator does not take: Unfit if one of them is null."""
    kinds = list(map(kind_of, arguments))
    kind = Unfit if "Null" in kinds else Failed
    return kind(f"{name} does not take ({', '.join(kinds)})", MISMATCH)
