"""MD2 (RFC 1319), which Python's own digests do not have. It is broken: for comparing with old data only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from engine.expressions.budget import spend

BLOCK = 16
ROUNDS = 18
PER_BYTE = 80
"""Steps."""
DIGITS = 800
"""Digits of pi that the substitution takes, at most."""


@lru_cache(maxsize=1)
def substitution() -> bytes:
    """Return the permutation of all bytes, which is shuffled by the digits of pi."""
    digits, made = map(int, _pi()), list(range(256))
    for size in range(2, 257):
        at = _below(size, digits)
        made[at], made[size - 1] = made[size - 1], made[at]
    return bytes(made)


def _below(size: int, digits: Iterator[int]) -> int:
    """Return a number below `size` of one to three digits; others are skipped."""
    while True:
        drawn, range_ = next(digits), 10
        while range_ < size:
            drawn, range_ = drawn * 10 + next(digits), range_ * 10
        if drawn < size * (range_ // size):
            return drawn % size


def _pi() -> str:
    """Return the first digits of pi, by Machin's formula."""
    one = 10 ** (DIGITS + 10)
    return str(4 * (4 * _arctan(5, one) - _arctan(239, one)))[:DIGITS]


def _arctan(inverse: int, one: int) -> int:
    term = total = one // inverse
    divisor, sign = 3, -1
    while term:
        term //= inverse * inverse
        total += sign * (term // divisor)
        divisor, sign = divisor + 2, -sign
    return total


def md2(content: bytes) -> bytes:
    """Return the digest of some bytes."""
    spend(PER_BYTE * len(content), "hashWith")
    missing = BLOCK - len(content) % BLOCK
    padded = bytes(content) + bytes([missing]) * missing
    state = bytearray(3 * BLOCK)
    for block in _blocks(padded + _checksum(padded)):
        _mix(state, block)
    return bytes(state[:BLOCK])


def _blocks(content: bytes) -> list[bytes]:
    return [content[at : at + BLOCK] for at in range(0, len(content), BLOCK)]


def _checksum(content: bytes) -> bytes:
    checksum, last, table = bytearray(BLOCK), 0, substitution()
    for block in _blocks(content):
        for at, byte in enumerate(block):
            checksum[at] ^= table[byte ^ last]
            last = checksum[at]
    return bytes(checksum)


def _mix(state: bytearray, block: bytes) -> None:
    for at, byte in enumerate(block):
        state[BLOCK + at] = byte
        state[2 * BLOCK + at] = byte ^ state[at]
    mixed, table = 0, substitution()
    for number in range(ROUNDS):
        for at in range(3 * BLOCK):
            state[at] ^= table[mixed]
            mixed = state[at]
        mixed = (mixed + number) % 256
