"""`paginate`: the items of all pages as one stream, from real upstreams that page as services do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from loopback import serving
from upstreams import Upstream, upstream

from engine import Application, Event, FlowError, LoadError

pytestmark = pytest.mark.anyio

FLOWS = """
configs:
  Api: {{http:listener-config: {{port: 0}}}}
  Up: {{http:request-config: {{url: "${{url}}", query-params: {{size: 2}}, headers: {{x-key: secret}}{config}}}}}
flows:
  all:
    steps:
      - http:request: {{config-ref: Up, path: /items, {request}}}
      - foreach:
          collection: payload
          steps: [{{set-variable: {{variableName: seen, value: "#[append(vars.seen, payload)]"}}}}]
  first:
    steps:
      - http:request: {{config-ref: Up, path: /items, {request}}}
      - foreach:
          collection: payload
          until: payload == vars.wanted
          steps: [{{set-variable: {{variableName: last, value: "#[payload]"}}}}]
  outcomes:
    steps:
      - http:request: {{config-ref: Up, path: /items, {request}, target: items}}
      - foreach:
          collection: vars.items
          collect: {{target: results, success: "#[payload]", failure: "#[error.description]"}}
          steps:
            - choice:
                when:
                  - expression: payload == 3
                    steps: [{{raise-error: {{type: A:B, description: no}}}}]
  kept:
    steps:
      - try:
          steps:
            - http:request: {{config-ref: Up, path: /items, {request}}}
            - foreach:
                collection: payload
                steps: [{{set-variable: {{variableName: seen, value: "#[append(vars.seen, payload)]"}}}}]
          error-handler:
            - on-error-continue:
                steps: [{{set-variable: {{variableName: error, value: "#[error.type]"}}}}]
  served:
    source: {{http:listener: {{config-ref: Api, path: /served}}}}
    steps: [{{http:request: {{config-ref: Up, path: /items, {request}}}}}]
  late:
    source: {{http:listener: {{config-ref: Api, path: /late}}}}
    timeout: 300ms
    steps:
      - http:request: {{config-ref: Up, path: /items, {request}}}
      - foreach: {{collection: payload, steps: [{{logger: {{}}}}]}}
