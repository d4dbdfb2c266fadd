"""How scripts run: names, functions and their calls, what fails and where, what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from engine import dataweave
from engine.expressions.appended import Appended
from engine.expressions.budget import BudgetSpent
from engine.expressions.dataweave.compiling.compiler import compile_script, source_of
from engine.expressions.dataweave.syntax.parser import parse
from engine.expressions.dataweave.values.errors import DataWeaveError, Failed, Unfit
from engine.expressions.dataweave.values.functions import Function
from engine.expressions.errors import EvaluationError, ExpressionSyntaxError
from engine.limits import DEEPEST_CALLS, MOST_SCRIPT_TOKENS

PAYLOAD = {"n": 5, "s": "abc", "l": [1, 2, 3], "z": None, "o": {"x": 1, "y": 2}}


def value(script: str, payload: Any = PAYLOAD, load: Any = None) -> Any:
    return dataweave.compile(script, load=load).evaluate({"payload": payload})


def test_functions_made_in_a_loop_keep_their_values() -> None:
    """Each closure sees the element, the accumulator and the arguments of its own round."""
    assert value("(payload.l map ((x) -> () -> x)) map $()") == [1, 2, 3]
    assert value("(payload.l map ((x) -> do { var y = x * 2 --- () -> y })) map $()") == [2, 4, 6]
    assert value("(payload.l map ((x) -> do { fun f() = x --- () -> f() })) map $()") == [1, 2, 3]
    assert value('(payload.o pluck ((v, k) -> () -> "$(k)$(v)")) map $()') == ["x1", "y2"]
    script = "fun f(n, made = []) = if (n == 0) made else f(n - 1, made ++ [() -> n]) --- f(3) map $()"
    assert value(script) == [3, 2, 1]


def test_variables_are_computed_in_the_order_in_which_they_need_each_other() -> None:
    assert value("var b = f(1) var a = 1 fun f(x) = x + a --- [a, b]") == [1, 2]
    assert value("var a = 1 --- do { var a = 2 --- do { var b = a --- b } } + a") == 3
    assert value("var f = (x) -> if (x == 0) 0 else f(x - 1) --- f(3)") == 0


def test_a_variable_that_nothing_uses_may_fail() -> None:
    with pytest.raises(Failed, match="Division"):
        value("var x = 1 / 0 --- 2")


def test_a_loop_of_a_variable_fails_where_the_variable_is_used() -> None:
    """Mule makes the elements when they are asked for."""
    script = "var x = payload.l map $.a + 1 --- {}"
    assert value(script.format("if (payload.z == null) 2 else x")) == 2
    assert value("[1] map do { var x = payload.l filter $.a + 1 --- $ }") == [1]
    with pytest.raises(Failed) as caught:
        value(script.format("x default 2"))
    assert caught.value.offset == script.index("$.a")


def test_an_input_that_nothing_uses_is_not_read() -> None:
    assert dataweave.run("1", {"payload": (b"{", "application/json")})[0] == b"1"


@pytest.mark.parametrize("function", ["upper", "map", "payload", "String"])
def test_names_of_a_script_come_before_others(function: str) -> None:
    assert value(f"var {function} = 3 --- {function}") == 3


CALLS = {
    "fun f(a, b = 2, c = 3) = [a, b, c] --- f(1, 9)": [1, 9, 3],
    "fun f(a = 1, b = 2, c) = [a, b, c] --- [f(7), f(7, 8)]": [[1, 2, 7], [1, 7, 8]],
    "var f = (a = 1, b) -> [a, b] --- [f(7), f(7, 8)]": [[1, 7], [7, 8]],
    'fun f(x: Number) = "n" fun f(x: String) = "s" fun f(x: Array) = "a" --- [f(1), f("1"), f([]), f(true)]': [
        "n", "s", "a", "s"],
    "fun f(a) = a fun f(a, b) = a + b --- [f(1), f(1, 2)]": [1, 3],
    'fun f(x: Number) = x + 1 --- f("5")': 6,
    "fun f(l: Array, g: (item: Number) -> Number) = l map g(g($)) --- [1, 2] f ($ + 1)": [3, 4],
    "type G = (a: Number, b: Number) -> Number fun f(l: Array, g: G) = g(l[0], l[1]) --- [1, 2] f $$ - $": 1,
    "fun f(l, g) = g --- 1 f 5": 5,
    "fun f(g, x) = g(x) --- f(upper, 'a')": "A",
    "[3, 1] orderBy -$": [3, 1],
    "[1, 2, 3] reduce ((x, sum = 10) -> sum + x)": 16,
    "null reduce ((x, sum = 10) -> sum + x)": None,
    "[] reduce ((x, sum = 10) -> sum + x)": 10,
    "'abc' filter $ != 'b'": "ac",
    "5 filter true": "5",
    "[1, 2] flatMap $": [1, 2],
    "[1] flatMap (1 to 2)": [range(1, 3)],
    "[1, 2] map 5": [5, 5],
    "{a: 1, a: 2} mapObject ((v, k, i) -> {(k ++ i): v})": {"a0": 1, "a1": 2},
    "{a: 1} mapObject ((v: String, k: String) -> {(k): v})": {"a": 1},
    "fun f<T>(l: Array<T>): T | Null = l[0] --- f([3])": 3,
    "((p1, p2) -> p1 - p2)(5, 3)": 2,
    "[1, 2] map() -> $ + $$": [1, 3],
    "fun f(l: Array, g: (Number) -> Number) = l map g($) --- [1] f () -> $ + 1": [2],
}  # fmt: skip


@pytest.mark.parametrize(("script", "result"), CALLS.items())
def test_calls(script: str, result: Any) -> None:
    assert value(script) == result


@pytest.mark.reaches("DEEPEST_CALLS")
def test_how_often_a_function_calls_itself() -> None:
    script = "fun f(n) = if (n == 0) 0 else 1 + f(n - 1) --- f({})"
    assert value(script.format(DEEPEST_CALLS)) == DEEPEST_CALLS
    with pytest.raises(Failed, match=f"f stops: it calls itself more than {DEEPEST_CALLS} times"):
        value(script.format(DEEPEST_CALLS + 1))
    with pytest.raises(Failed):
        value("fun f(n) = g(n) fun g(n) = 1 + f(n) --- f(1) default 2")


def test_a_call_at_the_end_of_its_own_function_costs_no_frame() -> None:
    assert value("fun f(n, sum = 0) = if (n == 0) sum else f(n - 1, sum + n) --- f(5000)") == 12502500
    assert value("fun f(n) = n match { case 0 -> 'end' else -> do { var m = n - 1 --- f(m) } } --- f(5000)") == "end"


@pytest.mark.parametrize(
    "script",
    [
        "fun f(n) = f(n + 1) --- f(1)",
        "((f) -> f(f))((f) -> f(f))",
        "fun f(l) = l map f([l, l]) --- f([1, 2])",
        "(1 to 100000) map ((1 to 100000) map $)",
        "sum(1 to 1000000000000)",
        "fun f(s) = if (sizeOf(s) > 100000000) s else f(s ++ s) --- f('ab')",
        "fun f(s) = f(\"$(s)$(s)\") --- f('ab')",
        "fun f(n) = f(n * n) --- f(3)",
        "fun f(l) = f(l ++ l) --- f([1, 2])",
        "(1 to 1000000) map (\"$($)-$($)-$($)-$($)\" ++ upper('$($)') as String)",
    ],
)
def test_what_does_not_end_is_stopped(script: str) -> None:
    with pytest.raises((BudgetSpent, Failed)):
        value(script)


@pytest.mark.reaches("MOST_SCRIPT_TOKENS")
def test_a_script_of_many_words() -> None:
    """An array of numbers has a comma for each but one, and its brackets."""
    numbers = (MOST_SCRIPT_TOKENS - 1) // 2
    assert value(f"[{', '.join(['1'] * numbers)}]") == [1] * numbers
    with pytest.raises(ExpressionSyntaxError, match=f"more than {MOST_SCRIPT_TOKENS} words and signs"):
        value(f"[{', '.join(['1'] * (numbers + 1))}]")


def test_a_list_grows_at_constant_cost() -> None:
    """What is added to a list again and again is not copied each time."""
    script = "fun f(n, l = []) = if (n == 0) l else f(n - 1, l ++ [n]) --- sizeOf(f(20000))"
    assert value(script) == 20000
    grown = dataweave.compile("payload + 1").evaluate({"payload": list(range(100))})
    assert isinstance(grown, Appended)
    assert grown == [*range(100), 1]


DEFAULTS = {
    "payload.z + 1 default 3": 3,
    '"x" as Number default 0': 0,
    "(payload.n and true) default 9": 9,
    "payload.q[0 to 1] default 9": 9,
    "null default null default null default 4": 4,
    "sizeOf(payload.l map $.x + 1) default 9": 9,
    "fun f(x) = x as Number --- f('y') default 8": 8,
}


@pytest.mark.parametrize(("script", "result"), DEFAULTS.items())
def test_default_takes_what_does_not_convert(script: str, result: Any) -> None:
    assert value(script) == result


@pytest.mark.parametrize(
    "script",
    [
        "1 / 0 default 2",
        "(if (payload.n) 1 else 2) default 9",
        "payload.s.x default 9",
        "payload.q! default 9",
        "(payload.n match { case 1 -> 2 }) default 9",
        "var v = payload.s as Number --- v default 7",
        "(payload.l map $.x + 1) default 9",
    ],
)
def test_default_does_not_take_other_failures(script: str) -> None:
    with pytest.raises(DataWeaveError):
        value(script)


def test_a_selector_behind_one_that_finds_nothing_is_null() -> None:
    for script in ("payload.q[0 to 1]", "payload.l.id..a", "payload.q[?($ == 1)]", "payload.l[7][1 to 2]"):
        assert value(script) is None
    for script in ("payload.z[0 to 1]", "payload.z..a"):
        with pytest.raises(Unfit):
            value(script)


def test_an_error_knows_its_place_in_the_script() -> None:
    script = "%dw 2.0\nfun f(x) = x.a + 1\n---\n{a: 1, b: f({a: [1]} map $)}"
    with pytest.raises(EvaluationError) as caught:
        value(script)
    error = caught.value
    assert isinstance(error, DataWeaveError)
    assert error.offset == script.index("{a: [1]}")


def test_try_tells_the_place() -> None:
    script = "import try from dw::Runtime\nfun f(x) = x.y!\n---\ntry(() -> 1 + f({})).error"
    error = value(script)
    assert error["location"] == "\n2| fun f(x) = x.y!\n              ^^^"
    assert error["stack"] == ["f (anonymous:2:12)", "main (anonymous:4:15)"]


MODULES = {
    "lib/Money.dwl": "%dw 2.0\nimport * from lib::Base\nvar rate = 2\nfun gross(n) = twice(n) * rate\n"
    "type Sum = Number",
    "lib/Base.dwl": "import gross from lib::Money\nfun twice(n) = n + n\nfun back(n) = gross(n)",
    "Broken.dwl": "fun f( = 1",
}


@pytest.mark.parametrize(
    ("script", "result"),
    [
        ("import gross from lib::Money --- gross(3)", 12),
        ("import gross as g, rate from lib::Money --- g(3) + rate", 14),
        ("import * from lib::Base --- back(3)", 12),
        ("import lib::Money --- Money::gross(1)", 4),
        ("import lib::Money as M --- M::rate", 2),
        ("import Sum from lib::Money --- '4' as Sum", 4),
        ("var rate = 7 --- lib::Money::gross(1) + rate", 11),
    ],
)
def test_modules_of_the_project(script: str, result: Any) -> None:
    assert value(script, load=MODULES.__getitem__) == result


def test_mistakes_in_modules_of_the_project() -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        value("import * from Broken --- 1", load=MODULES.__getitem__)
    assert caught.value.found == "'=' in Broken.dwl"
    with pytest.raises(ExpressionSyntaxError, match="the unknown module 'lib::Nope'"):
        value("import * from lib::Nope --- 1", load=MODULES.__getitem__)


def test_the_first_import_of_a_name_counts() -> None:
    script = "import {} from dw::core::{} import {} from dw::core::{} --- payload.l divideBy 2"
    assert value(script.format("*", "Arrays", "divideBy", "Objects")) == [[1, 2], [3]]
    with pytest.raises(DataWeaveError):
        value(script.format("divideBy", "Objects", "*", "Arrays"))


def test_names_that_the_application_brings_along() -> None:
    names = {"p": Function("p", 1, lambda key: f"<{key}>")}
    run = compile_script(parse("p('a') ++ Mule::p('b')"), names=names)
    assert run(None) == "<a><b>"


def test_inputs_are_code_over_the_event() -> None:
    run = compile_script(parse("payload.a + vars.b"), inputs={"payload": "event[0]", "vars": "event[1]"})
    assert run(({"a": 1}, {"b": 2})) == 3


def test_straight_code_is_not_charged() -> None:
    inputs = {"payload": "event"}
    assert "budget" not in source_of(compile_script(parse("{id: payload.id, n: payload.n[0].x}"), inputs=inputs))
    assert "budget" in source_of(compile_script(parse("payload map $"), inputs=inputs))


UPDATES = {
    "{a: 1} update { case .a -> 5 case .a -> 6 }": {"a": 5},
    "{a: {b: 1}} update { case .a.b -> 5 case .a -> 'x' }": {"a": "x"},
    "{} update { case .a.b! -> 1 }": {"a": {"b": 1}},
    "{a: 1} update { case x at .b.c! if (x != null) -> 5 }": {"a": 1},
    "{l: [1, 2]} update { case .l[7]! -> 5 case (x, i) at .l[1] -> i }": {"l": [1, 1, 5]},
    "[[1, 2]] update { case [0][-1] -> $ * 10 }": [[1, 20]],
    "5 update { case .a! -> 1 }": 5,
}


@pytest.mark.parametrize(("script", "result"), UPDATES.items())
def test_update(script: str, result: Any) -> None:
    assert value(script) == result


def test_values_know_the_attributes_of_their_keys() -> None:
    xml = (b'<o><i id="1"/><i id="2">t</i><i id="3"><x>1</x></i></o>', "application/xml")
    script = "output application/json indent=false --- payload.o.*i map {id: $.@id, v: $, has: $.@id?}"
    expected = (
        b'[{"id": "1","v": null,"has": true},{"id": "2","v": "t","has": true},{"id": "3","v": {"x": "1"},"has": true}]'
    )
    assert dataweave.run(script, {"payload": xml})[0] == expected
    assert dataweave.run("payload..@id", {"payload": xml})[0].split() == [b"[", b'"1",', b'"2",', b'"3"', b"]"]


def test_the_place_of_long_rows_of_conditions_and_cases() -> None:
    """Hundreds of branches are one row of code, not blocks inside of blocks."""
    branches = "".join(f"if (payload == {number}) '{number}' else " for number in range(300))
    assert value(f"{{a: {branches}'none'}}", 299) == {"a": "299"}
    cases = "".join(f"case {number} -> '{number}' " for number in range(300))
    assert value(f"{{a: payload match {{ {cases} else -> 'none' }}}}", 300) == {"a": "none"}
