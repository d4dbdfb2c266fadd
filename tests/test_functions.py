"""The functions of the expression language: their manuals, their examples, their checks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from jsonschema_rs import validator_for
from pydantic_core import PydanticCustomError

from engine import Event, Expression, FlowError
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.chance import frozen
from engine.expressions.functions.function import Function
from engine.expressions.writing import encode

EXAMPLES = [
    (name, *(part.strip() for part in line.split("→")))
    for name, function in FUNCTIONS.items()
    for line in function.manual.splitlines()
    if "→" in line
]


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_has_a_manual_and_an_example(function: Function) -> None:
    assert function.manual.strip()
    assert function.name in {name for name, *_ in EXAMPLES}


@pytest.mark.parametrize(("name", "expression", "result"), EXAMPLES, ids=[example[1] for example in EXAMPLES])
def test_example(name: str, expression: str, result: str) -> None:
    with frozen():
        value = Expression(expression).evaluate(Event())
    assert encode(value) == msgspec.json.format(result.encode(), indent=-1)


@pytest.mark.parametrize(
    ("name", "expression"),
    [(name, text) for name, text, _ in EXAMPLES if FUNCTIONS[name].shape and text.startswith(f"{name}(")],
)
def test_what_an_example_gives_fits_the_shape_of_its_function(name: str, expression: str) -> None:
    function = FUNCTIONS[name]
    shape = function.shape_of([{} for _ in function.parameters])
    validator_for(dict(shape)).validate(msgspec.json.decode(encode(Expression(expression).evaluate(Event()))))


@pytest.mark.parametrize(
    ("expression", "payload", "message"),
    [
        ("length(payload)", 5, "length() takes array or object or string as argument 1, not number"),
        ("append(payload, 1)", "text", "append() takes array or null as argument 1, not string"),
        ("join(', ', payload)", ["a", 1], "join() takes array[string] as argument 2, not an array with number"),
        ("sort(payload)", ["a", 1], "sort() takes array[number] or array[string] or array[date]"),
        (
            "max_by(payload, &n)",
            [{"n": 1}, {"n": "x"}],
            "max_by() takes keys that are all numbers, all strings or all dates",
        ),
        (
            "as_number(payload)",
            "12a",
            "as_number() takes number or string as argument 1, not a string that is",
        ),
        ("as_number(payload)", "9" * 5000, "as_number()"),
        ("contains(payload, 'x')", 5, "contains() takes array or string or null as argument 1, not number"),
    ],
)
def test_wrong_type_names_the_types_and_never_the_value(expression: str, payload: Any, message: str) -> None:
    with pytest.raises(FlowError) as caught:
        Expression(expression).evaluate(Event(payload=payload))
    assert str(caught.value.type) == "MULE:EXPRESSION"
    assert caught.value.description.startswith(message)
    assert expression not in caught.value.description
    assert caught.value.detailed_description == f"{caught.value.description}, in #[{expression}]"
    assert "999" not in caught.value.detailed_description


@pytest.mark.parametrize(
    "expression", ["append(payload)", "length()", "lenght(payload)", "sort_by(payload, payload)", "length(&id)"]
)
def test_wrong_call_is_a_mistake_at_load(expression: str) -> None:
    with pytest.raises(PydanticCustomError, match="expected"):
        Expression(expression)
