"""JSON Web Tokens for tests, signed with a secret: the caller of a request, made by `from-expression`."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any

from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import Function, function
from engine.expressions.writing import encode

HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
LIFE = 3600
"""Seconds for which a token is valid that does not say how long."""


def token_function(now: Callable[[], datetime]) -> Function:
    """`jwt(claims, secret)`; now: the clock of the case."""

    @function("object", "string|bytes", "string?")
    def jwt(claims: dict[str, Any], secret: str | bytes, algorithm: str = "HS256") -> str:
        """A JSON Web Token (RFC 7519) of claims, signed with a secret by HS256, HS384 or HS512.

        A date and time among the claims is written in seconds; without `exp` the token is valid for an hour.
        """
        if algorithm not in HASHES:
            raise EvaluationError(f"jwt() takes one of {', '.join(HASHES)}")
        whole = {"exp": int(now().timestamp()) + LIFE, **claims}
        seconds = {name: int(each.timestamp()) if isinstance(each, datetime) else each for name, each in whole.items()}
        signed = f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(seconds)}"
        return f"{signed}.{_signature(signed, secret, HASHES[algorithm])}"

    return jwt


def _part(value: Any) -> str:
    return _base64url(encode(value))


def _signature(signed: str, secret: str | bytes, name: str) -> str:
    from hmac import digest

    return _base64url(digest(secret.encode() if isinstance(secret, str) else secret, signed.encode(), name))


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
