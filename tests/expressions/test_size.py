"""Expressions of unusual size: long ones are fine, deep ones are refused with their place."""

from __future__ import annotations

import pytest
from pydantic_core import PydanticCustomError

from engine import Event, Expression
from engine.parameters.expression import Template
from engine.parameters.mistake import mistakes_of


def test_a_text_of_thousands_of_expressions() -> None:
    text = "".join(f"{number} #[payload.n + {number}]\n" for number in range(3000))
    assert Template(text)(Event({"n": 1})) == "".join(f"{number} {number + 1}\n" for number in range(3000))


DEEP = {
    "({})": "a bracket", "[{}]": "a list", "{{a: {}}}": "a map", "!{}": "a not", "-{}": "a sign",
    "payload[?{}]": "a filter", "let $x = 1 in {}": "a let", "true ? {} : 1": "a choice", "to_array({})": "a call",
    "map(&{}, payload)": "an ampersand", "{} + 1": "a sum", "{} || 1": "an or", "{} | @": "a pipe",
}  # fmt: skip


def nested(shape: str, depth: int) -> str:
    before, after = shape.format("‸").split("‸")
    return before * depth + "payload" + after * depth


@pytest.mark.parametrize("shape", DEEP, ids=DEEP.values())
def test_nesting(shape: str) -> None:
    Expression(nested(shape, 60))
    with pytest.raises(PydanticCustomError) as caught:
        Expression(nested(shape, 600))
    (mistake,) = mistakes_of(caught.value)
    assert (mistake.found, mistake.write) == ("an expression nested too deeply", "")
