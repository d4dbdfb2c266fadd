"""Payloads that make an expression dear: what an evaluation may cost is counted, and nobody waits for it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from functools import partial
from operator import mul
from typing import Any

import pytest
from attacks.attack import watched
from functions.costs import with_equal_hashes
from httpx import Response
from server.running import Running

EXPRESSIONS = {
    "unique": "length(unique(payload))",
    "distinct-by": "length(distinct_by(payload, &@))",
    "group-by": "length(group_by(payload, &to_string(@)))",
    "difference": "length(difference(payload, reverse(payload)))",
    "filter-in": "let $all = payload in length(payload[?contains($all, @)])",
    "find-last": "find_last(payload.a, payload.b)",
    "find-first": "find_first(payload.a, payload.b)",
    "contains": "contains(payload.a, payload.b)",
    "replace": "length(replace(payload.a, payload.b, 'x'))",
    "split": "length(split(payload.a, payload.b))",
    "trim": "length(trim(payload.a, payload.b))",
    "trim-left": "length(trim_left(payload.a, payload.b))",
    "repeat": "map(&repeat('x', @), payload)",
    "pad-left": "map(&pad_left('x', @, ' '), payload)",
    "range": "map(&range(@), payload)",
    "range-of-range": "let $most = payload[0] in length(map(&length(range($most)), range(payload[0])))",
    "reduce-concat": "length(reduce(payload, &concat(acc, [item]), `[]`))",
    "reduce-merge": "length(reduce(payload, &merge(acc, {a: item}), `{}`))",
    "reduce-append": "length(reduce(payload, &concat(acc, 'aaaaaaaaaaaaaaaa'), ''))",
    "reduce-pair": "to_string(reduce(payload, &[acc, acc], 'a'))",
    "write-pair": "write(reduce(payload, &[acc, acc], 'a'), 'application/json')",
    "equal-pair": "reduce(payload, &[acc, acc], 'a') == reduce(payload, &[acc, acc], 'a')",
    "pair": "reduce(payload, &[acc, acc], 'a')",
    "nested-maps": "let $all = payload in length(map(&map(&map(&@, $all), $all), payload))",
    "sort-by": "let $all = payload in length(sort_by(payload, &join('', map(&to_string(@), $all))))",
    "chunk": "let $all = payload in map(&chunk($all, `1`), payload)",
    "products": "let $all = payload in payload[].{a: $all}",
    "pow": "map(&pow(`10`, @), payload)",
    "matches": "length(payload[?matches(@, '(a*)*b')])",
}
"""What authors may write; each is a flow at the path of its name, and one with `timeout: 2s` below /timed."""


def _flow(name: str, expression: str, prefix: str = "", timeout: str = "") -> str:
    return f"""
  {prefix}{name}:
    source: {{http:listener: {{config-ref: Api, path: /{prefix and "timed/"}{name}, allowedMethods: POST}}}}{timeout}
    steps: [{{set-payload: {{value: {json.dumps(f"#[{expression}]")}}}}}]"""


FLOWS = "configs: {Api: {http:listener-config: {port: 0}}}\nflows:" + "".join(
    _flow(name, expression) + _flow(name, expression, "timed-", "\n    timeout: 2s")
    for name, expression in EXPRESSIONS.items()
)


HALF = 2_400_000
ATTACKS: list[tuple[str, str, Callable[[], Any]]] = [
    *(
        (name, "pairs of one hash", lambda: with_equal_hashes(16_000))
        for name in ("unique", "distinct-by", "group-by", "difference", "filter-in")
    ),
    *(
        (name, "numbers", lambda: list(range(100_000)))
        for name in ("unique", "difference", "filter-in", "sort-by", "chunk", "products")
    ),
    *(
        (name, "almost everywhere", lambda: {"a": "a" * 2 * HALF, "b": "ab" + "a" * HALF})
        for name in ("find-last", "find-first", "contains", "replace", "split", "trim", "trim-left")
    ),
    *(
        (name, "almost everywhere, from the end", lambda: {"a": "a" * 2 * HALF, "b": "a" * HALF + "ba"})
        for name in ("find-last", "find-first", "contains", "replace")
    ),
    *(
        (
            name,
            "a set of all letters",
            lambda: {"a": "\u1000" * 1_500_000, "b": "".join(map(chr, range(0x1000, 0xD7FF))) * 8},
        )
        for name in ("trim", "trim-left")
    ),
    *(
        (name, "great numbers", lambda: [10_000_000] * 300)
        for name in ("repeat", "pad-left", "range", "range-of-range", "pow")
    ),
    *((name, "many numbers", lambda: [3000] * 60_000) for name in ("repeat", "pad-left", "range", "pow")),
    *((name, "20,000", lambda: list(range(20_000))) for name in ("reduce-concat", "reduce-merge", "reduce-append")),
    *(
        (name, "1,000,000", lambda: list(range(1_000_000)))
        for name in ("reduce-concat", "reduce-merge", "reduce-append")
    ),
    *(
        (name, f"{count}", partial(mul, [0], count))
        for name in EXPRESSIONS
        if "pair" in name
        for count in (25, 200, 100_000)
    ),
    ("nested-maps", "3,000", lambda: [0] * 3000),
    ("matches", "a…", lambda: ["a" * 2000] * 2000),
    ("matches", "one long", lambda: ["a" * 5_000_000]),
]
HELD = (200, 200), (500, 500), (500, 504), (200, 504)
"""The answers without and with a deadline."""


def post(server: Running, path: str, payload: Any) -> Response:
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    return server.client.post(path, content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("name", "make"),
    [(name, make) for name, _, make in ATTACKS],
    ids=[f"{name}, {what}" for name, what, _ in ATTACKS],
)
def test_an_expression_made_dear(attacked: Running, name: str, make: Callable[[], Any]) -> None:
    payload = make()
    with watched(attacked):
        plain, timed = (post(attacked, f"{prefix}/{name}", payload) for prefix in ("", "/timed"))
    assert (plain.status_code, timed.status_code) in HELD
    for answer in (plain, timed):
        if answer.status_code == 500:
            told = next(line for line in attacked.log.splitlines() if answer.json()["correlationId"] in line)
            assert re.search(r"MULE:EXPRESSION: .*(stops at|at most|may have)", told), told
    assert post(attacked, "/chunk", [1]).json() == [[[1]]]


@pytest.mark.parametrize("calls", [8])
def test_many_at_once(attacked: Running, calls: int) -> None:
    """Evaluations just within their budgets follow each other: others come in between, and the deadline strikes."""
    payload = list(range(2500))
    took: list[tuple[int, float]] = []

    def call() -> None:
        began = time.monotonic()
        answer = post(attacked, "/timed/filter-in", payload)
        took.append((answer.status_code, time.monotonic() - began))

    callers = [threading.Thread(target=call) for _ in range(calls)]
    with watched(attacked):
        for each in callers:
            each.start()
        for each in callers:
            each.join()
    assert {status for status, _ in took} <= {200, 500, 504}
