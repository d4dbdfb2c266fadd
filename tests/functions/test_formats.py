"""Functions that read and write texts of other formats, that encode and that hash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

XML, CSV, YAML, JSON = "application/xml", "text/csv", "application/yaml", "application/json"
NDJSON = "application/x-ndjson"
FORM = "application/x-www-form-urlencoded"
NO_CSV = "read() takes a string in CSV, not one that it cannot read: "
NO_XML, NO_YAML = NO_CSV.replace("CSV", "XML"), NO_CSV.replace("CSV", "YAML")
LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("text", "mime", "value"),
    [
        ('{"a": [1, 1.5, null, "ä"]}', "application/problem+json; charset=utf-8", {"a": [1, 1.5, None, "ä"]}),
        ("12345678901234567890", JSON, 12345678901234567890),
        (b'"\xc3\xa4"', JSON, "ä"),
        ("a,b\n1,\"x\ny\"\n\n2\n", CSV, [{"a": "1", "b": "x\ny"}, {"a": "2", "b": None}]),
        ("", CSV, []),
        ("a\n" + "x" * 131_073, CSV, [{"a": "x" * 131_073}]),
        ('a,b\n5" disk,"6"" disk"\n', CSV, [{"a": '5" disk', "b": '6" disk'}]),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), XML, {"a": "é"}),
        ('<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16"), XML, {"a": "é"}),
        ('<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16-be"), XML, {"a": "é"}),
        ('<?xml version="1.0" encoding="windows-1252"?><a>€</a>'.encode("cp1252"), XML, {"a": "€"}),
        ("<a>é</a>".encode("cp1252"), "text/xml; charset=windows-1252", {"a": "é"}),
        ('<?xml version="1.0" encoding="UTF-16"?><a>é</a>', XML, {"a": "é"}),
        ("a\né\n".encode("latin-1"), "text/csv; charset=iso-8859-1", [{"a": "é"}]),
        ("<a/>", XML, {"a": None}),
        ("<a x='1'> t <b/>u</a>", "text/xml", {"a": {"@x": "1", "b": None, "#text": "t u"}}),
        ("<n:a xmlns:n='u'><b>1</b><b>2</b><b>3</b></n:a>", XML, {"n:a": {"@xmlns:n": "u", "b": ["1", "2", "3"]}}),
        ("<a>&lt;&#228;<![CDATA[<b>]]></a>", XML, {"a": "<ä<b>"}),
        ("a: [1, 1.5, yes, null, ~, 'x', 1e3, .5, 0x1f, -3]", YAML,
         {"a": [1, 1.5, "yes", None, None, "x", 1000.0, 0.5, "0x1f", -3]}),
        ("1: a\ntrue: b\n", "application/x-yaml", {"1": "a", "true": "b"}),
        ("d: 2026-03-01\nt: |\n  x\ns: !!str 5\n", YAML, {"d": "2026-03-01", "t": "x\n", "s": "5"}),
        ("", YAML, None),
        ("a=1&a=2&a=3&b=&c=x+y%20z", FORM, {"a": ["1", "2", "3"], "b": "", "c": "x y z"}),
    ],
)  # fmt: skip
def test_read(value_of: Callable[..., Any], text: str, mime: str, value: Any) -> None:
    assert value_of("read(payload.text, payload.mime)", {"text": text, "mime": mime}) == value


MARKED = [
    ("a,b\n1,2\n", CSV, [{"a": "1", "b": "2"}]),
    ('"a,b"\n1\n', CSV, [{"a,b": "1"}]),
    ('{"a": 1}', JSON, {"a": 1}),
    ('{"a": 1}\n2\n', NDJSON, [{"a": 1}, 2]),
    ("<a/>", XML, {"a": None}),
    ("a: 1", YAML, {"a": 1}),
    ("a=1", FORM, {"a": "1"}),
]


@pytest.mark.parametrize(("text", "mime", "value"), MARKED)
def test_a_mark_in_front_of_a_text_is_no_part_of_it(
    value_of: Callable[..., Any], text: str, mime: str, value: Any
) -> None:
    for content in (text, f"\ufeff{text}", f"\ufeff{text}".encode()):
        assert value_of("read(payload.text, payload.mime)", {"text": content, "mime": mime}) == value


@pytest.mark.parametrize(
    ("value", "mime", "text"),
    [
        ({"a": [1, None]}, JSON, '{"a":[1,null]}'),
        ([{"a": 1, "b": 'x"y'}, {"b": None}], CSV, 'a,b\r\n1,"x""y"\r\n,\r\n'),
        ([["a"], ["b,c"]], CSV, 'a\r\n"b,c"\r\n'),
        ([], CSV, ""),
        ({"a": {"@x": '"<', "b": [1, None], "#text": "t&"}}, XML, '<a x="&quot;&lt;"><b>1</b><b/>t&amp;</a>'),
        ({"a": None}, XML, "<a/>"),
        ({"a": [1]}, XML, "<a>1</a>"),
        ({"a": {"b": [], "c": [[1], [2]]}}, XML, "<a><c>1</c><c>2</c></a>"),
        ({"a": ["x", {"b": "yes"}]}, YAML, "a:\n- x\n- b: yes\n"),
        ({"a": ["1", 2], "b": "x y"}, FORM, "a=1&a=2&b=x+y"),
        ([{"a": 1}, None, "é"], "application/x-ndjson", '{"a":1}\nnull\n"é"\n'),
    ],
)
def test_write(value_of: Callable[..., Any], value: Any, mime: str, text: str) -> None:
    written = value_of("write(payload.value, payload.mime)", {"value": value, "mime": mime})
    assert written == text.replace("b: yes", "b: 'yes'")


def test_options(value_of: Callable[..., Any]) -> None:
    assert value_of("read(payload, 'text/csv', {separator: ';', header: `false`})", "a;b\n1;2") == [
        ["a", "b"],
        ["1", "2"],
    ]
    assert value_of("write(payload, 'text/csv', {separator: ';', header: `false`})", [{"a": 1, "b": 2}]) == "1;2\r\n"
    assert value_of("write(payload, 'application/json', {indent: true})", {"a": 1}) == '{\n  "a": 1\n}'
    assert value_of("read(payload, 'text/csv', {quote: `\"'\"`, lenient: true})", "a\n'1,2',3\n") == [{"a": "1,2"}]
    latin = "read(payload, 'text/csv', {encoding: 'iso-8859-1'})"
    assert value_of(latin, "a\né\n".encode("latin-1")) == [{"a": "é"}]
    assert value_of("write(payload, 'text/csv', {quote: `\"'\"`})", [{"a": "1,2"}]) == "a\r\n'1,2'\r\n"


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ("{separator: ';;'}", "the option separator of CSV is one character"),
        ("{separator: ';', quote: ';'}", "the option quote of CSV is another character than the separator"),
        ("{header: 'no'}", "the option header of CSV is true or false"),
        ("{seperator: ';'}", "the options of CSV are separator, quote, header, lenient, encoding"),
        ("{encoding: 'klingon'}", "read() finds a charset that is none that is known here"),
    ],
)
def test_options_that_are_none(mistake_of: Callable[..., str], options: str, mistake: str) -> None:
    assert mistake_of(f"read(payload, 'text/csv', {options})", b"a\n1\n").startswith(mistake)


def test_csv_has_the_columns_of_all_maps(value_of: Callable[..., Any]) -> None:
    assert value_of("write(payload, 'text/csv')", [{"a": 1}, {"b": 2}, {"a": 3, "c": 4}]) == (
        "a,b,c\r\n1,,\r\n,2,\r\n3,,4\r\n"
    )


def test_long_texts_that_begin_as_numbers_are_quoted(value_of: Callable[..., Any]) -> None:
    assert value_of("write(payload, 'application/yaml')", ["1" * 64 + "a", "1 a"]) == f"- '{'1' * 64}a'\n- 1 a\n"


def test_shared_values_become_no_aliases(value_of: Callable[..., Any]) -> None:
    assert value_of("write([payload, payload], 'application/yaml')", {"a": 1}) == "- a: 1\n- a: 1\n"


@pytest.mark.reaches(
    "MOST_NODES", "MOST_YAML_NODES", "DEEPEST", "LONGEST_TEXT", "MOST_READ_COLUMNS", "MOST_READ_FIELDS"
)
@pytest.mark.parametrize(
    ("text", "mime", "mistake"),
    [
        ("{", JSON, "read() takes a string in JSON, not one that it cannot read"),
        ('{"a":1,"a":2}', JSON, "read() takes a string in JSON"),
        ("[" * 100_000, JSON, "read() takes a string in JSON"),
        ("\ud800", JSON, "read() takes a string in JSON"),
        (b"\xff", JSON, "read() takes a string in JSON"),
        ("x" * 10_000_001, JSON, "read() stops at 10000000 characters"),
        (LAUGHS, XML, f"{NO_XML}it has a DOCTYPE (line 1, column 13)"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', XML, f"{NO_XML}it has a DOCTYPE"),
        ("<a>" * 1000, XML, "read() stops at 200 levels of nesting"),
        (
            "<a>&b;</a>",
            XML,
            f"{NO_XML}undefined entity (line 1, column 4)",
        ),
        (
            "<a>\n</b>",
            XML,
            f"{NO_XML}mismatched tag (line 2, column 3)",
        ),
        (
            b'<?xml version="1.0" encoding="zlib"?><a/>',
            XML,
            f"{NO_XML}it is in an",
        ),
        (
            '{"a":1}\n\n{"b":}',
            NDJSON,
            NO_CSV.replace("CSV", "NDJSON") + "value 2 is no JSON, expected value (line 3, column 6)",
        ),
        (
            '{"a":1,\n"a":2}',
            JSON,
            "read() takes a string in JSON, not one that it cannot read: a key stands twice (line 2, column 5)",
        ),
        ("a: &x 1\nb: *x\n", YAML, f"{NO_YAML}it has an alias (line 2, column 4)"),
        ("!!python/object:os.system {}", YAML, f"{NO_YAML}it has a tag of its own (line 1, column 1)"),
        ("[" * 100_000, YAML, "read() stops at 200 levels of nesting"),
        ("- " * 100_000, YAML, "read() stops at 200 levels of nesting"),
        ("a: 1\na: 2\n", YAML, f"{NO_YAML}a key stands twice in a map (line 2, column 1)"),
        ("? [a]\n: b\n", YAML, f"{NO_YAML}a key is a list or a map"),
        ("--- a\n--- b\n", YAML, f"{NO_YAML}it has more than one document"),
        ("<a>" + "<b/>" * 2_000_000, XML, "read() stops at 250000 elements, values, rows or escapes"),
        ("- a\n" * 2_000_000, YAML, "read() stops at 150000 values and keys"),
        ("a\n" * 4_000_000, CSV, "read() stops at 250000 elements, values, rows or escapes"),
        ((",," * 4000 + "\n") * 1000, CSV, "read() stops at 250000 elements, values, rows or escapes"),
        (
            "a:\n  b: [",
            YAML,
            f"{NO_YAML}did not find expected node content (line 3, column 1)",
        ),
        ("," * 20_000, CSV, "read() stops at 10000 cells in a row of CSV"),
        ("a\n1,2", CSV, f"{NO_CSV}a row has 2 cells, but there are 1 columns (line 2)"),
        ("a,a\n1,2", CSV, f"{NO_CSV}a column stands twice in the first row (line 1)"),
        ('a\n1\n"a\n', CSV, f"{NO_CSV}a quote is not closed in the row that begins there (line 3)"),
        (
            'a\n"1\n2"\n"a"b\n',
            CSV,
            f"{NO_CSV}something stands behind the closing quote of a cell in the row that begins there (line 4)",
        ),
        ("&".join("a=1" for _ in range(20_000)), FORM, "read() finds more than 10000 fields in a form"),
        ("a=" + "%41" * 300_000, FORM, "read() stops at 250000 elements, values, rows or escapes"),
        ("a=%ff", FORM, "read() takes a string in X-WWW-FORM-URLENCODED"),
        ("a", "image/png", "read() knows media types of JSON, NDJSON, CSV, XML, YAML and forms, not others"),
        ("a", "", "read() knows media types"),
    ],
)
def test_read_mistake(mistake_of: Callable[..., str], text: str, mime: str, mistake: str) -> None:
    assert mistake_of("read(payload.text, payload.mime)", {"text": text, "mime": mime}).startswith(mistake)


@pytest.mark.parametrize(
    ("value", "mime", "mistake"),
    [
        (object(), JSON, "write() cannot make JSON of this object"),
        ("a", CSV, "write() makes CSV of a list of maps or lists, not of string"),
        ([{"a": 1}, [1]], CSV, "write() makes CSV of maps only, or of lists only"),
        ([1], CSV, "write() makes CSV of maps only, or of lists only"),
        ({"a": 1, "b": 2}, XML, "write() makes XML of a map with one entry, the root"),
        ({"r": [1, 2]}, XML, "write() makes XML of one root, not of a list of 2"),
        ({"r": []}, XML, "write() makes XML of one root, not of a list of 0"),
        ({"a b": 1}, XML, "write() finds a key that is no name of XML"),
        ({"a": "\x00"}, XML, "write() finds a character that no XML may hold"),
        ([1], FORM, "write() makes a form of a map, not of array"),
        ([[]], "text/html", "write() knows media types"),
    ],
)
def test_write_mistake(mistake_of: Callable[..., str], value: Any, mime: str, mistake: str) -> None:
    assert mistake_of("write(payload.value, payload.mime)", {"value": value, "mime": mime}).startswith(mistake)


@pytest.mark.parametrize(
    ("expression", "payload", "value"),
    [
        ("base64_encode(payload)", b"\xff\xfe", "//4="),
        ("base64_decode(payload)", "YQ", "a"),
        ("base64_decode(payload, 'bytes')", "__4", b"\xff\xfe"),
        ("base64_decode(payload)", "", ""),
        ("url_encode(payload)", "~a b/?é", "~a%20b%2F%3F%C3%A9"),
        ("url_decode(payload)", "a%20b+%C3%A9%", "a b+é%"),
        ("hash(payload)", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("hmac(payload, 'key')", "message", "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"),
        ("hash(payload)", None, None),
        ("jwt_claims(payload).sub", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.x", "ada"),
    ],
)
def test_encoding(value_of: Callable[..., Any], expression: str, payload: Any, value: Any) -> None:
    assert value_of(expression, payload) == value


@pytest.mark.parametrize(
    ("expression", "payload", "mistake"),
    [
        ("base64_decode(payload)", "a*b", "base64_decode() takes a string in Base64, not another one"),
        ("base64_decode(payload)", "ä", "base64_decode() takes a string in Base64"),
        ("base64_decode(payload)", "//4=", "base64_decode() finds bytes that are no text in UTF-8"),
        ("base64_encode(payload)", "\ud800", "base64_encode() takes a string of Unicode characters"),
        ("base64_encode(payload)", 5, "base64_encode() takes string or bytes or null as argument 1, not number"),
        ("url_decode(payload)", "%41" * 300_000, "url_decode() stops at 250000 elements"),
        ("url_encode(payload)", "\u00e4" * 9_000_000, "url_encode() stops at 10000000 characters"),
        ("camelize(payload)", "a_" * 60_000, "camelize() stops at 100000 characters"),
        ("url_decode(payload)", "%ff", "url_decode() finds bytes that are no text in UTF-8"),
        ("hash('a', payload)", "CRC", "hash() takes one of MD5, SHA-1"),
        ("jwt_claims(payload)", "a.b", "jwt_claims() takes a JSON Web Token, not another string"),
        ("jwt_claims(payload)", "a.W10.c", "jwt_claims() takes a JSON Web Token, not another string"),
    ],
)
def test_encoding_mistake(mistake_of: Callable[..., str], expression: str, payload: Any, mistake: str) -> None:
    assert mistake_of(expression, payload).startswith(mistake)


def test_unknown_algorithm_is_a_mistake_at_load(value_of: Callable[..., Any]) -> None:
    with pytest.raises(Exception, match="none of MD5"):
        value_of("hash(payload, 'sha256')")
