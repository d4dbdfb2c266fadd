"""pytest's fixtures: flows and single steps from Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Event, FlowError, LoadError

FLOWS = Path(__file__).parents[2] / "flows"
PROPERTIES = {"db.url": "sqlite://"}
ADA = {"id": "a", "name": "Ada", "email": "ada@example.org", "amount": 1}
Function = Callable[..., Any]


def test_a_step(run_step: Function) -> None:
    event = run_step("- foreach: {steps: [{set-variable: {variableName: last, value: '#[payload]'}}]}", payload=[1, 2])
    assert (event.payload, event.vars) == ([1, 2], {"last": 2})


@pytest.mark.parametrize(
    "written", ["set-payload: {value: hi}", "[{set-payload: {value: hi}}]", "\n  - set-payload:\n      value: hi\n"]
)
def test_a_step_may_be_written_as_it_stands_in_a_file(run_step: Function, written: str) -> None:
    assert run_step(written).payload == "hi"


def test_a_step_may_have_configs(run_step: Function) -> None:
    configs = "Books: {db:config: {url: 'sqlite://', initScript: CREATE TABLE books(id INTEGER)}}"
    insert = "- db:insert: {config-ref: Books, sql: INSERT INTO books VALUES(1)}"
    assert run_step(insert, configs=configs).payload["affectedRows"] == 1


def test_what_a_step_raises_and_what_is_wrong_with_it(run_step: Function) -> None:
    with pytest.raises(FlowError, match="closed"):
        run_step("- raise-error: {type: 'SHOP:CLOSED', description: closed}")
    with pytest.raises(LoadError, match="set-payload"):
        run_step("- set-paylod: {value: 1}")


def test_a_flow(flow_app: Function, run_flow: Function) -> None:
    flow_app(FLOWS, properties=PROPERTIES)
    assert run_flow("upsert-single-record", payload=ADA, vars={"x": 1}).vars["upserted"]["affectedRows"] == 1
    with pytest.raises(LookupError, match="upsert-single-record"):
        run_flow("upsert-single-recrd")


def test_a_flow_must_be_loaded(run_flow: Function) -> None:
    with pytest.raises(LookupError, match="flow_app"):
        run_flow("upsert-single-record")


def test_a_request(flow_app: Function, post: Function) -> None:
    flow_app(FLOWS, properties=PROPERTIES)
    answer = post("/api/bulk-upsert", {"records": [ADA, 5]})
    assert (answer.status, answer.body["summary"]["failed"]) == (207, 1)
    assert answer.headers["Content-Type"] == "application/json"


def test_a_mock_gives_a_result(flow_app: Function, run_flow: Function, mock_processor: Function) -> None:
    flow_app(FLOWS, properties=PROPERTIES)
    entered: list[Event] = mock_processor("db:insert", returns={"affectedRows": 5})
    assert run_flow("upsert-single-record", payload=ADA).vars["upserted"] == {"affectedRows": 5}
    assert [event.payload for event in entered] == [ADA]


@pytest.mark.parametrize("raises", ["DB:CANNOT_REACH", FlowError("DB:CONNECTIVITY", "gone")])
def test_a_mock_raises(flow_app: Function, post: Function, mock_processor: Function, raises: Any) -> None:
    flow_app(FLOWS, properties=PROPERTIES)
    mock_processor("db:insert", raises=raises)
    assert post("/api/bulk-upsert", {"records": [ADA]}).status == 503


IN_THE_BACKGROUND = """
flows:
  notify:
    steps:
      - async: {steps: [{until-successful: {maxRetries: 1, millisBetweenRetries: 60000, steps: [
          {http:request: {url: "http://127.0.0.1:9/x", method: POST, body: "#[payload]"}}]}}]}
      - set-payload: {value: done}
"""


@pytest.fixture
def notifying(flow_app: Function, tmp_path: Path) -> None:
    (tmp_path / "notify.yaml").write_text(IN_THE_BACKGROUND)
    flow_app(tmp_path)


@pytest.mark.usefixtures("notifying")
def test_work_in_the_background_has_ended_when_the_flow_returns(run_flow: Function, mock_processor: Function) -> None:
    events = mock_processor("http:request", raises="HTTP:TIMEOUT")
    assert run_flow("notify", payload=1).payload == "done"
    assert run_flow("notify", payload=2).payload == "done"
    assert [event.payload for event in events] == [1, 1, 2, 2]


@pytest.mark.usefixtures("notifying")
def test_a_call_in_the_background_that_no_mock_answers_is_told(run_flow: Function) -> None:
    with pytest.raises(AssertionError, match="this call of http:request would leave the test"):
        run_flow("notify")
