"""Functions that encode, decode and hash. None of them checks who wrote a text."""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import Check, function, literal_text
from engine.expressions.functions.limits import refuse_deep, refuse_long_text, refuse_many_nodes, refuse_past
from engine.expressions.reading import read_json
from engine.limits import LONGEST_UNVERIFIED_TOKEN

ALGORITHMS = {
    "MD5": "md5", "SHA-1": "sha1", "SHA-224": "sha224", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512",
}  # fmt: skip
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
PER_ESCAPE = 16
ENCODED = tuple(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in range(256))
"""The text for each byte in a URL."""


def _bytes(name: str, value: str | bytes) -> bytes:
    try:
        return value if isinstance(value, bytes) else value.encode()
    except UnicodeError:
        raise EvaluationError(f"{name}() takes a string of Unicode characters, not one with half of a pair") from None


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeError:
        raise EvaluationError(f"{name}() finds bytes that are no text in UTF-8") from None


@function("string|bytes", steps=16, dataweave="dw::core::Binaries::toBase64", of_null=None)
def base64_encode(value: str | bytes) -> str:
    """A text (in UTF-8) or bytes in Base64 (RFC 4648).

    base64_encode('häh?') → "aMOkaD8="
    """
    return binascii.b2a_base64(_bytes("base64_encode", value), newline=False).decode()


@function("string", "string?", steps=40, each=2, dataweave="dw::core::Binaries::fromBase64", of_null=None)
def base64_decode(text: str, kind: str = "text") -> str | bytes:
    """The text that is encoded in Base64 (RFC 4648), or the bytes if the second argument is 'bytes'.

    The alphabet for URLs is read too, and the `=` at the end may be missing.

    base64_decode('aMOkaD8=') → "häh?"
    """
    if kind not in ("text", "bytes"):
        raise EvaluationError("base64_decode() takes 'text' or 'bytes' as argument 2, not another string")
    content = _from_base64("base64_decode", text)
    return content if kind == "bytes" else _text("base64_decode", content)


def _from_base64(name: str, text: str) -> bytes:
    plain = text.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        raise EvaluationError(f"{name}() takes a string in Base64, not another one") from None


@function("string", steps=40, dataweave="dw::core::URL::encodeURIComponent", of_null=None)
def url_encode(text: str) -> str:
    """The text for a part of a URL: all but letters, digits and `-._~` as %XX of its UTF-8 (RFC 3986).

    url_encode('a/b c&ä') → "a%2Fb%20c%26%C3%A4"
    """
    refuse_long_text(len(text), "url_encode")
    content = _bytes("url_encode", text)
    refuse_long_text(len(content), "url_encode")
    spend(2 * len(content), "url_encode()")
    return "".join(map(ENCODED.__getitem__, content))


@function("string", steps=60, dataweave="dw::core::URL::decodeURIComponent", of_null=None)
def url_decode(text: str) -> str:
    """The text of a part of a URL. `+` stays `+`: only forms use it for a space, see read.

    url_decode('a%2Fb%20c') → "a/b c"
    """
    from urllib.parse import unquote_to_bytes

    escapes = text.count("%")
    refuse_many_nodes(escapes, "url_decode")
    spend(PER_ESCAPE * escapes, "url_decode()")
    return _text("url_decode", unquote_to_bytes(_bytes("url_decode", text)))


def _known(position: int) -> Check:
    """Refuse, at load, a literal name of an unknown algorithm."""

    def check(arguments: Sequence[Any]) -> str | None:
        name = literal_text(arguments, position)
        is_unknown = name is not None and name not in ALGORITHMS
        return f"the algorithm '{name}', which is none of {', '.join(ALGORITHMS)}" if is_unknown else None

    return check


def _algorithm(name: str, algorithm: str) -> str:
    if algorithm not in ALGORITHMS:
        raise EvaluationError(f"{name}() takes one of {', '.join(ALGORITHMS)}, not another string")
    return ALGORITHMS[algorithm]


@function("string|bytes", "string?", steps=200, each=3, check=_known(1), dataweave="dw::Crypto::hashWith", of_null=None)
def hash_(value: str | bytes, algorithm: str = "SHA-256") -> str:
    """The hash of a text (in UTF-8) or of bytes, in hexadecimal.

    Algorithms: MD5 and SHA-1 (for old partners only), SHA-224, SHA-256, SHA-384, SHA-512.

    hash('abc', 'MD5') → "900150983cd24fb0d6963f7d28e17f72"
    """
    from hashlib import new

    return new(_algorithm("hash", algorithm), _bytes("hash", value), usedforsecurity=False).hexdigest()


@function(
    "string|bytes",
    "string|bytes",
    "string?",
    steps=300,
    each=3,
    check=_known(2),
    dataweave="dw::Crypto::HMACWith",
    of_null=None,
)
def hmac(value: str | bytes, key: str | bytes, algorithm: str = "SHA-256") -> str:
    """The keyed hash (RFC 2104) of a text or of bytes, in hexadecimal. The algorithms are those of hash.

    hmac('message', 'key', 'SHA-1') → "2088df74d5f2146b48146caf4965377e9d0be3a4"
    """
    from hmac import new

    return new(_bytes("hmac", key), _bytes("hmac", value), _algorithm("hmac", algorithm)).hexdigest()


@function("string|bytes|null", "string|bytes|null", steps=120, each=3)
def constant_time_equals(one: str | bytes | None, other: str | bytes | None) -> bool:
    """Whether two texts, or bytes, are the same, in a time that reveals nothing about where they differ.

    For signatures and secrets: `==` stops at the first difference, which a caller who asks often can measure. A text
    counts as its bytes in UTF-8; null equals nothing.

    constant_time_equals(hmac('message', 'key', 'SHA-1'), '2088df74d5f2146b48146caf4965377e9d0be3a4') → true
    constant_time_equals('secret', null) → false
    """
    from hashlib import sha256
    from hmac import compare_digest

    if one is None or other is None:
        return False
    first, second = (sha256(_bytes("constant_time_equals", each)).digest() for each in (one, other))
    return compare_digest(first, second)


@function("string", steps=160, each=8, of_null=None)
def jwt_claims(token: str) -> dict[str, Any]:
    """The claims that a JSON Web Token (RFC 7519) makes, NOT VERIFIED: anybody can write such a token.

    Neither its signature nor its time is checked. Use it for logs and routing behind a gateway that has verified the
    token, never to decide about a caller's permissions. `Bearer ` in front is left out.

    jwt_claims('eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.') → {"sub": "ada"}
    """
    refuse_past(LONGEST_UNVERIFIED_TOKEN, len(token), "jwt_claims", "characters")
    parts = token.removeprefix("Bearer ").split(".")
    content = _from_base64("jwt_claims", parts[1]) if len(parts) == 3 else b""
    try:
        claims = read_json(content)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise EvaluationError("jwt_claims() takes a JSON Web Token, not another string")
    refuse_deep(claims, "jwt_claims")
    return claims
