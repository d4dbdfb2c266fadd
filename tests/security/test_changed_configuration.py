"""Answers and results that outlive a restart, and who gets them when the flows have changed meanwhile.

An answer outlives a change of the steps: its request has run. It is given to nobody who would not
get it now: roles, users and checks count as they are, and a rule that tells callers apart starts anew.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock
from joserfc import jwt
from joserfc.jwk import OctKey

from engine import Application

SECRET = "horse-" * 12
FLOWS = """
configuration: {{dataDir: {folder}}}
configs:
  Api: {{http:listener-config: {{port: 0}}}}
  Kept: {{os:object-store: {{persistent: true}}}}
flows:
  orders:
    source: {{http:listener: {{config-ref: Api, path: /orders, idempotency: {idempotency}}}}}
    steps:
{steps}
"""
COUNT = """
      - os:increment: {objectStore: Kept, key: runs, target: run}
      - set-payload: {value: {run: "#[vars.run]", who: "#[vars.authentication.principal]"}}"""
USERS = "      - security:basic: {users: {ada: {password: sword, roles: clerk}, bob: builder}}"
CLERKS = "      - security:basic: {users: {ada: {password: sword, roles: clerk}, bob: builder}, roles: clerk}"
ADA = {"authorization": "Basic " + b64encode(b"ada:sword").decode(), "tenant": "a", "user": "a"}
STORE = "{store: Kept}"

Flow = tuple[str, str]
"""The parameters of idempotency, and the steps."""


def told(folder: Path, flow: Flow, headers: dict[str, str], times: int = 1, **body: Any) -> list[httpx.Response]:
    """What a caller is answered by an application that is loaded for it, and stopped afterwards."""
    idempotency, steps = flow
    file = folder / "flows.yaml"
    file.write_text(FLOWS.format(folder=folder / "data", idempotency=idempotency, steps=steps))

    async def story() -> list[httpx.Response]:
        app = Application.load(file, clock=FakeClock())
        transport = httpx.ASGITransport(app.asgi(api_docs=False))
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            sent = {"json": {"id": 1} | body, "headers": {"idempotency-key": "k"} | headers}
            return [await client.post("/orders", **sent) for _ in range(times)]

    return asyncio.run(story())


def outcome(answer: httpx.Response) -> Any:
    """The number of the run, or the status of a refusal."""
    return answer.json()["run"] if answer.status_code == 200 else answer.status_code


LOGGED = "      - logger: {message: hi}\n"
BEHIND = LOGGED + "      - security:basic: {users: {ada: {password: sword, roles: clerk}}, roles: "
CHANGES: dict[str, tuple[Flow, Flow, Any]] = {
    "nothing": ((STORE, USERS + COUNT), (STORE, USERS + COUNT), 1),
    "steps": ((STORE, USERS + COUNT), (STORE, USERS + "\n" + LOGGED + COUNT), 1),
    "a role is wanted, and there": ((STORE, USERS + COUNT), (STORE, CLERKS + COUNT), 1),
    "a role is wanted, and not there": (
        (STORE, USERS + COUNT),
        (STORE, CLERKS.replace("roles: clerk}", "roles: boss}", 1) + COUNT),
        403,
    ),
    "a role was taken away": (
        (STORE, CLERKS + COUNT),
        (STORE, CLERKS.replace("{password: sword, roles: clerk}", "sword") + COUNT),
        403,
    ),
    "the user was removed": ((STORE, USERS + COUNT), (STORE, USERS.replace("ada:", "eve:") + COUNT), 401),
    "the password is another": ((STORE, USERS + COUNT), (STORE, USERS.replace(": sword", ": shield") + COUNT), 401),
    "it was open": ((STORE, COUNT), (STORE, USERS + COUNT), 2),
    "it is open": ((STORE, USERS + COUNT), (STORE, COUNT), 2),
    "a check that the caller passes": (
        (STORE, USERS + COUNT),
        (STORE, USERS + "\n      - validation:is-true: {expression: attributes.headers.tenant == 'a'}" + COUNT),
        1,
    ),
    "a check that the caller does not pass": (
        (STORE, USERS + COUNT),
        (STORE, USERS + "\n      - validation:is-true: {expression: attributes.headers.tenant == 'b'}" + COUNT),
        400,
    ),
    "a choice by who calls": (
        (STORE, USERS + COUNT),
        (
            STORE,
            USERS
            + "\n      - choice: {when: [{expression: \"!contains(vars.authentication.roles, 'boss')\","
            + " steps: [{raise-error: {type: 'MULE:VALIDATION'}}]}]}"
            + COUNT,
        ),
        400,
    ),
    "another rule of the same value": (
        ("{store: Kept, caller: attributes.headers.tenant}", COUNT),
        ("{store: Kept, caller: attributes.headers.user}", COUNT),
        2,
    ),
    "no rule any more": (("{store: Kept, caller: attributes.headers.tenant}", COUNT), (STORE, COUNT), 2),
    "another role behind the head": (
        ("{store: Kept, caller: \"'all'\"}", BEHIND + "clerk}" + COUNT),
        ("{store: Kept, caller: \"'all'\"}", BEHIND + "boss}" + COUNT),
        403,
    ),
    "the same role behind the head": (
        ("{store: Kept, caller: \"'all'\"}", BEHIND + "clerk}" + COUNT),
        ("{store: Kept, caller: \"'all'\"}", BEHIND + "'clerk, boss'}" + COUNT),
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_an_answer_that_was_kept(tmp_path: Path, change: str) -> None:
    before, after, expected = CHANGES[change]
    assert [outcome(answer) for answer in told(tmp_path, before, ADA, 2)] == [1, 1]
    (answer,) = told(tmp_path, after, ADA)
    assert outcome(answer) == expected
    assert ("idempotent-replayed" in answer.headers) == (expected == 1)


def token(**claims: Any) -> dict[str, str]:
    lives = int(FakeClock().now().timestamp()) + 600
    claims = {"sub": "ada", "exp": lives} | claims
    told = {name: value for name, value in claims.items() if value is not None}
    text = jwt.encode({"alg": "HS256"}, told, OctKey.import_key(SECRET))
    return {"authorization": f"Bearer {text}"}


TOKENS = f"      - security:jwt: {{algorithms: HS256, secret: {SECRET}, audience: orders}}"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"scope": "write read", "jti": "2"}, 1),
        ({"scope": "read"}, 422),
        ({"scope": "read write admin"}, 422),
        ({"scope": "read write", "iss": "another"}, 2),
        ({"scope": "read write", "sub": "bob"}, 2),
        ({"scope": "read write", "sub": None, "client_id": "ada"}, 2),
        ({"scope": "read write", "aud": "bills"}, 401),
        ({"scope": "read write", "exp": 1}, 401),
    ],
    ids=["renewed", "fewer scopes", "more scopes", "issuer", "subject", "a client of the name", "audience", "expired"],
)
def test_a_token_that_is_another(tmp_path: Path, claims: dict[str, Any], expected: Any) -> None:
    flow = (STORE, TOKENS + COUNT)
    first = told(tmp_path, flow, token(aud="orders", scope="read write", jti="1"))
    second = told(tmp_path, flow, token(**{"aud": "orders"} | claims))
    assert [outcome(each) for each in first + second] == [1, expected]


CACHED = """
      - cache:
          key: payload.id
          cachingStrategy: Kept
          steps:
            - os:increment: {objectStore: Kept, key: runs, target: run}
            - set-payload: {value: {run: "#[vars.run]"}}"""
BOB = {"authorization": "Basic " + b64encode(b"bob:builder").decode()}
MINE = "{}", USERS + CACHED
OURS = "{}", USERS + CACHED.replace("key: payload.id", "key: payload.id\n          shared: true")


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([(MINE, ADA), (MINE, ADA), (MINE, BOB), (MINE, BOB), (MINE, ADA)], [1, 1, 2, 2, 1]),
        ([(OURS, ADA), (OURS, BOB)], [1, 1]),
        ([(MINE, ADA), (OURS, ADA), (OURS, BOB), (MINE, BOB)], [1, 2, 2, 3]),
    ],
    ids=["each caller's own", "shared", "one, then the other"],
)
def test_a_result_that_was_cached(tmp_path: Path, flows: list[tuple[Flow, Any]], expected: list[int]) -> None:
    """A result is remembered until its ttl, whatever becomes of the steps; whose it is stays."""
    keys = iter(range(100))
    found = [told(tmp_path, flow, who | {"idempotency-key": str(next(keys))}) for flow, who in flows]
    assert [outcome(answer) for (answer,) in found] == expected
