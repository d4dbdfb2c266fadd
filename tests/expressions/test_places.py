"""A mistake in an expression is reported where it stands."""

from __future__ import annotations

import pytest

from engine.expressions import ExpressionSyntaxError
from engine.expressions.jmespath import compile_tree, parse


@pytest.mark.parametrize(
    ("text", "marked", "found"),
    [
        ("a.b[1:2:0]", "0]", "a slice with step 0"),
        ("a[0] | b[::0]", "0]", "a slice with step 0"),
        ("a[1.5]", "1.5", "'1.5' in an expression"),
        ("a[:1.5]", "1.5", "'1.5' in an expression"),
        ("a[::-1.5]", "-1.5", "'-1.5' in an expression"),
        ("a[1:2:3:4]", ":4", "':' in an expression"),
        ('let `{"a": 1}` in a', '`{"', "'{'a': 1}' in an expression"),
        ("let 7", "7", "'7' in an expression"),
        ("a || &b", "&b", "'&' outside of a function"),
        ("[" + ", ".join(["a"] * 3000) + ", b]", ", a", "an expression of more than 5000 words and signs"),
    ],
)
def test_a_mistake_has_its_place(text: str, marked: str, found: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as raised:
        compile_tree(parse(text)[0])
    assert text[raised.value.offset :].startswith(marked)
    assert raised.value.found == found


def test_nesting_is_refused_where_it_becomes_too_deep() -> None:
    with pytest.raises(ExpressionSyntaxError, match="nested too deeply") as raised:
        parse("a == " + "(" * 2000)
    assert 5 < raised.value.offset < 2005


def test_a_long_chain_of_steps_is_not_deep() -> None:
    compile_tree(parse("a" + ".a" * 2000)[0])
