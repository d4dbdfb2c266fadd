"""The text of a flow file that lacks its quotes, and how it is written with them."""

from __future__ import annotations

import re

# A key at the start of a line or of a map on one line, up to its value.
KEY = re.compile(r"(?:^\s*(?:- +)*|(?P<inside>[{,\[])\s*)(?P<key>[^\s{}\[\],#'\"]+):\s+(?=\S)")
ENTRY = re.compile(r"^\s*(?:- +)+(?=\S)")
# Where a value inside braces ends: at the next key, or at the braces that close the line.
END_INSIDE = re.compile(r",\s+[\w:.-]+:\s|[}\]\s]*$")
COMMENT_BEHIND = re.compile(r"\s+#(?!\[).*$")


def quoted(text: str) -> str:
    """The text as a YAML text in quotes."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def first_value(line: str) -> int:
    """The column (from 0) where the value of a line's first key begins."""
    match = KEY.match(line)
    return match.end() if match else 0


def quoted_at(line: str, column: int) -> str:
    """The value around a column (from 0) of a line, in quotes and with its key; empty where none is."""
    keys = [match for match in KEY.finditer(line) if match.end() <= column]
    if keys:
        value = line[keys[-1].end() :]
        text = _inside(value) if keys[-1]["inside"] else COMMENT_BEHIND.sub("", value).rstrip()
        return f"{keys[-1]['key']}: {quoted(text)}"
    entry = ENTRY.match(line)
    return f"- {quoted(COMMENT_BEHIND.sub('', line[entry.end() :]).rstrip())}" if entry else ""


def _inside(value: str) -> str:
    """The value as far as it goes in a map on one line; its own brackets belong to it."""
    end = END_INSIDE.search(value)
    text = value[: end.start()].rstrip() if end else value
    for opening, closing in ("[]", "{}"):
        missing = text.count(opening) - text.count(closing)
        if missing > 0 and value[len(text) :].startswith(closing * missing):
            text += closing * missing
    return text
