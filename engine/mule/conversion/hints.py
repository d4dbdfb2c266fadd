"""What whoever moves should know of the flows, beyond what is converted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine.mule.reports.report import Report
from engine.mule.xml.nodes import Node

STATUS = re.compile(r"(?<![\w.])[1-5][0-9]{2}(?![\w.])")
VARIABLE = "httpStatus"
PARTIAL, FAILED = 207, 400
ALL_FAILED = "if every record fails, the caller gets 207; 400 tells it at once"
DEADLINE = "a flow that answers HTTP ends after 30 s here (504), unless it has a `timeout` of its own; Mule waits"


def note_hints(report: Report, roots: Iterable[Node]) -> None:
    """Note what is good to know: partial success without a status of failure, the deadline of flows."""
    for flow in (each for root in roots for each in root.walk() if each.name in ("flow", "sub-flow")):
        told = [(node, {int(each) for each in STATUS.findall(text)}) for node, text in _statuses(flow)]
        partial = next((node for node, numbers in told if PARTIAL in numbers), None)
        if partial is not None and not any(number >= FAILED for _, numbers in told for number in numbers):
            report.add_note(partial.file, partial.line, f"status {PARTIAL} in {flow.get('name')}", ALL_FAILED)
        source = flow.child("http:listener")
        if source is not None and not any(note.why == DEADLINE for note in report.notes):
            report.add_note(source.file, source.line, "http:listener", DEADLINE)


def _statuses(flow: Node) -> Iterator[tuple[Node, str]]:
    """Yield what sets the status of an answer, with its text."""
    for node in flow.walk():
        if node.get("variableName") == VARIABLE:
            yield node, node.get("value") or node.text
        elif node.name == "http:response":
            yield node, node.get("statusCode")
