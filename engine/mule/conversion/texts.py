"""Texts of Mule's XML as texts of flow files."""

from __future__ import annotations

import re
from typing import Any

SECURE = re.compile(r"\$\{secure::")
ENVIRONMENT = re.compile(r"\$\{env::")
PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
SCRIPT_FILE = re.compile(r"\s*\$\{file::([^${}]+\.dwl)\s*\}\s*")
LITERAL = re.compile(r"""\s*\#\[\s*(["'])([^"'$\\]*)\1\s*\]\s*""")
LOOKED_UP = re.compile(r"""\s*\#\[\s*(?:Mule::)?p\(\s*(["'])([^"'$\\]*)\1\s*\)\s*\]\s*""")
WHOLE_EXPRESSION = re.compile(r"\s*#\[.*\]\s*", re.DOTALL)


def converted(text: str) -> str:
    """Return a text with its placeholders written as here: `${secure::x}` is `${secret:x}`."""
    return ENVIRONMENT.sub("${env:", SECURE.sub("${secret:", text))


def value_of(text: str) -> Any:
    """Return the value of an attribute, or of an element's text; blanks around an expression do not count.

    `${file::x.dwl}` is the script in that file.
    """
    if (file := SCRIPT_FILE.fullmatch(text)) is not None:
        return {"resource": re.sub(r"/+", "/", file[1].strip())}
    text = converted(text)
    return text.strip() if WHOLE_EXPRESSION.fullmatch(text) else text


def is_expression(text: str) -> bool:
    return WHOLE_EXPRESSION.fullmatch(text) is not None


def name_of(text: str) -> str:
    """Return the value of what cannot be an expression here, though Mule allows `#['a']` and `#[p('a')]` there."""
    if (literal := LITERAL.fullmatch(text)) is not None:
        return converted(literal[2])
    looked_up = LOOKED_UP.fullmatch(text)
    return f"${{{looked_up[2]}}}" if looked_up is not None else converted(text.strip())


def number(text: str) -> int | str:
    text = name_of(text)
    if (written := re.fullmatch(r"#\[\s*(-?[0-9]{1,18})\s*\]", text)) is not None:
        text = written[1]
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else converted(text)


def flag(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text.strip().lower(), converted(text))


def names_in(text: str) -> list[str]:
    """Return the names of the placeholders in a text of a flow file that have no default."""
    found = (match[1].removeprefix("secret:") for match in PLACEHOLDER.finditer(text))
    return [name for name in found if ":" not in name]
