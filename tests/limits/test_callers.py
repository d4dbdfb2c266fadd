"""What is kept for callers, and what they and issuers may send to say who they are: as much as may be, and one more."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock
from security.issuing import GOOD, RSA, SECRET, Asked, Issuer, bearer, key_set, token, with_issuer

from engine import Application, Event, FlowError, LoadError, Refusal
from engine.limits import (
    LARGEST_CACHE,
    LARGEST_KEPT_ANSWER,
    LARGEST_KEY_SET,
    LARGEST_REMEMBERED,
    LARGEST_TOKEN_HEADER,
    LONGEST_RATE_KEY,
    LONGEST_TOKEN,
    MOST_CACHED_RESULTS,
    MOST_KEPT_ANSWERS,
    MOST_KEYS_OF_A_SET,
    MOST_RATED_CALLERS,
    MOST_REMEMBERED,
)
from engine.serving import idempotency, rate_limit
from engine.serving.rate_limit import RateLimit
from engine.stores import redelivery
from processors.core import idempotent_message_validator

MIB = 2**20

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Runs: {os:object-store: {persistent: false}}
flows:
  once:
    source: {http:listener: {config-ref: Api, path: /once, idempotency: {}}}
    steps:
      - os:increment: {objectStore: Runs, key: runs, target: n}
      - set-payload: {value: "#[repeat('x', payload)]"}
  cached:
    steps:
      - cache:
          key: payload.key
          steps:
            - os:increment: {objectStore: Runs, key: runs, target: n}
            - set-payload: {value: "#[repeat('x', payload.size)]"}
  runs: {steps: [{os:retrieve: {objectStore: Runs, key: runs, default-value: 0}}]}
  known: {steps: [{security:jwt: {algorithms: HS256, secret: SECRET}}]}
"""


@pytest.fixture
def app(tmp_path: Path) -> Application:
    (tmp_path / "flows.yaml").write_text(FLOWS.replace("SECRET", SECRET))
    return Application.load(tmp_path / "flows.yaml", clock=FakeClock())


async def runs(app: Application) -> Any:
    return (await app.run("runs")).payload


# What is kept


