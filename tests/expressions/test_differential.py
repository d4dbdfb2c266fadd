"""Compiled expressions beside jmespath.py: the same result, or both refuse."""

from __future__ import annotations

from typing import Any

import jmespath
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from engine.expressions import EvaluationError, ExpressionSyntaxError, compile_tree, parse

NAMES = st.sampled_from(["a", "b", "c", "foo", "bar"])
# Without 0 and 1: jmespath.py takes [1] and [true] for equal, its specification does not.
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(2, 300), st.floats(-5, -0.5), st.text("ab1é'\"\\ ", max_size=4)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)
LITERALS = st.sampled_from(
    ["`7`", "`true`", "`null`", "`[]`", "`{}`", '`"x"`', "'a'", "''", "`[3, [2]]`", '`{"a": 3}`']
)
COMPARATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
ONE_ARGUMENT = st.sampled_from(
    [
        "abs", "avg", "ceil", "floor", "keys", "length", "max", "min", "not_null", "reverse", "sort", "sum",
        "to_array", "to_number", "to_string", "type", "values",
    ]
)  # fmt: skip


def extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger expressions from smaller ones, by each rule of the grammar."""
    return st.one_of(
        st.tuples(inner, NAMES).map(".".join),
        st.tuples(inner, st.integers(-3, 3)).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
        st.tuples(inner, st.sampled_from(["[1:]", "[::-1]", "[-2:]", "[:2]", "[0:3:2]"])).map("".join),
        st.tuples(inner, st.sampled_from(["[*]", "[]", ".*"])).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"{pair[0]}[?{pair[1]}]"),
        st.tuples(inner, COMPARATORS, inner).map(lambda parts: f"{parts[0]} {parts[1]} {parts[2]}"),
        st.tuples(inner, st.sampled_from([" || ", " && ", " | "]), inner).map("".join),
        inner.map("!{}".format),
        inner.map("({})".format),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.lists(st.tuples(NAMES, inner), min_size=1, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{name}: {value}" for name, value in pairs) + "}"
        ),
        st.tuples(ONE_ARGUMENT, inner).map(lambda pair: f"{pair[0]}({pair[1]})"),
        st.tuples(st.sampled_from(["sort_by", "max_by", "min_by"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, &{parts[2]})"
        ),
        st.tuples(inner, inner).map(lambda pair: f"map(&{pair[0]}, {pair[1]})"),
        # jmespath.py does not look at the type of merge's second argument.
        st.tuples(inner, inner).map(lambda pair: f"merge({pair[0]}, {{a: {pair[1]}}})"),
        st.tuples(inner, inner).map(lambda pair: f"starts_with({pair[0]}, {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"join({pair[0]}, {pair[1]})"),
    )


EXPRESSIONS = st.recursive(st.one_of(NAMES, LITERALS, st.just("@"), st.just('"foo"')), extended, max_leaves=8)


def theirs(expression: str, value: Any) -> tuple[str, Any]:
    try:
        return "value", jmespath.search(expression, value)
    except (JMESPathError, TypeError):  # ordering a number against a text is a TypeError there
        return "error", None


def ours(expression: str, value: Any) -> tuple[str, Any]:
    try:
        return "value", compile_tree(parse(expression)[0])(value)
    except (ExpressionSyntaxError, EvaluationError):
        return "error", None


def same(left: Any, right: Any) -> bool:
    """Equality in which true is not 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return left == right and isinstance(left, bool) == isinstance(right, bool)


@settings(max_examples=1500, deadline=None)
@given(EXPRESSIONS, VALUES)
def test_the_same_as_jmespath(expression: str, value: Any) -> None:
    wanted, got = theirs(expression, value), ours(expression, value)
    assert wanted[0] == got[0], (wanted, got)
    assert same(wanted[1], got[1]), (wanted, got)
