"""Whose a kept answer, a cached result, an ETag, a count of failures is, where flows find out who calls in odd ways."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock

from engine import Application

FLOWS = """
configs:
  Api: {http:listener-config: {port: 8081, cors: {origins: [https://a.example, https://b.example]}}}
  Other: {http:listener-config: {port: 8082}}
  Kept: {os:object-store: {persistent: false}}
  Runs: {os:object-store: {persistent: false}}
sub-flows:
  auth: {steps: [{security:api-key: {keys: {ada: key-of-ada, bob: key-of-bob}}}]}
  count:
    steps:
      - os:increment: {objectStore: Runs, key: "#[attributes.requestPath]", target: run}
      - set-payload: {value: {run: "#[vars.run]", who: "#[vars.authentication.principal]"}}
flows:
  known-at-run:
    source: {http:listener: {config-ref: Api, path: /at-run, idempotency: {}}}
    steps: [{flow-ref: {name: "#[vars.name || 'auth']"}}, {flow-ref: {name: count}}]
  two-gates:
    source: {http:listener: {config-ref: Api, path: /two, idempotency: {}}}
    steps:
      - security:basic: {users: {ada: sword, bob: builder}}
      - security:api-key: {keys: {shop: key-of-shop}}
      - flow-ref: {name: count}
  here:
    source: {http:listener: {config-ref: Api, path: /same, idempotency: {store: Kept}}}
    steps: [{security:basic: {users: {ada: sword}}}, {set-payload: {value: of here}}]
  there:
    source: {http:listener: {config-ref: Other, path: /same, idempotency: {store: Kept}}}
    steps: [{security:basic: {users: {ada: another}}}, {set-payload: {value: of there}}]
  broken-rule:
    source: {http:listener: {config-ref: Api, path: /broken, idempotency: {caller: as_number(attributes.headers.n)}}}
    steps: [{flow-ref: {name: count}}]
  gateway:
    source: {http:listener: {config-ref: Api, path: /gateway}}
    steps:
      - cache:
          steps:
            - set-variable: {variableName: token, value: "#[attributes.headers.authorization]"}
            - os:increment: {objectStore: Runs, key: gateway, target: run}
            - set-payload: {value: "#[vars.token] #[vars.run]"}
  cached-at-run:
    source: {http:listener: {config-ref: Api, path: /cached-at-run}}
    steps:
      - cache:
          key: "'one'"
          steps:
            - python: {function: "asyncio:sleep", arguments: [0.01], target: slept}
            - flow-ref: {name: "#[vars.name || 'auth']"}
            - flow-ref: {name: count}
  got:
    source: {http:listener: {config-ref: Api, path: "/got/{how}", allowedMethods: GET}}
    steps:
      - flow-ref: {name: auth}
      - choice:
          when:
            - expression: attributes.uriParams.how == 'fails'
              steps: [{raise-error: {type: MULE:VALIDATION}}]
            - expression: attributes.uriParams.how == 'public'
              steps: [{set-variable: {variableName: outboundHeaders, value: {Cache-Control: "public, max-age=60"}}}]
      - set-payload: {value: "#[vars.authentication.principal]"}
  open: {source: {http:listener: {config-ref: Api, path: /open}}, steps: [{set-payload: {value: all}}]}
  again:
    source: {http:listener: {config-ref: Api, path: /again, redelivery-policy: {maxRedeliveryCount: 0}}}
    steps: [{flow-ref: {name: auth}}, {flow-ref: {name: count}}]
  rated:
    source:
      http:listener:
        {config-ref: Api, path: /rated, rateLimit: {limit: 2, period: 1h, key: "#[attributes.headers.'x-api-key']"}}
    steps: [{flow-ref: {name: auth}}, {flow-ref: {name: count}}]
"""
ADA, BOB = {"x-api-key": "key-of-ada"}, {"x-api-key": "key-of-bob"}
Send = Callable[..., Awaitable[httpx.Response]]


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
def app(tmp_path: Path) -> Application:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    return Application.load(tmp_path / "flows.yaml", clock=FakeClock())


def told(app: Application, *acts: Any, flows: tuple[str, ...] = ()) -> list[httpx.Response]:
    """What is answered to requests (method, path, headers), one after the other; those of a list at once."""
    served = [app.flows[name] for name in flows] or [flow for flow in app.flows.values() if flow.name != "there"]

    async def story() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app.asgi(served, api_docs=False))
        found = []
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for act in acts:
                requests = act if isinstance(act, list) else [act]
                sent = (client.request(method, path, headers=headers) for method, path, headers in requests)
                found += await asyncio.gather(*sent)
        return found

    return asyncio.run(story())


def keyed(path: str, headers: dict[str, str], key: str = "k") -> tuple[str, str, dict[str, str]]:
    return "POST", path, {"idempotency-key": key} | headers


def seen(answers: list[httpx.Response]) -> list[Any]:
    """The caller and the number of the run, or the status of a refusal."""
    return [
        (answer.json()["who"], answer.json()["run"]) if answer.status_code == 200 else answer.status_code
        for answer in answers
    ]


def test_who_is_known_at_run_only_has_no_answer_kept(app: Application, caplog: pytest.LogCaptureFixture) -> None:
    answers = told(app, *(keyed("/at-run", who) for who in (ADA, BOB, {}, ADA)))
    assert seen(answers) == [("ada", 1), ("bob", 2), 401, ("ada", 3)]
    assert "an answer under an Idempotency-Key is not kept: only the run showed who calls" in caplog.text


def test_all_gates_tell_callers_apart(app: Application) -> None:
    shop = {"x-api-key": "key-of-shop"}
    who = [basic("ada", "sword") | shop, basic("bob", "builder") | shop]
    assert [answer.json()["run"] for answer in told(app, *(keyed("/two", each) for each in who * 2))] == [1, 2, 1, 2]
    assert seen(told(app, keyed("/two", basic("ada", "sword")), keyed("/two", shop))) == [401, 401]


def test_callers_of_one_name_at_two_addresses_with_one_store(app: Application) -> None:
    (here,) = told(app, keyed("/same", basic("ada", "sword")), flows=("here",))
    (there,) = told(app, keyed("/same", basic("ada", "another")), flows=("there",))
    assert (here.text, there.status_code) == ("of here", 422)


def test_a_rule_that_fails_is_no_way_around_it(app: Application) -> None:
    fine, broken = {"n": "1"}, {"n": "one"}
    answers = told(app, keyed("/broken", broken), keyed("/broken", fine), ("POST", "/broken", broken))
    assert [answer.status_code for answer in answers] == [500, 200, 200]  # without a key nobody asks the rule
    assert answers[0].json()["status"] == 500


def test_what_a_gateway_passes_on_is_the_callers_own(app: Application) -> None:
    asked = [("GET", "/gateway", {"authorization": token}) for token in ("a", "b", "a", "b")]
    assert [answer.text for answer in told(app, *asked)] == ["a 1", "b 2", "a 1", "b 2"]
    assert [answer.text for answer in told(app, *[("GET", "/gateway", {})] * 2)] == [" 3", " 3"]


@pytest.mark.parametrize("at_once", [False, True], ids=["in a row", "at once"])
def test_what_steps_in_a_cache_find_out_is_not_remembered(app: Application, at_once: bool) -> None:
    asked = [("POST", "/cached-at-run", who) for who in ({}, ADA, BOB, {}, ADA)]
    answers = seen(told(app, asked) if at_once else told(app, *asked))
    assert [answer if answer == 401 else answer[0] for answer in answers] == [401, "ada", "bob", 401, "ada"]


def test_a_tag_tells_nobody_anything(app: Application) -> None:
    (ada,) = told(app, ("GET", "/got/it", ADA))
    tag = ada.headers["etag"]
    asked = [(who, {"if-none-match": value}) for value in (tag, "*") for who in (ADA, BOB, {})]
    for method in ("GET", "HEAD"):
        answers = told(app, *((method, "/got/it", who | more) for who, more in asked))
        assert [answer.status_code for answer in answers] == [304, 200, 401, 304, 304, 401]
        assert all(answer.headers.get("etag") != tag for answer in (answers[1], answers[2], answers[4], answers[5]))


def test_answers_to_known_callers_are_not_for_shared_caches(app: Application) -> None:
    asked = [("GET", f"/got/{how}", ADA) for how in ("it", "fails", "public")]
    told_of = [answer.headers["cache-control"] for answer in told(app, *asked)]
    assert told_of == ["private, no-cache", "private, no-cache", "public, max-age=60"]
    others = [("GET", "/got/it", {}), ("GET", "/open", ADA), ("POST", "/at-run", ADA)]
    assert [answer.headers.get("cache-control") for answer in told(app, *others)] == [None] * 3


def test_an_answer_that_is_given_again_is_for_the_page_that_asks(app: Application) -> None:
    who = basic("ada", "sword")
    pages = [keyed("/same", who | {"origin": f"https://{page}.example"}) for page in ("a", "b")]
    answers = told(app, *pages)
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert [answer.headers["access-control-allow-origin"] for answer in answers] == [
        "https://a.example", "https://b.example"
    ]  # fmt: skip


def test_who_is_refused_counts_as_no_delivery(app: Application) -> None:
    asked = [("POST", "/again", who) for who in ({}, {}, {}, ADA, BOB)]
    assert seen(told(app, *asked)) == [401, 401, 401, ("ada", 1), ("bob", 2)]


def test_keys_that_are_made_up_use_up_nobodys_rate(app: Application) -> None:
    made_up = [("POST", "/rated", {"x-api-key": f"key-of-{number}"}) for number in range(10)]
    asked = [*made_up, *[("POST", "/rated", ADA)] * 3, ("POST", "/rated", BOB)]
    assert seen(told(app, *asked))[10:] == [("ada", 1), ("ada", 2), 429, ("bob", 3)]
