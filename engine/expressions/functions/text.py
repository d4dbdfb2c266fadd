"""Functions over texts."""

from __future__ import annotations

from engine.expressions.functions.function import function


@function("string", "string")
def starts_with(text: str, prefix: str) -> bool:
    """Whether the text begins with the other.

    starts_with('order-1', 'order') → true
    """
    return text.startswith(prefix)


@function("string", "string")
def ends_with(text: str, suffix: str) -> bool:
    """Whether the text ends with the other.

    ends_with('a.yaml', '.yaml') → true
    """
    return text.endswith(suffix)


@function("string", "array[string]")
def join(glue: str, texts: list[str]) -> str:
    """The texts in one, the first argument between each two.

    join(', ', ['a', 'b']) → "a, b"
    """
    return glue.join(texts)
