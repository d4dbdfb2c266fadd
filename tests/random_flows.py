"""Flows at random: nested scopes, errors that are mapped and handled, variables, statements."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

Step = dict[str, Any]
TYPES = ["APP:A", "APP:B", "VALIDATION:*", "DB:*", "ANY"]
KINDS = ["APP:A", "APP:B", "APP:M", "APP:N"]
VALUES = st.sampled_from(
    ["#[payload]", "#[vars.a]", "#[append(vars.b, payload)]", "#[vars.counter]", "text", 7, "#[error.type]"]
)
CONDITIONS = st.sampled_from(
    ["payload.id > `1`", "vars.a == null", "payload.id == `2`", "length(vars.b || `[]`) > `1`", "abs(payload.id) > `1`"]
)
NAMES = st.sampled_from(["a", "b", "c"])
SQL = "INSERT INTO rows(id, what) VALUES(:id, :what)"

CREATE = "CREATE TABLE rows(id INTEGER PRIMARY KEY, what TEXT)"
CONFIGS = {
    "Db": {"db:config": {"url": "${db.url}", "initScript": CREATE}},
    "Api": {"http:listener-config": {"port": 8081}},
}
COLLECTS: list[Step] = [
    {"target": "results"},
    {"target": "results", "abortOn": "APP:B"},
    {"target": "b", "success": "#[payload.id]"},
]


def _insert(what: str) -> Step:
    return {"db:insert": {"config-ref": "Db", "sql": SQL, "input-parameters": {"id": "#[payload.id]", "what": what}}}


def _raise(kind: str) -> Step:
    return {"raise-error": {"type": kind, "description": "#[vars.a || 'none']"}}


INSERT = st.builds(_insert, st.sampled_from(["one", "two", "#[vars.counter]"]))
COUNT = {"config-ref": "Db", "sql": "SELECT count(*) AS n FROM rows", "target": "c", "targetValue": "payload.n"}
LEAVES: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda name, value: {"set-variable": {"variableName": name, "value": value}}, NAMES, VALUES),
    st.builds(lambda name: {"remove-variable": {"variableName": name}}, NAMES),
    st.builds(lambda value: {"set-payload": {"value": {"id": value}}}, st.sampled_from([1, 2, 3, "#[payload.id]"])),
    st.builds(_raise, st.sampled_from(KINDS[:2])),
    st.builds(lambda holds: {"validation:is-true": {"expression": holds, "message": "not so"}}, CONDITIONS),
    st.just({"logger": {"message": "#[payload]", "level": "TRACE"}}),
    INSERT,
    INSERT,
    st.just({"db:query-single": COUNT}),
)


def chains(steps: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    return st.lists(steps, min_size=1, max_size=4)


def _handler(kind: str, takes: str, steps: list[Step]) -> Step:
    return {kind: {"type": takes, "logException": False, "steps": steps}}


def _try(steps: list[Step], handlers: list[Step]) -> Step:
    return {"try": {"steps": steps, "error-handler": handlers}}


def _transaction(steps: list[Step], action: str) -> Step:
    return {"try": {"steps": steps, "transactionalAction": action}}


def _choice(holds: str, steps: list[Step], rest: list[Step]) -> Step:
    return {"choice": {"when": [{"expression": holds, "steps": steps}], "otherwise": {"steps": rest}}}


def _foreach(size: int, steps: list[Step], collect: Step | None) -> Step:
    items = json.dumps([{"id": number} for number in range(1, size + 1)])
    return {"foreach": {"collection": f"`{items}`", "steps": steps, **({"collect": collect} if collect else {})}}


def _mapped(name: str, source: str, target: str) -> Step:
    return {"flow-ref": {"name": name, "error-mapping": [{"sourceType": source, "targetType": target}]}}


def _scopes(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    steps, names = chains(inner), st.sampled_from(["one", "two"])
    kinds = st.sampled_from(["on-error-continue", "on-error-propagate"])
    handlers = st.lists(st.builds(_handler, kinds, st.sampled_from(TYPES[:4]), chains(LEAVES)), max_size=2)
    return st.one_of(
        st.builds(_try, steps, handlers),
        st.builds(_transaction, steps, st.sampled_from(["ALWAYS_BEGIN", "BEGIN_OR_JOIN"])),
        st.builds(_choice, CONDITIONS, steps, steps),
        st.builds(_foreach, st.integers(0, 5), steps, st.none() | st.sampled_from(COLLECTS)),
        st.builds(_mapped, names, st.sampled_from(TYPES), st.sampled_from(KINDS[2:])),
        st.builds(lambda name: {"flow-ref": {"name": name, "target": "a"}}, names),
    )


STEPS = st.recursive(LEAVES, _scopes, max_leaves=12)


@st.composite
def applications(draw: st.DrawFn) -> dict[str, Any]:
    """The text of a flow file: a flow with random steps, and two that it may call."""
    handled = st.builds(_handler, st.just("on-error-continue"), st.sampled_from(TYPES[:3]), chains(LEAVES))
    return {
        "configs": CONFIGS,
        "flows": {
            "main": {
                "source": {"http:listener": {"config-ref": "Api", "path": "/main", "allowedMethods": "POST"}},
                "steps": draw(chains(STEPS)),
            },
            "all": {"steps": [{"raise-error": {"type": kind}} for kind in KINDS]},
            "two": {"steps": draw(chains(LEAVES)), "error-handler": draw(st.lists(handled, max_size=1))},
        },
        "sub-flows": {"one": {"steps": draw(chains(LEAVES))}},
    }
