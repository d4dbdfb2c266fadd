"""Passwords in a flow file: plain, or hashed with scrypt (RFC 7914).

`python -m processors.security._passwords` asks for a password, or reads it from a pipe, and prints its hash.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
from base64 import b64decode, b64encode
from getpass import getpass
from hashlib import scrypt
from hmac import compare_digest, digest
from typing import Any, NamedTuple

from engine import Mistake, refuse
from engine.limits import LARGEST_PASSWORD_HASH
from processors.security._credentials import digest as plain_digest
from processors.security._credentials import read_secret

HASH = re.compile(
    r"\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+/]{8,100})\$([A-Za-z0-9+/]{22,172})"
)
"""The form of a hash: $scrypt$ln=…,r=…,p=…$salt$key, base64 without padding (passlib's, and PHC's)."""


class Cost(NamedTuple):
    """The parameters of scrypt; all zeros if a password is plain."""

    n: int = 0
    r: int = 0
    p: int = 0
    length: int = 0


USUAL = Cost(2**14, 8, 1, 32)
"""16 MiB, some tens of milliseconds (OWASP's least, without its p of 5)."""


class Password(NamedTuple):
    """The data kept of a password: a hash, and how it was made."""

    cost: Cost
    salt: bytes
    key: bytes

    async def fits(self, given: str) -> bool:
        """Return whether it is this password. A hash takes tens of milliseconds, in a thread of its own."""
        if self.cost == Cost():
            return compare_digest(plain_digest(given), self.key)
        return compare_digest(await asyncio.to_thread(_hashed, given, self.cost, self.salt), self.key)


def read_password(value: Any, *, place: Any = None) -> Password:
    """Read a password of a flow file: a text, or the hash of one."""
    text = read_secret(value, place=place)
    if not text.startswith("$"):
        return Password(Cost(), b"", plain_digest(text))
    match = HASH.fullmatch(text)
    key = _decoded(match[5]) if match else b""
    cost = Cost(2 ** int(match[1]), int(match[2]), int(match[3]), len(key)) if match else Cost()
    memory = 128 * cost.r * cost.n
    if match is None or cost.n < 2 or not (cost.r and cost.p) or memory > LARGEST_PASSWORD_HASH or cost.p > 16:
        expected = "a password, or a hash of scrypt that takes at most 64 MiB"
        refuse([Mistake("F303", "a hash that cannot be read", expected, "$scrypt$ln=14,r=8,p=1$salt$key", place)])
    return Password(cost, _decoded(match[4]), key)


def nobody(cost: Cost) -> Password:
    """Return a password that nobody has; checking it takes as long as checking any other."""
    return Password(cost, secrets.token_bytes(16), secrets.token_bytes(cost.length or 32))


class Proven:
    """Passwords that held before: checking one again takes no time; any other takes as long as ever."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[str, bytes] = {}

    async def fits(self, name: str, password: Password, given: str) -> bool:
        """Return whether it is the password; its hash is kept under a key of this process."""
        if password.cost == Cost():
            return await password.fits(given)
        mark = digest(self._key, given.encode(errors="surrogatepass"), "sha256")
        if compare_digest(self._known.get(name, b""), mark):
            return True
        fits = await password.fits(given)
        if fits:
            self._known[name] = mark
        return fits


def hashed(password: str, cost: Cost = USUAL) -> str:
    """Return the hash of a password, in the form that a flow file may hold."""
    salt = secrets.token_bytes(16)
    key = _hashed(password, cost, salt)
    return f"$scrypt$ln={cost.n.bit_length() - 1},r={cost.r},p={cost.p}${_encoded(salt)}${_encoded(key)}"


def _hashed(password: str, cost: Cost, salt: bytes) -> bytes:
    text = password.encode(errors="surrogatepass")
    return scrypt(text, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=2 * LARGEST_PASSWORD_HASH, dklen=cost.length)


def _encoded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))


if __name__ == "__main__":
    print(hashed(getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")))
