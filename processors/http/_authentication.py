"""The credentials of a request."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from math import inf
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote_plus

from pydantic import AfterValidator, BeforeValidator

from engine import Event, Field, FlowError, Kind, Mistake, Parameters, Runtime, Template, prepared, refuse, to_text
from engine.connectors import TEXTS, is_number, number_in
from engine.limits import LONGEST_ACCESS_TOKEN
from processors.http._address import HEAD
from processors.http._content import FORM, form
from processors.http._errors import HTTP_CONNECTIVITY, HTTP_SECURITY
from processors.http._outgoing import Outgoing

Send = Callable[[Outgoing], Awaitable[tuple[int, Any]]]
"""Sends a request outside any flow, and returns its status and the value of its body."""

LONGEST_LIFE = 10**9
"""Seconds: a token with a longer lifetime never expires."""
LEEWAY = 30.0
"""Seconds before its expiry from which a token is not used any more, but at most a tenth of its lifetime."""


class BasicAuthentication(Parameters):
    """A name and a password (RFC 7617)."""

    username: Template
    """The name."""

    password: Template
    """The password; take it from a placeholder such as `${secret:orders.password}`."""

    def credentials(self, event: Event) -> str:
        return basic(to_text(self.username.evaluate(event)), to_text(self.password.evaluate(event)))


class BearerAuthentication(Parameters):
    """A token that is known already (RFC 6750)."""

    token: Template
    """The token; an expression may pass on the caller's."""

    def credentials(self, event: Event) -> str:
        return f"Bearer {to_text(self.token.evaluate(event))}"


def _token_url(value: str) -> str:
    if HEAD.match(value) is None:
        refuse([Mistake("F303", f"'{value}'", "a url such as https://login.example.org/token")])
    return value


def _scopes(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


class ClientCredentials(Parameters):
    """OAuth 2.0, client credentials (RFC 6749, 4.4): the token is fetched when it is first needed."""

    client_id: str
    """The name of the client."""

    client_secret: str
    """Its secret; take it from a placeholder such as `${secret:orders.secret}`."""

    token_url: Annotated[str, AfterValidator(_token_url)]
    """The url that issues tokens."""

    scopes: Annotated[str, BeforeValidator(_scopes), Kind("text", TEXTS)] = ""
    """The scopes to ask for, as a list or with spaces between them."""

    encode_client_credentials_in_body: bool = False
    """Send the client's name and secret in the form, not in the header Authorization."""

    def request(self) -> Outgoing:
        """Return the request for a token."""
        fields = {"grant_type": "client_credentials", "scope": self.scopes or None}
        headers = {"content-type": FORM, "accept": "application/json"}
        if self.encode_client_credentials_in_body:
            fields |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            headers["authorization"] = basic(quote_plus(self.client_id), quote_plus(self.client_secret))
        return Outgoing("POST", self.token_url, headers, [form(fields).encode()])


class Authentication(Parameters):
    """The credentials of requests: one of these."""

    basic_authentication: Annotated[BasicAuthentication | None, Field(alias="basic-authentication")] = None
    """A name and a password."""

    bearer_authentication: Annotated[BearerAuthentication | None, Field(alias="bearer-authentication")] = None
    """A token that is known already."""

    client_credentials: Annotated[ClientCredentials | None, Field(alias="client-credentials-grant-type")] = None
    """OAuth 2.0: a token that is fetched, kept until it expires, and fetched again once if the upstream answers 401."""

    given: BasicAuthentication | BearerAuthentication | None = prepared()

    def __post_init__(self) -> None:
        ways = (self.basic_authentication, self.bearer_authentication, self.client_credentials)
        if sum(way is not None for way in ways) != 1:
            names = "basic-authentication, bearer-authentication, client-credentials-grant-type"
            refuse([Mistake("F304", "not one way of authentication", f"exactly one of {names}")])
        self._prepare(given=self.basic_authentication or self.bearer_authentication)


def basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


class Token(NamedTuple):
    """A token as the header Authorization holds it, and the moment of the clock from which it is not used any more."""

    credentials: str
    ends: float


class Tokens:
    """The token of one config: however many requests want it, it is fetched once."""

    def __init__(self, grant: ClientCredentials, runtime: Runtime, send: Send) -> None:
        self._grant = grant
        self._runtime = runtime
        self._send = send
        self._token: Token | None = None
        self._renewal: asyncio.Task[Token | FlowError] | None = None

    def live_in(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def get(self) -> str:
        """Return a valid token. Raise HTTP:SECURITY if none is issued, HTTP:CONNECTIVITY if nobody answers."""
        if self._token is not None and self._runtime.clock.monotonic() < self._token.ends:
            return self._token.credentials
        if self._renewal is None or self._renewal.done():
            self._renewal = self._runtime.tasks.start(self._renew(), "access token")
        outcome = await asyncio.shield(self._renewal)  # one that waits may be cancelled; the others go on waiting
        if isinstance(outcome, FlowError):
            raise FlowError(outcome.type, outcome.description, detailed_description=outcome.detailed_description)
        return outcome.credentials

    def forget(self, credentials: str) -> None:
        """Fetch another one next time, unless that happened already."""
        if self._token is not None and self._token.credentials == credentials:
            self._token = None

    async def _renew(self) -> Token | FlowError:
        began = self._runtime.clock.monotonic()
        try:
            status, answer = await self._send(self._grant.request())
            self._token = _token(status, answer, began)
        except FlowError as error:
            return error
        return self._token


def _token(status: int, answer: Any, began: float) -> Token:
    fields = answer if isinstance(answer, dict) else {}
    text = fields.get("access_token")
    if status >= 500:
        raise FlowError(HTTP_CONNECTIVITY, "no access token could be fetched", detailed_description=f"status {status}")
    if status != 200 or not _is_token(text):
        said = f"status {status}, error {str(fields.get('error'))[:60]!r}"
        raise FlowError(HTTP_SECURITY, "no access token was given", detailed_description=said)
    seconds = _lifetime(fields.get("expires_in"))
    return Token(f"Bearer {text}", began + seconds - min(LEEWAY, seconds / 10))


def _is_token(text: Any) -> bool:
    """Return whether a text may be part of a header Authorization."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST_ACCESS_TOKEN and text.isascii() and text.isprintable()


def _lifetime(given: Any) -> float:
    """Return the seconds; some servers write them as text. If none are given, it has no end: a 401 ends it."""
    seconds: Any = number_in(given) if isinstance(given, str) else given
    return float(seconds) if is_number(seconds) and 0 <= seconds <= LONGEST_LIFE else inf
