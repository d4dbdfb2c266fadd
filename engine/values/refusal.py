"""Errors that are the caller's fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.values.errors import ErrorType, FlowError


class Refusal(FlowError):
    """An error of a listener, a router or an authentication element: it has a status of its own.

    status: the status of the answer (docs/language.md, "Answering": the first row of the table).
    headers: further headers of the answer, such as WWW-Authenticate.
    is_early: whether the caller may still be sending its body.
    members: further members of the problem details, such as violations (RFC 9457, 3.2).
    """

    def __init__(
        self,
        status: int,
        type: ErrorType | str,
        description: str,
        headers: Mapping[str, str] | None = None,
        *,
        is_early: bool = False,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(type, description)
        self.status = status
        self.headers = dict(headers or {})
        self.is_early = is_early
        self.members = dict(members or {})
