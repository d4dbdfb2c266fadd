"""The text of a flow file that lacks its quotes, and how it is written with them."""

from __future__ import annotations

import re

from engine.loading.files.one_line import entry_at

KEY = re.compile(r"\s*(?:- +)*(?P<key>[^\s{}\[\],#'\"]+):\s+(?=\S)")
"""A key at the start of a line, up to its value."""
ENTRY = re.compile(r"^\s*(?:- +)+(?=\S)")
COMMENT_BEHIND = re.compile(r"\s+#(?!\[).*$")


def quoted(text: str) -> str:
    """Return the text as a YAML text in quotes."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def first_value(line: str) -> int:
    """Return the column (from 0) at which the value of a line's first key begins."""
    match = KEY.match(line)
    return match.end() if match else 0


def quoted_at(line: str, column: int, *, is_inside: bool = False) -> str:
    """Return the text around a column (from 0) of a line, in quotes and with its key; empty if there is none.

    is_inside: whether it is in a map or a list on one line, which may have begun in another line.
    """
    entry = entry_at(line, column, is_inside=is_inside)
    if entry and entry.value is not None:
        return f"{quoted(entry.text)}: {entry.value}"
    if entry:
        return f"{entry.key}: {quoted(entry.text)}" if entry.key else quoted(entry.text)
    key = KEY.match(line)
    if key and key.end() <= column:
        return f"{key['key']}: {quoted(COMMENT_BEHIND.sub('', line[key.end() :]).rstrip())}"
    item = ENTRY.match(line)
    return f"- {quoted(COMMENT_BEHIND.sub('', line[item.end() :]).rstrip())}" if item else ""
