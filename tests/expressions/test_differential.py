"""Compiled expressions beside jmespath.py: the same result, or both refuse.

Where jmespath.py departs from its own specification, or ours from JMESPath by design, `Specified`
and `Interpreter` say so and why; nothing else is left out but what the strategies name.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from typing import Any

import jmespath
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.visitor import Options, TreeInterpreter

from engine.expressions import EvaluationError
from engine.expressions.jmespath import compile_tree, parse

Text = st.SearchStrategy[str]

# Values. Exponents are left out: JSON lets them be spelled as 1e16 and 1e+16, and to_string shows it.
NAMES = st.sampled_from(["a", "b", "c", "foo", "in", "let", "length", "_1"])
FLOATS = st.floats(-1e6, 1e6).filter(lambda number: number == 0 or abs(number) > 1e-4)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.sampled_from([0, 1, -1, 0.0, 1.0]), st.integers(-(2**70), 2**70), FLOATS,
    st.text(max_size=4), st.text("ab1.'\"\\`", max_size=4),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(NAMES, inner, max_size=4),
        st.lists(st.fixed_dictionaries({"a": inner, "b": inner}), max_size=4),
    ),
    max_leaves=20,
)


def in_backticks(value: Any, ascii_only: bool, space: str) -> str:
    text = json.dumps(value, ensure_ascii=ascii_only).replace("`", "\\`")
    return f"`{space}{text}{space}`"


def raw(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


LITERALS = st.one_of(
    st.builds(in_backticks, VALUES, st.booleans(), st.sampled_from(["", " "])),
    st.text(max_size=4).map(raw),
    st.sampled_from(["`foo`", "` bar`", "'\\n'", "'\\\\'", "'\n'", "'`'", '`"\'"`']),
)
LEAVES = st.one_of(
    NAMES, NAMES, NAMES, LITERALS, st.sampled_from(["@", "*", "[*]", "[]", "[0]", "[-1]", "[1:]"]),
    st.text(max_size=3).map(json.dumps), NAMES.map(json.dumps),
)  # fmt: skip


# Expressions. A slice with step 0 is left out: the specification makes it an error, and ours is one at load.
def piece(start: int | None, stop: int | None, step: int | None, colons: int) -> str:
    texts = ["" if number is None else str(number) for number in (start, stop, step)]
    return f"[{':'.join(texts[: colons + 1])}]"


BOUNDS = st.none() | st.integers(-4, 4)
SLICES = st.builds(piece, BOUNDS, BOUNDS, BOUNDS.filter(lambda step: step != 0), st.integers(1, 2))
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "||", "&&", "|"])
ONE_VALUE = [
    "abs", "avg", "ceil", "floor", "keys", "length", "max", "min", "not_null", "reverse", "sort", "sum", "to_array",
    "to_number", "to_string", "type", "values", "merge",
]  # fmt: skip
TWO_VALUES = ["contains", "starts_with", "ends_with", "join", "merge", "not_null"]
BY_KEY = ["sort_by", "max_by", "min_by"]


def joined(*parts: str | Text) -> Text:
    """The texts of all parts, one after the other."""
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


def separated(parts: Text) -> Text:
    return st.lists(parts, min_size=1, max_size=3).map(", ".join)


def extended(inner: Text) -> Text:
    """Larger expressions from smaller ones, by each rule of the grammar."""
    hash_ = joined("{", separated(joined(NAMES | NAMES.map(json.dumps), ": ", inner)), "}")
    list_ = joined("[", separated(inner), "]")
    calls = st.one_of(
        joined(st.sampled_from(ONE_VALUE), "(", inner, ")"),
        joined(st.sampled_from(TWO_VALUES), "(", inner, ", ", inner, ")"),
        joined(st.sampled_from(BY_KEY), "(", inner, ", &", inner, ")"),
        joined("map(&", inner, ", ", inner, ")"),
        joined("not_null(", inner, ", ", inner, ", ", inner, ")"),
    )
    steps = st.one_of(
        joined(".", st.one_of(NAMES, NAMES.map(json.dumps), hash_, list_, calls, st.just("*"))),
        st.integers(-4, 4).map("[{}]".format),
        SLICES,
        st.sampled_from(["[*]", "[]", ".*"]),
        joined("[?", inner, "]"),
    )
    return st.one_of(
        joined(inner, steps),
        joined(inner, steps, steps),
        joined(inner, " ", OPERATORS, " ", inner),
        joined("!", inner),
        joined("(", inner, ")"),
        hash_,
        list_,
        calls,
    )


EXPRESSIONS = st.recursive(LEAVES, extended, max_leaves=9)


def equal(left: Any, right: Any) -> bool:
    """The specification's equality: true is not 1, at any depth."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


JSON_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


class Specified(Functions):  # type: ignore[misc]  # jmespath has no types
    """jmespath.py's functions, as its specification or docs/language.md has them."""

    @signature({"types": ["array", "string", "null"]}, {"types": []})  # type: ignore[untyped-decorator]
    def _func_contains(self, subject: Any, search: Any) -> bool:
        if subject is None:  # docs/language.md: of null it is false
            return False
        if isinstance(subject, str):  # `any` may be searched for, where jmespath.py falls over in Python
            return isinstance(search, str) and search in subject
        return any(equal(element, search) for element in subject)  # 1 is not true

    @signature({"types": ["object"], "variadic": True})  # type: ignore[untyped-decorator]
    def _func_merge(self, *arguments: Any) -> Any:
        for argument in arguments:  # all are objects, where jmespath.py looks at the first one only
            self._type_check([argument], [{"types": ["object"]}], "merge")
        return super()._func_merge(*arguments)

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_to_number(self, value: Any) -> Any:
        if isinstance(value, str) and not JSON_NUMBER.fullmatch(value):  # a number as JSON has it: no 1_0, nan, ' 1'
            return None
        return super()._func_to_number(value)

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_to_string(self, value: Any) -> str:
        # "The JSON encoded value": JSON has é as itself, where jmespath.py has it escaped.
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Interpreter(TreeInterpreter):  # type: ignore[misc]  # jmespath has no types
    COMPARATOR_FUNC: dict[str, Callable[[Any, Any], Any]] = TreeInterpreter.COMPARATOR_FUNC | {
        "eq": equal,  # jmespath.py tells true from 1 at the top only
        "ne": lambda left, right: not equal(left, right),
    }


def theirs(tree: Any, value: Any) -> str:
    try:
        return json.dumps(Interpreter(Options(custom_functions=Specified())).visit(tree, value))
    except (JMESPathError, TypeError):  # ordering a number against a text is a TypeError there
        return "error"


def ours(expression: str, value: Any) -> str:
    evaluate = compile_tree(parse(expression)[0])  # what jmespath.py can read is never refused
    try:
        return json.dumps(evaluate(value))
    except EvaluationError:
        return "error"


def readable(expression: str) -> Any:
    """jmespath.py's tree; None where it cannot read the expression."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # a literal without quotes
        try:
            return jmespath.compile(expression).parsed
        except JMESPathError:
            return None


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS, VALUES)
def test_the_same_as_jmespath(expression: str, value: Any) -> None:
    """The texts of the results are compared: 1 is not 1.0, and the order of keys counts."""
    tree = readable(expression)
    if tree is not None:
        assert ours(expression, value) == theirs(tree, value)
