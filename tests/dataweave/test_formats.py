"""Readers and writers: what they read and write, their properties, and hostile input."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import dataweave
from engine.expressions.budget import BudgetSpent, one_evaluation
from engine.expressions.dataweave.formats.formats import UnknownFormat, format_of, reader, writer
from engine.expressions.dataweave.formats.properties import IGNORED
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.objects import Pairs
from engine.expressions.errors import EvaluationError, ExpressionSyntaxError

CASES = [json.loads(line) for line in Path(__file__).with_name("formats.jsonl").read_text("utf-8").splitlines()]
"""A text in one media type, with properties, and what it is in another."""


def converted(case: dict[str, Any]) -> str | None:
    try:
        value = reader(case["read"], case["with"]).read(case["text"].encode())
        written = writer(case["write"], case["as"]).written(value)
    except EvaluationError:
        return None
    return written.decode() if isinstance(written, bytes) else str(written)


@pytest.mark.parametrize("media_type", sorted({case["read"] for case in CASES}))
def test_each_text_is_read_and_written(media_type: str) -> None:
    """842 texts; null stands for a text that is refused, or a value that the format has not."""
    cases = [case for case in CASES if case["read"] == media_type]
    assert [(case, found) for case in cases if (found := converted(case)) != case["is"]] == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.10", Decimal("1.10")),
        ("12345678901234567890.123", Decimal("12345678901234567890.123")),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("1e400", Decimal("1e400")),
        ('{"a": {"b": [1, {"c": null}]}}', {"a": {"b": [1, {"c": None}]}}),
        ("\ufeff[1]", [1]),
    ],
)
def test_json_is_exact_and_plain(text: str, value: Any) -> None:
    found = reader("application/json").read(text.encode())
    assert (found, type(found)) == (value, type(value))


def test_keys_that_repeat_are_kept_at_any_depth() -> None:
    found = reader("application/json").read(b'[{"a": {"b": 1, "b": 2.50}}]')
    (inner,) = (each["a"] for each in found)
    assert isinstance(inner, Pairs)
    assert inner.all("b") == [1, Decimal("2.50")]
    assert writer("application/json", {"indent": False}).written(found) == '[{"a": {"b": 1,"b": 2.5}}]'


LONG = {
    "json": ("[" * 100_000, "application/json"),
    "keys": ("[" + ",".join('{"a":1,"a":2}' for _ in range(400_000)) + "]", "application/json"),
    "elements": ("<a>" + "<b/>" * 300_000 + "</a>", "application/xml"),
    "levels": ("<a>" * 10_000 + "</a>" * 10_000, "application/xml"),
    "attributes": ("<a " + " ".join(f'b{number}=""' for number in range(300_000)) + "/>", "application/xml"),
    "entities": ('<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>', "application/xml"),
    "rows": ("a\n" * 300_000, "application/csv"),
    "cells": ("," * 20_000, "application/csv"),
    "lines": ("1\n" * 300_000, "application/x-ndjson"),
    "fields": ("a=1&" * 20_000, "application/x-www-form-urlencoded"),
    "parts": ("--b\r\n\r\n\r\n" * 2_000, "multipart/form-data; boundary=b"),
    "yaml": ("[" * 5_000, "application/yaml"),
    "text": ("x" * 10_000_001, "text/plain"),
}


@pytest.mark.holds_loop("megabytes are read here")
@pytest.mark.parametrize("name", LONG)
def test_too_much_is_refused(name: str) -> None:
    text, media_type = LONG[name]
    with pytest.raises(EvaluationError):
        dataweave.run("output application/json --- sizeOf(payload)", {"payload": (text.encode(), media_type)})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("quotes", '"' * 200_000),
        ("quotes and letters", '"a' * 100_000),
        ("escapes", "\\" * 200_000),
        ("blanks", " " * 200_000 + '"'),
        ("separators", '",' * 50_000),
    ],
)
def test_csv_of_odd_signs_is_read_in_linear_time(name: str, text: str) -> None:
    """Each would take minutes if it were quadratic."""
    for escape in ("\\", '"'):
        try:
            reader("application/csv", {"escape": escape, "header": False}).read(text)
        except Failed:
            continue


def test_a_value_that_is_small_in_memory_and_endless_as_text() -> None:
    value: Any = ["x" * 1000] * 1000
    for _ in range(3):
        value = [value] * 100
    for media_type in ("application/json", "application/dw"):
        with pytest.raises((Failed, BudgetSpent)), one_evaluation():
            writer(media_type).write(value)
    with pytest.raises(EvaluationError), one_evaluation():
        writer("application/xml").write({"a": {"b": value}})


def test_a_value_that_is_too_deep() -> None:
    value: Any = 1
    for _ in range(300):
        value = {"a": value}
    for media_type in ("application/json", "application/xml", "application/dw", "application/yaml"):
        with pytest.raises(EvaluationError):
            writer(media_type).write(value)


@pytest.mark.parametrize(
    ("value", "properties", "text"),
    [
        ([Decimal("1.50"), 1e3, 1e16, Decimal("1E+3")], {}, "[1.5,1000,1E+16,1E+3]"),
        ({"a": range(1, 4), "b": b"\xc3\xa9", "c": True}, {}, '{"a": [1,2,3],"b": "é","c": true}'),
        ({"a": [], "b": {}, "c": "{}[]"}, {}, '{"a": [],"b": {},"c": "{}[]"}'),
        ({"a": None, "b": [None, 1]}, {"skipNullOn": "arrays"}, '{"a": null,"b": [1]}'),
        ({"a": "\x7f\x80\u2028/"}, {}, '{"a": "\\u007f\\u0080\u2028/"}'),
        ({"a": "\ud800"}, {}, '{"a": "?"}'),
    ],
)  # fmt: skip
def test_json_of_python_values(value: Any, properties: dict[str, Any], text: str) -> None:
    assert writer("application/json", {"indent": False, **properties}).written(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([{"a": "é,\n", "b": None}, {"c": 1, "d": 2}], "a,b\né\\,\\\n,\n1,2\n"),
        ({"a": 1}, "a\n1\n"),
        ([], ""),
    ],
)
def test_csv_of_python_values(value: Any, text: str) -> None:
    assert writer("application/csv").written(value) == text


def test_multipart_there_and_back() -> None:
    parts = {
        "order": {"headers": {"Content-Type": "application/json"}, "content": {"id": 7}},
        "file": {
            "headers": {"Content-Disposition": {"name": "file", "filename": 'a"b.txt'}, "Content-Type": "text/plain"},
            "content": "line\r\n--not the end",
        },
    }
    written = writer("multipart/form-data", {"boundary": "sep"}).write({"preamble": "for old readers", "parts": parts})
    found = reader("multipart/form-data", {"boundary": "sep"}).read(written)
    assert found["preamble"] == "for old readers\n"
    assert found["parts"]["order"]["content"] == {"id": 7}
    assert found["parts"]["file"]["content"] == "line\r\n--not the end"
    assert found["parts"]["file"]["headers"]["Content-Disposition"]["filename"] == 'a"b.txt'


@pytest.mark.parametrize(
    "parts",
    [
        {"a": {"headers": {"X": "a\r\nY: b"}, "content": ""}},
        {"a\r\nb": {"headers": {}, "content": ""}},
        {},
        {"a": "no object"},
    ],
)
def test_multipart_that_is_refused(parts: Any) -> None:
    with pytest.raises(EvaluationError):
        writer("multipart/form-data").write({"parts": parts})


def test_ndjson_there_and_back() -> None:
    text = '{"a": 1}\n[2]\n"x"\n'
    value = reader("application/x-ndjson").read("\n" + text)
    assert value == [{"a": 1}, [2], "x"]
    assert writer("application/x-ndjson").written(value) == text
    with pytest.raises(Failed, match="line 2"):
        reader("application/x-ndjson").read('1\n{"a": }\n')


def test_yaml_there_and_back() -> None:
    value = {"a": [1, "1", None, "on"], "b": {"c": Decimal("1.5")}}
    written = writer("application/yaml").written(value)
    assert written.startswith("%YAML 1.2\n---\na:\n- 1\n- '1'\n")
    assert reader("application/yaml").read(written) == {"a": [1, "1", None, "on"], "b": {"c": 1.5}}
    with pytest.raises(Failed, match="keys that repeat"):
        writer("application/yaml").written(Pairs([("a", 1), ("a", 2)]))


@pytest.mark.parametrize(
    ("text", "charset"),
    [("é", "utf-8"), ("é€", "utf-16"), ("é", "iso-8859-1"), ("é€", "windows-1252")],
)
def test_texts_in_other_charsets(text: str, charset: str) -> None:
    payload = f'["{text}"]'.encode(charset), f"application/json; charset={charset}"
    assert dataweave.run("output text/plain --- payload[0]", {"payload": payload})[0] == text.encode()
    written, _ = dataweave.run(f'output text/plain encoding="{charset}" --- payload', {"payload": text})
    assert written == text.encode(charset)


def test_xml_in_the_encoding_that_it_declares() -> None:
    content = '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1")
    assert reader("application/xml").read(content) == {"a": "é"}


@pytest.mark.parametrize("name", ["a b", "1a", "", "a><b", "a/"])
def test_no_key_makes_xml_of_its_own(name: str) -> None:
    with pytest.raises(Failed, match="no name of XML"):
        writer("application/xml").write({name: 1})


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("application/json", "json"),
        ("APPLICATION/JSON; charset=utf-8", "json"),
        ("application/problem+json", "json"),
        ("application/soap+xml", "xml"),
        ("text/csv", "csv"),
        ("json", "json"),
        ("urlencoded", "urlencoded"),
    ],
)
def test_media_types(media_type: str, name: str) -> None:
    assert format_of(media_type).name == name


@pytest.mark.parametrize(
    ("media_type", "meant"),
    [("application/jsn", "application/json"), ("aplication/xml", "application/xml"), ("jason", "json")],
)
def test_unknown_media_types(media_type: str, meant: str) -> None:
    with pytest.raises(UnknownFormat) as caught:
        format_of(media_type)
    assert caught.value.write == meant


@pytest.mark.parametrize(
    ("script", "offset", "message"),
    [
        ("output application/jsn --- 1", 0, "the unknown media type 'application/jsn'"),
        ("output application/xlsx --- 1", 0, "Excel can be neither read nor written here"),
        ("output json indnt=true --- 1", 12, "the unknown property 'indnt'"),
        ('output json indent="no" --- 1', 12, 'indent="no"'),
        ("input payload csv header=1\noutput json\n---\n1", 18, "header=1"),
        ("output csv separator=-x --- []", 22, "'x'"),
        ('output json "a$(1)"=1 --- 1', 12, "a text with an expression"),
        ('output json indent="$(1)" --- 1', 19, "a text with an expression"),
    ],
)
def test_mistakes_in_directives(script: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        dataweave.run(script)
    assert (caught.value.offset, message in caught.value.found) == (offset, True)


@pytest.mark.parametrize("name", sorted(IGNORED))
def test_properties_about_memory_are_taken_and_ignored(name: str) -> None:
    assert dataweave.run(f"output json {name}=true --- 1")[0] == b"1"


def test_values_of_java_have_no_bytes() -> None:
    assert dataweave.compile("output application/java --- {a: 1}").evaluate() == {"a": 1}
    with pytest.raises(EvaluationError, match="have no bytes"):
        dataweave.run("output application/java --- {a: 1}")


def test_an_input_is_read_when_it_is_touched() -> None:
    broken = {"payload": (b"{", "application/json")}
    assert dataweave.run("output json --- 1", broken)[0] == b"1"
    with pytest.raises(EvaluationError, match="the text is no JSON"):
        dataweave.run("output json --- payload", broken)


def test_read_and_write_in_a_script() -> None:
    script = """
        output application/json indent=false
        ---
        {
          a: read("x;y\\n1;2", "application/csv", {separator: ";"}),
          b: write({k: [1, null]}, "application/json", {indent: false}),
          c: read(write({r: {x: 1}}, "application/xml"), "application/xml").r.x
        }"""
    assert json.loads(dataweave.run(script)[0]) == {"a": [{"x": "1", "y": "2"}], "b": '{"k": [1,null]}', "c": "1"}
