"""Where an empty line must stand: after a section, a flow or a case of several lines."""

from __future__ import annotations

from collections.abc import Iterable

import yaml
from yaml import tokens as kinds

APART = frozenset({"flows", "sub-flows", "cases"})
"""The sections whose entries are set apart."""

STARTS = (
    kinds.BlockMappingStartToken, kinds.BlockSequenceStartToken, kinds.FlowMappingStartToken,
    kinds.FlowSequenceStartToken,
)  # fmt: skip
ENDS = (kinds.BlockEndToken, kinds.FlowMappingEndToken, kinds.FlowSequenceEndToken)


def needs_blank_line(tokens: Iterable[yaml.Token]) -> set[int]:
    """Return the offsets of the keys that need an empty line before them."""
    found, depth, end = set(), 0, 0
    lines: dict[int, int] = {}
    """The line in which the last key of each level began."""
    section, is_section = "", False
    for token in tokens:
        depth += isinstance(token, STARTS) - isinstance(token, ENDS)
        if isinstance(token, kinds.KeyToken) and (depth == 1 or (depth == 2 and section in APART)):
            if lines.get(depth, end) < end:
                found.add(token.start_mark.index)
            lines = {level: line for level, line in lines.items() if level < depth} | {depth: token.start_mark.line}
            is_section = depth == 1
        elif is_section and isinstance(token, kinds.ScalarToken):
            section, is_section = token.value, False
        if token.start_mark.index < token.end_mark.index:
            end = token.end_mark.line
    return found
