"""Scripts in MUnit's attributes: what is constant, what reads a file, the arguments of a matcher."""

from __future__ import annotations

import re

from engine.expressions.dataweave import constants
from engine.expressions.dataweave.constants import Constant, FileRead, split
from engine.mule.conversion.texts import is_expression, value_of

HEADER = re.compile(r"\s*(?:%dw\s+2\.[0-9]\s+)?(?:output\s+application/(?:java|json)\s*)?---", re.IGNORECASE)
MATCHER = re.compile(r"\s*MunitTools::(\w+)\s*\((.*)\)\s*", re.DOTALL)


def text_of(text: str) -> str:
    """Return the text of an attribute with its placeholders as they are written here."""
    value = value_of(text)
    return value if isinstance(value, str) else text  # a script in a file


def script_of(text: str) -> str | None:
    """Return the script in `#[…]`; None for a text that is none."""
    return text.strip()[2:-1].strip() if is_expression(text) else None


def bare(script: str) -> str:
    """Return a script without a header that changes nothing: `output application/java ---`."""
    return HEADER.sub("", script, count=1).strip() if HEADER.match(script) else script.strip()


def constant(text: str) -> Constant | None:
    """Return the value of an attribute if it is constant."""
    script = script_of(text)
    return Constant(text) if script is None else constants.constant(script)


def file_read(text: str) -> FileRead | None:
    """Return the file that an attribute is the content of."""
    script = script_of(text)
    return None if script is None else constants.file_read(script)


def matcher_in(script: str) -> tuple[str, list[str]] | None:
    """Return the name and the arguments of `MunitTools::name(…)`; None for any other script."""
    match = MATCHER.fullmatch(script)
    if match is None:
        return None
    inner = split(match[2])
    return None if inner is None else (match[1], inner)


def elements(script: str) -> list[str] | None:
    """Return the scripts of the elements of an array; None for anything else."""
    script = script.strip()
    return split(script[1:-1]) if script[:1] == "[" and script[-1:] == "]" else None
