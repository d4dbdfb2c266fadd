"""MUnit's matchers as conditions of DataWeave."""

from __future__ import annotations

import re

CALL = re.compile(r"\s*(?:MunitTools|Matchers)::(\w+)\s*\((.*)\)\s*", re.DOTALL)
RESOURCE = re.compile(r"MunitTools::getResourceAs(?:String|Stream|ByteArray|Reusable\w*)\(\s*(['\"])(.*?)\1\s*\)")
HEADER = re.compile(r"\s*(?:%dw\s+2\.0\s*)?(?:output\s+[^\s]+(?:\s+\w+\s*=\s*\S+)*\s*)?---(?![-])", re.DOTALL)
OPERATORS = {
    "equalTo": "({0}) == ({1})",
    "greaterThan": "({0}) > ({1})",
    "greaterThanOrEqualTo": "({0}) >= ({1})",
    "lessThan": "({0}) < ({1})",
    "lessThanOrEqualTo": "({0}) <= ({1})",
    "startsWith": "({0}) startsWith ({1})",
    "endsWith": "({0}) endsWith ({1})",
    "containsString": "({0}) contains ({1})",
    "hasItem": "({0}) contains ({1})",
    "hasSize": "sizeOf({0}) == ({1})",
    "equalToIgnoringCase": "lower({0}) == lower({1})",
    "hasKey": "namesOf({0}) contains ({1})",
    "hasValue": "valuesOf({0}) contains ({1})",
    "notNullValue": "({0}) != null",
    "nullValue": "({0}) == null",
    "isEmptyString": "({0}) == ''",
    "isEmptyOrNullString": "isEmpty({0})",
    "isEmpty": "isEmpty({0})",
    "equalToIgnoringWhiteSpace": "trim({0}) == trim({1})",
}


def condition(actual: str, matcher: str) -> str:
    """Return the condition that a value fits a matcher. Raise ValueError for a matcher that is not known."""
    call = CALL.fullmatch(matcher)
    if call is None:
        return f"({actual}) == ({matcher.strip()})"
    name, arguments = call[1], split_arguments(call[2])
    if name == "not":
        return f"not ({condition(actual, arguments[0])})"
    if name in ("anyOf", "either", "allOf", "both"):
        word = " or " if name in ("anyOf", "either") else " and "
        inner = split_arguments(arguments[0].strip()[1:-1]) if arguments[0].strip().startswith("[") else arguments
        return word.join(f"({condition(actual, each)})" for each in inner)
    if name == "everyItem":
        return f"isEmpty(({actual}) filter ((each) -> not ({condition('each', arguments[0])})))"
    if name not in OPERATORS:
        raise ValueError(name)
    return OPERATORS[name].format(actual, *(argument.strip() for argument in arguments))


def split_arguments(text: str) -> list[str]:
    """Return the arguments of a call, those inside of brackets and texts left whole."""
    found, depth, quote, start = [], 0, "", 0
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            found.append(text[start:position])
            start = position + 1
    return [*found, text[start:]] if text.strip() else []


def inside(text: str) -> str:
    """Return what stands between `#[` and `]`, without a header that only says how it is written."""
    text = text.strip()
    body = text[2:-1] if text.startswith("#[") and text.endswith("]") else text
    return HEADER.sub("", body, count=1).strip()


def with_resources(text: str) -> str:
    """Return a text that reads files of the tests as DataWeave does."""
    return RESOURCE.sub(lambda match: f'readUrl("classpath://{match[2]}", "text/plain")', text)


def has_directives(text: str) -> bool:
    """Return whether an expression has directives that are more than its output."""
    return "---" in text and re.search(r"^\s*(?:#\[)?\s*(?:%dw\s+2\.0\s*)?(?:output\s+\S+\s*)?(?:import|var|fun|ns|type)\b", text) is not None
