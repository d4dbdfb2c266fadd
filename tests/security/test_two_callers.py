"""Two callers and nobody, against every order of steps that loads: nobody ever sees what another was answered."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from fake_clock import FakeClock
from hypothesis import event, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from engine import Application, LoadError

Steps = list[dict[str, Any]]
SECRET = "horse-" * 12
NAMES = ("zoe", "tom")
START = datetime(2026, 1, 1, tzinfo=UTC)

SCHEMES: dict[str, Steps] = {
    "basic": [{"security:basic": {"users": {name: f"pass-{name}" for name in NAMES}}}],
    "api-key": [{"security:api-key": {"keys": {name: f"key-{name}" for name in NAMES}}}],
    "key in the query": [{"security:api-key": {"query": "key", "keys": {name: f"key-{name}" for name in NAMES}}}],
    "jwt": [{"security:jwt": {"algorithms": "HS256", "secret": SECRET}}],
}
SCHEMES["basic, then api-key"] = SCHEMES["basic"] + SCHEMES["api-key"]


def credentials(name: str, scheme: str) -> tuple[dict[str, str], dict[str, str]]:
    """The headers and the query by which a scheme knows a caller, and no others."""
    if scheme == "jwt":
        return {"authorization": f"Bearer {TOKENS[name]}"}, {}
    if scheme == "key in the query":
        return {}, {"key": f"key-{name}"}
    password = {"authorization": "Basic " + b64encode(f"{name}:pass-{name}".encode()).decode()}
    key = {"x-api-key": f"key-{name}"}
    return {"basic": password, "api-key": key}.get(scheme, password | key), {}


def token_of(name: str) -> str:
    claims = {"sub": name, "exp": int(START.timestamp()) + 10**6}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


TOKENS = {name: token_of(name) for name in NAMES}

# Where a flow finds out who calls


def in_try(steps: Steps) -> Steps:
    return [{"try": {"steps": steps}}]


def in_choice(steps: Steps) -> Steps:
    return [{"choice": {"when": [{"expression": "payload.id == 1", "steps": steps}], "otherwise": {"steps": steps}}}]


def in_handler(steps: Steps) -> Steps:
    handler = [{"on-error-continue": {"logException": False, "steps": steps}}]
    return [{"try": {"steps": [{"raise-error": {"type": "APP:ANY"}}], "error-handler": handler}}]


PLACES: dict[str, Any] = {
    "first": lambda steps: steps,
    "behind a step": lambda steps: [{"set-variable": {"variableName": "a", "value": 1}}, *steps],
    "in a sub-flow": lambda steps: [{"flow-ref": {"name": "auth"}}],
    "in a flow": lambda steps: [{"flow-ref": {"name": "auth-flow"}}],
    "in a flow that an expression names": lambda steps: [{"flow-ref": {"name": "au#['th']"}}],
    "in a flow, its name to a variable": lambda steps: [
        {"flow-ref": {"name": "auth", "target": "who", "targetValue": "vars.authentication.principal"}}
    ],
    "in a try": in_try,
    "in a choice": in_choice,
    "in a handler": in_handler,
    "in routes": lambda steps: [{"first-successful": {"routes": [{"steps": steps}, {"steps": steps}]}}],
    "in parallel routes": lambda steps: [
        {"scatter-gather": {"target": "gathered", "routes": [{"steps": [*steps, WHO]}, {"steps": steps}]}},
        {"set-variable": {"variableName": "who", "value": '#[vars.gathered."0".payload]'}},
    ],
    "in attempts": lambda steps: [{"until-successful": {"retryOn": "MULE:CONNECTIVITY", "steps": steps}}],
}
WHO = {"set-payload": {"value": "#[vars.authentication.principal]"}}

# What it does then

PAUSE = {"python": {"function": "asyncio:sleep", "arguments": [0.0005], "target": "slept"}}
NOTE = {"set-variable": {"variableName": "who", "value": "#[vars.who || vars.authentication.principal]"}}
ANSWERS: dict[str, Steps] = {
    "the variable authentication": [
        {"set-payload": {"value": {"id": "#[payload.id]", "who": "#[vars.authentication.principal || vars.who]"}}}
    ],
    "another variable": [{"set-payload": {"value": {"id": "#[payload.id]", "who": "#[vars.who]"}}}],
    "the credentials": [
        {"set-payload": {"value": {"id": "#[payload.id]", "who": "#[attributes.headers.authorization]"}}}
    ],
}
CACHES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "payload": {},
    "a part of it": {"key": "payload.id"},
    "always the same": {"key": "'one'"},
    "the caller": {"key": "[payload.id, vars.authentication.principal]"},
    "a named store": {"cachingStrategy": "Results", "key": "'one'"},
    "a persistent store": {"cachingStrategy": "Lasting", "key": "payload.id"},
}
IDEMPOTENCY: dict[str, dict[str, Any] | None] = {
    "none": None,
    "as it is": {},
    "a shared store": {"store": "Results"},
    "a persistent store": {"store": "Lasting"},
    "a caller that may be forged": {"caller": "attributes.headers.tenant"},
    "a caller that is always the same": {"caller": "'one'", "store": "Results"},
    "a caller that is nobody": {"caller": "vars.nobody"},
}
BEFORE = "before it is known who calls"
LIMITS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "by address": {"limit": 10_000},
    "by a header": {"limit": 10_000, "key": "#[attributes.headers.tenant]"},
}


@dataclass(frozen=True)
class Order:
    """A flow, by the choices that it is made of. cached: what the cache holds: all steps, or those behind the caller.

    routed: whether it stands behind an apikit:router.
    """

    scheme: str = "basic"
    place: str = "first"
    answer: str = "the variable authentication"
    cache: str = "none"
    cached: str = "the answer"
    idempotency: str = "none"
    limit: str = "none"
    routed: bool = False

    def steps(self) -> Steps:
        known = PLACES[self.place](SCHEMES[self.scheme])
        made = [PAUSE, *ANSWERS[self.answer]]
        cache = CACHES[self.cache]
        if cache is None:
            return [*known, NOTE, *made]
        if self.cached == "all":
            return [{"cache": cache | {"steps": [*known, NOTE, *made]}}]
        if self.cached == BEFORE:
            return [{"cache": cache | {"steps": [PAUSE]}}, *known, NOTE, *made]
        return [*known, NOTE, {"cache": cache | {"steps": made}}]

    def document(self, folder: Path) -> dict[str, Any]:
        listener: dict[str, Any] = {"config-ref": "Api", "path": "/api/*"}
        more = {"idempotency": IDEMPOTENCY[self.idempotency], "rateLimit": LIMITS[self.limit]}
        listener |= {name: value for name, value in more.items() if value is not None}
        main: dict[str, Any] = {"source": {"http:listener": listener}, "steps": self.steps()}
        api = {"openapi": "3.1.0", "paths": {"/orders": {"get": {}, "post": {}}}}
        flows = {"main": main, "auth-flow": {"steps": SCHEMES[self.scheme]}}
        if self.routed:
            flows |= {f"{method}:\\orders": {"steps": self.steps()} for method in ("get", "post")}
            main["steps"] = [{"apikit:router": {"config-ref": "Orders"}}]
        configs = {
            "Api": {"http:listener-config": {"port": 0}},
            "Orders": {"apikit:config": {"api": api}},
            "Results": {"os:object-store": {"persistent": False}},
            "Lasting": {"os:object-store": {"persistent": True}},
        }
        return {
            "configuration": {"dataDir": str(folder / "data")},
            "configs": configs,
            "flows": flows,
            "sub-flows": {"auth": {"steps": SCHEMES[self.scheme]}},
        }


@dataclass(frozen=True)
class Request:
    """A request. name: of the caller; None is nobody. seen: of whose answer it brings the ETag, or `*`."""

    name: str | None
    method: str = "POST"
    id: int = 1
    key: str | None = "k"
    tenant: str | None = None
    seen: str | None = None
    forged: bool = False
    """Whether nobody sends credentials that do not hold."""


@dataclass
class Seen:
    """Answers by their callers, for the ETags."""

    tags: dict[str | None, str] = field(default_factory=dict)


def sent(request: Request, order: Order, seen: Seen) -> dict[str, Any]:
    """The arguments of a client that sends the request."""
    headers, query = credentials(request.name, order.scheme) if request.name else ({}, {})
    if request.forged and not request.name:
        headers = {"authorization": "Basic em9lOm5v", "x-api-key": "key-", "cookie": "who=zoe"}
    tag = "*" if request.seen == "*" else seen.tags.get(request.seen)
    more = {"idempotency-key": request.key, "tenant": request.tenant, "if-none-match": tag}
    headers |= {name: value for name, value in more.items() if value is not None}
    body = None if request.method in ("GET", "HEAD") else {"id": request.id}
    return {"method": request.method, "url": "/api/orders", "headers": headers, "params": query, "json": body}


def check(request: Request, order: Order, answer: httpx.Response) -> None:
    """The answer tells nobody anything of another caller."""
    told = f"{request} was answered {answer.status_code} {answer.headers} {answer.text}"
    others = [name for name in NAMES if name != request.name]
    shown = answer.text + str(answer.headers)
    assert not any(trace in shown for name in others for trace in traces(name)), told
    if request.name is None:
        assert answer.status_code in (401, 409, 422), told
        return
    if order.cached == BEFORE and answer.status_code == 401:  # a hit leaves no attributes, and so no credentials
        return
    assert answer.status_code in (200, 304, 409, 422), told
    if answer.status_code in (200, 304) and request.method in ("GET", "HEAD"):
        assert answer.headers["etag"] in tags_of(request, order), told
        assert "private" in answer.headers["cache-control"], told
    if answer.status_code == 200 and request.method != "HEAD":
        who = order.answer == "the credentials" or answer.json()["who"] in (None, request.name)
        assert who, told


def traces(name: str) -> list[str]:
    return [name, credentials(name, "basic")[0]["authorization"], TOKENS[name]]


def tags_of(request: Request, order: Order) -> set[str]:
    """The ETags of all that the caller may be answered."""
    header = credentials(str(request.name), order.scheme)[0].get("authorization")
    bodies = [{"id": number, "who": who} for number in (None, 1, 2) for who in (request.name, header, None)]
    written = (json.dumps(body, separators=(",", ":")).encode() for body in bodies)
    return {f'"{blake2b(body, digest_size=16).hexdigest()}"' for body in written}


async def told(order: Order, acts: list[list[Request]], folder: Path) -> None:
    """Send the requests: those of one act at once, one act after the other."""
    file = folder / "flows.yaml"
    file.write_text(json.dumps(order.document(folder)))
    app = Application.load(file, clock=FakeClock(START))
    seen = Seen()
    transport = httpx.ASGITransport(app.asgi(api_docs=False), raise_app_exceptions=True)
    async with app, httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for act in acts:
            answers = await asyncio.gather(*(client.request(**sent(each, order, seen)) for each in act))
            for request, answer in zip(act, answers, strict=True):
                check(request, order, answer)
                if answer.status_code == 200 and "etag" in answer.headers:
                    seen.tags[request.name] = answer.headers["etag"]


def loads(order: Order, acts: list[list[Request]]) -> bool:
    """Whether the flow loads; then it is asked, and what it answers is checked."""
    with TemporaryDirectory() as folder:
        codes = mistakes_of(lambda: asyncio.run(told(order, acts, Path(folder))))
    assert codes <= {"F510"}
    return not codes


def mistakes_of(load: Callable[[], None]) -> set[str]:
    try:
        load()
    except LoadError as error:
        return {each.code for each in error.diagnostics}
    return set()


def choice(of: Mapping[str, Any]) -> st.SearchStrategy[str]:
    return st.sampled_from(list(of))


ORDERS = st.builds(
    Order,
    choice(SCHEMES),
    choice(PLACES),
    choice(ANSWERS),
    choice(CACHES),
    st.sampled_from(["the answer", "all", BEFORE]),
    choice(IDEMPOTENCY),
    choice(LIMITS),
    st.booleans(),
)
REQUESTS = st.builds(
    Request,
    st.sampled_from([*NAMES, None]),
    st.sampled_from(["POST", "POST", "GET", "HEAD"]),
    st.sampled_from([1, 2]),
    st.sampled_from(["k", "k", "l", None]),
    st.sampled_from([None, "t"]),
    st.sampled_from([None, *NAMES, "*"]),
    st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(ORDERS, st.lists(st.lists(REQUESTS, min_size=1, max_size=5), min_size=1, max_size=4))
def test_no_caller_gets_what_another_was_answered(order: Order, acts: list[list[Request]]) -> None:
    event("loads" if loads(order, acts) else "is a mistake")


ONE_AFTER_THE_OTHER = [
    *([Request(name, tenant="t")] for name in ("zoe", "tom", None, "zoe")),
    *([Request(name, "GET", seen="zoe")] for name in ("zoe", "tom", None)),
    [Request("tom", "HEAD", seen="zoe")],
]
ALL_AT_ONCE = [[Request(name, method, tenant="t") for name in ("zoe", "tom", None) * 2] for method in ("POST", "GET")]


@pytest.mark.parametrize("place", PLACES)
def test_equal_requests_of_two_callers_and_of_nobody(place: str) -> None:
    """Each place with each idempotency and each cache, in the order in which a kept answer would do most harm."""
    orders = [
        *(Order("api-key", place, idempotency=each) for each in IDEMPOTENCY),
        *(Order("api-key", place, idempotency=each, routed=True) for each in ("as it is", "a caller that is nobody")),
        *(Order("basic", place, "another variable", each) for each in CACHES),
        Order("jwt", place, "the credentials", "payload", "all"),
    ]
    loaded = [order for order in orders if loads(order, ONE_AFTER_THE_OTHER + ALL_AT_ONCE)]
    assert len(loaded) >= len(CACHES)


def test_what_is_first_loads_with_everything() -> None:
    for scheme in SCHEMES:
        for idempotency, cache in zip(IDEMPOTENCY, CACHES, strict=True):
            order = Order(scheme, idempotency=idempotency, cache=cache)
            assert loads(order, [[Request("zoe")], [Request("tom")], [Request(None)]])
