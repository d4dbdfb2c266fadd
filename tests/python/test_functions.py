"""The element `python`: functions of a file beside the flow file."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Application, Event, FlowError, LoadError

SHOP = """
import asyncio, threading
from dataclasses import dataclass
from datetime import date
from pydantic import BaseModel
from engine import Event, FlowError, Message

@dataclass
class Line:
    sku: str
    count: int = 1

class Order(BaseModel):
    id: str
    day: date

def add(a: int, b: int = 1): return a + b
def free(a, b=2): return [a, b]
def optional(a: int | None): return a
def numbers(values: list[int]): return sum(values)
def ratio(a: float): return a
def line(line: Line): return [line.sku, line.count]
def order(order: Order): return order.day.year
def change(items: list): items.append(9); return items
def named(**names): return names
def several(*values: int): return list(values)
def of_event(event: Event, n: int): return [event.vars, n]
def whole(event: Event): return event.with_variable("seen", True).with_payload(5)
def message(): return Message(1, {"a": 2})
def fails(): raise KeyError("secret")
def leaves(): raise SystemExit(3)
def stock(n: int): raise FlowError("SHOP:OUT_OF_STOCK", f"only {n} left")
def where(): return threading.current_thread() is threading.main_thread()
async def later(n: int):
    await asyncio.sleep(0)
    return n * 2
class Counter:
    async def __call__(self, n: int): return n + 1
counter = Counter()
"""


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """Each test has a module `shop` of its own."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    sys.modules.pop("shop", None)


def load(folder: Path, step: str, shop: str = SHOP, handler: str = "[]") -> Application:
    (folder / "shop.py").write_text(shop)
    flow = f"flows: {{main: {{steps: [{{python: {{{step}}}}}], error-handler: {handler}}}}}"
    (folder / "flow.yaml").write_text(flow)
    return Application.load(folder / "flow.yaml")


def run(app: Application, payload: Any = None) -> Event:
    return asyncio.run(app.run("main", payload=payload, vars={"v": 1}, attributes={"x": 1}))


@pytest.mark.parametrize(
    ("step", "payload", "result"),
    [
        ('function: "shop:add", arguments: {a: 1, b: 2}', None, 3),
        ('function: "shop:add", arguments: {a: "#[payload]"}', 4, 5),
        ('function: "shop:add", arguments: ["#[payload]", 2]', 4, 6),
        ('function: "shop:free", arguments: {a: {k: "#[payload]"}}', 4, [{"k": 4}, 2]),
        ('function: "shop:optional", arguments: {a: null}', None, None),
        ('function: "shop:numbers", arguments: ["#[append([payload], 2)]"]', 4, 6),
        ('function: "shop:ratio", arguments: [1]', None, 1.0),
        ('function: "shop:line", arguments: ["#[payload]"]', {"sku": "a"}, ["a", 1]),
        ('function: "shop:order", arguments: ["#[payload]"]', {"id": "a", "day": "2026-03-01"}, 2026),
        ('function: "shop:named", arguments: {x: 1, y: "#[payload]"}', 2, {"x": 1, "y": 2}),
        ('function: "shop:several", arguments: [1, "#[payload]"]', 2, [1, 2]),
        ('function: "shop:of_event", arguments: {n: 3}', None, [{"v": 1}, 3]),
        ('function: "shop:of_event", arguments: [3]', None, [{"v": 1}, 3]),
        ('function: "shop:later", arguments: {n: 2}', None, 4),
        ('function: "shop:counter", arguments: {n: 2}', None, 3),
        ('function: "shop:where"', None, True),
        ('function: "shop:where", thread: true', None, False),
    ],
)
def test_it_is_called(tmp_path: Path, step: str, payload: Any, result: Any) -> None:
    event = run(load(tmp_path, step), payload)
    assert event.payload == result
    assert (event.attributes, event.vars) == ({}, {"v": 1})


def test_the_result_goes_to_the_target(tmp_path: Path) -> None:
    event = run(load(tmp_path, 'function: "shop:add", arguments: [1], target: n, targetValue: payload * 10'), "before")
    assert (event.payload, event.attributes, event.vars) == ("before", {"x": 1}, {"v": 1, "n": 20})


def test_a_result_may_be_an_event_or_a_message(tmp_path: Path) -> None:
    event = run(load(tmp_path, 'function: "shop:whole"'))
    assert (event.payload, event.vars) == (5, {"v": 1, "seen": True})
    event = run(load(tmp_path, 'function: "shop:message"'))
    assert (event.payload, event.attributes) == (1, {"a": 2})


