"""Which statuses an http:request accepts."""

from __future__ import annotations

import re
from typing import Any, Self

from pydantic_core import core_schema

from engine import Condition, Field, Mistake, Parameters, Validated, refuse, shown
from engine.connectors import typed

RANGE = re.compile(r"([0-9]{1,3})(?:\s*\.\.\s*([0-9]{1,3}))?")


class StatusCodes(Validated):
    """Statuses, as a comma list or a list of numbers and ranges: `200, 300..399`."""

    __slots__ = ("_statuses", "written")
    word = "statuses"
    schema = typed("string", "integer", "array", items=typed("string", "integer"))

    def __init__(self, value: Any) -> None:
        self.written = value
        entries = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
        self._statuses = frozenset(status for entry in entries for status in _range(entry))

    def __contains__(self, status: int) -> bool:
        return status in self._statuses

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self:
        return value if isinstance(value, cls) else cls(value)


def _range(entry: Any) -> range:
    match = RANGE.fullmatch(str(entry).strip()) if type(entry) is not bool else None
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if first > last:
        place = getattr(entry, "place", None)
        refuse([Mistake("F303", shown(entry), "statuses", "a list of numbers and ranges: 200, 300..399", place)])
    return range(first, last + 1)


class ResponseValidator(Parameters):
    """The responses that are a success; any other is an error by its status."""

    success_status_code: StatusCodes | None = Field(default=None, alias="success-status-code")
    """The statuses that are accepted: numbers and ranges; 0..399, if neither list is given."""

    failure_status_code: StatusCodes | None = Field(default=None, alias="failure-status-code")
    """The statuses that are rejected; all others are accepted, unless success-status-code lists them not."""

    expression: Condition | None = None
    """A condition that must also hold; it sees the response as payload and attributes."""

    def accepts(self, status: int) -> bool:
        if self.failure_status_code is not None and status in self.failure_status_code:
            return False
        if self.success_status_code is None:
            return self.failure_status_code is not None or status <= LAST_SUCCESS
        return status in self.success_status_code


LAST_SUCCESS = 399
