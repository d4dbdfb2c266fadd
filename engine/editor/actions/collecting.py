"""A loop that appends the outcome of each item to a variable, as `collect`: only if both surely do the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.editor.actions.action import REWRITE, Action
from engine.editor.actions.rows import moved, selected_row
from engine.editor.names.expressions import words_in
from engine.editor.names.index import Index
from engine.editor.names.mention import FLOW, VARIABLE
from engine.editor.nodes import Node, read_nodes
from engine.editor.spans import Edit, Span
from engine.loading.catalog import Catalog
from engine.loading.files.quoting import quoted
from engine.steps.processor import Targeted, VoidOperation

APPEND = re.compile(r"#\[\s*append\(\s*vars\.(?P<name>[A-Za-z_]\w*)\s*,(?P<value>.*)\)\s*\]", re.DOTALL)
KEEP_PAYLOAD = frozenset({"logger", "set-variable", "remove-variable", "raise-error"})
"""Elements that are not operations, and leave payload and attributes as they are."""
SETS_VARIABLE = ("variableName", "target")


class Loop(NamedTuple):
    """The loop as it is written: its parts, and what becomes of them."""

    foreach: Node
    steps: Node
    variable: str
    success: str
    failure: str
    abort_on: Node | None
    before: Node | None
    """The step before the loop that makes the variable an empty list, which `collect` does by itself."""


def collect_action(index: Index, path: Path, offset: int) -> Action | None:
    """Return the action that writes the loop around a place with `collect`; None if that might do something else."""
    text, root = index.document(path).text, read_nodes(index.document(path).text)
    if root is None or root.get("expression-language"):
        return None  # what it appends may be in another language
    for start in _loops_around(index, path, offset):
        row = selected_row(text, start, start, index.site.catalog)
        if row is None or row.is_flow_style or row.steps[0].first_key != "foreach":
            continue
        loop = _loop(row.holder, row.steps[0])
        if (
            loop
            and not row.has_anchors
            and _is_safe(index, path, loop)
            and not list(index.names().flow_paths(row.owner))
        ):
            begin = text.rindex("-", 0, (loop.before or row.steps[0]).start)
            new = _written(text, loop, row.column)
            return Action("Write with 'collect'", REWRITE, [Edit(Span(path, begin, row.end), new)])
    return None


def _loops_around(index: Index, path: Path, offset: int) -> Iterator[int]:
    """Yield the beginnings of the loops that a place is in, from outside to inside."""
    root = read_nodes(index.document(path).text)
    waiting = [root] if root else []
    while waiting:
        node = waiting.pop(0)
        for key, value in node.items():
            if key.value == "foreach" and key.start <= offset <= value.end:
                yield key.start
        waiting += node.values


def _loop(holder: Node, entry: Node) -> Loop | None:
    """Read a loop whose only step is a try, which appends in the end, and in a handler for all errors."""
    foreach = entry.entries[0][1]
    inner = foreach.get("steps")
    body = inner.values[0].get("try") if inner and len(inner.values) == 1 and not foreach.get("collect") else None
    if body is None or foreach.is_flow or body.is_flow or not _has_only(body, "steps", "error-handler", "doc:name"):
        return None
    steps, handlers = body.get("steps"), body.get("error-handler")
    if steps is None or handlers is None or steps.is_flow or len(steps.values) < 2:
        return None
    success, failure = _appended(steps.values[-1]), _handled(handlers)
    if success is None or failure is None or success[0] != failure[0]:
        return None
    before = _before(holder, entry, success[0])
    kept = Loop(foreach, steps, success[0], success[1], failure[1], _aborts(handlers), before)
    return kept if before else None


def _has_only(node: Node, *keys: str) -> bool:
    return all(key.value in keys for key, _ in node.items())


def _appended(step: Node) -> tuple[str, str] | None:
    """Return the variable and the value of `set-variable` that appends to itself."""
    node = step.get("set-variable")
    name, value = (node.get("variableName"), node.get("value")) if node else (None, None)
    match = APPEND.fullmatch(value.value.strip()) if value and value.kind == "text" else None
    if node is None or name is None or match is None or not _has_only(node, "variableName", "value", "doc:name"):
        return None
    written = match["value"].strip()
    variables = {word.name for word in words_in(written, is_dataweave=False) if word.kind == VARIABLE}
    return (name.value, written) if match["name"] == name.value and name.value not in variables else None


def _handled(handlers: Node) -> tuple[str, str] | None:
    """Return what the handler of all errors appends. Before it one may stand that lets some types pass."""
    if not 1 <= len(handlers.values) <= 2:
        return None
    last, first = handlers.values[-1].get("on-error-continue"), handlers.values[0].get("on-error-propagate")
    kind, steps = (last.get("type"), last.get("steps")) if last else (None, None)
    if last is None or steps is None or len(steps.values) != 1 or (kind and kind.value != "ANY"):
        return None
    if not _has_only(last, "type", "steps", "logException", "doc:name"):
        return None
    if len(handlers.values) == 2 and (first is None or not first.get("type") or not _has_only(first, "type")):
        return None
    return _appended(steps.values[0])


def _aborts(handlers: Node) -> Node | None:
    return handlers.values[0].get("on-error-propagate", "type") if len(handlers.values) == 2 else None


def _before(holder: Node, entry: Node, variable: str) -> Node | None:
    """Return the step directly before the loop, if it makes the variable an empty list."""
    number = next(number for number, each in enumerate(holder.values) if each is entry)
    step = holder.values[number - 1] if number else None
    node = step.get("set-variable") if step else None
    name, value = (node.get("variableName"), node.get("value")) if node else (None, None)
    is_empty = value is not None and value.kind == "list" and not value.values
    return step if name and name.value == variable and is_empty else None


# Whether both do the same


def _is_safe(index: Index, path: Path, loop: Loop) -> bool:
    """Return whether the item stays the payload, and no step's variable is read that one that failed would lose."""
    steps = loop.steps.values[:-1]
    seen: set[str] = set()
    if not all(_keeps_payload(index, step, seen) for step in steps):
        return False
    flows = [_flow(index, name) for name in seen]
    own = {name for node in [*steps, *(each for each in flows if each)] for name in _variables_set(node)}
    return loop.variable not in own and not any(_is_read(index, name) for name in own)


