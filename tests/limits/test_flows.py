"""Limits of loops, calls, waits, keys and files: what is at one passes, what is beyond is told."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock

from engine import Application, Config, FlowError, LoadError, edition
from engine.connectors import key_of
from engine.limits import (
    DEEPEST_FLOWS,
    FLOW_TIMEOUT,
    LARGEST_FILE,
    LONGEST_ADDRESS,
    LONGEST_CORRELATION_ID,
    LONGEST_KEPT_KEY,
    LONGEST_LOGGING_VARIABLE,
    LONGEST_READY_CHECK,
    LONGEST_RETRY_AFTER,
    LONGEST_STORE_KEY,
    LONGEST_URL,
    MOST_ROUNDS,
)
from processors.http.listener import Listener

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs steps over a payload; gives the payload that leaves them, or the type of the error."""

    def running(steps: str, payload: Any, flows: str = "", clock: FakeClock | None = None) -> Any:
        configuration = f"configuration: {{dataDir: {tmp_path}}}"
        (tmp_path / "flows.yaml").write_text(f"{configuration}\nflows:\n  main: {{steps: [{steps}]}}\n{flows}")

        async def once() -> Any:
            async with Application.load(tmp_path / "flows.yaml", clock=clock) as app:
                try:
                    return (await app.run("main", payload)).payload
                except FlowError as error:
                    return str(error.type)

        return asyncio.run(once())

    return running


@pytest.mark.reaches("MOST_ROUNDS")
def test_a_loop_that_does_not_end(run: Run) -> None:
    steps = "{repeat: {until: vars.counter >= payload, steps: []}}, {set-payload: {value: done}}"
    assert run(steps, MOST_ROUNDS) == "done"
    assert run(steps, MOST_ROUNDS + 1) == "MULE:REPEAT_EXHAUSTED"


@pytest.mark.reaches("DEEPEST_FLOWS")
def test_flows_that_call_each_other(run: Run) -> None:
    flows = """
  next:
    steps:
      - set-payload: {value: "#[payload - 1]"}
      - choice: {when: [{expression: payload > 0, steps: [{flow-ref: {name: next}}]}]}
"""
    assert run("{flow-ref: {name: next}}", DEEPEST_FLOWS, flows) == 0
    assert run("{flow-ref: {name: next}}", DEEPEST_FLOWS + 1, flows) == "MULE:ROUTING"


# Waits


@pytest.mark.reaches("FLOW_TIMEOUT")
def test_a_flow_with_a_listener_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Listener.default_timeout == FLOW_TIMEOUT
    monkeypatch.setattr(Listener, "default_timeout", 0.2)
    (tmp_path / "flows.yaml").write_text("""
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  late:
    source: {http:listener: {config-ref: Api, path: /}}
    steps: [{until-successful: {steps: [{raise-error: {type: "APP:NOT_YET"}}]}}]
""")
    transport = httpx.ASGITransport(Application.load(tmp_path).asgi(api_docs=False))

    async def status() -> int:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get("/")).status_code

    assert asyncio.run(status()) == 504


@pytest.mark.reaches("LONGEST_RETRY_AFTER")
def test_a_long_time_to_come_again(run: Run) -> None:
    """A text of many characters is no time, whatever it holds: the usual wait of a minute is taken."""
    steps = (
        "{until-successful: {maxRetries: 1, retryAfter: {value: $vars.after}, steps: [{raise-error: {type: 'APP:A'}}]}}"
    )
    for length, slept in ((LONGEST_RETRY_AFTER, 7), (LONGEST_RETRY_AFTER + 1, 60)):
        clock = FakeClock(hurries=True)
        before = "{set-variable: {variableName: after, value: '#[payload]'}}, "
        assert run(before + steps, "7".rjust(length), clock=clock) == "MULE:RETRY_EXHAUSTED"
        assert clock.slept == [slept]


class Hanging(Config):
    """Never says whether it is ready."""

    async def is_ready(self) -> bool:
        await asyncio.sleep(3600)
        return True


