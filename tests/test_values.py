"""What cases in YAML cannot say: events are values, and nothing but FlowError leaves a flow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from engine import Application, Chain, Event, Expression, FlowError, Message, Processor, Refusal, Template
from engine.connectors import Appended, ErrorHandler
from processors.core.foreach import Foreach
from processors.core.on_error_continue import OnErrorContinue
from processors.core.set_variable import SetVariable
from processors.core.try_ import Try

HOSTILE: dict[str, Any] = {
    "deep list": reduce(lambda inner, _: [inner], range(100_000), list[Any]()),
    "huge integer": 10**5000,
    "infinity": float("inf"),
    "lone surrogate": {"a": "\ud800"},
    "key that is null": {None: 1},
    "any object": object(),
    "bytes": b"\xff",
}
EXPRESSIONS = [
    "payload + 1", "payload * payload", "-payload", "payload // 3", "payload < 5", "payload == `[1]`", "payload.a.b",
    "payload[0][0]", "payload[]", "payload[*].a", "payload.*", "payload[?a > 1]", "length(payload)",
    "to_string(payload)",
    "to_number(payload)", "as_number(payload)", "sort(payload)", "sort_by(payload, &a)", "max(payload)", "sum(payload)",
    "ceil(payload)", "keys(payload)", "join(',', payload)", "contains(payload, 'a')", "append(payload, payload)",
    "merge(payload, payload)", "abs(payload)", "avg(payload)", "type(payload)", "reverse(payload)", "payload ? 1 : 2",
]  # fmt: skip


class Break(Processor):
    """Raise what no flow expects."""

    error: BaseException

    async def run(self, event: Event) -> Event:
        raise self.error


def run(chain: Chain, event: Event) -> Event:
    return asyncio.run(chain.run(event))


def attempt(action: Callable[[], Any]) -> Any:
    """What the action gives, or the FlowError that it raises."""
    try:
        return action()
    except FlowError as failure:
        return failure


def application(folder: Path, text: str) -> Application:
    file = folder / "app.yaml"
    file.write_text(text)
    return Application.load(file)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the engine logs, down to the last line."""
    with caplog.at_level(logging.DEBUG, "engine"):
        yield caplog


# Events and messages


def test_an_event_cannot_be_changed() -> None:
    event = Event(payload=1)
    with pytest.raises(AttributeError):
        event.payload = 2  # type: ignore[misc]


def test_each_change_is_a_new_event() -> None:
    event = Event(payload=1, vars={"v": 1})
    changed = event.with_payload(2).with_variable("v", 2).with_attributes({"a": 1}).without_variable("w")
    assert (event.payload, event.vars, dict(event.attributes)) == (1, {"v": 1}, {})
    assert (changed.payload, changed.vars, changed.attributes) == (2, {"v": 2}, {"a": 1})
    assert changed.correlation_id == event.correlation_id


def test_messages_are_equal_by_value() -> None:
    assert Message([1], {"a": 1}) == Message([1], {"a": 1})
    assert Message([1], {"a": 1}) != Message([1], {"a": 2})


def test_a_step_that_fails_leaves_the_event_as_it_entered() -> None:
    chain = Chain([SetVariable(variable_name="v", value=Template(1)), Break(error=FlowError("APP:B", "broken"))])
    entered = Event(payload=[1])
    with pytest.raises(FlowError) as caught:
        run(chain, entered)
    assert caught.value.event == entered.with_variable("v", 1)
    assert entered.vars == {}


def test_literals_of_a_template_are_fresh_for_each_event() -> None:
    for template in (Template({"a": [1], "b": "#[`[1]`]"}), Template("#[{a: `[1]`, b: `[1]`}]")):
        first, second = template.evaluate(Event()), template.evaluate(Event())
        first["a"].append(2)
        first["b"].append(2)
        assert second == {"a": [1], "b": [1]} == template.evaluate(Event())


# Errors that are none of ours


def test_any_exception_becomes_unknown_with_one_traceback(logged: pytest.LogCaptureFixture) -> None:
    inner = Try(steps=Chain([Break(error=ValueError("top secret"))]), error_handler=ErrorHandler())
    with pytest.raises(FlowError) as caught:
        run(Chain([inner]), Event())
    assert str(caught.value.type) == "MULE:UNKNOWN"
    assert caught.value.description == "unexpected error in Break"
    assert "top secret" in caught.value.detailed_description
    assert [record.getMessage() for record in logged.records if record.exc_info] == [
        "unexpected error in Break (Break)"
    ]


