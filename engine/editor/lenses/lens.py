"""Code lenses: run a case, run a flow, what tests cover of it, how often it is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from engine.editor.names.index import Index
from engine.editor.nodes import Node, read_nodes
from engine.testing.files.choosing import is_test_file

RUN_TEST, RUN_TESTS, RUN_FLOW = "engine.runTest", "engine.runTests", "engine.runFlow"

Lines = Mapping[int, int]
"""How often tests passed each line (from 1) of a file that can be passed."""


class Lens(NamedTuple):
    """A line of text above a name. command: empty, if there is nothing to do; name: of the case or the flow."""

    start: int
    end: int
    title: str
    command: str = ""
    name: str = ""


def lenses(index: Index, path: Path, lines: Lines | None = None) -> list[Lens]:
    """Return the lenses of a file. lines: how often the last run of tests passed them, if there was one since."""
    text = index.document(path).text
    root = read_nodes(text)
    if root is None:
        return []
    return [*(_of_tests(root) if is_test_file(path) else _of_flows(index, path, text, root, lines))]


def _of_tests(root: Node) -> Iterator[Lens]:
    cases = root.get("cases")
    if cases is None or not cases.entries:
        return
    key = next(key for key, _ in root.items() if key.value == "cases")
    yield Lens(key.start, key.end, "Run all tests", RUN_TESTS)
    for key, _ in cases.items():
        yield Lens(key.start, key.end, "Run test", RUN_TEST, key.value)


def _of_flows(index: Index, path: Path, text: str, root: Node, lines: Lines | None) -> Iterator[Lens]:
    counts = _counts(index, path)
    for section in ("flows", "sub-flows"):
        node = root.get(section)
        for key, value in node.items() if node else ():
            yield Lens(key.start, key.end, "Run flow", RUN_FLOW, key.value)
            count = counts.get(key.value, 0)
            yield Lens(key.start, key.end, "1 reference" if count == 1 else f"{count} references")
            if lines is not None and (told := _covered(text, key, value, lines)):
                yield Lens(key.start, key.end, told)


def _counts(index: Index, path: Path) -> dict[str, int]:
    """Return how often each flow of a file is named elsewhere."""
    names = index.names()
    flows = [each for each in names.of_file(path) if each.is_flow]
    return {flow.name: sum(not each.is_definition for each in names.same(flow)) for flow in flows}


def _covered(text: str, key: Node, value: Node, lines: Lines) -> str:
    first, last = text.count("\n", 0, key.start) + 1, text.count("\n", 0, max(key.end, value.end)) + 1
    passed = [times > 0 for line, times in lines.items() if first <= line <= last]
    if not passed:
        return ""
    if all(passed):
        return "covered"
    return f"{sum(passed)} of {len(passed)} lines covered" if any(passed) else "not covered"
