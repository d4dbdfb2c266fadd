"""The names of one file: a flow file, or a test file."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from engine.editor.names.mention import (
    CONFIG,
    FLOW,
    HANDLER,
    PROPERTY,
    REAL,
    ROW,
    VARIABLE,
    FileNames,
    of_flow,
    of_handler,
)
from engine.editor.names.places import Found, mention, placeholders_in
from engine.editor.names.walk import Walk
from engine.expressions import JMESPATH, LANGUAGES
from engine.expressions.language import Language
from engine.loading.catalog import Catalog
from engine.loading.files.data import Map, Sequence
from engine.loading.files.document import Document
from engine.loading.loader import Configuration, SubFlow
from engine.loading.sections import SECTIONS, TEST_SUFFIXES
from engine.parameters.text import Text
from engine.steps.flow import Flow
from engine.testing.files.case import METHODS, Case, Suite
from engine.testing.files.suite import DATA

SHORT = {"run": "steps"}
"""Keys of cases that mean another one."""


def file_names(document: Document, catalog: Catalog) -> FileNames:
    """Return the names that a flow file or a test file defines and mentions."""
    data = document.data
    if not isinstance(data, Map):
        return FileNames()
    walk = Walk(document, catalog, _language(data))
    for section, value in data.items():
        if section in SECTIONS:
            _section(walk, section, value)
    if document.file.endswith(TEST_SUFFIXES):
        _test_file(walk, data)
    else:
        _placeholders(walk, data)
    walk.names.mentions[:] = dict.fromkeys(walk.names.mentions)  # an alias leads to the same place again
    return walk.names


def _language(data: Map) -> Language:
    named = data.get("expression-language")
    return LANGUAGES.get(str(named), JMESPATH) if isinstance(named, str) else JMESPATH


def _section(walk: Walk, section: str, value: Any) -> None:
    if section == "configuration" and isinstance(value, Map):
        walk.parameters(Configuration, value)
    elif section == "properties":
        properties(walk, value)
    elif section in NAMED and isinstance(value, Map):
        for name, entry in value.items():
            NAMED[section](walk, Found(name, value.places[name][0]), entry)


def _config(walk: Walk, name: Found, value: Any) -> None:
    walk.note(CONFIG, name, is_definition=True)
    with walk.inside(f"{CONFIG} {name.text}"):
        walk.element(value, config=name.text)


def _flow(walk: Walk, name: Found, value: Any) -> None:
    walk.note(FLOW, name, is_definition=True)
    with walk.inside(of_flow(name.text)):
        if isinstance(value, Map):
            walk.parameters(Flow, value)


def _sub_flow(walk: Walk, name: Found, value: Any) -> None:
    walk.note(FLOW, name, is_definition=True)
    with walk.inside(of_flow(name.text)):
        if isinstance(value, Map):
            walk.parameters(SubFlow, value)


def _handlers(walk: Walk, name: Found, value: Any) -> None:
    walk.note(HANDLER, name, is_definition=True)
    with walk.inside(of_handler(name.text)):
        walk.handlers(value)


NAMED = {"configs": _config, "flows": _flow, "sub-flows": _sub_flow, "error-handlers": _handlers}
"""The sections of entries by name, and how the names of such an entry are noted."""


def properties(walk: Walk, tree: Any, prefix: str = "") -> None:
    """Note the properties that a map defines by their dotted names: at the last part of each."""
    for key, value in tree.items() if isinstance(tree, Map) else ():
        if isinstance(value, Map):
            properties(walk, value, f"{prefix}{key}.")
        elif not isinstance(value, Sequence):
            last = mention(walk.document, PROPERTY, Found(key, tree.places[key][0]))
            walk.names.mentions.append(replace(last, name=prefix + key, is_definition=True))


# Test files


def _test_file(walk: Walk, data: Map) -> None:
    suite = f"suite {walk.document.file}"
    with walk.inside(suite):
        settings = {key: value for key, value in data.items() if key not in SECTIONS and key != "cases"}
        walk.parameters(Suite, _part(data, settings))
        properties(walk, data.get("set"))
        _real(walk, data.get("real"))
        _placeholders(walk, _part(data, [key for key in data if key != "cases"]))
    cases = data.get("cases")
    for name, values in cases.items() if isinstance(cases, Map) else ():
        owner = f"case {walk.document.file} {name}"
        if any(each.kind == VARIABLE and each.owner == suite for each in walk.names.mentions):
            walk.names.calls.append((owner, suite))
        if isinstance(values, Map) and isinstance(cases, Map):
            with walk.inside(owner):
                _case(walk, Found(name, cases.places[name][0]), values)


def _part(data: Map, keys: Collection[str]) -> Map:
    return Map(data.place).with_entries_of(data, *keys)


def _real(walk: Walk, names: Any) -> None:
    for name in names if isinstance(names, Sequence) else ():
        if isinstance(name, Text):
            walk.note(REAL, Found.of(name))


def _case(walk: Walk, name: Found, values: Map) -> None:
    rows = [row for row in values.get("each") or () if isinstance(row, Map)]
    for row in rows:
        for key in row:
            walk.note(ROW, Found(key, row.places[key][0]), is_definition=True, scope=walk.owner)
    walk.possible_types(values.get("each"))
    row_names = {key for row in rows for key in row}
    _row_values(walk, name, row_names)
    for act in _acts(values):
        _act(walk, act)
    _placeholders(walk, values, row_names)


def _acts(case: Map) -> Iterator[Map]:
    yield case
    then = case.get("then")
    yield from (act for act in then if isinstance(act, Map)) if isinstance(then, Sequence) else ()


def _act(walk: Walk, act: Map) -> None:
    own = Map(act.place)
    for key, value in act.items():
        if key not in ("then", "each"):
            own.put(SHORT.get(key, key), value, *act.places[key])
    walk.parameters(Case, own)
    given = act.get("given")
    variables = given.get("vars") if isinstance(given, Map) else None
    _variables(walk, variables, is_definition=True)
    expected = act.get("expect")
    _variables(walk, expected.get("vars") if isinstance(expected, Map) else None)
    request = act.get("request")
    paths = [act.get(method) for method in METHODS] + [request.get("path") if isinstance(request, Map) else None]
    walk.names.requests += [(walk.owner, str(path)) for path in paths if isinstance(path, str)]


def _variables(walk: Walk, variables: Any, **more: Any) -> None:
    """Note the keys of a map of variables; those that begin with `$` are matchers."""
    for key, (place, _) in variables.places.items() if isinstance(variables, Map) else ():
        if not key.startswith("$"):
            walk.note(VARIABLE, Found(key, place), **more)


def _placeholders(walk: Walk, value: Any, row_names: Collection[str] = ()) -> None:
    """Note the placeholders in all texts. row_names: those of the rows of the case, which stand for their values."""
    waiting: list[tuple[Any, bool]] = [(value, False)]
    while waiting:
        value, is_data = waiting.pop()
        if isinstance(value, Map):
            is_row = bool(row_names)
            waiting += [(inner, is_data or (key in DATA and walk.owner != "")) for key, inner in value.items()]
            for key in value if is_row else ():
                _row_values(walk, Found(key, value.places[key][0]), row_names)
        elif isinstance(value, Sequence):
            waiting += [(inner, is_data) for inner in value]
        elif isinstance(value, Text) and "${" in value and value.place is not None:
            _placeholder(walk, value, row_names, is_data=is_data)


def _placeholder(walk: Walk, text: Text, row_names: Collection[str], *, is_data: bool) -> None:
    place: Any = text.place
    for name, offset in placeholders_in(text):
        if name in row_names:
            walk.note(ROW, Found(str(text), place), name, offset, scope=walk.owner, is_whole=False)
        elif not is_data:
            walk.note(PROPERTY, Found(str(text), place), name, offset, is_whole=False)


def _row_values(walk: Walk, key: Found, row_names: Collection[str]) -> None:
    for name, offset in placeholders_in(key.text) if "${" in key.text else ():
        if name in row_names:
            walk.note(ROW, key, name, offset, scope=walk.owner, is_whole=False)
