from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import Event, Mistake, prepared, refuse
from engine.connectors import NOT_PERMITTED, UNAUTHORIZED, Authentication, authenticated
from processors.security._credentials import CALLERS, Names, digest, matching, permitted, read_callers, read_secret
from processors.security._realm import Realm, attribute, text_of

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


def _name(value: Any) -> Any:
    if not isinstance(value, str) or NAME.fullmatch(value) is None:
        refuse([Mistake("F303", "no name that a header or a query parameter could have", "a name such as X-API-Key")])
    return value


def _key(value: Any, *, place: Any = None) -> bytes:
    return digest(read_secret(value, place=place))


def _keys(value: Any) -> Any:
    keys = read_callers(value, "key", _key)
    if len({key for key, _ in keys.values()}) < len(keys):
        refuse([Mistake("F303", "the same key twice", "a key of its own for each caller")])
    return keys


class ApiKey(Authentication):
    """Let only callers pass who send a valid key, in a header or in the query. Mule: the policy Client ID Enforcement.

    The caller is `vars.authentication`: {scheme: api-key, principal: the key's name, roles}. A caller without a valid
    key is answered with 401 and SECURITY:UNAUTHORIZED, one without the role with 403 and MULE:NOT_PERMITTED. Prefer the
    header: queries get into logs on the way.

    Example:
        configs:
          Api: {http:listener-config: {port: 8081}}
        properties: {shop.key: 6f1ed002ab5595859014ebf0951522d9}
        flows:
          orders:
            source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: GET}}
            steps:
              - security:api-key: {keys: {shop: "${secret:shop.key}"}}
              - set-payload: {value: "#[vars.authentication.principal]"}
        request: {method: GET, path: /orders, headers: {X-API-Key: 6f1ed002ab5595859014ebf0951522d9}}
        expect: {status: 200, payload: shop}
    """

    keys: Annotated[Any, BeforeValidator(_keys), CALLERS]
    """The callers' names with their keys; or with {key, roles}. Take keys from placeholders such as
    `${secret:shop.key}`."""

    header: Annotated[str | None, BeforeValidator(_name)] = None
    """The header that holds the key; X-API-Key, if neither it nor query is given."""

    query: Annotated[str | None, BeforeValidator(_name)] = None
    """The query parameter that holds the key, instead of a header."""

    roles: Names = ()
    """The roles of which the caller must have one; any caller may pass, if left out."""

    realm: Realm = "api"
    """The realm of the challenge: it tells the caller what the key is for."""

    raises = (UNAUTHORIZED, NOT_PERMITTED)

    _place: str = prepared()
    _name: str = prepared()
    _looked_up: str = prepared()
    _callers: list[tuple[bytes, tuple[str, tuple[str, ...]]]] = prepared()

    def __post_init__(self) -> None:
        if self.header and self.query:
            refuse([Mistake("F304", "both header and query", "one place for the key")])
        self._prepare(
            _place="query" if self.query else "header",
            _name=self.query or self.header or "X-API-Key",
            _looked_up=self.query or (self.header or "X-API-Key").lower(),
            _callers=[(key, (name, roles)) for name, (key, roles) in self.keys.items()],
        )

    def security_scheme(self) -> dict[str, Any]:
        return {"type": "apiKey", "in": self._place, "name": self._name}

    def challenge(self) -> str:
        """Return the challenge. No scheme is registered for keys; this one says where the key belongs."""
        return f'ApiKey realm="{self.realm}", in="{self._place}", name="{self._name}"'

    def credentials(self, event: Event) -> str:
        return text_of(attribute(event, "queryParams" if self.query else "headers"), self._looked_up)

    async def run(self, event: Event) -> Event:
        caller = matching(self.credentials(event), self._callers)
        if caller is None:
            raise self.not_known()
        name, roles = caller
        if not permitted(self.roles, roles):
            raise self.not_permitted()
        return authenticated(event, "api-key", name, roles=list(roles))