def test_a_handled_exception_is_logged_once(logged: pytest.LogCaptureFixture) -> None:
    note = SetVariable(variable_name="e", value=Template("#[error.type]"))
    handler = ErrorHandler([OnErrorContinue(steps=Chain([note]))])
    event = run(Chain([Try(steps=Chain([Break(error=KeyError("k"))]), error_handler=handler)]), Event())
    assert event.vars == {"e": "MULE:UNKNOWN"}
    assert len(logged.records) == 1


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), SystemExit()], ids=repr)
def test_what_ends_a_task_or_the_process_is_never_caught(error: BaseException) -> None:
    scope = Try(steps=Chain([Break(error=error)]), error_handler=ErrorHandler([OnErrorContinue()]))
    coroutine = Chain([scope]).run(Event())
    with pytest.raises(type(error)):
        coroutine.send(None)


def test_a_flow_that_runs_itself_for_ever_is_an_error(tmp_path: Path) -> None:
    text = "flows: {f: {steps: [{logger: {message: hi, level: TRACE}}, {flow-ref: {name: f}}]}}"
    with pytest.raises(FlowError, match="flows call each other more than"):
        asyncio.run(application(tmp_path, text).run("f"))


@pytest.mark.reaches("DEEPEST_FLOWS")
def test_a_flow_that_runs_itself_for_ever_may_be_continued(tmp_path: Path) -> None:
    text = """
    flows:
      f: {steps: [{flow-ref: {name: f}}]}
      g:
        steps: [{flow-ref: {name: f}}]
        error-handler: [{on-error-continue: {logException: false, steps: [{set-payload: {value: "#[error.type]"}}]}}]
    """
    assert asyncio.run(application(tmp_path, text).run("g")).payload == "MULE:ROUTING"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_hostile_payload_raises_nothing_but_flow_errors(expression: str, name: str) -> None:
    compiled = Expression(expression)
    outcome = attempt(lambda: compiled.evaluate(Event(payload=HOSTILE[name])))
    if isinstance(outcome, FlowError):
        assert str(outcome.type) == "MULE:EXPRESSION"
        assert f"#[{expression}]" in outcome.detailed_description
        assert "#[" not in outcome.description


# append


def test_ten_thousand_appends_share_one_buffer() -> None:
    """Were each append a copy, every version would own a buffer of its own."""
    body = SetVariable(variable_name="list", value=Template("#[append(vars.list, payload)]"))
    kept = SetVariable(variable_name="first", value=Template("#[vars.first || vars.list]"))
    event = run(Chain([Foreach(steps=Chain([body, kept]))]), Event(payload=list(range(10_000)), vars={"list": []}))
    first, last = event.vars["first"], event.vars["list"]
    assert isinstance(first, Appended)
    assert first._buffer is last._buffer
    assert (list(first), len(last), last[-1]) == ([0], 10_000, 9_999)


def test_append_never_touches_the_list_that_came_in() -> None:
    mine = [1]
    longer = Expression("append(payload, 2)").evaluate(Event(payload=mine))
    longer = Expression("append(payload, 3)").evaluate(Event(payload=longer))
    assert (mine, longer) == ([1], [1, 2, 3])


def test_an_application_hands_out_plain_lists(tmp_path: Path) -> None:
    text = """
    flows:
      f:
        steps:
          - set-variable: {variableName: list, value: "#[append(append(null, 'a'), append(null, 'b'))]"}
          - set-payload: {value: {inner: "#[vars.list]"}}
    """
    event = asyncio.run(application(tmp_path, text).run("f"))
    assert type(event.payload["inner"]) is list
    assert type(event.vars["list"][1]) is list
    assert event.payload == {"inner": ["a", ["b"]]}


def test_an_error_that_is_raised_once_more_is_what_it_was() -> None:
    refusal = Refusal(401, "HTTP:UNAUTHORIZED", "who are you?", {"www-authenticate": "Basic"})
    refusal.event, refusal.failing_component, refusal.logged = Event(), "shop/steps/0", True
    copy = refusal.copy(detailed_description="no token")
    assert (type(copy), copy.status, copy.headers) == (Refusal, 401, {"www-authenticate": "Basic"})
    assert (str(copy), copy.detailed_description) == ("HTTP:UNAUTHORIZED: who are you?", "no token")
    assert (copy.event, copy.failing_component, copy.logged) == (None, None, False)


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ({"id": "#['fixed']", "sum": "#[payload.s + 1]"}, "payload.s + 1"),
        ({"sum": "#[payload.s + 1]", "id": "#['fixed']"}, "payload.s + 1"),
        ({"id": "#[payload.s]", "sum": "#[payload.s + 1]"}, "payload.s + 1"),
        (["#['a']", "#['b']", "#[payload.s - 2]", "#['c']"], "payload.s - 2"),
        (["#[payload.s - 2]", "#[payload.s + 1]"], "payload.s - 2"),
        ("#[payload.s + 1]", "payload.s + 1"),
        ("#['a'] #[payload.s + 1]", "payload.s + 1"),
    ],
)
def test_an_error_names_its_part_of_a_template(template: Any, named: str) -> None:
    with pytest.raises(FlowError) as raised:
        Template(template).evaluate(Event(payload={"s": "x"}))
    assert f"in #[{named}]" in raised.value.detailed_description
