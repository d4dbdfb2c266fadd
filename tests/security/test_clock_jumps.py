"""The time of day set an hour forwards or back while an application runs: nothing opens, sticks or happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock, settle
from security.issuing import NOW, RSA, SECRET, Asked, Issuer, bearer, token, with_issuer

from engine import Application, FlowError

FLOWS = """
configuration: {dataDir: DATA}
configs:
  Api: {http:listener-config: {port: 0}}
  Lasting: {os:object-store: {persistent: true, entryTtl: 10m}}
  Runs: {os:object-store: {persistent: false}}
flows:
  limited:
    source: {http:listener: {config-ref: Api, path: /limited, rateLimit: {limit: 2, period: 10m}}}
    steps: [{set-payload: {value: ok}}]
  memory:
    source: {http:listener: {config-ref: Api, path: /memory, idempotency: {ttl: 10m}}}
    timeout: 1m
    steps:
      - os:increment: {objectStore: Runs, key: "#[attributes.requestPath]", target: run}
      - choice: {when: [{expression: payload.slow, steps: [{until-successful: WAIT}]}]}
      - set-payload: {value: "#[vars.run]"}
  lasting:
    source: {http:listener: {config-ref: Api, path: /lasting, idempotency: {ttl: 10m, store: Lasting}}}
    timeout: 1m
    steps:
      - os:increment: {objectStore: Runs, key: "#[attributes.requestPath]", target: run}
      - choice: {when: [{expression: payload.slow, steps: [{until-successful: WAIT}]}]}
      - set-payload: {value: "#[vars.run]"}
  cached: {steps: [{cache: {key: "'k'", ttl: 10m, steps: &count [
    {os:increment: {objectStore: Runs, key: "#[flow.name]", target: run}}, {set-payload: {value: "#[vars.run]"}}]}}]}
  cached-lasting: {steps: [{cache: {key: "'k'", cachingStrategy: Lasting, steps: *count}}]}
  once: {steps: [{idempotent-message-validator: {idExpression: payload}}]}
  once-lasting: {steps: [{idempotent-message-validator: {idExpression: payload, objectStore: Lasting}}]}
  broken:
    steps:
      - circuit-breaker: {name: far, maxFailures: 1, openFor: 10m, steps: [
          {os:increment: {objectStore: Runs, key: far, target: run}},
          {raise-error: {type: "APP:DOWN", description: "run #[vars.run]"}}]}
