"""Functions over errors, and over the outcomes of a bulk flow (`collect`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import function
from engine.expressions.operators import NUMBERS, field, fields, is_number, number_in, type_name
from engine.expressions.schemas import COUNT, OPEN, of_list, of_map
from engine.limits import MOST_CAUSES

FIRST_FAILURE = 400
PER_TEXT = 40
"""Steps to read a status that is a text."""
PER_LINK = 12


@function("any", "string", steps=120, each=0, dataweave="Mule::causedBy")
def caused_by(error: Any, type_: str) -> bool:
    """Whether an error, or one that caused it, is of a type: `DB:CONNECTIVITY`, `HTTP:*`, `*:TIMEOUT`, as in a handler.

    A type without a namespace is MULE's; a type names its descendants too. Null is no error.

    caused_by({errorType: {namespace: 'DB', identifier: 'QUERY_EXECUTION'}}, 'DB:*') → true
    caused_by(null, 'ANY') → false
    """
    namespace, colon, identifier = type_.rpartition(":")
    wanted = (namespace if colon else "MULE", identifier)
    return any(_fits(kind, wanted) for each in _chain(error, "cause") for kind in _lineages(each, wanted))


def _chain(start: Any, link: str) -> Iterator[Any]:
    for _ in range(MOST_CAUSES):
        if start is None:
            return
        spend(PER_LINK, "caused_by()")
        yield start
        start = field(start, link)


def _lineages(error: Any, wanted: tuple[str, str]) -> Iterator[tuple[Any, Any]]:
    """Yield the type of an error and its ancestors; `NS:*` considers the type's own namespace only."""
    for kind in _chain(field(error, "errorType"), "parentErrorType"):
        yield field(kind, "namespace"), field(kind, "identifier")
        if wanted[1] == "*":
            return


def _fits(kind: tuple[Any, Any], wanted: tuple[str, str]) -> bool:
    if wanted in (("MULE", "ANY"), ("*", "*")):
        return kind[1] is not None
    return all(name in ("*", own) for name, own in zip(wanted, kind, strict=True))


def _has_failed(name: str, outcomes: Sequence[Any]) -> list[bool]:
    """Return for each outcome whether it is a failure."""
    statuses = fields(outcomes, "status")
    if not set(map(type, statuses)) <= NUMBERS:
        spend(PER_TEXT * len(statuses), f"{name}()")
        statuses = [_number(name, status) for status in statuses]
    return [status >= FIRST_FAILURE for status in statuses]


def _number(name: str, status: Any) -> Any:
    number: Any = number_in(status) if isinstance(status, str) else status
    if not is_number(number):
        found = "a string that is no number" if isinstance(status, str) else type_name(status)
        raise EvaluationError(f"{name}() takes outcomes with a status that is a number, not {found}")
    return number


def _counts(name: str, outcomes: Sequence[Any]) -> dict[str, int]:
    failed = sum(_has_failed(name, outcomes))
    return {"total": len(outcomes), "succeeded": len(outcomes) - failed, "failed": failed}


@function(
    "array", steps=60, each=8, keeps_appended=True, shape=of_map(dict.fromkeys(("total", "succeeded", "failed"), COUNT))
)
def summary(outcomes: list[Any]) -> dict[str, int]:
    """How many outcomes there are, and how many of them succeeded and failed.

    An outcome whose `status` is below 400 is a success; a text counts; one without a status is an error.

    summary([{status: 200}, {status: '422'}]) → {"total": 2, "succeeded": 1, "failed": 1}
    """
    return _counts("summary", outcomes)


@function("array", steps=50, each=8, keeps_appended=True, shape={"enum": [200, 207, 400]})
def multi_status(outcomes: list[Any]) -> int:
    """The HTTP status of a bulk answer: 200 if all outcomes succeeded, 400 if all failed, otherwise 207.

    No outcomes at all are 200. Success is decided by each `status`, as for summary.

    multi_status([{status: 200}, {status: 422}]) → 207
    multi_status(`[]`) → 200
    """
    counts = _counts("multi_status", outcomes)
    if counts["failed"] == 0:
        return 200
    return 400 if counts["succeeded"] == 0 else 207


@function("array", steps=50, each=8, keeps_appended=True, shape=of_list([OPEN]))
def retry(outcomes: list[Any]) -> list[Any]:
    """The ids of the outcomes that failed, in order; failure is decided by each `status`, as for summary.

    retry([{id: 'a', status: 200}, {id: 'b', status: 422}]) → ["b"]
    """
    return fields([*compress(outcomes, _has_failed("retry", outcomes))], "id")
