"""Warnings about expressions that probably do not mean what they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions import FUNCTIONS
from engine.expressions.jmespath.parser import Node
from engine.expressions.jmespath.walking import children_of, nodes

ORDER = frozenset({"lt", "lte", "gt", "gte"})
ARITHMETIC = {"plus": "+", "minus": "-", "times": "*", "slash": "/", "percent": "%", "floor": "//"}
DATES = frozenset({"now", "today", "as_date", "as_datetime", "parse_date", "date_add", "to_timezone"})
NEGATED_PATH = re.compile(
    r"!\s*(?P<first>[\w$@]+(?:\[[^\]]*\])?)(?P<rest>(?:\.[\w]+|\.'[^']*'|\.\"[^\"]*\"|\[[^\]]*\])*)"
)


BRACKETS = {"index_expression": ":", "projection": "*", "filter_projection": "?…"}


def doubts(tree: Node) -> Iterator[ExpressionSyntaxError]:
    """Yield one warning for each doubtful operator of a tree, with the offset of the first name in it."""
    for node, sees_event in nodes(tree):
        doubt = DOUBTS.get(node["type"])
        yield from doubt(node) if doubt else ()
        yield from _of_brackets(node) if sees_event and node["type"] in BRACKETS else ()


def refuse_numbers_in_brackets(tree: Node) -> None:
    """Raise ExpressionSyntaxError for `[3]` on the event: not an index of it, but meant as a list."""
    for node, sees_event in nodes(tree):
        if sees_event and node["type"] == "index_expression" and _kinds(node) == ["identity", "index"]:
            number = node["children"][1]["value"]
            found = f"'[{number}]', an index of the event, which is not a list"
            expected = "a list before it, or a list in backticks"
            raise ExpressionSyntaxError(start_of(node), found, expected, f"payload[{number}], or `[{number}]`")


def of_negation(offset: int, expression: str) -> ExpressionSyntaxError:
    """Return the warning about `!a.b`, with the names of the expression."""
    match = NEGATED_PATH.match(expression, offset)
    first, rest = (match["first"], match["rest"]) if match and match["rest"] else ("a", ".b")
    found = f"'!{first}{rest}', which JMESPath reads as '(!{first}){rest}'"
    return ExpressionSyntaxError(offset, found, "", f"!({first}{rest})")


def _of_comparator(node: Node) -> Iterator[ExpressionSyntaxError]:
    left, right = node["children"]
    if node["value"] in ORDER and left["type"] == "comparator":
        yield ExpressionSyntaxError(
            start_of(left), "a comparison of what a comparison gave, which is null", "two comparisons", "a < b && b < c"
        )
    if right.get("is_quoted"):
        yield _of_quotes(right)


def _of_ternary(node: Node) -> Iterator[ExpressionSyntaxError]:
    yield from (_of_quotes(child) for child in node["children"][1:] if child.get("is_quoted"))


def _of_quotes(node: Node) -> ExpressionSyntaxError:
    name = node["value"]
    found = f'"{name}" in double quotes, which is a field of that name'
    return ExpressionSyntaxError(start_of(node), found, "a text in single quotes", f"'{name}', or @.\"{name}\"")


def _of_arithmetic(node: Node) -> Iterator[ExpressionSyntaxError]:
    symbol = ARITHMETIC[node["value"]]
    if any(_is_text(child) for child in node["children"]):
        write = "concat(a, b)" if symbol == "+" else "as_number(text)"
        yield ExpressionSyntaxError(
            start_of(node), f"'{symbol}' with a text, which is MULE:EXPRESSION", "numbers", write
        )


def _of_sign(node: Node) -> Iterator[ExpressionSyntaxError]:
    if _is_text(node["children"][0]):
        write = "concat(a, b)" if node["value"] == "plus" else "as_number(text)"
        yield ExpressionSyntaxError(start_of(node), "a sign before a text, which is MULE:EXPRESSION", "a number", write)


def _of_map(node: Node) -> Iterator[ExpressionSyntaxError]:
    names = [pair["value"] for pair in node["children"]]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        found = f"the key '{name}' given twice, of which the last holds"
        yield ExpressionSyntaxError(start_of(node), found, "every key once")


def _of_filter(node: Node) -> Iterator[ExpressionSyntaxError]:
    right = node["children"][1]
    if right["type"] == "index_expression" and _kinds(right) == ["identity", "index"]:
        position = right["children"][1]["value"]
        found = f"'[{position}]' behind a filter, which is taken of each element"
        yield ExpressionSyntaxError(start_of(right), found, "a pipe before it", f"… | [{position}]")


def _of_pipe(node: Node) -> Iterator[ExpressionSyntaxError]:
    right = node["children"][1]
    if right["type"] == "field" and right["value"] in FUNCTIONS and not right.get("is_quoted"):
        name = right["value"]
        found = f"'{name}' behind a pipe, which is a field of that name"
        yield ExpressionSyntaxError(start_of(right), found, "a call", f"{name}(@), or @.{name}")


def _of_path(node: Node) -> Iterator[ExpressionSyntaxError]:
    for left, right in pairwise(node["children"]):
        if left["type"] == "call" and left["value"] in DATES and right["type"] == "field":
            found = f"a field of what {left['value']}() gives, which has none"
            yield ExpressionSyntaxError(start_of(left), found, "a function", f"format_date({left['value']}(…), 'yyyy')")


DOUBTS: dict[str, Callable[[Node], Iterator[ExpressionSyntaxError]]] = {
    "comparator": _of_comparator,
    "ternary": _of_ternary,
    "arithmetic": _of_arithmetic,
    "negative": _of_sign,
    "multi_select_dict": _of_map,
    "filter_projection": _of_filter,
    "pipe": _of_pipe,
    "subexpression": _of_path,
}


def _is_text(node: Node) -> bool:
    return node["type"] == "literal" and isinstance(node["value"], str)


def _of_brackets(node: Node) -> Iterator[ExpressionSyntaxError]:
    if node["children"][0]["type"] == "identity":
        inside = BRACKETS[node["type"]]
        found = f"'[{inside}]' of the event, which is not a list"
        yield ExpressionSyntaxError(
            start_of(node), found, "a list before it, or a list in backticks", f"payload[{inside}], or `[…]`"
        )


def _kinds(node: Node) -> list[str]:
    return [child["type"] for child in children_of(node)]


def start_of(node: Node) -> int:
    """Return the offset of the first part of a node that has one."""
    rest = [node]
    while rest:
        node = rest.pop()
        if "start" in node:
            return int(node["start"])
        rest.extend(reversed(children_of(node)))
    return 0