async def sent(app: Application, *keys: str, size: int = 1) -> None:
    """A request under each key, one after another."""
    transport = httpx.ASGITransport(app.asgi(api_docs=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for key in keys:
            answer = await client.post("/once", json=size, headers={"Idempotency-Key": key})
            assert (answer.status_code, len(answer.content)) == (200, size)


@pytest.mark.reaches("MOST_KEPT_ANSWERS")
def test_the_oldest_answer_is_forgotten(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 20
    assert most < MOST_KEPT_ANSWERS
    monkeypatch.setattr(idempotency, "MOST_KEPT_ANSWERS", most)

    async def story() -> None:
        async with app:
            keys = [f"k-{number}" for number in range(most)]
            await sent(app, *keys, *keys)
            assert await runs(app) == most
            await sent(app, "more", "k-1", "k-19", "more")
            assert await runs(app) == most + 1
            await sent(app, "k-0")
            assert await runs(app) == most + 2

    asyncio.run(story())


@pytest.mark.reaches("LARGEST_KEPT_ANSWER")
@pytest.mark.parametrize(("size", "times"), [(LARGEST_KEPT_ANSWER, 1), (LARGEST_KEPT_ANSWER + 1, 2)])
def test_a_large_answer_is_not_kept(app: Application, size: int, times: int) -> None:
    async def story() -> None:
        async with app:
            await sent(app, "k", "k", size=size)
            assert await runs(app) == times

    asyncio.run(story())


@pytest.mark.reaches("MOST_CACHED_RESULTS", "LARGEST_CACHE")
@pytest.mark.parametrize(
    ("results", "size"), [(MOST_CACHED_RESULTS, 1), (7, LARGEST_CACHE // 7 - 100)], ids=["many", "large"]
)
def test_the_oldest_results_are_forgotten(app: Application, results: int, size: int) -> None:
    async def cached(key: int) -> int:
        await app.run("cached", {"key": key, "size": size})
        return int(await runs(app))

    async def story() -> None:
        async with app:
            for number in [*range(results), *range(results)]:
                ran = await cached(number)
            assert ran == results
            assert await cached(results) == results + 1  # one more, for which the first goes
            assert await cached(results - 1) == results + 1
            assert await cached(0) == results + 2

    asyncio.run(story())


@pytest.mark.reaches("MOST_REMEMBERED", "LARGEST_REMEMBERED")
@pytest.mark.parametrize(("most", "size"), [(20, 1), (LARGEST_REMEMBERED // (8 * MIB), 8 * MIB - 100)])
def test_the_oldest_messages_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, size: int
) -> None:
    assert most < MOST_REMEMBERED
    monkeypatch.setattr(idempotent_message_validator, "MOST_REMEMBERED", 20)
    (tmp_path / "flows.yaml").write_text("""
flows:
  once:
    steps:
      - idempotent-message-validator: {idExpression: payload.id, valueExpression: "repeat('x', payload.size)"}
""")
    app = Application.load(tmp_path)

    async def passes(number: int) -> bool:
        try:
            await app.run("once", {"id": number, "size": size})
        except FlowError as error:
            return str(error.type) != "MULE:DUPLICATE_MESSAGE"
        return True

    async def story() -> None:
        async with app:
            assert all([await passes(number) for number in range(most)])
            assert not any([await passes(number) for number in range(most)])
            assert await passes(most)  # for which the first goes
            assert [await passes(number) for number in (1, most, 0)] == [False, False, True]

    asyncio.run(story())


@pytest.mark.reaches("MOST_REMEMBERED")
def test_the_oldest_failures_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 20
    monkeypatch.setattr(redelivery, "MOST_REMEMBERED", most)
    (tmp_path / "flows.yaml").write_text("""
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  fails:
    source:
      http:listener: {config-ref: Api, path: /, redelivery-policy: {maxRedeliveryCount: 0, idExpression: payload}}
    steps: [{raise-error: {type: "APP:FAILS"}}]
    error-handler:
      - on-error-continue: {type: REDELIVERY_EXHAUSTED, logException: false, steps: [{set-payload: {value: known}}]}
      - on-error-propagate: {type: "APP:FAILS", logException: false}
""")
    app = Application.load(tmp_path)

    async def known(*numbers: int) -> list[bool]:
        transport = httpx.ASGITransport(app.asgi(api_docs=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [(await client.post("/", json=number)).text == "known" for number in numbers]

    async def story() -> None:
        async with app:
            assert await known(*range(most)) == [False] * most
            assert await known(*range(most)) == [True] * most
            assert await known(most, most, most - 1, 0) == [False, True, True, False]

    asyncio.run(story())


def admitted(limit: RateLimit, caller: int | str, clock: FakeClock) -> bool:
    try:
        limit.admit(Event(), f"{caller}", clock)
    except Refusal as refusal:
        return refusal.status != 429
    return True


@pytest.mark.reaches("MOST_RATED_CALLERS")
def test_who_did_not_come_for_the_longest_time_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 100
    assert most < MOST_RATED_CALLERS
    monkeypatch.setattr(rate_limit, "MOST_RATED_CALLERS", most)
    limit, clock = RateLimit(limit=1), FakeClock()
    assert all(admitted(limit, number, clock) for number in range(most))
    assert not admitted(limit, 0, clock)
    assert admitted(limit, "one more", clock)
    assert [admitted(limit, caller, clock) for caller in (0, 2, "one more", 1)] == [False, False, False, True]
    assert len(limit._due) == most


@pytest.mark.reaches("LONGEST_RATE_KEY")
@pytest.mark.parametrize(("length", "kept"), [(LONGEST_RATE_KEY, LONGEST_RATE_KEY), (LONGEST_RATE_KEY + 1, 16)])
def test_of_a_long_key_its_digest_is_kept(length: int, kept: int) -> None:
    limit = RateLimit(limit=1, key="#[attributes.key]")
    keys = ["a" * length, "a" * (length - 1) + "b"]
    for key in keys:
        limit.admit(Event(attributes={"key": key}), "192.0.2.1", FakeClock())
    assert [len(key) for key in limit._due] == [kept] * 2


# Tokens and keys


def signed(app: Application, text: str) -> int:
    async def story() -> int:
        async with app:
            try:
                await app.run("known", attributes={"headers": bearer(text)})
            except Refusal as refusal:
                return refusal.status
        return 200

    return asyncio.run(story())


@pytest.mark.reaches("LONGEST_TOKEN")
def test_a_long_token(app: Application) -> None:
    """Those in whose first characters a token stands are none of it."""
    rest = (LONGEST_TOKEN - len(token())) // 4 * 3
    text = next(text for each in range(rest, 0, -1) if len(text := token(GOOD | {"x": "x" * each})) <= LONGEST_TOKEN)
    assert len(text) > LONGEST_TOKEN - 4
    assert signed(app, text) == 200
    assert signed(app, text + "A" * (LONGEST_TOKEN + 1 - len(text))) == 401
    assert signed(app, token(GOOD | {"x": "x" * rest + "xxxxxxxx"})) == 401


@pytest.mark.reaches("LARGEST_TOKEN_HEADER")
@pytest.mark.parametrize(("beyond", "status"), [(0, 200), (4, 401)])
def test_a_large_header_of_a_token(app: Application, beyond: int, status: int) -> None:
    def made(size: int) -> str:
        return token(x="x" * size)

    usual = len(made(0).split(".")[0])
    text = made((LARGEST_TOKEN_HEADER - usual) // 4 * 3 + beyond)
    assert (len(text.split(".")[0]) > LARGEST_TOKEN_HEADER) == bool(beyond)
    assert signed(app, text) == status


def status_with(keys: bytes, tmp_path: Path) -> int:
    """What becomes of a good token where an issuer gives out these keys."""
    seen: list[int] = []

    async def story(issuer: Issuer, asked: Asked) -> None:
        issuer.answer = keys
        seen.append(await asked.status(RSA, "one"))

    asyncio.run(with_issuer(tmp_path, story))
    return seen[0]


@pytest.mark.reaches("LARGEST_KEY_SET")
@pytest.mark.parametrize(("size", "status"), [(LARGEST_KEY_SET, 200), (LARGEST_KEY_SET + 1, 503)])
def test_a_large_set_of_keys(tmp_path: Path, size: int, status: int) -> None:
    assert status_with(json.dumps(key_set(one=RSA)).encode().ljust(size), tmp_path) == status


@pytest.mark.reaches("MOST_KEYS_OF_A_SET")
@pytest.mark.parametrize(("before", "status"), [(MOST_KEYS_OF_A_SET - 1, 200), (MOST_KEYS_OF_A_SET, 503)])
def test_many_keys_of_a_set(tmp_path: Path, before: int, status: int) -> None:
    keys = [{"kty": "new"}] * before + key_set(one=RSA)["keys"]
    assert status_with(json.dumps({"keys": keys}).encode(), tmp_path) == status


# Passwords


@pytest.mark.reaches("LARGEST_PASSWORD_HASH")
def test_a_dear_hash_of_a_password(tmp_path: Path) -> None:
    def load(cost: str) -> None:
        hashed = f"$scrypt$ln={cost},p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ"
        file = tmp_path / "flows.yaml"
        file.write_text(f"flows: {{a: {{steps: [{{security:basic: {{users: {{ada: '{hashed}'}}}}}}]}}}}")
        Application.load(file)

    load("16,r=8")
    for cost in ("17,r=8", "16,r=9"):
        with pytest.raises(LoadError, match="at most 64 MiB"):
            load(cost)
