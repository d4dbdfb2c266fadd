"""Who calls: what steps that find it out have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import CORE_TYPES, SERVER_SECURITY, ErrorType
from engine.core.event import Event
from engine.core.processor import UNTOLD, VoidOperation
from engine.core.refusal import Refusal
from engine.expressions.parser import Node

NOT_PERMITTED = CORE_TYPES["MULE:NOT_PERMITTED"]
UNAUTHORIZED = SERVER_SECURITY.child("UNAUTHORIZED", "SECURITY")
"""Ours: the caller is not known. HTTP:UNAUTHORIZED is what an upstream says of us."""

AUTHENTICATION = "authentication"
"""The variable that holds who the caller is."""


class Authentication(VoidOperation):
    """The base of steps that only callers pass who say who they are, and prove it.

    What they find out is `vars.authentication`: a map of `scheme`, `principal` and what the scheme
    knows besides. All else raises a Refusal with a status and headers of its own.
    """

    def assigns(self) -> Mapping[str, Node]:
        return {f"vars.{AUTHENTICATION}": UNTOLD}

    def security_scheme(self) -> dict[str, Any]:
        """What proves who calls, as a security scheme object of OpenAPI 3.1."""
        raise NotImplementedError

    def challenge(self) -> str:
        """What the caller is asked for: a challenge of WWW-Authenticate (RFC 9110, 11.6.1)."""
        raise NotImplementedError

    def not_known(self, error_type: ErrorType = UNAUTHORIZED, challenge: str = "") -> Refusal:
        """The refusal of a caller without credentials that hold; no word about what was wrong with them."""
        headers = {"www-authenticate": challenge or self.challenge()}
        return Refusal(401, error_type, "the credentials are missing or do not hold", headers)

    def not_permitted(self, headers: Mapping[str, str] | None = None) -> Refusal:
        """The refusal of a caller that is known and may not do this."""
        return Refusal(403, NOT_PERMITTED, "the caller may not do this", headers)


def authenticated(event: Event, scheme: str, principal: Any, **more: Any) -> Event:
    """The event with the variable `authentication`."""
    return event.with_variable(AUTHENTICATION, {"scheme": scheme, "principal": principal, **more})