"""
CURSOR = "paginate: {next: {cursor: payload.next}, items: payload.items}"
LINK = """paginate: {next: "scan(attributes.headers.link, '<([^>]*)>[^,]*rel=\\"?next')[0][1]"}"""
OFFSET = "paginate: {next: {offset: '$page < `4` ? $page * `2` : null'}}"
URL = "paginate: {next: payload.next, items: payload.items}"
ITEMS = [1, 2, 3, 4, 5, 6, 7]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page_at(start: int) -> tuple[list[int], int | None]:
    """Two items, and where the next ones begin."""
    return ITEMS[start : start + 2], start + 2 if start + 2 < len(ITEMS) else None


async def by_cursor(request: web.Request) -> web.Response:
    items, following = page_at(int(request.query.get("cursor") or 0))
    return web.json_response({"items": items, "next": following and str(following)})


async def by_link(request: web.Request) -> web.Response:
    """As GitHub has it, with urls that a client must not write anew."""
    start = int(request.query.get("at", 0))
    items, following = page_at(start)
    links = [f'<{request.url.origin()}/items?at=0&sig=a%2Fb%3D>; rel="first"']
    if following:
        links.insert(0, f'<{request.url.origin()}/items?at={following}&sig=a%2Fb%3D>; rel="next"')
    return web.json_response(items, headers={"Link": ", ".join(links)})


async def by_offset(request: web.Request) -> web.Response:
    return web.json_response(page_at(int(request.query.get("offset", 0)))[0])


async def by_path(request: web.Request) -> web.Response:
    """Relative urls, seen from the page's own."""
    start = int(request.path.rpartition("/")[2]) if request.path != "/items" else 0
    items, following = page_at(start)
    up = "" if request.path == "/items" else "../"
    return web.json_response({"items": items, "next": following and f"{up}items/{following}"})


@asynccontextmanager
async def flows(folder: Path, server: Upstream, request: str, config: str = "") -> AsyncIterator[Application]:
    (folder / "flows.yaml").write_text(FLOWS.format(request=request, config=config))
    async with Application.load(folder, properties={"url": server.url}) as app:
        yield app


async def run(app: Application, flow: str = "all", **variables: Any) -> Event:
    return await app.run(flow, vars=variables)


async def fails(app: Application, flow: str = "all") -> FlowError:
    with pytest.raises(FlowError) as caught:
        await run(app, flow)
    return caught.value


@pytest.mark.parametrize(
    ("handler", "request_", "asked"),
    [
        (by_cursor, CURSOR, ["?size=2", "?size=2&cursor=2", "?size=2&cursor=4", "?size=2&cursor=6"]),
        (by_link, LINK, ["?size=2", "?at=2&sig=a%2Fb%3D", "?at=4&sig=a%2Fb%3D", "?at=6&sig=a%2Fb%3D"]),
        (by_offset, OFFSET, ["?size=2", "?size=2&offset=2", "?size=2&offset=4", "?size=2&offset=6"]),
        (by_path, URL, ["?size=2", "/2", "/4", "/6"]),
    ],
    ids=["cursor", "link", "offset", "path"],
)
async def test_pages(tmp_path: Path, handler: Handler, request_: str, asked: list[str]) -> None:
    async with upstream(handler) as server, flows(tmp_path, server, request_) as app:
        assert (await run(app)).vars["seen"] == ITEMS
    assert [each.raw_path for each in server.requests] == [f"/items{each}" for each in asked]
    assert {each.headers["x-key"] for each in server.requests} == {"secret"}


async def test_a_page_is_asked_for_when_the_items_before_it_are_taken(tmp_path: Path) -> None:
    async with upstream(by_cursor) as server, flows(tmp_path, server, CURSOR) as app:
        assert (await run(app, "first", wanted=3)).vars["last"] == 3
        assert len(server.requests) == 2


async def test_outcomes_of_a_stream_in_a_variable(tmp_path: Path) -> None:
    async with upstream(by_cursor) as server, flows(tmp_path, server, CURSOR) as app:
        assert (await run(app, "outcomes")).vars["results"] == [1, 2, "no", 4, 5, 6, 7]


async def test_an_answer_is_sent_from_it(tmp_path: Path) -> None:
    async with (
        upstream(by_cursor) as server,
        flows(tmp_path, server, CURSOR) as app,
        serving(app.asgi()) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        lines = await client.get("/served", headers={"Accept": "application/x-ndjson"})
        whole = await client.get("/served", headers={"Accept": "application/json"})
    assert [int(line) for line in lines.text.split()] == whole.json() == ITEMS


@pytest.mark.parametrize(
    ("page", "next_", "asked"),
    [
        ({"items": []}, CURSOR, 1),
        ({"items": None}, CURSOR, 1),
        ({}, CURSOR, 1),
        ({"items": [1], "next": ""}, URL, 1),
        ({"items": [], "next": None}, URL, 1),
    ],
)
async def test_what_ends_it(tmp_path: Path, page: Any, next_: str, asked: int) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(page)

    async with upstream(handler) as server, flows(tmp_path, server, next_) as app:
        assert (await run(app)).vars.get("seen", []) == (page.get("items") or [])
    assert len(server.requests) == asked


async def test_a_page_without_items_is_passed(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        start = int(request.query.get("cursor") or 0)
        return web.json_response({"items": [] if start == 1 else [start], "next": start + 1 if start < 3 else None})

    async with upstream(handler) as server, flows(tmp_path, server, CURSOR) as app:
        assert (await run(app)).vars["seen"] == [0, 2, 3]


@pytest.mark.reaches("MOST_PAGES")
@pytest.mark.parametrize(("most", "seen"), [(4, ITEMS), (3, None)])
async def test_the_pages_are_bounded(tmp_path: Path, most: int, seen: Any) -> None:
    request = CURSOR.replace("}, items", f"}}, maxPages: {most}, items")
    async with upstream(by_cursor) as server, flows(tmp_path, server, request) as app:
        if seen:
            assert (await run(app)).vars["seen"] == seen
        else:
            failure = await fails(app)
            assert str(failure.type) == "MULE:REPEAT_EXHAUSTED"
            assert failure.description == "the upstream has more than 3 pages"
    assert len(server.requests) == most


# What goes wrong


def breaking(at: int, how: Handler) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await (how if int(request.query.get("cursor") or 0) == at else by_cursor)(request)

    return handler


async def unavailable(request: web.Request) -> web.Response:
    return web.json_response({"reason": "busy"}, status=503)


async def no_json(request: web.Request) -> web.Response:
    return web.Response(text="{", content_type="application/json")


async def never(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    raise AssertionError("nobody waited")


async def hung_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("at", [0, 4])
@pytest.mark.parametrize(
    ("how", "error_type"),
    [
        (unavailable, "HTTP:SERVICE_UNAVAILABLE"),
        (no_json, "HTTP:PARSING"),
        (never, "HTTP:TIMEOUT"),
        (hung_up, "HTTP:CONNECTIVITY"),
    ],
)
async def test_an_error_in_the_middle_is_the_requests_own(
    tmp_path: Path, how: Handler, error_type: str, at: int
) -> None:
    request = f"{CURSOR}, responseTimeout: 300ms"
    async with upstream(breaking(at, how)) as server, flows(tmp_path, server, request) as app:
        failure = await fails(app)
        event = await run(app, "kept")
    assert str(failure.type) == error_type
    assert (event.vars.get("seen", []), event.vars["error"]) == (ITEMS[:at], error_type)
    assert len(server.requests) == 2 * (at // 2 + 1)
    if how is unavailable:
        assert failure.error_message.payload == {"reason": "busy"}


async def test_errors_in_the_middle_are_mapped(tmp_path: Path) -> None:
    request = f"{CURSOR}, error-mapping: [{{sourceType: 'HTTP:SERVICE_UNAVAILABLE', targetType: 'SHOP:CLOSED'}}]"
    async with upstream(breaking(2, unavailable)) as server, flows(tmp_path, server, request) as app:
        failure = await fails(app)
    assert (str(failure.type), str(failure.cause.type)) == ("SHOP:CLOSED", "HTTP:SERVICE_UNAVAILABLE")


async def test_the_deadline_of_the_flow_strikes(tmp_path: Path) -> None:
    async with (
        upstream(breaking(2, never)) as server,
        flows(tmp_path, server, CURSOR) as app,
        serving(app.asgi()) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        assert (await client.get("/late")).status_code == 504


@pytest.mark.parametrize(
    ("page", "request_", "told"),
    [
        ({"items": {"a": 1}}, CURSOR, "'items' of paginate gives no list"),
        ({"items": "abc"}, CURSOR, "'items' of paginate gives no list"),
        ({"items": [1], "next": 5}, URL, "'next' of paginate gives neither a url nor a map of query parameters"),
        ({"items": [1], "next": [1]}, URL, "'next' of paginate gives neither a url nor a map of query parameters"),
    ],
)
async def test_what_is_no_page(tmp_path: Path, page: Any, request_: str, told: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(page)

    async with upstream(handler) as server, flows(tmp_path, server, request_) as app:
        failure = await fails(app)
    assert (str(failure.type), failure.description) == ("MULE:EXPRESSION", told)


@pytest.mark.parametrize(
    ("following", "told"),
    [
        ("https://127.0.0.1/x", "another scheme"),
        ("file:///etc/passwd", "another scheme"),
        ("http://10.0.0.1/x", "a private address"),
        ("//localhost:1/x", "a private address"),
        ("http://h:99999/", ""),
    ],
)
async def test_a_next_page_that_is_not_asked_for(tmp_path: Path, following: str, told: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"items": [1], "next": following})

    async with upstream(handler) as server, flows(tmp_path, server, URL) as app:
        failure = await fails(app)
    assert str(failure.type) == "HTTP:REDIRECTION"
    assert failure.description == f"the upstream tells a next page {f'at {told}' if told else 'that is no url'}"
    assert len(server.requests) == 1


async def test_another_host_sees_no_secret(tmp_path: Path) -> None:
    async def last(request: web.Request) -> web.Response:
        return web.json_response({"items": [2], "next": None})

    async def first(request: web.Request) -> web.Response:
        return web.json_response({"items": [1], "next": f"{other.url}/more"})

    auth = "authentication: {basic-authentication: {username: u, password: p}}"
    async with (
        upstream(last) as other,
        upstream(first) as server,
        flows(tmp_path, server, URL, f", allowPrivateRedirects: true, {auth}") as app,
    ):
        assert (await run(app)).vars["seen"] == [1, 2]
    assert {"x-key", "authorization"} <= {name.lower() for name in server.requests[0].headers}
    assert not {"x-key", "authorization"} & {name.lower() for name in other.requests[0].headers}


def test_mistakes(tmp_path: Path) -> None:
    for request, told in [
        (f"{CURSOR}, saveTo: /tmp/x", "F304 paginate beside saveTo"),
        ("paginate: {items: payload}", "'next'"),
        ("paginate: {next: payload.next, maxPages: 0}", "maxPages"),
    ]:
        (tmp_path / "flows.yaml").write_text(FLOWS.format(request=request, config=""))
        with pytest.raises(LoadError, match=told):
            Application.load(tmp_path, properties={"url": "http://h"})
