"""Assertions → the lines of `expect`."""

from __future__ import annotations

from typing import Any

from engine.mule.munit.matchers import MEDIA_TYPE, OF_METADATA, NoMatcher, literal, wanted
from engine.mule.munit.scripts import bare, constant, matcher_in, script_of, text_of
from engine.mule.munit.unfit import Unfit
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

ASSERTIONS = ("assert-that", "assert", "assert-equals", "assert-expression")
TOOLS = "munit-tools:"
BY_ITSELF = ("payload", "message.payload")
HOLDS = {"$anyOf": [True, {"$contains": {"matches": True}}]}
"""What an assertion in DataWeave gives: a condition, or the result of a matcher of dw::test::Asserts."""
STATUS = {"attributes.statusCode": "status", "attributes['statusCode']": "status", 'attributes["statusCode"]': "status"}


class Assertions:
    """The expectations of one event. answers: whether it is the answer to a request."""

    def __init__(self, *, answers: bool = False) -> None:
        self._answers = answers
        self._lines: dict[str, Part] = {}

    def takes(self, node: Node) -> bool:
        return node.name.removeprefix(TOOLS) in ASSERTIONS

    def add(self, node: Node) -> None:
        """Add what an assertion expects. Raise Unfit."""
        for left, right in MAKING[node.name.removeprefix(TOOLS)](node):
            left = STATUS.get(left, left) if self._answers else left
            known = self._lines.get(left)
            value = right if known is None else _both(known.value, right)
            message = node.get("message").strip() or node.get("doc:description").strip()
            told = [*(known.comments if known else ()), *([message] if message and not script_of(message) else [])]
            self._lines[left] = Part(value, node, list(dict.fromkeys(told)))

    def rename(self, left: str, other: str) -> None:
        """Let an expectation have another left side, at the end of the lines."""
        self._lines[other] = self._lines.pop(left)

    def expected(self) -> dict[str, Any]:
        return dict(self._lines)

    def __bool__(self) -> bool:
        return bool(self._lines)


def _both(one: Any, other: Any) -> Any:
    if one == other:
        return one
    several = one["$allOf"] if isinstance(one, dict) and list(one) == ["$allOf"] else [one]
    return {"$allOf": [*several, other]}


def left_of(node: Node, attribute: str) -> str:
    """Return an attribute as the left side of an expectation: an expression."""
    text = text_of(node.get(attribute))
    script = script_of(text)
    if script is not None:
        return bare(script)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _that(node: Node) -> list[tuple[str, Any]]:
    left, matcher = left_of(node, "expression"), script_of(text_of(node.get("is")))
    if matcher is None:
        raise Unfit(node, "is of assert-that", "it is no matcher", "a line of `expect`")
    call = matcher_in(bare(matcher))
    if call and call[0] in OF_METADATA:
        return [_of_metadata(node, left, *call)]
    try:
        return [(left, wanted(matcher))]
    except NoMatcher as unknown:
        if call and call[0] == "equalTo" and len(call[1]) == 1:
            return [(f"({left}) == ({call[1][0]})", True)]
        why = f"'{unknown}' is no matcher that is known, or its operand is computed"
        raise Unfit(node, f"assert-that {bare(matcher)[:60]}", why, "a line of `expect`") from None


def _of_metadata(node: Node, left: str, name: str, arguments: list[str]) -> tuple[str, Any]:
    found = constant(f"#[{arguments[0]}]") if len(arguments) == 1 else None
    if name != "withMediaType" or left not in BY_ITSELF or found is None:
        why = "only the media type of the payload is known"
        raise Unfit(node, f"MunitTools::{name} of {left}", why, "a line of `expect` for mediaType")
    return MEDIA_TYPE, {"$startsWith": str(found.value)}


def _equals(node: Node) -> list[tuple[str, Any]]:
    left, fixed = left_of(node, "actual"), constant(text_of(node.get("expected")))
    if fixed is not None:
        return [(left, literal(fixed.value))]
    return [(f"({left}) == ({left_of(node, 'expected')})", True)]


def _condition(node: Node) -> list[tuple[str, Any]]:
    return [(left_of(node, "expression"), True)]


def _script(node: Node) -> list[tuple[str, Any]]:
    that = node.child("munit-tools:that")
    script = script_of(text_of(that.text)) if that is not None else None
    if script is None:
        raise Unfit(node, "munit-tools:assert", "it has no script", "a line of `expect`")
    return [(bare(script), HOLDS)]


MAKING = {"assert-that": _that, "assert-equals": _equals, "assert-expression": _condition, "assert": _script}
