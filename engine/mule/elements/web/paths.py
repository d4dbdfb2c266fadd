"""Addresses of requests that are computed in Mule, as they are written here."""

from __future__ import annotations

import re

LITERAL = re.compile(r"""\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*""")
INSERTED = re.compile(r"\$\(((?:[^()\"']|'[^']*'|\"[^\"]*\"|\([^()]*\))*)\)")
"""An expression in a text of DataWeave: `$(vars.id)`."""
OPEN, CLOSE = "([{", ")]}"
PIECE = re.compile(r"#\[((?:[^\[\]\"']|\"[^\"]*\"|'[^']*'|\[[^\[\]]*\])*)\]")


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
    return '"' + PIECE.sub(lambda match: f"$({match[1].strip()})", text) + '"'


def operand_of(text: str) -> str:
    """Return a text, or a whole expression, as an operand of DataWeave."""
    text = text.strip()
    return f"({text[2:-1].strip()})" if text.startswith("#[") and text.endswith("]") else interpolated(text)
