"""Random text at the parser, random values at compiled expressions: only the language's own errors come out."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Event, Expression, FlowError
from engine.expressions import ExpressionSyntaxError
from engine.expressions.functions import FUNCTIONS
from engine.expressions.jmespath import parse
from engine.expressions.marks import split

TOKENS = [
    *"()[]{}.,:|&!@*+-/%?$=<>`'\"",
    "[?", "[]", "==", "&&", "||", "//", "let $a = ", " in ", "$a", "payload", "vars", "true", "null", "12", "1.5e3",
    "×", "'text'", "`[1]`", *FUNCTIONS,
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), st.binary(max_size=4)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)
TYPICAL = [
    "payload.a[?b > $vars.limit].c | [0]",
    "payload.* | sort(@)",
    "append(payload, vars.x)[-1]",
    "let $a = payload.a in $a ? $a.b : $a || `1`",
    "payload + vars.x * 2 // 3",
    "payload < vars.x && !(payload == vars.x)",
    "max_by(payload, &a).{x: a, y: @}",
    "payload[::2][].a",
    "to_string(payload)",
    "join(',', map(&to_string(@), payload))",
    "contains(payload, vars.x)",
    "merge(payload, vars.x)",
    "length(payload) % size_of(vars.x)",
]


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionSyntaxError):
        parse(text)
    with contextlib.suppress(ExpressionSyntaxError):
        split(text)


@settings(max_examples=400, deadline=None)
@given(TEXTS, VALUES, VALUES)
def test_what_can_be_read_gives_a_value_or_an_error(text: str, payload: Any, x: Any) -> None:
    with contextlib.suppress(ValueError):  # what `refuse` raises
        expression = Expression(text)
        with contextlib.suppress(FlowError):
            expression.evaluate(Event(payload=payload, vars={"x": x}))


@pytest.mark.parametrize("text", TYPICAL)
@settings(max_examples=150, deadline=None)
@given(payload=VALUES, x=VALUES, limit=SCALARS)
def test_typical_expressions_take_any_value(text: str, payload: Any, x: Any, limit: Any) -> None:
    error = error_of(text, Event(payload=payload, vars={"x": x, "limit": limit}))
    # "an expression failed" would mean that no operator or function said what it takes.
    assert error is None or (str(error.type) == "MULE:EXPRESSION" and error.description != "an expression failed")


def error_of(text: str, event: Event) -> FlowError | None:
    try:
        Expression(text).evaluate(event)
    except FlowError as error:
        return error
    return None


LETS = "".join(f"let $a{number} = payload in " for number in range(1000))
LONG = [
    "(" * 5000, "[" * 5000, "!" * 5000, "a." * 5000 + "a", "payload" + "[0]" * 5000, "payload" + "[]" * 300,
    "-" * 5000 + "1", "1+" * 3000 + "1", "f(" * 3000, "payload" + "[?a]" * 1500, "payload[?a" * 1000 + "]" * 1000,
    "*" * 5000, "1 " + "** 9" * 2000, "9" * 5000, "1e" + "9" * 5000, "`" + "[" * 5000, "'" + "\\'" * 5000,
    LETS + "$a0", "payload ? " * 900 + "1" + " : 2" * 900, "payload ? 1 : " * 900 + "2",
    "case(" + "payload, 1, " * 1000 + "2)", "case(payload, " * 800 + "1" + ")" * 800,
    "map(&" * 800 + "a" + ", @)" * 800, "{" + ", ".join(f"a{number}: payload" for number in range(1200)) + "}",
    " || ".join(["payload"] * 2400),
]  # fmt: skip


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12])
def test_long_and_deep_texts_are_refused_or_read(text: str) -> None:
    with contextlib.suppress(ValueError, FlowError):
        Expression(text).evaluate(Event(payload={"a": 1}))