def test_what_a_function_changes_is_a_copy(tmp_path: Path) -> None:
    event = run(load(tmp_path, 'function: "shop:change", arguments: ["#[payload]"], target: changed'), [1])
    assert (event.payload, event.vars["changed"]) == ([1], [1, 9])


@pytest.mark.parametrize(
    ("step", "payload", "description"),
    [
        ('function: "shop:add", arguments: {a: "#[payload]"}', "secret", "the argument 'a' must be int, not string"),
        ('function: "shop:add", arguments: {a: "#[payload]"}', "5", "the argument 'a' must be int, not string"),
        ('function: "shop:add", arguments: {a: "#[payload]"}', True, "the argument 'a' must be int, not boolean"),
        ('function: "shop:add", arguments: {a: "#[payload]"}', None, "the argument 'a' must be int, not null"),
        ('function: "shop:numbers", arguments: ["#[payload]"]', [1, "secret"],
         "the argument 'values' must be list[int], not array, wrong at 1"),
        ('function: "shop:line", arguments: ["#[payload]"]', {"cuont": "secret"},
         "the argument 'line' must be Line, not object"),
    ],
)  # fmt: skip
def test_a_value_of_a_wrong_type(tmp_path: Path, step: str, payload: Any, description: str) -> None:
    with pytest.raises(FlowError) as caught:
        run(load(tmp_path, step), payload)
    assert (str(caught.value.type), caught.value.description) == ("MULE:EXPRESSION", description)
    assert "secret" not in caught.value.detailed_description


def test_its_errors_pass_and_are_known_to_handlers(tmp_path: Path) -> None:
    handler = "[{on-error-continue: {type: 'SHOP:OUT_OF_STOCK', logException: false}}]"
    step = 'function: "shop:stock", arguments: [3], raises: ["SHOP:OUT_OF_STOCK"]'
    assert run(load(tmp_path, step, handler=handler)).payload is None
    with pytest.raises(FlowError, match="SHOP:OUT_OF_STOCK: only 3 left at main/steps/0 @"):
        run(load(tmp_path, step))
    with pytest.raises(LoadError, match="F508"):
        load(tmp_path, 'function: "shop:stock", arguments: [3]', handler=handler)


@pytest.mark.parametrize("name", ["fails", "leaves"])
def test_any_other_exception_is_unknown_and_logged_once(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="engine"), pytest.raises(FlowError) as caught:
        run(load(tmp_path, f'function: "shop:{name}"'))
    assert (str(caught.value.type), caught.value.description) == ("MULE:UNKNOWN", "unexpected error in python")
    assert [bool(record.exc_info) for record in caplog.records].count(True) == 1


@pytest.mark.parametrize(
    ("step", "shop", "found"),
    [
        ('function: "shop:add", arguments: {a: five}', SHOP, "'five'"),
        ('function: "shop:add", arguments: {a: "5"}', SHOP, "'5'"),
        ('function: "shop:add", arguments: {c: 1, a: 1}', SHOP, "the argument 'c', which the function does not have"),
        ('function: "shop:add", arguments: {b: 1}', SHOP, "no argument 'a' for the function"),
        ('function: "shop:add"', SHOP, "no argument 'a' for the function"),
        ('function: "shop:add", arguments: [1, 2, 3]', SHOP, "3 arguments for the function"),
        ('function: "shop:of_event", arguments: {n: 1, event: 1}', SHOP, "the argument 'event', which"),
        ('function: "shop:subtract"', SHOP, "the module 'shop' has no 'subtract'"),
        ('function: "shop:add"', "def add(:", "SyntaxError"),
        ('function: "shop:add"', "import nothing_here", "No module named 'nothing_here'"),
        ('function: "shop:add"', "raise SystemExit(1)", "SystemExit"),
        ('function: "shop:add"', "def add(a: 'Nothing'): ...", "its signature cannot be read"),
        ('function: "shop:add", arguments: [1]', "def add(a: 5): ...", "its signature cannot be read"),
        ('function: "shop:later", arguments: [1], thread: true', SHOP, "an async function with thread: true"),
    ],
)
def test_what_is_wrong_is_told_at_load(tmp_path: Path, step: str, shop: str, found: str) -> None:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, step, shop)
    [diagnostic] = caught.value.diagnostics
    assert found in diagnostic.mistake.found
    assert diagnostic.place.line == 1
