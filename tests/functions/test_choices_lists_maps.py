"""Functions that choose, that ask for kinds, and that work on maps and on lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from engine import Event, Expression, FlowError
from engine.expressions import EvaluationError
from engine.values.errors import CRITICAL, error_type

ORDERS = [{"id": "a", "n": 2, "t": "x"}, {"id": "b", "n": 3, "t": "y"}, {"id": "c", "n": 4, "t": "x"}]

EARLY, LATE = date(2026, 1, 1), date(2026, 1, 2)
AT = partial(datetime.combine, time=time(12))


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("expression", "payload", "value"),
    [
        # what is not needed is not computed
        ("if(payload, 'yes', as_number('x'))", True, "yes"),
        ("if(payload, as_number('x'), 'no')", [], "no"),
        ("if(payload, 'yes')", 0, "yes"),
        ("case(payload == 'a', 1, payload == 'b', 2)", "c", None),
        ("case(payload == 'a', 1, payload == 'b', 2, as_number('x'))", "b", 2),
        ("default(payload.a, as_number('x'))", {"a": False}, False),
        ("default(as_number(payload), 'none')", "x", "none"),
        ("default(payload.a.b, 'none')", None, "none"),
        ("try(&as_number(payload), payload)", "x", "x"),
        ("try(&payload.a, 'none')", {}, None),
        ("try(&1 / 0)", None, None),
        ("payload[?try(&as_number(n), 0) > 1].n", [{"n": "2"}, {"n": "x"}], ["2"]),
        ("payload[].if(n > 1, n, 'few')", [{"n": 1}, {"n": 2}], ["few", 2]),
        ("let $x = payload in if($x > 1, default($x.y, $x), 0)", 2, 2),
        ("require(payload, as_string(null))", False, False),
        # kinds
        ("[is_empty(payload), is_blank(payload)]", None, [True, True]),
        ("is_blank(payload)", "\u3000\t", True),
        ("is_number(payload)", True, False),
        ("is_array(append(null, 'x'))", None, True),
        ("as_bool(payload)", "False", False),
        # ends, order, pieces
        ("first(payload)", None, None),
        ("last(append(['a'], 'b'))", None, "b"),
        ("last(payload)", "", None),
        ("slice(payload, -2)", "abc", "bc"),
        ("slice(payload, 1, 99)", [1, 2, 3], [2, 3]),
        ("slice(append(['a'], 'b'), 1)", None, ["b"]),
        ("chunk(payload, 2)", [], []),
        ("chunk(payload, 99)", [1], [[1]]),
        ("flat_map(payload, &@)", [[1], None, 2, [[3]]], [1, 2, [3]]),
        ("map_with_index(payload, &item)", [None], [None]),
        ("reduce(payload, &acc + item)", [], None),
        ("reduce(payload, &acc + item, 7)", [], 7),
        ("reduce(payload, &append(acc, item), [])", [1, 2], [1, 2]),
        ("reduce(payload, &acc + item * $payload[0])", [2, 3], 8),
        ("range(0)", None, []),
        ("range(5, 0, -2)", None, [5, 3, 1]),
        ("range(5, 0)", None, []),
        ("zip(payload, [])", [1], []),
        ("sort_by(payload, &n, 'desc')[].id", [*ORDERS, {"id": "d", "n": 4}], ["c", "d", "b", "a"]),
        # groups
        ("group_by(payload, &t).x[].id", ORDERS, ["a", "c"]),
        ("group_by(payload, &none)", ORDERS, {}),
        ("index_by(payload, &t).x.id", ORDERS, "c"),
        ("distinct_by(payload, &t)[].id", ORDERS, ["a", "b"]),
        ("distinct_by(payload, &t)", None, None),
        ("unique(payload)", [1, True, 1.0, {"a": [1]}, {"a": [1.0]}, None, None], [1, True, {"a": [1]}, None]),
        ("unique(payload)", [2**61 - 1, 0, 2**61 - 1, 1e300, 10**300], [2**61 - 1, 0, 1e300, 10**300]),
        ("difference(payload, [`1`])", [1, True, "1"], [True, "1"]),
        ("sum_by(payload, &n)", [], 0),
        ("count_by(payload, &n > 2)", ORDERS, 2),
        ("partition(payload, &n > 2).failure[].id", ORDERS, ["a"]),
        # maps and trees
        ("items(payload)", {}, []),
        ("from_items(payload)", [["a", 1], ["b", 2], ["a", 3]], {"a": 3, "b": 2}),
        ("get(payload, 'ä')", {"ä": 1}, 1),
        ("get(payload, 5, as_number('7'))", [1], 7),
        ("get(payload, 0, as_number('x'))", [1], 1),
        ("get(payload, 'a')", None, None),
        ("map_values(payload, &@ * 2)", {"a": 1}, {"a": 2}),
        ("rename(payload, {a: 'b'})", {"a": 1, "c": 2}, {"b": 1, "c": 2}),
        ("pick(payload, [])", {"a": 1}, {}),
        ("omit(payload, ['a'])", None, None),
        ("omit_nulls(payload)", {"a": None, "b": [None, {"c": None}]}, {"b": [{}]}),
        ("set_path(payload, 'a.b[0].c', 1)", None, {"a": {"b": [{"c": 1}]}}),
        ("set_path(payload, [], 1)", {"a": 2}, 1),
        ("merge_deep(payload, null, {a: {c: `2`}})", {"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
        ("merge_deep(payload, {a: 'x'})", {"a": {"b": 1}}, {"a": "x"}),
        ("deep(payload, 'a')", {"a": {"a": None}, "b": [{"a": 1}]}, [{"a": None}, None, 1]),
        ("flatten_deep(payload)", [[[]], [1, [2, [3]]]], [1, 2, 3]),
        ("concat(payload, null)", None, None),
        ("concat([], append(null, 'x'))", None, ["x"]),
        ("least(payload, 2)", None, 2),
        ("greatest('a', 'ä')", None, "ä"),
    ],
)
def test_value(value_of: Callable[..., Any], expression: str, payload: Any, value: Any) -> None:
    found = value_of(expression, payload)
    assert list(found) == value if isinstance(value, list) else found == value


@pytest.mark.parametrize(
    ("expression", "payload", "mistake"),
    [
        ("first(payload)", 5, "first() takes array or string or null as argument 1, not number"),
        ("require(payload, 'an order needs an id')", None, "an order needs an id"),
        ("is_empty(payload)", 5, "is_empty() takes array or object or string or null as argument 1, not number"),
        ("as_bool(payload)", "yes", "as_bool() takes boolean or string as argument 1, not a string that is neither"),
        ("chunk(payload, 0)", [1], "chunk() takes a size of at least 1, not 0"),
        ("range(payload)", 10**12, "range() stops at 1000000 elements"),
        ("range(0, payload, -1)", -(10**12), "range() stops at 1000000 elements"),
        ("range(0, 1, payload)", 0, "range() takes a step other than 0"),
        ("reduce(range(40), &concat(acc, acc), payload)", "x", "concat() stops at 10000000 characters"),
        ("flat_map(payload, &$payload)", [0] * 2000, "flat_map() stops at 1000000 elements"),
        ("group_by(payload, &n)", [{"n": 1}], "group_by() takes keys that are strings or null, not number"),
        ("sum_by(payload, &n)", [{"n": None}], "sum_by() adds numbers, not null"),
        ("sort_by(payload, &@, payload[0])", ["up"], "sort_by() takes 'asc' or 'desc' as argument 3"),
        ("from_items(payload)", [["a"]], "from_items() takes arrays of a string and a value"),
        ("from_items(payload)", [[1, 2]], "from_items() takes arrays of a string and a value"),
        ("get(payload, 1)", {"a": 1}, "get() takes object and string, or array and number, not object and number"),
        ("rename(payload, {a: `1`})", {"a": 1}, "rename() makes keys that are strings, not number"),
        ("pick(payload, [`1`])", {"a": 1}, "pick() takes array[string] as argument 2, not an array with number"),
        ("set_path(payload, 'a', 1)", [], "set_path() finds array where the path has a key"),
        ("set_path(payload, 'a[2]', 1)", {}, "set_path() finds no such index"),
        ("set_path(payload, payload, 1)", "a..b", "set_path() takes a path such as a.b[0].c"),
        ("set_path(null, payload, 1)", ["a"] * 300, "set_path() stops at 200 levels"),
        ("concat(payload, 'a')", 1, "concat() takes strings, or arrays, or objects, not number and string"),
        ("least(payload, 'a')", 1, "least() takes numbers, or strings, or dates, not number and string"),
        ("deep(payload, 'a')", nested(5000), "deep() stops at 200 levels of nesting"),
        ("flatten_deep(payload)", nested(5000), "flatten_deep() stops at 200 levels of nesting"),
        ("omit_nulls(payload)", nested(5000), "omit_nulls() stops at 200 levels of nesting"),
        ("merge_deep(payload)", {"a": nested(5000)}, "merge_deep() stops at 200 levels of nesting"),
        ("items(error)", None, "items() takes object as argument 1, not null"),
    ],
)
def test_mistake(mistake_of: Callable[..., str], expression: str, payload: Any, mistake: str) -> None:
    assert mistake_of(expression, payload).startswith(mistake)


@pytest.mark.parametrize(
    "expression",
    ["if(payload)", "case(payload)", "try(payload, 1)", "default(&payload, 1)", "sort_by(payload, &n, 'up')"],
)
def test_mistake_at_load(value_of: Callable[..., Any], expression: str) -> None:
    with pytest.raises(Exception, match=r"expected|neither"):
        value_of(expression)


def failing(error: Exception) -> Any:
    class Failing(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            raise error

    return Failing()


def test_try_and_default_hide_no_critical_error() -> None:
    for expression in ("try(&payload.a, 1)", "default(payload.a, 1)"):
        evaluate = Expression(expression).evaluate
        assert evaluate(Event(payload=failing(EvaluationError("no")))) == 1
        assert evaluate(Event(payload=failing(FlowError("MULE:TIMEOUT", "late")))) == 1
        with pytest.raises(FlowError, match="full"):
            evaluate(Event(payload=failing(FlowError(CRITICAL.child("OVERLOAD"), "full"))))


def test_no_function_changes_its_arguments(value_of: Callable[..., Any]) -> None:
    payload = {"a": [1, {"b": None}], "c": {"d": "x"}}
    before = repr(payload)
    value_of("[set_path(payload, 'a[1].b', 1), merge_deep(payload, {c: {e: 'y'}}), omit_nulls(payload)]", payload)
    assert repr(payload) == before


CAUSE = FlowError("DB:CONNECTIVITY", "down")
ERROR = FlowError("APP:FAILED", "failed", cause=CAUSE)


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("APP:FAILED", True), ("ANY", True), ("DB:CONNECTIVITY", True), ("DB:*", True), ("*:CONNECTIVITY", True),
        ("CONNECTIVITY", True), ("MULE:*", False), ("HTTP:*", False), ("*:TIMEOUT", False), ("FAILED", False),
    ],
)  # fmt: skip
def test_caused_by(kind: str, holds: bool) -> None:
    assert Expression(f"caused_by(error, '{kind}')").evaluate(Event(error=ERROR)) is holds


def test_caused_by_looks_at_python_errors_as_nothing() -> None:
    error = FlowError(error_type("APP:FAILED"), "failed", cause=ValueError("x"))
    assert Expression("caused_by(error, 'DB:*')").evaluate(Event(error=error)) is False


@pytest.mark.parametrize(
    ("statuses", "multi", "failed"),
    [([], 200, 0), ([200, "201"], 200, 0), ([400, "500"], 400, 2), ([200, 422.0], 207, 1), ([399], 200, 0)],
)
def test_outcomes(value_of: Callable[..., Any], statuses: list[Any], multi: int, failed: int) -> None:
    outcomes = [{"id": index, "status": status} for index, status in enumerate(statuses)]
    assert value_of("multi_status(payload)", outcomes) == multi
    summary = {"total": len(statuses), "succeeded": len(statuses) - failed, "failed": failed}
    assert value_of("summary(payload)", outcomes) == summary
    assert len(value_of("retry(payload)", outcomes)) == failed


@pytest.mark.parametrize("outcome", [{}, {"status": None}, {"status": "ok"}, {"status": True}, 5, None, "200"])
def test_an_outcome_without_a_status(mistake_of: Callable[..., str], outcome: Any) -> None:
    for name in ("summary", "multi_status", "retry"):
        assert mistake_of(f"{name}(payload)", [outcome]).startswith(f"{name}() takes outcomes with a status")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("sort(payload)", [EARLY, LATE]),
        ("[min(payload), max(payload)]", [EARLY, LATE]),
        ("[least(payload[0], payload[1]), greatest(payload[0], payload[1])]", [EARLY, LATE]),
        ("sort_by(map(&{at: @}, payload), &at, 'desc')[].at", [LATE, EARLY]),
        ("[min_by(map(&{at: @}, payload), &at).at]", [EARLY]),
    ],
)
def test_dates_have_an_order(value_of: Callable[..., Any], expression: str, value: Any) -> None:
    assert value_of(expression, [LATE, EARLY]) == value
    assert value_of(expression, [AT(LATE), AT(EARLY)]) == [AT(day) for day in value]


@pytest.mark.parametrize("call", ["sort({})", "max({})", "sort_by({}, &@)", "min_by({}, &@)", "least({0}[0], {0}[1])"])
def test_what_has_no_order(mistake_of: Callable[..., str], call: str) -> None:
    name = call.partition("(")[0]
    expression = call.format("payload")
    assert "time zone" in mistake_of(expression, [AT(EARLY), AT(LATE).replace(tzinfo=UTC)])
    assert mistake_of(expression, [Decimal("NaN"), 1]).startswith(f"{name}() takes no decimal that is no number")
    assert mistake_of(expression, [EARLY, 1]).startswith(f"{name}() takes ")
