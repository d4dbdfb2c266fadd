"""Who calls: what steps that find it out have in common, and whose a result is."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple, Self

from engine.expressions.held import UNTOLD, Held
from engine.plan.code import Code
from engine.steps.processor import VoidOperation
from engine.values.errors import CORE_TYPES, SERVER_SECURITY, ErrorType
from engine.values.event import Event
from engine.values.refusal import Refusal

NOT_PERMITTED = CORE_TYPES["MULE:NOT_PERMITTED"]
UNAUTHORIZED = SERVER_SECURITY.child("UNAUTHORIZED", "SECURITY")
"""Ours: the caller is not known. HTTP:UNAUTHORIZED is what an upstream says of us."""

AUTHENTICATION = "authentication"
"""The variable that holds who the caller is."""

CREDENTIALS = ("authorization", "cookie")
"""The headers that most callers prove with who they are."""

LASTING_CLAIMS = ("iss", "sub", "client_id", "azp")
"""What of a token's claims tells callers apart, and stays as it is when the token is renewed."""


class Authentication(VoidOperation):
    """The base of steps that only callers pass who say who they are, and prove it.

    What they find out is `vars.authentication`: a map of `scheme`, `principal` and what the scheme
    knows besides. All else raises a Refusal with a status and headers of its own.
    """

    def assigns(self) -> Mapping[str, Held]:
        return {f"vars.{AUTHENTICATION}": UNTOLD}

    def security_scheme(self) -> dict[str, Any]:
        """What proves who calls, as a security scheme object of OpenAPI 3.1."""
        raise NotImplementedError

    def challenge(self) -> str:
        """What the caller is asked for: a challenge of WWW-Authenticate (RFC 9110, 11.6.1)."""
        raise NotImplementedError

    def credentials(self, event: Event) -> Any:
        """What of a request proves who calls: its headers Authorization and Cookie, unless the scheme reads others."""
        return usual_credentials(event)

    def bounded(self, code: Code) -> Code:
        run = code.awaited

        async def noting(event: Event) -> Event:
            after = await run(event)
            _note(self, event, after)
            return after

        return Code(noting, None)

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


def usual_credentials(event: Event) -> list[Any]:
    """The headers Authorization and Cookie of the request that made the event; nulls where none did."""
    attributes = event.attributes
    headers = attributes.get("headers") if isinstance(attributes, Mapping) else None
    return [headers.get(name) if isinstance(headers, Mapping) else None for name in CREDENTIALS]


def identity_of(event: Event) -> Any:
    """What tells the caller whom `vars.authentication` names from any other; None where it names nobody.

    A token without a subject is a caller of its own.
    """
    known = event.vars.get(AUTHENTICATION)
    if not isinstance(known, Mapping) or known.get("principal") is None:
        return known
    claims = known.get("claims") or {}
    return [known.get("scheme"), known["principal"], *(claims.get(name) for name in LASTING_CLAIMS)]


# Whose a request is


class Caller(NamedTuple):
    """Who calls, as it was found out. step: by whom; None for the connection, by the caller's certificate."""

    step: Authentication | None
    identity: Any

    @classmethod
    def found(cls, step: Authentication, before: Event, after: Event) -> Self:
        """The caller that a step has let pass; one whom it does not name is known by the credentials."""
        identity = identity_of(after)
        return cls(step, step.credentials(before) if identity is None else identity)


_callers: ContextVar[list[Caller] | None] = ContextVar("callers", default=None)


def begin_request() -> list[Caller]:
    """Begin to note who calls; the list grows while the request runs, in whatever scope that is found out."""
    callers: list[Caller] = []
    _callers.set(callers)
    return callers


def callers() -> tuple[Caller, ...]:
    """Who calls, as far as the request that runs has found out."""
    return tuple(_callers.get() or ())


def identities(event: Event) -> list[Any]:
    """Whose a result is that is made of the event: all that is known of who calls; empty, where that is nothing."""
    known = [caller.identity for caller in callers()]
    own = identity_of(event)
    return known if own is None or own in known else [*known, own]


def _note(step: Authentication, before: Event, after: Event) -> None:
    noted = _callers.get()
    if noted is None:
        return
    caller = Caller.found(step, before, after)
    if caller not in noted:
        noted.append(caller)
