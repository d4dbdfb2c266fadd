"""Texts of Mule's XML as texts of flow files."""

from __future__ import annotations

import re

SECURE = re.compile(r"\$\{secure::")
ENVIRONMENT = re.compile(r"\$\{env::")
PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
QUOTE_OR_PLACEHOLDER = re.compile(r"""\$\{([^${}]*)\}|\\.|\#\[|["'`]""", re.DOTALL)
QUOTES = ('"', "'", "`")
WHOLE_EXPRESSION = re.compile(r"\s*#\[.*\]\s*", re.DOTALL)


def converted(text: str) -> str:
    """Return a text with its placeholders written as here: `${secure::x}` is `${secret:x}`."""
    return ENVIRONMENT.sub("${env:", SECURE.sub("${secret:", text))


def looked_up(text: str) -> str:
    """Return a text with the placeholders inside of its expressions written as p('name').

    Mule puts their values into the text of the expression. Inside of a text there, `$(p('name'))` does the same.
    """
    if "#[" not in text or "${" not in text:
        return text
    parts, quote, position, depth = [], "", 0, 0
    for match in QUOTE_OR_PLACEHOLDER.finditer(text):
        parts.append(text[position : match.start()])
        position, found = match.end(), match[0]
        if found == "#[":
            depth += 1
        elif found in QUOTES and depth:
            quote = "" if found == quote else quote or found
        elif found.startswith("${") and depth:
            found = _lookup(match[1], quote)
        parts.append(found)
    return "".join([*parts, text[position:]])


def _lookup(name: str, quote: str) -> str:
    name = name.removeprefix("secure::").removeprefix("secret:")
    call = f'p("{name}")' if quote == "'" else f"p('{name}')"
    return f"$({call})" if quote else call


def as_operands(text: str) -> str:
    """Return a text with placeholders as an expression: `${a}:80` is `p('a') ++ ":80"`."""
    parts = PLACEHOLDER.split(text)
    told = [_lookup(part, "") if number % 2 else f'"{part}"' for number, part in enumerate(parts) if part]
    return " ++ ".join(told) or '""'


def value_of(text: str) -> str:
    """Return the value of an attribute, or of an element's text; blanks around an expression do not count."""
    text = converted(looked_up(text))
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
