"""What the engine knows of expressions without looking into the trees of their language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine import Template
from engine.connectors import Computed, Constant, Let, ListOf, MapOf, TextOf
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import function
from engine.expressions.held import UNTOLD, Known, Labelled, Outcomes, Path
from engine.expressions.schemas import STREAM, Schema
from engine.parameters.expression import Condition, Expression
from engine.parameters.reader import Reach, Reader

NUMBER = {"type": "number"}
KNOWN = Known({"type": "object", "properties": {"id": NUMBER}, "required": ["id"]}, {"n": NUMBER})


@function("any", acts=True)
def send(value: Any) -> Any:
    """What acts on the world."""
    return value


REACH = Reach({**FUNCTIONS, "send": send})


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (7, Constant), ("plain", Constant), ("#[`7`]", Constant), (" #[payload] ", Computed), ("a #[payload]", TextOf),
        ({"a": "#[payload]"}, MapOf), (["#[payload]"], ListOf), ("\\#[payload]", Constant),
    ],
)  # fmt: skip
def test_a_parameter_is_made_of(value: Any, kind: type) -> None:
    assert type(Template(value).held) is kind


def test_a_literal_has_its_value_and_a_map_its_entries() -> None:
    assert (Template("#[`7`]").is_literal, Template("#[`7`]").literal) == (True, 7)
    assert not Template({"a": 1}).is_literal
    assert Template("#[payload]").entries is None
    assert list(Template({"a": 1, "b": "#[payload]"}).entries or ()) == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "is_constant"),
    [(1, True), ({"a": [1, {"b": 2}]}, True), ({"a": [1, {"b": "#[payload]"}]}, False), ("x #[payload]", False)],
)
def test_a_constant_holds_no_expression(value: Any, is_constant: bool) -> None:
    assert Template(value).is_constant is is_constant


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        ("payload", [("payload",)]),
        ("payload.a.b", [("payload", "a", "b")]),
        ("$payload.a", [("payload", "a")]),
        ("$.vars.a", [("vars", "a")]),
        ("@.vars.a", [("vars", "a")]),
        ("$", [()]),
        ("length(@)", [()]),
        ("payload.a[0].b", [("payload", "a")]),
        ("payload[0].a", [("payload",)]),
        ("payload.a[?b == $.vars.c].d", [("payload", "a"), ("vars", "c")]),
        ("payload.{a: b, c: $vars.d}", [("payload",), ("vars", "d")]),
        ("payload | a", [("payload",)]),
        ("sort_by(payload.a, &b)", [("payload", "a")]),
        ("try(&payload.a, vars.b)", [("payload", "a"), ("vars", "b")]),
        ("let $a = payload.b in $a.c || vars.d", [("payload", "b"), ("vars", "d")]),
        ("let $a = payload.b in ($a && $flow.name)", [("payload", "b"), ("flow", "name")]),
        ("{a: payload.b, c: `1`}", [("payload", "b")]),
        ("(payload || vars).a", [("payload",), ("vars",)]),
    ],
)
def test_reads(expression: str, paths: Sequence[Path]) -> None:
    assert sorted(Expression(expression).held.reads()) == sorted(paths)


def test_what_a_let_names_is_not_read_of_the_event() -> None:
    bound, body = Template("#[payload.b]").held, Template("#[vars.c]").held
    reader = Reader(REACH)
    reader.variables.add("a")
    body = MapOf({"own": reader.read("#[$a.d]", always=False), "other": body})
    assert list(Labelled(Let("a", bound, body), None).reads()) == [("payload", "b"), ("vars", "c")]


@pytest.mark.parametrize(
    ("value", "acts"),
    [
        ("#[send(payload)]", True),
        ({"a": ["x #[length(map(&send(@), payload))]"]}, True),
        ("send(payload)", False),
        ("#['send(payload)']", False),
        ("#[length(payload)]", False),
    ],
)
def test_a_parameter_acts_if_a_function_in_it_does(value: Any, acts: bool) -> None:
    assert Template(value, REACH).acts is acts


def test_a_condition_acts_too() -> None:
    assert Condition("send(payload) == 1", REACH).acts


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (7, {"const": 7}),
        ("#[payload.id]", NUMBER),
        ("#[vars.n]", NUMBER),
        ("no. #[payload.id]", {"type": "string"}),
        (["#[payload.id]"], {"type": "array", "items": NUMBER}),
        ({"a": "#[payload.id]"}, {"type": "object", "properties": {"a": NUMBER}, "required": ["a"]}),
        ("#[length(payload.a)]", {"type": "integer", "minimum": 0}),
        ("#[append(`[]`, payload.id)]", {"type": "array", "items": NUMBER}),
        ("#[let $n = payload.id in $n]", NUMBER),
        ("#[first(payload.list)]", {}),
    ],
)
def test_shape(value: Any, shape: Schema) -> None:
    assert Template(value).held.shape(KNOWN) == shape


def test_shapes_of_what_steps_tell() -> None:
    number = Template("#[payload.id]").held
    assert UNTOLD.shape(KNOWN) == {}
    assert Labelled(number, "text/csv").shape(KNOWN) == NUMBER
    assert Outcomes((number,)).shape(KNOWN) == {"type": "array"}  # an item is not the payload of the loop
    assert Outcomes((Constant(1),), is_stream=True).shape(KNOWN)[STREAM] is True
    assert Let("a", number, Template("#[let $a = `1` in $a]").held).shape(KNOWN) == {"const": 1}


@pytest.mark.parametrize(
    ("condition", "demands"),
    [
        ("payload.a == 'x'", [(("payload", "a"), {"const": "x"})]),
        ("type(payload) == 'array' && vars.a", [
            (("payload",), {"type": "array"}), (("vars", "a"), {"not": {"type": "null"}}),
        ]),
        ("payload.a > 3", []),
    ],
)  # fmt: skip
def test_a_condition_implies(condition: str, demands: Sequence[Any]) -> None:
    assert list(Condition(condition).held.implies({"const": True})) == demands
