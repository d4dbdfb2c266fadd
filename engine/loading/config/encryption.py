"""Encrypted values of property files: `![…]`, as Mule's secure configuration properties write them.

Ours is `![gcm:BASE64]`: AES-256-GCM, as a nonce of 12 bytes, the ciphertext and the tag of 16 bytes. The key is 32
random bytes in base64, which `engine secrets key` makes. Mule's `![BASE64]` is read, too, with Mule's key: in AES/CBC
with one of 16, 24 or 32 characters, in Blowfish/CBC with one of 4 to 56. The initialization vector is the start of the
key, or stands before the ciphertext (useRandomIVs).
https://docs.mulesoft.com/mule-runtime/latest/secure-configuration-properties
"""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from engine.expressions.texts import text_of
from engine.parameters.files import read_file

ENCRYPTED = re.compile(r"\s*!\[(.*)\]\s*", re.DOTALL)
"""A whole value that is encrypted."""
OURS = "gcm:"
KEY_BYTES, NONCE, TAG = 32, 12, 16


class Algorithm(NamedTuple):
    """An algorithm of Mule's, in CBC mode. block: the bytes of its blocks; keys: those that its keys may have."""

    name: str
    block: int
    keys: Collection[int]


AES, BLOWFISH = Algorithm("AES", 16, (16, 24, 32)), Algorithm("Blowfish", 8, range(4, 57))

KEY, KEY_FILE = "ENGINE_KEY", "ENGINE_KEY_FILE"
"""The environment variables of the key, and of the name of a file that holds it."""
MAKE_KEY = "one that `engine secrets key` makes"


class KeyMistake(Exception):
    """A key that cannot be had, or that is none. expected: what to give instead."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.found, self.expected = found, expected


class Undecryptable(Exception):
    """A value that cannot be decrypted. As text: what is wrong with it, which never tells the value."""


def new_key() -> str:
    return b64encode(os.urandom(KEY_BYTES)).decode()


def key_in(environment: Mapping[str, str], variable: str = KEY) -> str | None:
    """Return the key in an environment variable, or in the file that the variable's `…_FILE` names; None without both.

    Raise KeyMistake for a file that cannot be read.
    """
    if key := environment.get(variable):
        return key
    file = environment.get(f"{variable}_FILE")
    return key_of_file(Path(file), f"{variable}_FILE") if file else None


def key_of_file(file: Path, named_by: str) -> str:
    """Return the key in a file. Raise KeyMistake."""
    try:
        return text_of(read_file(file)).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        found = f"the file '{file}' of the key, which cannot be read ({reason})"
        raise KeyMistake(found, f"a file with the key, named by {named_by}") from None


def is_encrypted(value: str) -> bool:
    return value.lstrip().startswith("![") and ENCRYPTED.fullmatch(value) is not None


def encrypt(text: str, key: str) -> str:
    """Return the text as an encrypted value. Raise KeyMistake for a key that is not ours."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    ours = _our_key(key)
    if ours is None:
        raise KeyMistake(f"a key of {len(key)} characters", MAKE_KEY)
    nonce = os.urandom(NONCE)
    return f"![{OURS}{b64encode(nonce + AESGCM(ours).encrypt(nonce, text.encode(), None)).decode()}]"


def decrypt(value: str, key: str) -> str:
    """Return the text of an encrypted value. Raise Undecryptable, or KeyMistake for what cannot be its key."""
    match = ENCRYPTED.fullmatch(value)
    assert match  # the caller has asked is_encrypted
    written = "".join(match[1].split())
    data = _decoded(written.removeprefix(OURS))
    if not written.startswith(OURS):
        return _of_mule(data, key)
    ours = _our_key(key)
    if ours is None:
        raise KeyMistake(f"a key of {len(key)} characters", MAKE_KEY)
    return _of_ours(data, ours)


def _our_key(key: str) -> bytes | None:
    try:
        found = b64decode(key, validate=True)
    except (Error, ValueError):
        return None
    return found if len(found) == KEY_BYTES else None


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        raise Undecryptable("which is damaged: it is no base64") from None


def _of_ours(data: bytes, key: bytes) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(data) < NONCE + TAG:
        raise Undecryptable("which is damaged: its end is missing")
    try:
        return AESGCM(key).decrypt(data[:NONCE], data[NONCE:], None).decode()
    except InvalidTag:
        raise Undecryptable("which was encrypted with another key, or is damaged") from None


def _of_mule(data: bytes, key: str) -> str:
    """Return the text of Mule's form, which does not name the algorithm: what becomes a text is the text."""
    secret = key.encode()
    fitting = [algorithm for algorithm in (AES, BLOWFISH) if len(secret) in algorithm.keys]
    if not fitting or _our_key(key) is not None:
        found, expected = f"a key of {len(secret)} characters for a value of Mule's", "Mule's key, of 4 to 56"
        raise KeyMistake(found, f"{expected}; `engine secrets rotate` goes over to a key of ours")
    if not data or len(data) % BLOWFISH.block:
        raise Undecryptable("which is damaged, or in another algorithm of Mule's than AES/CBC and Blowfish/CBC")
    for algorithm in fitting:
        block = algorithm.block
        for vector, rest in ((secret[:block].ljust(block, b"\0"), data), (data[:block], data[block:])):
            if (text := _in_blocks(algorithm, secret, vector, rest)) is not None:
                return text
    raise Undecryptable(
        "which was encrypted with another key, or in another algorithm than AES/CBC and Blowfish/CBC, or is damaged"
    )


def _in_blocks(algorithm: Algorithm, key: bytes, vector: bytes, data: bytes) -> str | None:
    """Return the text, padded as PKCS #5 says; None if the bytes are no text.

    A wrong vector spoils the first block, and leaves the padding as it is: the text tells which one is right.
    """
    from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if not data or len(data) % algorithm.block:
        return None
    cipher = algorithms.AES(key) if algorithm is AES else Blowfish(key)
    decryptor = Cipher(cipher, modes.CBC(vector)).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= algorithm.block or plain[-padding:] != bytes([padding]) * padding:
        return None
    try:
        text = plain[:-padding].decode()
    except UnicodeDecodeError:
        return None
    return text if all(character.isprintable() or character in "\t\n\r" for character in text) else None