@pytest.mark.reaches("LONGEST_READY_CHECK")
def test_a_config_that_does_not_say_whether_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LONGEST_READY_CHECK < 10
    monkeypatch.setattr(edition, "LONGEST_READY_CHECK", 0.2)
    (tmp_path / "flows.yaml").write_text("""
configs: {Api: {http:listener-config: {port: 0}}}
flows: {a: {source: {http:listener: {config-ref: Api, path: /}}, steps: []}}
""")
    app = Application.load(tmp_path)

    async def statuses() -> list[int]:
        transport = httpx.ASGITransport(app.asgi())
        async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await app.listen()
            before = (await client.get("/-/ready")).status_code
            app.parts.configs["Hanging"] = Hanging()
            return [before, (await client.get("/-/ready")).status_code]

    began = time.monotonic()
    assert asyncio.run(statuses()) == [200, 503]
    assert time.monotonic() - began < 10


# Texts


@pytest.mark.reaches("LONGEST_CORRELATION_ID")
@pytest.mark.parametrize(
    ("length", "seen"), [(LONGEST_CORRELATION_ID, "x" * 128), (LONGEST_CORRELATION_ID + 1, "MULE:EXPRESSION")]
)
def test_a_correlation_id(run: Run, length: int, seen: str) -> None:
    inner = "steps: [{set-payload: {value: '#[correlationId]'}}]"
    assert run(f"{{tracing:with-correlation-id: {{correlationId: '#[payload]', {inner}}}}}", "x" * length) == seen


@pytest.mark.reaches("LONGEST_LOGGING_VARIABLE")
def test_a_logging_variable(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    steps = "{tracing:set-logging-variable: {variableName: v, value: '#[payload]'}}, {logger: {message: hi}}"
    with caplog.at_level("INFO", logger="engine"):
        for length in (LONGEST_LOGGING_VARIABLE, LONGEST_LOGGING_VARIABLE + 1):
            run(steps, "a" * (LONGEST_LOGGING_VARIABLE - 1) + "b" * (length - LONGEST_LOGGING_VARIABLE + 1))
    kept = [record.__dict__["variables"]["v"] for record in caplog.records]
    assert kept == ["a" * (LONGEST_LOGGING_VARIABLE - 1) + "b"] * 2


@pytest.mark.reaches("LONGEST_STORE_KEY")
def test_a_key_of_a_store(run: Run) -> None:
    steps = "{os:store: {key: '#[payload]', value: 1}}, {os:retrieve: {key: '#[payload]'}}"
    assert run(steps, "k" * LONGEST_STORE_KEY) == 1
    assert run(steps, "k" * (LONGEST_STORE_KEY + 1)) == "OS:INVALID_KEY"


@pytest.mark.reaches("LONGEST_KEPT_KEY")
def test_of_a_long_key_its_digest_is_kept() -> None:
    key = "k" * LONGEST_KEPT_KEY
    assert key_of(key) == key
    assert (key_of(key + "k").startswith("sha256:"), len(key_of(key + "k"))) == (True, len("sha256:") + 64)


@pytest.mark.reaches("LONGEST_URL")
def test_a_url(run: Run) -> None:
    steps, url = "{validation:is-url: {url: '#[payload]'}}, {set-payload: {value: ok}}", "https://example.org/"
    assert run(steps, url.ljust(LONGEST_URL, "a")) == "ok"
    assert run(steps, url.ljust(LONGEST_URL + 1, "a")) == "VALIDATION:INVALID_URL"


@pytest.mark.reaches("LONGEST_ADDRESS")
def test_an_address(run: Run) -> None:
    """None has so many characters, but networks may have blanks around them."""
    steps = "{validation:is-allowed-ip: {ipAddress: 192.0.2.1, allowList: '#[payload]'}}, {set-payload: {value: ok}}"
    assert run(steps, ["192.0.2.0/24".ljust(LONGEST_ADDRESS)]) == "ok"
    assert run(steps, ["192.0.2.0/24".ljust(LONGEST_ADDRESS + 1)]) != "ok"


# Files


@pytest.mark.reaches("LARGEST_FILE")
@pytest.mark.parametrize("name", ["flows.yaml", "schema.json"])
def test_a_large_file_is_a_mistake_where_it_is_named(tmp_path: Path, name: str) -> None:
    """Its rest holds nothing, so that it takes no room on the disk."""
    (tmp_path / "flows.yaml").write_text("flows: {a: {steps: [{json:validate-schema: {schema: schema.json}}]}}\n")
    (tmp_path / "schema.json").write_text("{}")
    Application.load(tmp_path)
    os.truncate(tmp_path / name, LARGEST_FILE + 1)
    with pytest.raises(LoadError, match=f"more than {LARGEST_FILE} bytes"):
        Application.load(tmp_path)
