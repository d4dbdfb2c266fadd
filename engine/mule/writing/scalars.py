"""Texts as YAML scalars: plain if nobody could misread them, quoted otherwise."""

from __future__ import annotations

import json
import re

PLAIN = re.compile(r"[A-Za-z_/\\$(.](?:[^\s:#]|[ ](?![#\s]|$)|:(?!\s|$)|(?<!\s)#)*")
IN_BRACES = re.compile(r"[^,\[\]{}\"'`]*")
NOT_TEXT = re.compile(r"(?i:true|false|yes|no|on|off|null|y|n|~|\.nan|[-+]?\.inf)|[-+.]?[0-9][0-9_.eExXoO:+-]*")
UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def scalar(value: object, *, in_braces: bool = False) -> str:
    """Return a value in one line. in_braces: whether it stands in `{…}` or `[…]`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value, in_braces) if isinstance(value, str) else str(value)


def _text(text: str, in_braces: bool) -> str:
    if PLAIN.fullmatch(text) and not NOT_TEXT.fullmatch(text) and (not in_braces or IN_BRACES.fullmatch(text)):
        return text
    return UNPRINTABLE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(character: re.Match[str]) -> str:
    code = ord(character[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def fits_block(text: str) -> bool:
    """Return whether a text of several lines may be written as a block, letter by letter."""
    return "\n" in text.strip("\n") and not UNPRINTABLE.search(text) and "\r" not in text


def block(text: str, indent: str) -> list[str]:
    """Return the lines of a block scalar: its head, and the text below it, indented."""
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    hint = "2" if re.match(r"\n*[ \t]", body) else ""
    keep = {0: "-", 1: ""}.get(ends, "+")
    lines = [indent + line if line else "" for line in body.split("\n")]
    return [f"|{hint}{keep}", *lines, *[""] * (ends - 1)]
