"""Schemas in files: beside the flow files, in JSON and in YAML, and nowhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine import Application, Event, FlowError, LoadError

FLOW = "flows: {check: {steps: [{json:validate-schema: {schema: SCHEMA}}]}}"


def load(folder: Path, schema: str, **files: str) -> Application:
    """An application of one flow in `folder/flows`; files: path with `__` for `/` and `_dot_` for `.` → text."""
    flows = folder / "flows"
    for name, text in files.items():
        path = flows / name.replace("__", "/").replace("_dot_", ".").replace("UP/", "../")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    flows.mkdir(exist_ok=True)
    (flows / "check.yaml").write_text(FLOW.replace("SCHEMA", schema))
    return Application.load(flows / "check.yaml")


def violations(app: Application, payload: Any) -> Any:
    """What the schema says to the payload; nothing where it fits."""
    try:
        asyncio.run(app.run("check", payload=payload))
    except FlowError as failure:
        return [(each["path"], each["keyword"], each["message"]) for each in failure.error_message.payload]
    return []


def mistake(folder: Path, schema: str, **files: str) -> str:
    with pytest.raises(LoadError) as caught:
        load(folder, schema, **files)
    assert len(caught.value.diagnostics) == 1
    diagnostic = caught.value.diagnostics[0]
    assert (diagnostic.code, diagnostic.place.line) == ("F303", 1)
    assert str(folder) not in diagnostic.mistake.found
    return diagnostic.mistake.found


ORDER = '{"required": ["id"], "properties": {"lines": {"items": {"$ref": "line.json#/$defs/line"}}}}'
LINE = '{"$defs": {"line": {"properties": {"sku": {"type": "string"}}}}}'
BAD = {"lines": [{"sku": "a"}, {"sku": 5}]}
FOUND = [("", "required", 'must have the property "id"'), ("/lines/1/sku", "type", 'must be of type "string"')]


def test_a_schema_refers_to_a_file_beside_it(tmp_path: Path) -> None:
    app = load(tmp_path, "schemas/order.json", schemas__order_dot_json=ORDER, schemas__line_dot_json=LINE)
    assert sorted(violations(app, BAD)) == FOUND
    assert violations(app, {"id": 1, "lines": []}) == []


def test_a_schema_may_be_yaml_and_refer_to_another_folder(tmp_path: Path) -> None:
    order = "required: [id]\nproperties: {lines: {items: {$ref: '../common/line.yaml#/$defs/line'}}}\n"
    line = "$defs: {line: {properties: {sku: {type: string}}}}\n"
    app = load(tmp_path, "schemas/order.yaml", schemas__order_dot_yaml=order, common__line_dot_yaml=line)
    assert sorted(violations(app, BAD)) == FOUND


def test_a_schema_may_call_its_folder_as_it_likes(tmp_path: Path) -> None:
    order = '{"$id": "https://example.org/schemas/order.json", ' + ORDER[1:]
    app = load(tmp_path, "s/order.json", s__order_dot_json=order, s__line_dot_json=LINE)
    assert [path for path, *_ in sorted(violations(app, BAD))] == ["", "/lines/1/sku"]


@pytest.mark.parametrize(
    ("schema", "files", "found"),
    [
        ("none.json", {}, "'none.json', a file that is not there,"),
        ("../outside.json", {"UP__outside_dot_json": "{}"}, "'../outside.json', a file that is not there,"),
        ("a.json", {"a_dot_json": "{,}"}, "'a.json', which is not a JSON Schema: key must be a string"),
        ("a.json", {"a_dot_json": '{"a": 1, "a": 2}'}, "'a.json', which is not a JSON Schema: Detected duplicate key"),
        ("a.json", {"a_dot_json": "[" * 300}, "'a.json', which is not a JSON Schema: recursion limit"),
        ("a.json", {"a_dot_json": ""}, "'a.json', which is not a JSON Schema: EOF"),
        ("a.yaml", {"a_dot_yaml": "a: &x 1\nb: *x\n"}, "'a.yaml', which is not a JSON Schema: "),
        ("a.yaml", {"a_dot_yaml": "- type: string\n"}, "'a.yaml', which is not a JSON Schema: "),
        ("a.json", {"a_dot_json": '{"properties": {"x": {"type": "bogus"}}}'}, "at properties/x/type"),
        ("a.json", {"a_dot_json": '{"$ref": "b.json"}'}, "it refers to 'b.json', a file that is not there"),
        ("a.json", {"a_dot_json": '{"$ref": "b.json"}', "b_dot_json": "{"}, "refers to 'b.json', which cannot be read"),
        ("a.json", {"a_dot_json": '{"$ref": "../b.json"}', "UP__b_dot_json": "{}"}, "a file that is not there"),
        ("a.json", {"a_dot_json": '{"$ref": "http://127.0.0.1:9/b.json"}'}, "what is elsewhere is not fetched"),
        ("a.json", {"a_dot_json": '{"$ref": "file:///etc/passwd"}'}, "what is elsewhere is not fetched"),
        ("a.json", {"a_dot_json": '{"$defs": {"x": {"$ref": "https://example.org/b"}}}'}, "is not fetched"),
        ("a.json", {"a_dot_json": '{"$ref": "b.json", "$id": "https://e.org/"}'}, "a file that is not there"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_schema_is_a_mistake(tmp_path: Path, schema: str, files: dict[str, str], found: str) -> None:
    assert found in mistake(tmp_path, schema, **files)


def test_a_symbolic_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text("{}")
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "in.json").symlink_to(tmp_path / "outside.json")
    assert "a file that is not there" in mistake(tmp_path, "in.json")


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "payload", [nested(300), nested(100_000), object(), {"a": 1j}, b"{", "\ud800"], ids=["300", "100000", *"abcd"]
)
def test_what_json_cannot_hold_is_a_typed_error(tmp_path: Path, payload: Any) -> None:
    app = load(tmp_path, "a.json", a_dot_json='{"items": {"$ref": "#"}}')
    with pytest.raises(FlowError) as caught:
        asyncio.run(app.flows["check"].run(Event(payload=payload)))
    assert str(caught.value.type) == "JSON:INVALID_INPUT_JSON"


def test_bytes_are_read_as_json(tmp_path: Path) -> None:
    app = load(tmp_path, "a.json", a_dot_json='{"required": ["id"]}')
    assert violations(app, b'{"id": 1}') == []
    assert violations(app, b"{}") == [("", "required", 'must have the property "id"')]


@pytest.mark.reaches("MOST_VIOLATIONS")
def test_violations_are_counted_up_to_a_bound(tmp_path: Path) -> None:
    app = load(tmp_path, "a.json", a_dot_json='{"items": {"type": "integer"}}')
    assert [len(violations(app, ["x"] * size)) for size in (1000, 1001, 5000)] == [1000] * 3


@pytest.mark.reaches("LONGEST_OF_VIOLATION")
def test_names_and_paths_of_the_payload_are_cut(tmp_path: Path) -> None:
    app = load(tmp_path, "a.json", a_dot_json='{"additionalProperties": {"type": "integer"}}')
    assert all(len(text) < 120 for text in violations(app, {"n" * 100_000: "x"})[0])
