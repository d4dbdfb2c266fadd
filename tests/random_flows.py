"""Flows at random: nested scopes, errors that are mapped and handled, variables, statements."""

from __future__ import annotations

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

INSERT = st.builds(
    lambda what: {
        "db:insert": {"config-ref": "Db", "sql": SQL, "input-parameters": {"id": "#[payload.id]", "what": what}}
    },
    st.sampled_from(["one", "two", "#[vars.counter]"]),
)
COUNT = st.just(
    {
        "db:query-single": {
            "config-ref": "Db",
            "sql": "SELECT count(*) AS n FROM rows",
            "target": "c",
            "targetValue": "payload.n",
        }
    }
)
LEAVES: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda name, value: {"set-variable": {"variableName": name, "value": value}}, NAMES, VALUES),
    st.builds(lambda name: {"remove-variable": {"variableName": name}}, NAMES),
    st.builds(lambda value: {"set-payload": {"value": {"id": value}}}, st.sampled_from([1, 2, 3, "#[payload.id]"])),
    st.builds(lambda kind: {"raise-error": {"type": kind, "description": "#[vars.a || 'none']"}}, st.sampled_from(KINDS[:2])),
    st.builds(lambda holds: {"validation:is-true": {"expression": holds, "message": "not so"}}, CONDITIONS),
    st.just({"logger": {"message": "#[payload]", "level": "TRACE"}}),
    INSERT,
    INSERT,
    COUNT,
)  # fmt: skip


def chains(steps: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    return st.lists(steps, min_size=1, max_size=4)


def _handler(kind: str, takes: str, steps: list[Step]) -> Step:
    return {kind: {"type": takes, "logException": False, "steps": steps}}


def _scopes(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    steps = chains(inner)
    handlers = st.builds(
        _handler,
        st.sampled_from(["on-error-continue", "on-error-propagate"]),
        st.sampled_from(TYPES[:4]),
        chains(LEAVES),
    )
    mapping = st.builds(
        lambda source, target: [{"sourceType": source, "targetType": target}],
        st.sampled_from(TYPES),
        st.sampled_from(KINDS[2:]),
    )
    collect = st.none() | st.sampled_from(
        [{"target": "results"}, {"target": "results", "abortOn": "APP:B"}, {"target": "b", "success": "#[payload.id]"}]
    )
    return st.one_of(
        st.builds(lambda steps, handlers: {"try": {"steps": steps, "error-handler": handlers}}, steps, st.lists(handlers, max_size=2)),
        st.builds(
            lambda steps, ends: {"try": {"steps": steps, "transactionalAction": ends}},
            steps,
            st.sampled_from(["ALWAYS_BEGIN", "BEGIN_OR_JOIN"]),
        ),
        st.builds(
            lambda holds, steps, rest: {"choice": {"when": [{"expression": holds, "steps": steps}], "otherwise": {"steps": rest}}},
            CONDITIONS, steps, steps,
        ),
        st.builds(
            lambda size, steps, collect: {
                "foreach": {
                    "collection": f"`{[{'id': number} for number in range(1, size + 1)]}`".replace("'", '"'),
                    "steps": steps,
                    **({"collect": collect} if collect else {}),
                }
            },
            st.integers(0, 5), steps, collect,
        ),
        st.builds(lambda name, mapping: {"flow-ref": {"name": name, "error-mapping": mapping}}, st.sampled_from(["one", "two"]), mapping),
        st.builds(lambda name: {"flow-ref": {"name": name, "target": "a"}}, st.sampled_from(["one", "two"])),
    )  # fmt: skip


STEPS = st.recursive(LEAVES, _scopes, max_leaves=12)


@st.composite
def applications(draw: st.DrawFn) -> dict[str, Any]:
    """The text of a flow file: a flow with random steps, and two that it may call."""
    handled = st.builds(_handler, st.just("on-error-continue"), st.sampled_from(TYPES[:3]), chains(LEAVES))
    return {
        "configs": {
            "Db": {"db:config": {"url": "${db.url}", "initScript": "CREATE TABLE rows(id INTEGER PRIMARY KEY, what TEXT)"}},
            "Api": {"http:listener-config": {"port": 8081}},
        },
        "flows": {
            "main": {
                "source": {"http:listener": {"config-ref": "Api", "path": "/main", "allowedMethods": "POST"}},
                "steps": draw(chains(STEPS)),
            },
            "all": {"steps": [{"raise-error": {"type": kind}} for kind in KINDS]},
            "two": {"steps": draw(chains(LEAVES)), "error-handler": draw(st.lists(handled, max_size=1))},
        },
        "sub-flows": {"one": {"steps": draw(chains(LEAVES))}},
    }  # fmt: skip
