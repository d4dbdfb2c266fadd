from __future__ import annotations

from base64 import b64decode
from binascii import Error
from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import Event, Mistake, prepared, refuse
from engine.connectors import NOT_PERMITTED, Authentication, authenticated
from processors.http._errors import BASIC_AUTHENTICATION
from processors.security._credentials import CALLERS, Names, permitted, read_callers
from processors.security._passwords import Cost, Password, Proven, nobody, read_password
from processors.security._realm import Realm, attribute, text_of

Users = dict[str, tuple[Password, tuple[str, ...]]]


def _users(value: Any) -> Users:
    users = read_callers(value, "password", read_password)
    if any(":" in name for name in users):
        refuse([Mistake("F303", "a name with ':'", "names without it (RFC 7617)")])
    if len({password.cost for password, _ in users.values()}) > 1:
        expected = "all plain, or all hashed at the same cost: else the time to refuse tells who is known"
        refuse([Mistake("F303", "passwords of several kinds", expected)])
    return users


class Basic(Authentication):
    """Let only callers pass who send a name and a password (RFC 7617). Mule: http:basic-security-filter.

    Passwords are plain, taken from placeholders such as `${secret:ada.password}`, or hashed with scrypt: `python -m
    processors.security._passwords` prints such a hash. The caller is `vars.authentication`: {scheme: basic, principal:
    the name, roles}. A caller without a valid name and password is answered with 401 and HTTP:BASIC_AUTHENTICATION, one
    without the role with 403 and MULE:NOT_PERMITTED. Use it over TLS only: the password can be read on the way.

    Example:
        configs:
          Api: {http:listener-config: {port: 8081}}
        properties: {ada.password: swordfish}
        flows:
          orders:
            source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: GET}}
            steps:
              - security:basic: {users: {ada: "${secret:ada.password}"}}
              - set-payload: {value: "#[vars.authentication.principal]"}
        request: {method: GET, path: /orders, headers: {Authorization: Basic YWRhOnN3b3JkZmlzaA==}}
        expect: {status: 200, payload: ada}
    """

    users: Annotated[Any, BeforeValidator(_users), CALLERS]
    """Names with their passwords; or with {password, roles}."""

    roles: Names = ()
    """The roles of which the caller must have one; any caller may pass, if left out."""

    realm: Realm = "api"
    """The realm of the challenge: it tells the caller what the password is for."""

    raises = (BASIC_AUTHENTICATION, NOT_PERMITTED)

    _nobody: Password = prepared()
    _proven: Proven = prepared()

    def __post_init__(self) -> None:
        cost = next((password.cost for password, _ in self.users.values()), Cost())
        self._prepare(_nobody=nobody(cost), _proven=Proven())

    def security_scheme(self) -> dict[str, Any]:
        return {"type": "http", "scheme": "basic"}

    def challenge(self) -> str:
        return f'Basic realm="{self.realm}", charset="UTF-8"'

    async def run(self, event: Event) -> Event:
        credentials = credentials_of(event)
        if credentials is None:
            raise self.not_known(BASIC_AUTHENTICATION)
        name, given = credentials
        password, roles = self.users.get(name, (self._nobody, ()))
        if not await self._proven.fits(name, password, given):
            raise self.not_known(BASIC_AUTHENTICATION)
        if not permitted(self.roles, roles):
            raise self.not_permitted()
        return authenticated(event, "basic", name, roles=list(roles))


def credentials_of(event: Event) -> tuple[str, str] | None:
    """Return the name and the password of the header Authorization, or None if it holds none."""
    scheme, _, credentials = text_of(attribute(event, "headers"), "authorization").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (Error, ValueError):
        return None
    return (name, password) if colon else None
