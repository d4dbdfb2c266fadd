"""Selected steps as a sub-flow of their own, or inside of a try."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from engine.editor.actions.action import EXTRACT, REWRITE, Action
from engine.editor.actions.rows import Row, moved, selected_row
from engine.editor.names.index import Index
from engine.editor.names.mention import FLOW
from engine.editor.spans import Edit, Span
from engine.loading.files.quoting import quoted

READS_FLOW = re.compile(r"(?<![\w.$'\"-])\$?flow\.|(?<![\w.-])\$\.flow\b")
SAFE_NAME = re.compile(r"[A-Za-z][\w.-]*")
LOGGED = 'logger: {level: ERROR, message: "#[error.description]"}'


def row_actions(index: Index, path: Path, start: int, end: int) -> Iterator[Action]:
    """Yield what can be done with the steps that a selection touches."""
    text = index.document(path).text
    row = selected_row(text, start, end, index.site.catalog)
    if row is not None:
        many = f"{len(row.steps)} steps" if len(row.steps) > 1 else f"'{row.steps[0].first_key}'"
        yield _extract(index, path, row, f"Extract {many} as a sub-flow")
        yield _wrap(index, path, row, f"Wrap {many} in try")


def _extract(index: Index, path: Path, row: Row, title: str) -> Action:
    if (reason := _in_the_way(index, row)) or (reason := _of_sub_flows(row)):
        return Action(title, EXTRACT, disabled=reason)
    name = _free_name(index, row.owner)
    written = name if SAFE_NAME.fullmatch(name) else quoted(name)
    reference = f"flow-ref: {{name: {written}}}"
    call = f"{{{reference}}}" if row.is_flow_style else f"- {reference}"
    return Action(title, EXTRACT, [Edit(Span(path, row.start, row.end), call), _sub_flow(path, row, written)])


def _of_sub_flows(row: Row) -> str:
    """Return why there can be no sub-flow of these steps; empty if there can."""
    sub_flows = row.root.get("sub-flows")
    if sub_flows and (sub_flows.is_flow or (sub_flows.kind != "map" and sub_flows.value)):
        return "the sub-flows of this file are written in one line"
    if READS_FLOW.search(row.text[row.start : row.end]):
        return "an expression in the steps reads 'flow', which would be the sub-flow then"
    return "the file is written in one line" if row.root.is_flow else ""


def _sub_flow(path: Path, row: Row, name: str) -> Edit:
    """Return the edit that adds the sub-flow, behind the others or at the end of the file."""
    text, sub_flows = row.text, row.root.get("sub-flows")
    if sub_flows is not None and sub_flows.entries:
        first = sub_flows.entries[0][0]
        column = first.start - (text.rfind("\n", 0, first.start) + 1) if first else 2
        end = text.find("\n", sub_flows.end)
        at, before = (len(text), "\n") if end < 0 else (end, "\n")
        return Edit(Span(path, at, at), f"{before}\n{_entry(row, name, column)}")
    if sub_flows is not None:  # the section is there, and empty
        at = text.find("\n", sub_flows.end)
        at = len(text) if at < 0 else at
        return Edit(Span(path, at, at), f"\n{_entry(row, name, 2)}")
    before = "" if text.endswith("\n") else "\n"
    return Edit(Span(path, len(text), len(text)), f"{before}\nsub-flows:\n{_entry(row, name, 2)}\n")


def _entry(row: Row, name: str, column: int) -> str:
    inner = " " * (column + 2)
    return f"{' ' * column}{name}:\n{inner}steps:\n{row.entries(column + 4)}"


def _wrap(index: Index, path: Path, row: Row, title: str) -> Action:
    if reason := _in_the_way(index, row):
        return Action(title, REWRITE, disabled=reason)
    handler = f"on-error-continue: {{type: ANY, steps: [{{{LOGGED}}}]}}"
    if row.is_flow_style:
        new = f"{{try: {{steps: [{row.in_line}], error-handler: [{{{handler}}}]}}}}"
    else:
        lines = ["- try:", "    steps:", row.entries(6), "    error-handler:", f"      - {handler}"]
        new = moved("\n".join(lines[:2]), row.column).lstrip() + "\n" + row.entries(row.column + 6)
        new += "\n" + moved("\n".join(lines[3:]), row.column)
    return Action(title, REWRITE, [Edit(Span(path, row.start, row.end), new)])


def _in_the_way(index: Index, row: Row) -> str:
    """Return what keeps the steps where they are; empty if nothing does."""
    if row.has_anchors:
        return "the steps have an anchor or an alias of YAML"
    for each in index.names().flow_paths(row.owner):
        place = each.place
        return f"{Path(place.file).name}:{place.line} names a step of '{row.owner}' by its number: give it a doc:name"
    return ""


def _free_name(index: Index, owner: str) -> str:
    """Return a name that no flow has."""
    taken = {each.name for each in index.names().all(FLOW)}
    names = (f"{owner}-steps{number if number > 1 else ''}" for number in range(1, len(taken) + 3))
    return next(name for name in names if name not in taken)
