"""JSON Web Tokens: when one is valid (RFC 7519, RFC 8725), on joserfc. Imported with the first security:jwt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from joserfc.errors import ExpiredTokenError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry, deserialize_compact, extract_compact
from joserfc.jwt import JWTClaimsRegistry

from engine.connectors import read_json
from engine.limits import LARGEST_TOKEN_HEADER, LONGEST_TOKEN

MALFORMED = (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""The exceptions of reading hostile bytes as a token."""


class InvalidToken(Exception):
    """A token that is not valid; the message may go to the caller, the cause says more."""


class _Fixed(JWSRegistry):
    """Accepts the algorithms that the flow names, and no others; also the name EdDSA, which is still widely used."""

    max_header_length = LARGEST_TOKEN_HEADER

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError("another algorithm")
        return self.algorithms[name]


class KeySource(Protocol):
    """Where the keys come from."""

    async def key_for(self, algorithm: str, kid: str | None) -> Key | None:
        """Return the key of that name, or None. Raise SECURITY:CONNECTIVITY if it is not known whether there is one."""


@dataclass(frozen=True)
class Rules:
    """The rules for a token. The algorithms are fixed when the flow is loaded; no token chooses others.

    audiences, issuers: a token must name one of each; if empty, a token must name no audience, and may name any issuer.
    leeway: seconds by which clocks may differ.
    """

    algorithms: Collection[str]
    audiences: tuple[str, ...]
    issuers: tuple[str, ...]
    required: tuple[str, ...]
    leeway: float

    async def claims_of(self, token: str, keys: KeySource, now: float) -> dict[str, Any]:
        """Return the claims of a valid token. Raise InvalidToken otherwise."""
        algorithm, kid = self._named(token)
        key = await keys.key_for(algorithm, kid)
        if key is None:
            raise InvalidToken("the token is signed with an unknown key")
        try:
            claims = read_claims(deserialize_compact(token, key, registry=self._registry).payload)
            self._check(claims, now)
        except ExpiredTokenError as error:
            raise InvalidToken("the token has expired") from error
        except MALFORMED as error:
            raise InvalidToken("the token does not hold") from error
        return claims

    @cached_property
    def _registry(self) -> JWSRegistry:
        # Unknown members of a header are ignored (RFC 7515, 4).
        return _Fixed(algorithms=self.algorithms, strict_check_header=False)

    def _named(self, token: str) -> tuple[str, str | None]:
        """Return the algorithm and the key that a token names; `none`, and any that is not allowed, is refused here."""
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken("the token is too long")
        try:
            header = extract_compact(token.encode(), registry=self._registry).headers()
            algorithm, kid = header["alg"], header.get("kid")
        except MALFORMED as error:
            raise InvalidToken("the token is malformed") from error
        if not isinstance(algorithm, str) or algorithm not in self.algorithms:
            raise InvalidToken("the token is signed in a way that is not taken")
        if "crit" in header or not isinstance(kid, (str, type(None))):
            raise InvalidToken("the token is malformed")
        return algorithm, kid

    def _check(self, claims: dict[str, Any], now: float) -> None:
        rules: dict[str, Any] = {name: {"essential": True, "allow_blank": True} for name in self.required}
        rules["exp"] = {"essential": True}
        if self.audiences:
            rules["aud"] = {"essential": True, "values": list(self.audiences)}
        elif "aud" in claims:  # it is meant for somebody, and nobody said that we are it (RFC 7519, 4.1.3)
            raise InvalidToken("the token is meant for another audience")
        if self.issuers:
            rules["iss"] = {"essential": True, "values": list(self.issuers)}
        JWTClaimsRegistry(now=int(now), leeway=int(self.leeway), **rules).validate(claims)


def read_claims(payload: bytes) -> dict[str, Any]:
    """Return the claims of a token, read like the body of a request: duplicate names and lone surrogates are refused.

    Raise ValueError if they are not valid.
    """
    claims = read_json(payload)
    if not isinstance(claims, dict):
        raise ValueError("the claims are no map")
    return claims
