"""dw::core::Binaries and dw::Crypto."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.library.core.lists import Items
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.digests import md2
from engine.expressions.dataweave.library.walking import check_list, walked
from engine.expressions.dataweave.values.annotated import annotate, plain
from engine.expressions.dataweave.values.coercing import converted
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.joining import check_length
from engine.expressions.dataweave.values.texts import decoded, encoded

BINARIES = "dw::core::Binaries"
CRYPTO = "dw::Crypto"
LINES = re.compile(r"\r\n|\n|\r")
BASE_16 = {"base": "16"}
PER_HASHED = 16
"""Bytes per step."""


@defined(BINARIES, "concatWith", "(source: Binary, with: Binary) -> Binary")
def concat_with(source: bytes, other: bytes) -> bytes:
    """Return the bytes of both."""
    check_length(len(source) + len(other), "concatWith")
    return bytes(source) + other


@defined(BINARIES, "concatWith", "(source: Null, with: Binary) -> Binary")
def concat_nothing(source: None, other: bytes) -> bytes:
    return other


@defined(BINARIES, "concatWith", "(source: Binary, with: Null) -> Binary")
def concat_with_nothing(source: bytes, other: None) -> bytes:
    return source


@defined(BINARIES, "toBase64", "(content: Binary) -> String")
def to_base64(content: bytes) -> str:
    """Return the bytes in Base64."""
    check_length(len(content) * 4 // 3, "toBase64")
    return b64encode(content).decode()


@defined(BINARIES, "fromBase64", "(base64String: String) -> Binary")
def from_base64(text: str) -> bytes:
    """Return the bytes of a text in Base64; its `=` may be missing."""
    check_length(len(text), "fromBase64")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise Failed("the text is not in Base64") from None


@defined(BINARIES, "toHex", "(content: Binary) -> String")
def to_hex(content: bytes) -> str:
    """Return the bytes as hexadecimal digits."""
    check_length(2 * len(content), "toHex")
    text: str = annotate(content.hex().upper(), BASE_16)
    return text


@defined(BINARIES, "fromHex", "(hexString: String) -> Binary")
def from_hex(text: str) -> Any:
    """Return the bytes of hexadecimal digits."""
    check_length(len(text), "fromHex")
    if not re.fullmatch("(?:[0-9A-Fa-f]{2})*", text):
        raise Failed("the text is not an even number of hexadecimal digits")
    return annotate(bytes.fromhex(text), BASE_16)


@defined(BINARIES, "readLinesWith", "(content: Binary, charset: String) -> Array<String>")
def read_lines_with(content: bytes, charset: str) -> list[str]:
    """Return the lines of a text in bytes."""
    lines = LINES.split(decoded(plain(content), charset))
    check_list(len(lines), "readLinesWith")
    return lines[:-1] if not lines[-1] else lines


@defined(BINARIES, "writeLinesWith", "(content: Array<String>, charset: String) -> Binary")
def write_lines_with(content: Items, charset: str) -> bytes:
    """Return the texts as bytes, each with an end of line behind it."""
    lines = [str(converted(line, "String")) + "\n" for line in walked(content, "writeLinesWith")]
    check_length(sum(map(len, lines)), "writeLinesWith")
    return encoded("".join(lines), charset)


# Crypto


ALGORITHMS = {
    "MD5": "md5", "SHA-1": "sha1", "SHA1": "sha1", "SHA": "sha1", "SHA-224": "sha224", "SHA-256": "sha256",
    "SHA-384": "sha384", "SHA-512": "sha512", "SHA-512/224": "sha512_224", "SHA-512/256": "sha512_256",
    "SHA3-224": "sha3_224", "SHA3-256": "sha3_256", "SHA3-384": "sha3_384", "SHA3-512": "sha3_512",
}  # fmt: skip
"""Java's names of digests."""


def _algorithm(name: str, names: dict[str, str]) -> str:
    found = names.get(name.upper())
    if found is None:
        raise Failed("the algorithm is not known", "NoSuchAlgorithmException")
    return found


MACS = {f"HMAC{name.replace('-', '')}": digest for name, digest in ALGORITHMS.items()}


@defined(CRYPTO, "hashWith", '(content: Binary, algorithm: String = "SHA-1") -> Binary')
def hash_with(content: bytes, algorithm: str = "SHA-1") -> bytes:
    """Return the digest of the bytes."""
    spend(len(content) // PER_HASHED, "hashWith")
    if algorithm.upper() == "MD2":
        return md2(content)
    return hashlib.new(_algorithm(algorithm, ALGORITHMS), content, usedforsecurity=False).digest()


@defined(CRYPTO, "MD5", "(content: Binary) -> String")
def md5(content: bytes) -> str:
    """Return the MD5 digest in hexadecimal digits."""
    return hash_with(content, "MD5").hex()


@defined(CRYPTO, "SHA1", "(content: Binary) -> String")
def sha1(content: bytes) -> str:
    """Return the SHA-1 digest in hexadecimal digits."""
    return hash_with(content, "SHA-1").hex()


@defined(CRYPTO, "HMACBinary", '(secret: Binary, content: Binary, algorithm: String = "HmacSHA1") -> Binary')
def hmac_binary(secret: bytes, content: bytes, algorithm: str = "HmacSHA1") -> bytes:
    """Return the HMAC of the bytes with a secret."""
    spend((len(content) + len(secret)) // PER_HASHED, "HMACBinary")
    return hmac.new(secret, content, _algorithm(algorithm, MACS)).digest()


@defined(CRYPTO, "HMACWith", '(secret: Binary, content: Binary, algorithm: String = "HmacSHA1") -> String')
def hmac_with(secret: bytes, content: bytes, algorithm: str = "HmacSHA1") -> str:
    """Return the HMAC of the bytes with a secret in hexadecimal digits."""
    return hmac_binary(secret, content, algorithm).hex()
