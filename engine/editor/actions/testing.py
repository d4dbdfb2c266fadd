"""A case for a flow, in the test file beside it, that fits the source of the flow."""

from __future__ import annotations

import re
from pathlib import Path

from engine.editor.actions.action import SOURCE, Action
from engine.editor.names.index import Index
from engine.editor.names.mention import CONFIG
from engine.editor.nodes import Node, read_nodes
from engine.editor.spans import Edit, Span
from engine.loading.files.quoting import quoted
from engine.loading.sections import SUFFIXES
from engine.testing.files.case import METHODS

PLAIN = re.compile(r"[A-Za-z/][\w/.-]*(?: [\w/.-]+)*")
WITH_BODY = ("post", "put", "patch")
PARAMETER = re.compile(r"\{[^{}]*\}|\*$")
TEST = ".test.yaml"


def test_action(index: Index, path: Path, offset: int) -> Action | None:
    """Return the action that adds a case for the flow that a place is in; None if it is in none."""
    text = index.document(path).text
    root = read_nodes(text)
    found = _flow_at(root, offset) if root else None
    if root is None or found is None:
        return None
    name, flow = found
    title = f"Add a test for '{name}'"
    file = path.with_name(path.name.removesuffix(path.suffix) + TEST) if path.suffix in SUFFIXES else path
    case = _case(index, name, flow)
    if index.site.files.text(file) is None:
        return Action(title, SOURCE, new_files={file: f"cases:\n{_entry(_title(name, set()), case)}\n"})
    return _extended(index, file, title, name, case)


test_action.__test__ = False  # type: ignore[attr-defined]  # for pytest it would look like a test


def _flow_at(root: Node, offset: int) -> tuple[str, Node] | None:
    for section in ("flows", "sub-flows"):
        node = root.get(section)
        for key, value in node.items() if node else ():
            if key.start <= offset <= max(key.end, value.end):
                return key.value, value
    return None


def _case(index: Index, name: str, flow: Node) -> list[str]:
    """Return the lines of a case: a request for a flow that listens over HTTP, otherwise a run of the flow."""
    source = flow.get("source", "http:listener")
    path = source.get("path") if source else None
    if source is None or path is None or "${" in path.value:
        return [f"flow: {_written(name)}", "given: {payload: null}", "expect: {error: null}"]
    method = _method(source)
    base = _base_path(index, source)
    lines = [f"{method}: {_written(base + PARAMETER.sub('1', path.value))}"]
    if method in WITH_BODY:
        lines += _given(source)
    return [*lines, "expect: {status: 200}"]


def _method(source: Node) -> str:
    """Return the first method that a listener takes and a case can name."""
    node = source.get("allowedMethods") or source.get("method")
    given = [node.value] if node and node.kind == "text" else [each.value for each in node.values] if node else []
    methods = [method.strip().lower() for each in given for method in each.split(",")]
    return next((method for method in methods if method in METHODS), "get")


def _base_path(index: Index, source: Node) -> str:
    """Return the path that the config of a listener puts before its own."""
    reference = source.get("config-ref")
    for mention in index.names().all(CONFIG) if reference else ():
        if reference and mention.name == reference.value:
            root = read_nodes(index.document(Path(mention.place.file)).text)
            node = root.get("configs", mention.name, "http:listener-config", "basePath") if root else None
            return node.value.rstrip("/") if node and "${" not in node.value else ""
    return ""


def _given(source: Node) -> list[str]:
    """Return the lines with the payload: some that are made from the schema of the listener, if that is a file."""
    schema = source.get("schema")
    if schema is None or schema.kind != "text":
        return ["given: {payload: {}}"]
    return [f"given: {{payload: {{from-schema: {_written(schema.value)}}}}}", "examples: 5"]


def _written(text: str) -> str:
    return text if PLAIN.fullmatch(text) else quoted(text)


def _title(name: str, taken: set[str]) -> str:
    titles = (f"{name} works{f' ({number})' if number > 1 else ''}" for number in range(1, len(taken) + 3))
    return next(title for title in titles if title not in taken)


def _entry(title: str, lines: list[str], column: int = 2) -> str:
    inner = "\n".join(f"{' ' * (column + 2)}{line}" for line in lines)
    return f"{' ' * column}{_written(title)}:\n{inner}"


def _extended(index: Index, file: Path, title: str, name: str, case: list[str]) -> Action:
    """Return the action that adds the case behind the last one of a file."""
    text = index.document(file).text
    root = read_nodes(text)
    cases = root.get("cases") if root else None
    if file in index.broken() or root is None or cases is None or cases.is_flow or not cases.entries:
        return Action(title, SOURCE, disabled=f"{file.name} has no list of cases to which one can be added")
    taken = {key.value for key, _ in cases.items()}
    first = cases.entries[0][0] or cases
    column = first.start - (text.rfind("\n", 0, first.start) + 1)
    end = text.find("\n", cases.end)
    at = len(text) if end < 0 else end
    return Action(title, SOURCE, [Edit(Span(file, at, at), f"\n\n{_entry(_title(name, taken), case, column)}")])
