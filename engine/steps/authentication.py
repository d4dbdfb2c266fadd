"""The identity of the caller: the base of the steps that determine it, and whose result is whose."""

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
"""The caller is not known to us. HTTP:UNAUTHORIZED means that we are not known to an upstream."""

AUTHENTICATION = "authentication"
"""The variable that holds the identity of the caller."""

CREDENTIALS = ("authorization", "cookie")
"""The headers with which most callers prove their identity."""

LASTING_CLAIMS = ("iss", "sub", "client_id", "azp")
"""The claims of a token that distinguish callers, and do not change when the token is renewed."""


class Authentication(VoidOperation):
    """The base of steps that let only callers pass who prove their identity.

    They set `vars.authentication`: a map of `scheme`, `principal` and anything else the scheme
    knows. For all other callers they raise a Refusal with a status and headers of its own.
    """

    def assigns(self) -> Mapping[str, Held]:
        return {f"vars.{AUTHENTICATION}": UNTOLD}

    def security_scheme(self) -> dict[str, Any]:
        """Return the way callers prove their identity, as a security scheme object of OpenAPI 3.1."""
        raise NotImplementedError

    def challenge(self) -> str:
        """Return the challenge to the caller, for WWW-Authenticate (RFC 9110, 11.6.1)."""
        raise NotImplementedError

    def credentials(self, event: Event) -> Any:
        """Return the parts of a request that prove the caller's identity.

        These are the headers Authorization and Cookie, unless the scheme reads others.
        """
        return usual_credentials(event)

    def bounded(self, code: Code) -> Code:
        run = code.awaited

        async def noting(event: Event) -> Event:
            after = await run(event)
            _note(self, event, after)
            return after

        return Code(noting, None)

    def not_known(self, error_type: ErrorType = UNAUTHORIZED, challenge: str = "") -> Refusal:
        """Return the refusal of a caller without valid credentials. It does not say why they are not valid."""
        headers = {"www-authenticate": challenge or self.challenge()}
        return Refusal(401, error_type, "the credentials are missing or do not hold", headers)

    def not_permitted(self, headers: Mapping[str, str] | None = None) -> Refusal:
        """Return the refusal of a caller that is known, but may not do this."""
        return Refusal(403, NOT_PERMITTED, "the caller may not do this", headers)


def authenticated(event: Event, scheme: str, principal: Any, **more: Any) -> Event:
    """Return the event with the variable `authentication`."""
    return event.with_variable(AUTHENTICATION, {"scheme": scheme, "principal": principal, **more})


def usual_credentials(event: Event) -> list[Any]:
    """Return the headers Authorization and Cookie of the request that made the event; nulls if no request did."""
    attributes = event.attributes
    headers = attributes.get("headers") if isinstance(attributes, Mapping) else None
    return [headers.get(name) if isinstance(headers, Mapping) else None for name in CREDENTIALS]


def identity_of(event: Event) -> Any:
    """Return a value that identifies the caller in `vars.authentication`; None if there is none.

    A token without a subject is a caller of its own.
    """
    known = event.vars.get(AUTHENTICATION)
    if not isinstance(known, Mapping) or known.get("principal") is None:
        return known
    claims = known.get("claims") or {}
    return [known.get("scheme"), known["principal"], *(claims.get(name) for name in LASTING_CLAIMS)]


# The callers of a request


class Caller(NamedTuple):
    """The caller, as determined by a step. step: None if the connection did it, by the caller's certificate."""

    step: Authentication | None
    identity: Any

    @classmethod
    def found(cls, step: Authentication, before: Event, after: Event) -> Self:
        """Return the caller that a step let pass; if the step does not name it, it is identified by its credentials."""
        identity = identity_of(after)
        return cls(step, step.credentials(before) if identity is None else identity)


_callers: ContextVar[list[Caller] | None] = ContextVar("callers", default=None)


def begin_request() -> list[Caller]:
    """Begin to record the callers of a request. The list grows while it runs, whichever scope determines them."""
    callers: list[Caller] = []
    _callers.set(callers)
    return callers


def callers() -> tuple[Caller, ...]:
    """Return the callers that the running request has determined so far."""
    return tuple(_callers.get() or ())


def identities(event: Event) -> list[Any]:
    """Return the identities that own a result made from the event: all that are known of its callers; may be empty."""
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
