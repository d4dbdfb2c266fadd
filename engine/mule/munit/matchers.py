"""MUnit's matchers → those of test files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.mule.munit.scripts import bare, constant, elements, matcher_in

NOT_NULL = {"$not": None}
MEDIA_TYPE = "mediaType"


class NoMatcher(Exception):
    """A matcher that has no counterpart, or an operand that is not known before the test runs. As text: the script."""


def wanted(script: str) -> Any:
    """Return the value or the matchers that a script such as `MunitTools::equalTo(1)` stands for. Raise NoMatcher."""
    script = bare(script)
    call = matcher_in(script)
    if call is None:
        return literal(_constant(script))
    name, arguments = call
    if name not in MATCHERS:
        raise NoMatcher(f"MunitTools::{name}")
    try:
        return MATCHERS[name](*arguments)
    except TypeError:
        raise NoMatcher(f"MunitTools::{name} with {len(arguments)} operands") from None


def literal(value: Any) -> Any:
    """Return a value as an expected one: a map whose keys look like matchers is marked as a value."""
    return {"$equals": value} if _has_marks(value) else value


def _has_marks(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(str(key).startswith("$") or _has_marks(each) for key, each in value.items())
    return isinstance(value, list) and any(map(_has_marks, value))


def _constant(script: str) -> Any:
    found = constant(f"#[{script}]")
    if found is None:
        raise NoMatcher(script)
    return found.value


def _text(script: str) -> str:
    return str(_constant(script))


def _several(name: str) -> Callable[..., Any]:
    def convert(*scripts: str) -> Any:
        inner = elements(scripts[0]) if len(scripts) == 1 else None
        return {name: [wanted(each) for each in (inner if inner is not None else scripts)]}

    return convert


def _of_matcher(name: str) -> Callable[[str], Any]:
    return lambda script: {name: wanted(script)}


def _of_value(name: str) -> Callable[[str], Any]:
    return lambda script: {name: _constant(script)}


def _close_to(operand: str, error: str) -> Any:
    return {"$closeTo": [_constant(operand), _constant(error)]}


def _ignoring_case(script: str) -> Any:
    return {"$matches": f"(?is){re.escape(_text(script))}"}


def _ignoring_white_space(script: str) -> Any:
    words = r"\s+".join(map(re.escape, _text(script).split()))
    return {"$matches": rf"(?is)\s*{words}\s*"}


MATCHERS: Mapping[str, Callable[..., Any]] = {
    "equalTo": lambda script: literal(_constant(script)),
    "nullValue": lambda: None,
    "notNullValue": lambda: NOT_NULL,
    "not": _of_matcher("$not"),
    "both": _several("$allOf"),
    "either": _several("$anyOf"),
    "allOf": _several("$allOf"),
    "anyOf": _several("$anyOf"),
    "containsString": _of_value("$contains"),
    "startsWith": _of_value("$startsWith"),
    "endsWith": _of_value("$endsWith"),
    "isEmptyString": lambda: "",
    "isEmptyOrNullString": lambda: {"$anyOf": ["", None]},
    "equalToIgnoringCase": _ignoring_case,
    "equalToIgnoringWhiteSpace": _ignoring_white_space,
    "greaterThan": _of_value("$gt"),
    "greaterThanOrEqualTo": _of_value("$gte"),
    "lessThan": _of_value("$lt"),
    "lessThanOrEqualTo": _of_value("$lte"),
    "closeTo": _close_to,
    "hasItem": _of_matcher("$contains"),
    "hasItems": lambda *scripts: {"$allOf": [{"$contains": wanted(each)} for each in scripts]},
    "everyItem": _of_matcher("$each"),
    "hasSize": _of_matcher("$hasSize"),
    "isEmpty": lambda: {"$hasSize": 0},
    "hasKey": _of_matcher("$hasKey"),
    "hasValue": _of_matcher("$hasValue"),
}
OF_METADATA = ("withMediaType", "withEncoding")
"""Matchers that do not ask for the value."""
