from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from engine import Duration, Event, Field, Kind, Mistake, Refusal, prepared, refuse, shown
from engine.connectors import NOT_PERMITTED, TEXT, UNAUTHORIZED, Authentication, authenticated, equals, read_file
from processors.security._algorithms import SECURITY_CONNECTIVITY, Algorithms, Scopes, check_secret, is_url
from processors.security._credentials import Names, read_secret
from processors.security._realm import Realm, attribute, text_of

if TYPE_CHECKING:
    from processors.security._tokens import KeySource, Rules


def _beside(value: Any) -> Any:
    """Return the bytes of a file beside the flow file; a url stays."""
    if isinstance(value, str) and is_url(value):
        return str(value)
    place = getattr(value, "place", None)
    try:
        return read_file((Path(place.file).parent if place else Path()) / value)
    except (OSError, TypeError, ValueError):
        refuse([Mistake("F303", f"{shown(value)}, a file that cannot be read", "a file beside the flow file")])


def _no_url(value: Any) -> Any:
    if isinstance(value, str) and is_url(value):
        refuse([Mistake("F303", "a url", "a file beside the flow file, or jwks for the keys of a url")])
    return value


class Jwt(Authentication):
    r"""Let only callers pass who send a valid JSON Web Token (RFC 7519, 6750). Mule: the policy JWT Validation.

    The token is in the header Authorization, after `Bearer`. Its signature is verified with one of the algorithms,
    which no token can change; it must have an expiration time, and name the audience and the issuer if they are given.
    The caller is `vars.authentication`: {scheme: jwt, principal: the claim sub, otherwise client_id or azp, scopes,
    claims}.

    A caller without a valid token is answered with 401 and SECURITY:UNAUTHORIZED, one whose token lacks a scope or a
    claim with 403 and MULE:NOT_PERMITTED; WWW-Authenticate says why. Times are compared with the time of day: setting
    it back makes expired tokens valid again.

    The keys of a url are fetched when the first token comes, then once an hour, and for a key that is not known, at
    most once a minute. An issuer that does not answer holds callers for a second, and for five if there are no keys
    yet; old keys serve for a day. While there are none, tokens raise SECURITY:CONNECTIVITY (503).

    Example:
        configs:
          Api: {http:listener-config: {port: 8081}}
        properties: {token.secret: 7d1e9a4c0b6f83527d1e9a4c0b6f8352}
        flows:
          orders:
            source: {http:listener: {config-ref: Api, path: /orders, allowedMethods: GET}}
            steps:
              - security:jwt: {algorithms: HS256, secret: "${secret:token.secret}", scopes: orders.read}
              - set-payload: {value: "#[vars.authentication.claims.sub]"}
        request:
          method: GET
          path: /orders
          headers:
            Authorization: "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.\
              eyJzdWIiOiJhZGEiLCJzY29wZSI6Im9yZGVycy5yZWFkIiwiZXhwIjo0MTAyNDQ0ODAwfQ.\
              TBdsoZRczf694ew0Br1-2vjd3EAd5TfTSQYzHpMC1vI"
        expect: {status: 200, payload: ada}
    """

    algorithms: Algorithms
    """How tokens may be signed: HS256, HS384, HS512 with a secret; RS256, PS256, ES256, EdDSA and their
    siblings with a public key."""

    secret: Annotated[str | None, BeforeValidator(read_secret)] = None
    """The secret of HS256 and its siblings, at least as long as the hash (RFC 7518, 3.2); take it from a
    placeholder such as `${secret:token.secret}`."""

    public_key: Annotated[bytes | None, BeforeValidator(_beside), BeforeValidator(_no_url), Kind("file", TEXT)] = None
    """A PEM file with the public key, or the certificate, beside the flow file."""

    jwks: Annotated[str | bytes | None, BeforeValidator(_beside), Kind("text or file", TEXT)] = None
    """A JWKS file with public keys, beside the flow file, or the url at which the issuer publishes them."""

    audience: Names = ()
    """The audiences (aud) of which the token must name one. If left out, a token that names any is not valid."""

    issuer: Names = ()
    """The issuers (iss) of which the token must name one; any, if left out."""

    leeway: Duration = 60.0
    """How far the clocks of issuer and engine may differ."""

    required_claims: Names = ()
    """Claims that the token must have, in addition to exp."""

    scopes: Scopes = ()
    """Scopes that the token must grant, all of them, in its claim scope or scp; with spaces or commas between them."""

    claims: dict[str, Any] = Field(default_factory=dict)
    """Claims with the value that they must have; if the token has a list, it must hold the value."""

    realm: Realm = "api"
    """The realm of the challenge: it tells the caller what the token is for."""

    raises = (UNAUTHORIZED, NOT_PERMITTED, SECURITY_CONNECTIVITY)

    _fixed: KeySource | None = prepared()

    def __post_init__(self) -> None:
        ways = {"secret": self.secret, "publicKey": self.public_key, "jwks": self.jwks}
        given = [name for name, value in ways.items() if value is not None]
        if len(given) != 1:
            refuse([Mistake("F304", " and ".join(given) or "no key", f"exactly one of {', '.join(ways)}")])
        if any(name.startswith("HS") != (self.secret is not None) for name in self.algorithms):
            expected = "HS256 and its siblings with a secret, all others with publicKey or jwks"
            refuse([Mistake("F304", f"{', '.join(self.algorithms)} beside {given[0]}", expected)])
        if self.secret is not None:
            check_secret(self.secret, self.algorithms)
        self._prepare(_fixed=self._fixed_keys())

    def _fixed_keys(self) -> KeySource | None:
        """Return the keys, except those of a url. Refuse anything that is not a key."""
        if isinstance(self.jwks, str):
            return None
        from processors.security._keys import fixed_keys  # only flows with tokens need it

        return fixed_keys(self.algorithms, self.secret, self.public_key, self.jwks)

    @cached_property
    def _keys(self) -> KeySource:
        from processors.security._jwks import FetchedKeys

        if self._fixed is not None:
            return self._fixed
        url, runtime = str(self.jwks), self.runtime
        return runtime.keep((FetchedKeys, url), lambda: FetchedKeys(url, runtime))

    @cached_property
    def _rules(self) -> Rules:
        from processors.security._tokens import Rules

        return Rules(self.algorithms, self.audience, self.issuer, self.required_claims, self.leeway)

    def security_scheme(self) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}

    def challenge(self) -> str:
        return f'Bearer realm="{self.realm}"'

    async def run(self, event: Event) -> Event:
        scheme, _, token = text_of(attribute(event, "headers"), "authorization").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise self.not_known()
        claims = await self._claims_of(token.strip())
        scopes = scopes_of(claims)
        self._check_permission(claims, scopes)
        principal = claims.get("sub") or claims.get("client_id") or claims.get("azp")
        return authenticated(event, "jwt", principal, scopes=scopes, claims=claims)

    async def _claims_of(self, token: str) -> dict[str, Any]:
        from processors.security._tokens import InvalidToken

        now = self.runtime.clock.now().timestamp()
        try:
            return await self._rules.claims_of(token, self._keys, now)
        except InvalidToken as error:
            refusal = self._refusal(401, "invalid_token", f'error_description="{error}"')
            refusal.cause = error
            raise refusal from error

    def _check_permission(self, claims: dict[str, Any], scopes: list[str]) -> None:
        if not set(self.scopes) <= set(scopes):
            raise self._refusal(403, "insufficient_scope", f'scope="{" ".join(self.scopes)}"')
        if not all(_holds(claims.get(name), value) for name, value in self.claims.items()):
            raise self._refusal(403, "insufficient_scope", 'error_description="a claim is not as it must be"')

    def _refusal(self, status: int, error: str, detail: str) -> Refusal:
        """Return the refusal as RFC 6750, 3 has it: the challenge names the problem, the body does not."""
        challenge = f'{self.challenge()}, error="{error}", {detail}'
        if status == 401:
            return self.not_known(challenge=challenge)
        return self.not_permitted({"www-authenticate": challenge})


def scopes_of(claims: Mapping[str, Any]) -> list[str]:
    """Return the scopes that a token grants: with spaces between them (RFC 8693, 4.2), or as a list."""
    granted = claims.get("scope", claims.get("scp"))
    if isinstance(granted, str):
        return granted.split()
    return [each for each in granted if isinstance(each, str)] if isinstance(granted, list) else []


def _holds(claim: Any, value: Any) -> bool:
    return equals(claim, value) or (isinstance(claim, list) and any(equals(each, value) for each in claim))
