"""The engine from Python: loading, running, writing processors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from inspect import CO_COROUTINE
from pathlib import Path
from traceback import walk_stack
from typing import Any, TypeVar

import pytest
from call import Call

from engine import Application, Chain, Event, Expression, FlowError, LoadError, Processor, Template
from processors.core.choice import Choice, When
from processors.core.flow_ref import FlowRef
from processors.core.foreach import Foreach
from processors.core.set_payload import SetPayload
from processors.core.set_variable import SetVariable
from processors.core.try_ import Try

FLOWS = Path(__file__).parent.parent / "flows"
Result = TypeVar("Result")


def with_app(use: Callable[[Application], Awaitable[Result]]) -> Result:
    """What `use` gives for the shipped flows on a database in memory."""

    async def run() -> Result:
        async with Application.load(FLOWS, properties={"db.url": "sqlite://"}) as app:
            return await use(app)

    return asyncio.run(run())


def test_a_sub_flow_runs_by_name() -> None:
    record = {"id": "a1", "name": "Ada", "email": "ada@example.org", "amount": 3}
    event = with_app(lambda app: app.run("upsert-single-record", payload=record, vars={"source": "test"}))
    assert event.payload == record
    assert event.vars["source"] == "test"
    assert event.vars["upserted"]["affectedRows"] == 1


def test_what_comes_back_is_plain_data() -> None:
    event = with_app(lambda app: app.run("bulk-upsert-flow", payload={"records": [{"id": ""}]}))
    assert type(event.payload["results"]) is list
    assert json.loads(json.dumps(event.payload)) == event.payload
    assert type(event.vars["results"]) is list


def test_a_failed_flow_raises_its_error() -> None:
    with pytest.raises(FlowError) as caught:
        with_app(lambda app: app.run("upsert-single-record", payload={"id": ""}))
    assert str(caught.value.type) == "VALIDATION:BLANK_STRING"
    assert caught.value.failing_component == "upsert-single-record/steps/1 @ flows/bulk-upsert.yaml:62"


def test_an_unknown_flow_is_a_lookup_error() -> None:
    with pytest.raises(LookupError, match="did you mean 'upsert-single-record'"):
        with_app(lambda app: app.run("upsert-single-recrod"))


def test_it_starts_at_the_first_use_and_again_after_a_stop() -> None:
    async def use() -> None:
        app = Application.load(FLOWS, properties={"db.url": "sqlite://"})
        for _ in range(2):
            event = await app.run("bulk-upsert-flow", payload={"records": []})
            assert event.payload["summary"]["total"] == 0
            await app.stop()

    asyncio.run(use())


def test_mistakes_come_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("flows: {a: {steps: [{set-paylod: {value: 1}}, {set-payload: {}}]}}")
    with pytest.raises(LoadError) as caught:
        Application.load(tmp_path)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["F102", "F302"]


def test_a_processor_is_made_and_run_without_a_file() -> None:
    event = asyncio.run(SetPayload(value="Hello #[payload.name]").run(Event(payload={"name": "Ada"})))
    assert event.payload == "Hello Ada"


def test_scopes_take_processors() -> None:
    loop = Foreach(
        collection="payload.numbers",
        steps=[SetVariable(variable_name="sum", value="#[not_null(vars.sum, 0) + payload]")],
    )
    event = asyncio.run(loop.run(Event(payload={"numbers": [1, 2, 3]})))
    assert (event.vars, event.payload) == ({"sum": 6}, {"numbers": [1, 2, 3]})


class Callers(Processor):
    """The payload becomes the modules of the coroutines that it runs in, the innermost first."""

    def run_plain(self, event: Event) -> Event:
        frames = (frame for frame, _ in walk_stack(None))
        coroutines = (frame.f_code for frame in frames if frame.f_code.co_flags & CO_COROUTINE)
        return event.with_payload([Path(code.co_filename).stem for code in coroutines])


def test_a_step_that_never_waits_is_run_like_any_other() -> None:
    event = asyncio.run(Try(steps=[Callers()]).run(Event()))
    assert event.payload[:2] == ["code", "code"]


SUB_FLOW = Chain([Callers()])


@pytest.mark.parametrize(
    "step",
    [
        Callers(),
        Try(steps=[Callers()]),
        Choice(when=[When(expression="payload == `1`", steps=[Callers()])]),
        FlowRef(name=SUB_FLOW),
        FlowRef(name=SUB_FLOW, target="called"),
    ],
    ids=["alone", "try", "choice", "flow-ref", "flow-ref with a target"],
)
def test_a_loop_over_steps_that_never_wait_is_a_plain_one(step: Processor) -> None:
    keep = SetVariable(variable_name="seen", value="#[vars.called || payload]")
    event = asyncio.run(Foreach(collection="[`1`, `1`]", steps=[step, keep]).run(Event()))
    assert event.vars["seen"][0] == "_pass"


def test_a_loop_over_steps_that_may_wait_runs_coroutines() -> None:
    wait = Call(function=nothing)
    keep = SetVariable(variable_name="seen", value="#[payload]")
    event = asyncio.run(Foreach(collection="[`1`, `1`]", steps=[wait, Callers(), keep]).run(Event()))
    assert event.vars["seen"][:2] == ["<row of steps>", "_pass"]


class Insistent(FlowRef):
    """A step that does something else than the one that it is made of."""

    async def run(self, event: Event) -> Event:
        return (await super().run(event)).with_variable("insisted", True)


def test_what_a_subclass_runs_is_run_in_loops_too() -> None:
    event = asyncio.run(Foreach(collection="[`1`, `1`]", steps=[Insistent(name=SUB_FLOW, target="t")]).run(Event()))
    assert event.vars["insisted"]


def test_a_plain_function_that_would_never_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="never be called"):

        class Twice(Call):
            def run_plain(self, event: Event) -> Event:
                return event

    with pytest.raises(TypeError, match="plain function"):

        class Waiting(Processor):
            async def run_plain(self, event: Event) -> Event:  # type: ignore[override]  # it is refused
                return event


async def nothing(event: Event) -> None:
    """What may wait, and does not."""


def test_sub_flows_that_lead_to_the_same_ones_are_looked_at_once(tmp_path: Path) -> None:
    """Each of the 100 leads to the next on two ways: 2**100 ways lead through them all."""

    def either_way_to(name: str) -> dict[str, Any]:
        steps = [{"flow-ref": {"name": name}}]
        choice = {"when": [{"expression": "payload > `0`", "steps": steps}], "otherwise": {"steps": steps}}
        return {"steps": [{"choice": choice}]}

    flows = {
        "flows": {"loop": {"steps": [{"foreach": {"steps": [{"flow-ref": {"name": "s0"}}]}}]}},
        "sub-flows": {
            **{f"s{number}": either_way_to(f"s{number + 1}") for number in range(100)},
            "s100": {"steps": [{"set-variable": {"variableName": "last", "value": "#[payload]"}}]},
        },
    }
    (tmp_path / "flows.yaml").write_text(json.dumps(flows))
    app = Application.load(tmp_path / "flows.yaml")
    assert asyncio.run(app.run("loop", [1, -1, 2])).vars == {"last": 2}


def test_a_chain_says_which_processor_failed() -> None:
    class Broken(Processor):
        async def run(self, event: Event) -> Event:
            raise FlowError("APP:BROKEN", "it broke")

    chain = Chain([SetPayload(value=1), Broken()])
    with pytest.raises(FlowError) as caught:
        asyncio.run(Try(steps=chain).run(Event(payload=0)))
    assert (caught.value.failing_component, caught.value.event and caught.value.event.payload) == ("Broken", 1)


@pytest.mark.parametrize("name", ["raises", "run", "code", "members", "effects"])
def test_a_parameter_cannot_hide_what_every_element_has(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} cannot be a parameter of that name: Field"):
        type("Hiding", (Processor,), {"__annotations__": {name: "str"}, name: "", "__module__": __name__})


@pytest.mark.parametrize(
    ("raises", "told"),
    [
        ("SHOP:CLOSED", r"Shop\.raises: 'SHOP:CLOSED' is a text; write \('SHOP:CLOSED',\)"),
        (("no type",), r"Shop\.raises: 'no type' is no error type"),
    ],
    ids=["a text", "no type"],
)
def test_what_a_processor_raises_are_types_or_their_names(raises: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        type("Shop", (Processor,), {"raises": raises, "__annotations__": {}, "__module__": __name__})


def test_a_refusal_is_named_like_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The OpenAPI document tells its status."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "sell.py").write_text(SELL)
    (tmp_path / "flow.yaml").write_text(SELLING)
    monkeypatch.syspath_prepend(tmp_path)
    app = Application.load(tmp_path / "flow.yaml", processors=["shop"])
    assert "423" in app.openapi()["paths"]["/sell"]["post"]["responses"]


def test_expressions_are_called_with_an_event() -> None:
    event = Event(payload={"amounts": [1, 5, 9]}, vars={"limit": 4})
    assert Expression("payload.amounts[?@ > $vars.limit]")(event) == [5, 9]
    assert Template({"most": "#[max(payload.amounts)]", "text": "up to #[vars.limit]"})(event) == {
        "most": 9,
        "text": "up to 4",
    }


SELL = """
from engine import Event, Processor, Refusal

