"""Addresses of requests that are computed in Mule, as they are written here."""

from __future__ import annotations

import re
from typing import Any

LITERAL = re.compile(r"""\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*""")
INSERTED = re.compile(r"\$\(((?:[^()\"']|'[^']*'|\"[^\"]*\"|\([^()]*\))*)\)")
"""An expression in a text of DataWeave: `$(vars.id)`."""
NAME = re.compile(r"\{([^{}/?#\s]+)\}")
HEADER = re.compile(r"\s*(?:%dw\s+2\.0\s+)?(?:output\s+\S+\s+)?---")
OPEN, CLOSE = "([{", ")]}"


def joined_in(expression: str) -> list[str]:
    """Return the operands of `++` in an expression of DataWeave, those inside of brackets and texts left whole."""
    operands, depth, quote, start = [], 0, "", 0
    for position, character in enumerate(expression):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in OPEN or character in CLOSE:
            depth += 1 if character in OPEN else -1
        elif depth == 0 and expression.startswith("++", position):
            operands.append(expression[start:position])
            start = position + 2
    return [*operands, expression[start:]]


def as_path(text: str) -> str:
    """Return a path such as `#['/orders/' ++ vars.id]` as a text with expressions: `/orders/#[vars.id]`.

    Empty if it is another kind of expression, whose slashes nobody knows.
    """
    operands = joined_in(text.strip()[2:-1])
    literals = [LITERAL.fullmatch(each) for each in operands]
    if literals[0] is None or not any(literals):
        return ""
    parts = [
        _opened(literal[1] or literal[2] or "") if literal else f"#[{operand.strip()}]"
        for literal, operand in zip(literals, operands, strict=True)
    ]
    path = "".join(parts)
    return "" if "$" in path.replace("${", "") else path


def _opened(text: str) -> str:
    """Return a text of DataWeave with what is inserted in it as expressions of ours."""
    return INSERTED.sub(lambda match: f"#[{match[1].strip()}]", text)


def as_expression(text: str) -> str:
    """Return a url whose host is computed as one expression: `http://#[vars.host]/x` → `#["http://$(vars.host)/x"]`."""
    scheme = re.match(r"[^/]*//[^/]*", text)
    if text.startswith("#[") or "#[" not in (scheme[0] if scheme else text):
        return text
    return f"#[{interpolated(text)}]"


def is_computed(text: str) -> bool:
    return "#[" in text


def interpolated(text: str) -> str:
    """Return a text with expressions as one of DataWeave: `a#[b]` is `"a$(b)"`."""
    parts, position = [], 0
    while (start := text.find("#[", position)) >= 0:
        end = _end_of_expression(text, start + 2)
        parts += [text[position:start], f"$({text[start + 2 : end].strip()})"]
        position = end + 1
    return f'"{"".join(parts)}{text[position:]}"'


def _end_of_expression(text: str, start: int) -> int:
    """Return where the `]` stands that ends an expression; brackets in texts do not count."""
    depth, quote = 1, ""
    for position in range(start, len(text)):
        character = text[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        else:
            depth += {"[": 1, "]": -1}.get(character, 0)
            if depth == 0:
                return position
    return len(text)


def operand_of(text: str) -> str:
    """Return a text, or a whole expression, as an operand of DataWeave."""
    text = text.strip()
    return f"({_inside(text)})" if text.startswith("#[") and text.endswith("]") else interpolated(text)


def _inside(text: str) -> str:
    """Return the expression in `#[…]`, without a header that only says how it is written."""
    return HEADER.sub("", text[2:-1], count=1).strip()


def with_names(path: str, names: Any) -> str:
    """Return a path whose `{name}`s are expressions: the entries of a map, written out or an expression of one."""

    def value(match: re.Match[str]) -> str:
        if isinstance(names, dict):
            return str(names.get(match[1], match[0]))
        return f"#[({_inside(str(names).strip())})['{match[1]}']]" if names else match[0]

    return NAME.sub(value, path)
