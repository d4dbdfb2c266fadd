"""How secrets are compared: always in constant time, always as often. Counted, not timed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from typing import Any

import joserfc._rfc7518.jws_algs as signatures
import pytest

from processors.security import _credentials, _passwords
from processors.security._passwords import Cost, hashed

CHEAP = Cost(2**4, 1, 1, 32)
NAMES = [f"user-{number}" for number in range(20)]
KEYS = f"security:api-key: {{keys: {{{', '.join(f'{name}: key-of-{name}' for name in NAMES)}}}}}"
PLAIN = f"security:basic: {{users: {{{', '.join(f'{name}: pass-{name}' for name in NAMES)}}}}}"
HASHED = f"security:basic: {{users: {{a: '{hashed('sword', CHEAP)}', b: '{hashed('builder', CHEAP)}'}}}}"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often secrets were hashed and compared."""
    counts: Counter[str] = Counter()

    def counted(name: str, real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            counts[name] += 1
            return real(*arguments, **options)

        return call

    monkeypatch.setattr(_credentials, "compare_digest", counted("compared", hmac.compare_digest))
    monkeypatch.setattr(_passwords, "compare_digest", counted("compared", hmac.compare_digest))
    monkeypatch.setattr(signatures.hmac, "compare_digest", counted("compared", hmac.compare_digest))
    monkeypatch.setattr(_credentials, "sha256", counted("sha256", hashlib.sha256))
    monkeypatch.setattr(_passwords, "scrypt", counted("scrypt", hashlib.scrypt))
    return counts


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


FIRST, LAST = NAMES[0], NAMES[-1]
KEYS_SENT = [f"key-of-{FIRST}", f"key-of-{LAST}", "key-of-", "", "k" * 1000, f"key-of-{FIRST}\0", "é"]


def test_each_key_is_compared_with_all(ask: Any, work: Counter[str]) -> None:
    costs = []
    for key in KEYS_SENT:
        work.clear()
        ask(KEYS, {"x-api-key": key})
        costs.append(dict(work))
    assert costs == [{"compared": len(NAMES), "sha256": len(NAMES) + 1}] * len(KEYS_SENT)  # those of the flow, and one


@pytest.mark.parametrize(("step", "known"), [(PLAIN, FIRST), (HASHED, "a")], ids=["plain", "hashed"])
def test_a_name_that_nobody_has_costs_what_another_costs(ask: Any, work: Counter[str], step: str, known: str) -> None:
    costs = []
    for name, password in [(known, "wrong"), ("nobody", "wrong"), ("", ""), (known, ""), (known, "x" * 1000)]:
        work.clear()
        assert ask(step, basic(name, password)).status == 401
        costs.append(dict(work))
    assert costs == [costs[0]] * len(costs)
    assert costs[0].get("scrypt", 0) == (step == HASHED)


def test_a_right_password_is_hashed_once_and_a_wrong_one_always(work: Counter[str]) -> None:
    """What was proven costs less: of a caller that has the password, nothing else is learnt by it."""
    password, proven = _passwords.read_password(hashed("sword", CHEAP)), _passwords.Proven()
    work.clear()

    async def story() -> list[int]:
        seen = []
        for given in ("sword", "sword", "wrong", "wrong", "sword"):
            await proven.fits("a", password, given)
            seen.append(work["scrypt"])
        return seen

    assert asyncio.run(story()) == [1, 1, 2, 3, 3]


def test_signatures_by_a_secret_are_compared_in_constant_time(ask: Any, work: Counter[str]) -> None:
    """Each once, however much of it is right; pairs of keys have nothing secret here."""
    step = f"security:jwt: {{algorithms: HS256, secret: {'horse-' * 12}}}"
    header, claims = (urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"exp":1}'))
    right = hmac.digest(b"horse-" * 12, f"{header}.{claims}".encode(), "sha256")
    costs = []
    for signature in (right[:-1] + b"x", b"x" * 32, b"x", right):
        work.clear()
        ask(step, {"authorization": f"Bearer {header}.{claims}.{urlsafe_b64encode(signature).decode().rstrip('=')}"})
        costs.append(dict(work))
    assert costs == [{"compared": 1}] * 4