class Sell(Processor):
    raises = ("SHOP:CLOSED",)
    refuses = {"SHOP:CLOSED": 423}

    async def run(self, event: Event) -> Event:
        raise Refusal(423, "SHOP:CLOSED", "the shop is closed")
"""

SELLING = """
configs: {Api: {"http:listener-config": {}}}
flows:
  sell:
    source: {http:listener: {config-ref: Api, path: /sell, allowedMethods: POST}}
    steps: [{sell: {}}]
"""

SHOUT = '''
from typing import ClassVar
from engine import ErrorType, Event, FlowError, Processor, Template, to_text

class Shout(Processor):
    """Make the payload a text in upper case."""

    mark: Template = Template("!")
    """What stands behind the text."""

    raises = ("SHOUT:HOARSE",)

    async def run(self, event: Event) -> Event:
        if event.payload == "too much":
            raise FlowError("SHOUT:HOARSE", "no voice left")
        return event.with_payload(to_text(event.payload).upper() + to_text(self.mark.evaluate(event)))
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's package with an element in a namespace, and a flow that uses it."""
    folder = tmp_path / "my_elements" / "voice"
    folder.mkdir(parents=True)
    (folder / "shout.py").write_text(SHOUT)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "flow.yaml").write_text(
        """
        flows:
          loud:
            steps: [{"voice:shout": {mark: "#[vars.mark]"}}]
            error-handler:
              - on-error-continue: {type: "SHOUT:HOARSE", logException: false, steps: [{set-payload: {value: "…"}}]}
        """
    )
    return tmp_path


@pytest.mark.parametrize(("payload", "result"), [("hi", "HI?"), ("too much", "…")])
def test_a_users_processor_is_used_like_a_built_in_one(package: Path, payload: Any, result: Any) -> None:
    app = Application.load(package / "flow.yaml", processors=["my_elements"])
    assert asyncio.run(app.run("loud", payload, vars={"mark": "?"})).payload == result