"""
WAIT = "{maxRetries: 1, millisBetweenRetries: 30000, steps: [{raise-error: {type: 'APP:NOT_YET'}}]}"
JUMPS = [timedelta(hours=1), -timedelta(hours=1)]
jumping = pytest.mark.parametrize("jump", JUMPS, ids=["forwards", "back"])
MINUTES = 60


class Served:
    """The flows, a client, and the clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        file = folder / "flows.yaml"
        text = FLOWS.replace("WAIT", WAIT).replace("DATA", str(folder / "data"))
        file.write_text(text)
        self.app = Application.load(file, clock=self.clock)

    def jump(self, by: timedelta) -> None:
        self.clock.set(self.clock.now() + by)

    async def post(self, path: str, key: str = "k", **body: Any) -> tuple[int, str]:
        transport = httpx.ASGITransport(self.app.asgi(api_docs=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.post(path, json=body, headers={"idempotency-key": key})
        return answer.status_code, answer.text if answer.status_code == 200 else ""

    async def run(self, flow: str, payload: Any = None) -> Any:
        """What a flow ends with: its payload, or the type and the text of its error."""
        try:
            return (await self.app.run(flow, payload)).payload
        except FlowError as error:
            return f"{error.type} {error.description}"


@pytest.fixture
def story(tmp_path: Path) -> Callable[[Callable[[Served], Any]], None]:
    def tell(of: Callable[[Served], Any]) -> None:
        served = Served(tmp_path)

        async def run() -> None:
            async with served.app:
                await of(served)

        asyncio.run(run())

    return tell


@jumping
def test_a_rate_limit(story: Any, jump: timedelta) -> None:
    async def of(served: Served) -> None:
        assert [(await served.post("/limited"))[0] for _ in range(3)] == [200, 200, 429]
        served.jump(jump)
        assert (await served.post("/limited"))[0] == 429
        await served.clock.advance(5 * MINUTES)
        assert [(await served.post("/limited"))[0] for _ in range(2)] == [200, 429]

    story(of)


KEPT = pytest.mark.parametrize("path", ["/memory", "/lasting"])


@KEPT
@jumping
def test_an_answer_is_given_again_for_its_time(story: Any, jump: timedelta, path: str) -> None:
    async def of(served: Served) -> None:
        assert await served.post(path) == (200, "1")
        served.jump(jump)
        await served.clock.advance(10 * MINUTES - 1)
        assert await served.post(path) == (200, "1")
        await served.clock.advance(1)
        assert await served.post(path) == (200, "2")

    story(of)


@KEPT
@jumping
def test_a_request_that_runs_is_not_run_twice(story: Any, jump: timedelta, path: str) -> None:
    async def of(served: Served) -> None:
        first = asyncio.create_task(served.post(path, slow=True))
        await settle()
        served.jump(jump)
        assert (await served.post(path, slow=True))[0] == 409
        await served.clock.advance(30)
        assert (await first)[0] == 503
        again = asyncio.create_task(served.post(path, slow=True))
        await settle()
        assert (await served.post(path, slow=True))[0] == 409
        again.cancel()

    story(of)


@pytest.mark.parametrize("flow", ["cached", "cached-lasting"])
@jumping
def test_a_result_is_remembered_for_its_time(story: Any, jump: timedelta, flow: str) -> None:
    async def of(served: Served) -> None:
        assert await served.run(flow) == 1
        served.jump(jump)
        await served.clock.advance(10 * MINUTES - 1)
        assert await served.run(flow) == 1
        await served.clock.advance(1)
        assert await served.run(flow) == 2

    story(of)


@pytest.mark.parametrize(("flow", "minutes"), [("once", 5), ("once-lasting", 10)])
@jumping
def test_a_message_passes_once(story: Any, jump: timedelta, flow: str, minutes: int) -> None:
    async def of(served: Served) -> None:
        assert await served.run(flow, "a") == "a"
        served.jump(jump)
        await served.clock.advance(minutes * MINUTES - 1)
        assert str(await served.run(flow, "a")).startswith("MULE:DUPLICATE_MESSAGE")
        await served.clock.advance(1)
        assert await served.run(flow, "a") == "a"

    story(of)


@jumping
def test_a_circuit_is_open_for_its_time(story: Any, jump: timedelta) -> None:
    async def of(served: Served) -> None:
        assert await served.run("broken") == "APP:DOWN run 1"
        served.jump(jump)
        await served.clock.advance(10 * MINUTES - 1)
        assert str(await served.run("broken")).startswith("MULE:CIRCUIT_OPEN")
        await served.clock.advance(1)
        assert await served.run("broken") == "APP:DOWN run 2"

    story(of)


@jumping
def test_keys_of_an_issuer_are_fetched_no_more_often(tmp_path: Path, jump: timedelta) -> None:
    async def of(issuer: Issuer, asked: Asked) -> None:
        assert await asked.status(RSA, "one") == 200
        asked.clock.set(asked.clock.now() + jump)
        assert (await asked.status(RSA, "one"), await asked.status(RSA, "unknown")) == (200, 401)
        assert issuer.asked == 1
        await asked.clock.advance(3600)
        assert (await asked.status(RSA, "one"), issuer.asked) == (200, 2)

    asyncio.run(with_issuer(tmp_path, of))


@pytest.mark.parametrize(
    ("claims", "before", "forwards", "back"),
    [
        ({"exp": NOW + 1800}, 200, 401, 200),
        ({"exp": NOW + 7200}, 200, 200, 200),
        ({"exp": NOW - 1800}, 401, 401, 200),
        ({"exp": NOW + 7200, "nbf": NOW}, 200, 200, 401),
        ({"exp": NOW + 7200, "nbf": NOW + 1800}, 401, 200, 401),
        ({"exp": NOW + 7200, "iat": NOW + 1800}, 401, 200, 401),
    ],
    ids=["half an hour left", "two hours left", "expired", "valid from now", "valid later", "issued later"],
)
def test_tokens_hold_by_the_time_of_day(
    ask_at: Any, claims: dict[str, int], before: int, forwards: int, back: int
) -> None:
    """Their times are the issuer's, so that a clock that is set to the right time is right at once.

    It follows that setting it back lets in tokens that had expired: whoever sets the clock of a server is trusted.
    """
    step = f"security:jwt: {{algorithms: HS256, secret: {SECRET}}}"
    headers = bearer(token({"sub": "ada", **claims}))
    assert [ask_at(step, headers, by) for by in (timedelta(0), *JUMPS)] == [before, forwards, back]


@pytest.fixture
def ask_at(tmp_path: Path) -> Callable[..., int]:
    """Asks a flow of one step after the clock was set; gives 200 or the status of the refusal."""

    def asking(step: str, headers: dict[str, str], by: timedelta) -> int:
        file = tmp_path / "flow.yaml"
        file.write_text(f"flows:\n  protected:\n    steps:\n      - {step}\n")
        clock = FakeClock()
        app = Application.load(file, clock=clock)
        clock.set(clock.now() + by)

        async def run() -> int:
            async with app:
                try:
                    await app.run("protected", attributes={"headers": headers})
                except FlowError as error:
                    return int(error.status)  # type: ignore[attr-defined]  # a Refusal
            return 200

        return asyncio.run(run())

    return asking