def _keeps_payload(index: Index, step: Node, seen: set[str]) -> bool:
    name, value = step.first_key, step.entries[0][1] if step.entries else step
    if name == "flow-ref":
        return _flow_keeps_payload(index, value, seen)
    if name in KEEP_PAYLOAD:
        return True
    return _is_void(index.site.catalog, name) or (value.get("target") is not None and _is_operation(index, name))


def _flow_keeps_payload(index: Index, reference: Node, seen: set[str]) -> bool:
    name = reference.get("name")
    if reference.get("target") or name is None or "#[" in name.value:
        return False
    if name.value in seen:
        return True
    seen.add(name.value)
    flow = _flow(index, name.value)
    steps = flow.get("steps") if flow else None
    return steps is not None and all(_keeps_payload(index, step, seen) for step in steps.values)


def _is_void(catalog: Catalog, name: str) -> bool:
    """Return whether an element is an operation without a result."""
    return name in catalog and issubclass(catalog[name], VoidOperation) and not issubclass(catalog[name], Targeted)


def _is_operation(index: Index, name: str) -> bool:
    return name in index.site.catalog and issubclass(index.site.catalog[name], VoidOperation)


def _flow(index: Index, name: str) -> Node | None:
    """Return a sub-flow of the site: a flow has handlers of its own."""
    for mention in index.names().all(FLOW):
        if mention.name == name:
            root = read_nodes(index.document(Path(mention.place.file)).text)
            return root.get("sub-flows", name) if root else None
    return None


def _variables_set(node: Node) -> Iterator[str]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        waiting += node.values
        for key in SETS_VARIABLE:
            if found := node.get(key):
                yield found.value


def _is_read(index: Index, variable: str) -> bool:
    names = index.names()
    return any(
        each.kind == VARIABLE and each.name == variable and not each.is_definition
        for path in index.site.all_files()
        if not path.name.endswith((".test.yaml", ".test.yml"))
        for each in names.of_file(path)
    )


# Writing


def _written(text: str, loop: Loop, column: int) -> str:
    """Return the loop with `collect`, its first line without indentation."""
    inner = " " * (column + 4)
    others = (_lines(text, key, value) for key, value in loop.foreach.items() if key.value != "steps")
    lines = ["- foreach:", *(f"{inner}{each}" for each in others), f"{inner}collect:"]
    lines.append(f"{inner}  target: {loop.variable}")
    lines += [f"{inner}  success: {_quoted(loop.success)}", f"{inner}  failure: {_quoted(loop.failure)}"]
    if loop.abort_on is not None:
        lines.append(f"{inner}  abortOn: {text[loop.abort_on.start : loop.abort_on.end]}")
    return "\n".join([*lines, f"{inner}steps:", _kept(text, loop.steps, column + 6)])


def _lines(text: str, key: Node, value: Node) -> str:
    return text[key.start : value.end]


def _quoted(expression: str) -> str:
    return quoted(f"#[{' '.join(expression.split())}]")


def _kept(text: str, steps: Node, indentation: int) -> str:
    """Return the steps but the last one, which appends."""
    first, last = text.rindex("-", 0, steps.values[0].start), text.rindex("-", 0, steps.values[-1].start)
    line = text.rfind("\n", 0, first) + 1
    block = text[line : text.rfind("\n", 0, last)]
    return moved(block, indentation - (first - line))
