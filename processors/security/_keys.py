"""The keys that verify signatures of tokens (RFC 7517), on joserfc. Imported with the first security:jwt."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from engine import Mistake, refuse
from engine.connectors import read_json
from engine.limits import MOST_KEYS_OF_A_SET

UNREADABLE = (JoseError, SecurityWarning, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""The exceptions of reading a key. A SecurityWarning reports a weak one, which is not accepted."""


class FixedKeys:
    """Keys that are known when the flow is loaded."""

    def __init__(self, keys: list[Key], *, are_named: bool) -> None:
        self._keys = keys
        self._are_named = are_named

    async def key_for(self, algorithm: str, kid: str | None) -> Key | None:
        return choose(self._keys, algorithm, kid if self._are_named else None)


def fixed_keys(algorithms: tuple[str, ...], secret: str | None, pem: bytes | None, jwks: bytes | None) -> FixedKeys:
    """Return the keys of a secret, a PEM file or a JWKS file. A mistake is raised for a key that fits no algorithm."""
    try:
        keys = key_set(jwks) if jwks is not None else [secret_key(secret) if pem is None else pem_key(pem)]
    except ValueError:
        what = "a secret of its own, no key of a pair" if secret else "a public key that is not weak"
        refuse([Mistake("F304", "a key that cannot be read", what)])
    if not any(fits(key, algorithm) for key in keys for algorithm in algorithms):
        refuse([Mistake("F304", f"no key for {', '.join(algorithms)}", "a key of that kind")])
    return FixedKeys(keys, are_named=jwks is not None)


def secret_key(secret: str | None) -> Key:
    """Return the key of a shared secret. Raise ValueError if it is not one, or is the public key of a pair."""
    try:
        return _strong(lambda: OctKey.import_key(secret or ""))
    except UNREADABLE as error:
        raise ValueError("no secret") from error


def pem_key(pem: bytes) -> Key:
    """Return the public key of a PEM file: of RSA, an elliptic curve, or Ed25519. Raise ValueError if there is none."""
    for kind in (RSAKey, ECKey, OKPKey):
        try:
            return _strong(lambda kind=kind: kind.import_key(pem))  # type: ignore[misc]  # a lambda has no types
        except UNREADABLE:
            continue
    raise ValueError("no key in PEM format")


def key_set(text: bytes) -> list[Key]:
    """Return the public keys of a JWKS document; keys of other kinds, and weak ones, are skipped (RFC 7517, 5).

    Raise ValueError if it is not such a document, or holds no key that can be used.
    """
    try:
        written = read_json(text)["keys"]
        keys = [key for each in list(written)[:MOST_KEYS_OF_A_SET] if (key := _public_key(each))]
    except (TypeError, ValueError, LookupError) as error:
        raise ValueError("no JWKS document") from error
    if not keys:
        raise ValueError("no key that can be used")
    return keys


def _public_key(written: Any) -> Key | None:
    try:
        key = _strong(lambda: JWKRegistry.import_key(written))
        key.check_use("sig")
    except UNREADABLE:
        return None
    return None if isinstance(key, OctKey) else key


def _strong(read: Callable[[], Key]) -> Key:
    with warnings.catch_warnings():
        warnings.simplefilter("error", SecurityWarning)
        return read()


def fits(key: Key, algorithm: str) -> bool:
    """Return whether a key is of the kind that an algorithm takes, and not meant for another one."""
    try:
        JWSRegistry.algorithms[algorithm].check_key(key)
        key.check_alg(algorithm)
    except JoseError:
        return False
    return True


def choose(keys: list[Key], algorithm: str, kid: str | None) -> Key | None:
    """Return the key of that name; without a name the only one that fits."""
    fitting = [key for key in keys if fits(key, algorithm) and kid in (None, key.get("kid"))]
    return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None
