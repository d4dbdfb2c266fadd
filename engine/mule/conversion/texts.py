"""Texts of Mule's XML as texts of flow files."""

from __future__ import annotations

import re

SECURE = re.compile(r"\$\{secure::")
ENVIRONMENT = re.compile(r"\$\{env::")
PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
WHOLE_EXPRESSION = re.compile(r"\s*#\[.*\]\s*", re.DOTALL)


def converted(text: str) -> str:
    """Return a text with its placeholders written as here: `${secure::x}` is `${secret:x}`."""
    return ENVIRONMENT.sub("${env:", SECURE.sub("${secret:", text))


def value_of(text: str) -> str:
    """Return the value of an attribute, or of an element's text; blanks around an expression do not count."""
    text = converted(text)
    return text.strip() if WHOLE_EXPRESSION.fullmatch(text) else text


def is_expression(text: str) -> bool:
    return WHOLE_EXPRESSION.fullmatch(text) is not None


def number(text: str) -> int | str:
    text = text.strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else converted(text)


def flag(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text.strip().lower(), converted(text))


def names_in(text: str) -> list[str]:
    """Return the names of the placeholders in a text of a flow file that have no default."""
    found = (match[1].removeprefix("secret:") for match in PLACEHOLDER.finditer(text))
    return [name for name in found if ":" not in name]
