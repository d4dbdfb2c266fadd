"""What scripts look like: what binds tighter, and what is said of mistakes, with their places."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine import dataweave
from engine.expressions.dataweave.compiling.base import nodes
from engine.expressions.dataweave.syntax.parser import parse, parse_module
from engine.expressions.dataweave.syntax.tree import Format, Function, Literal, Name, Variable
from engine.expressions.errors import ExpressionSyntaxError

PAYLOAD = {"n": 5, "s": "abc", "l": [1, 2, 3], "z": None, "a": {"b": [1, 2, {"c": 3}]}}

MEANINGS = {
    # Calls between operands, `++`, `--` and `default` are on one level, left to right, below all other operators.
    '"a" ++ 1 + 2 ++ "x"': "a3x",
    "2 * 3 pow 2": 36,
    "10 mod 4 + 1": 0,
    "[1] ++ [2] << 3": [1, 2, 3],
    "1 + 1 to 2 + 1": range(2, 4),
    '"a" ++ true and false': "afalse",
    '5 default 3 ++ "b"': "5b",
    "[5, 3, 8] filter $ > 3 map $ * 2 reduce ($$ + $)": 26,
    '1 + 2 match { case 3 -> "three" else -> "else" }': "three",
    "{b: 0} ++ {a: 1} update { case x at .a -> 2 }": {"b": 0, "a": 2},
    # A sign before anything but a number takes what stands behind it, as `not` does; `!` does not.
    "-payload.n + 1": -6,
    "3 - -payload.n + 1": 9,
    "-2 + 1": -1,
    '-1 as String ++ "x"': "-1x",
    "not true or true": False,
    "!true or true": True,
    "true and not false or true": False,
    "not payload.n == 5": False,
    # `as` binds tighter than every operator, `is` as tightly as `<`.
    '"3" as Number * "2" as Number': 6,
    "1 < 2 is Boolean": True,
    "1 == 1 is Boolean": False,
    # What has an end of its own takes all there is.
    '"c" ++ if (false) "x" else "y" ++ "z"': "cyz",
    "1 + if (false) 1 else 2 * 3": 7,
    "if (false) 1 else if (true) 2 else 3": 2,
    "unless (true) 1 else 2": 2,
    'using (x = 1) x + 1 ++ "a"': "2a",
    "((x) -> (y) -> x + y)(1)(2)": 3,
    "((x: Number): Number -> x + 1)(2)": 3,
    # A pair needs no braces.
    "[1] map a: $": [{"a": 1}],
    '("k" ++ 1): 2': {"k1": 2},
    # White space may stand before a selector and the parentheses of a call.
    "payload\n  .a .b [2]\n  .c": 3,
    'upper\n("a")': "A",
    # Literals.
    "{a: 1, /* no */ b: 2, } // yes": {"a": 1, "b": 2},
    "[1, (2) if false, 3,]": [1, 3],
    '"$(payload.n)-$payload.n"'.replace("-$payload.n", "-\\$x"): "5-$x",
    "[7] map \"$ x $$ $(upper('a'))\"": ["7 x 0 A"],
    '"\\u0041\\t\\q\\/"': "A\t\\q/",
    '"\\ud83d\\ude00"': "😀",
    "'it`s \"so\"'": 'it`s "so"',
    '"a/b" matches /a[\\/]b/': True,
    "1 / 2 / payload.n": Decimal("0.1"),
    # Words of the language are names where no other meaning is possible.
    "{match: 1, at: 2, update: 3, from: 4}.update": 3,
    "do { var match = 1 var update = 2 --- match + update }": 3,
    # The condition of a case ends with its arrow.
    "payload.n match { case x if (x > 9) -> 1 case x if (x) is Number -> 2 else -> 3 }": 2,
    # Types.
    "1 is Array<Array<Number>>": False,
    "1 is Number | String and true": True,
    "{a: 1, c: 2} is {| a: Number |}": False,
    "((x) -> x) is (Number) -> Number": True,
    '"b" is "a" | "b"': True,
}


@pytest.mark.parametrize(("script", "value"), MEANINGS.items())
def test_what_a_script_means(script: str, value: object) -> None:
    assert dataweave.compile(script).evaluate({"payload": PAYLOAD}) == value


MISTAKES = [
    ('{a: "x}', 4, '"x} without the quote at its end', 'a second ", and \\" for one between them', ""),
    ("{a: , b: 1}", 4, "','", "a value behind ':'", "name: null"),
    ("{if: 1}", 1, "'if' as the name of a field", "it in quotes", '"if"'),
    ("{1: 2}", 1, "'1' as the name of a field", "it in quotes", '"1"'),
    ("{a 1}", 3, "'1'", "':' behind the name of a field", "name: value"),
    ("[1, 2", 5, "the end of the script", "']' or ',' in an array", ""),
    ("1 +", 3, "the end of the script", "an expression", ""),
    ("1 2", 2, "'2'", "an operator, or the end of the script", ""),
    ("if true 1 else 2", 3, "'true'", "'(' behind 'if'", "if (payload.ready) 1 else 2"),
    ("if (true) 1", 11, "the end of the script", "'else' and another value: 'if' always has one", "else null"),
    ("payload.n > 1 ? 2", 14, "'?'", "a selector before it; a choice has words", "if (…) … else …"),
    ("payload && true", 8, "'&&'", "'and'", "and"),
    ("var x == 1 --- x", 6, "'=='", "'=' behind the name of a variable", "var x = 1"),
    ("var if = 1 --- 2", 4, "'if', which is a reserved word,", "another name of a variable", "ifValue"),
    ("var x = x + 1 --- x", 8, "'x' in its own value", "another variable", ""),
    ("output application/json", 23, "the end of the script", "'---' between the header and the body", "---"),
    ("%dw 2.0\n%var x = 1\n---\nx", 8, "'%var' of DataWeave 1.0", "DataWeave 2, which has no '%' before directives",
     "var"),
    ("import java!java::lang::Math\n---\n1", 7, "'java!'",
     "a module of DataWeave or a .dwl file: Java is not called here", "a function of the flow's language"),
    ("import * from dw::core::String\n---\n1", 0, "the unknown module 'dw::core::String'",
     "a module of DataWeave, or a .dwl file of the project", "dw::core::Strings"),
    ("import camelise from dw::core::Strings\n---\n1", 7, "'camelise', which dw::core::Strings does not have",
     "one of its names", "camelize"),
    ("paylod.a", 0, "the unknown name 'paylod'", "one of the script or of DataWeave", "payload"),
    ('camelize("a")', 0, "'camelize' without its import", "a function of dw::core::Strings",
     "import camelize from dw::core::Strings"),
    ('upper("a", "b")', 0, "upper() with 2 arguments", "1 argument", ""),
    ("fun f(a, b = 1) = a --- f()", 24, "f() with 0 arguments", "1 or 2 arguments", ""),
    ("map(payload, $ + 1)", 13, "'$' outside of a function",
     "it in what stands behind a function such as map, between its operands", "payload map $"),
    ("1 as Strin", 5, "the unknown type 'Strin'", "a type", "String"),
    ("{zz#a: 1}", 1, "the unknown namespace 'zz'", "one of the header", "ns zz http://example.com/zz"),
    ('"a" matches /(/', 12, "'/(/'", "a regular expression: the text is not a regular expression", ""),
    ("|2024-13-01|", 0, "'|2024-13-01|'", "a date, time, zone or period", "|2024-03-01|, |PT1H|"),
    ("payload.#a", 10, "the end of the script", "an expression", ""),
    ("payload.(a)", 8, "'('", "a name right behind '.'", "payload.name"),
    ("payload match { case x -> 1 }", 23, "'->'", "'if' behind 'case x'", "case x if (…) -> …, or else x -> …"),
    ("payload match { case [a, b] -> 1 }", 23, "','", "'~' between the first element and the others",
     "case [head ~ tail] -> head"),
    ("payload update { case x -> 1 }", 24, "'->'", "'at' behind the name of the value", "case x at .name -> x"),
    ("ns a b --- 1", 5, "'b'", "the uri of a namespace, without quotes", "ns a http://example.com/a"),
    ("1L", 0, "'1L'", "a number", "1"),
    ("type T = T --- 1 is T", 0, "the type 'T' that is itself", "another type", ""),
    ("fun f(a, b = 1, c) = a --- 1", 5, "a default between other parameters",
     "parameters with a default at the beginning or at the end", ""),
    ("", 0, "the end of the script", "an expression", "payload"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "offset", "found", "expected", "write"), MISTAKES)
def test_what_is_said_of_a_mistake(script: str, offset: int, found: str, expected: str, write: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        dataweave.compile(script)
    error = caught.value
    assert (error.offset, error.found, error.expected, error.write) == (offset, found, expected, write)


@pytest.mark.parametrize("version", ["1.0", "3.0"])
def test_scripts_of_other_versions_are_refused(version: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        dataweave.compile(f"%dw {version}\n%output application/json\n---\npayload")
    assert version in caught.value.found
    assert caught.value.write == "%dw 2.0"


def test_the_header() -> None:
    script = parse(
        "%dw 2.0\n"
        'output application/json indent=false, encoding="UTF-8", depth=-1\n'
        "input payload application/csv header=false\n"
        "var a: Number = 1 var b = 2\n"
        "@TailRec()\n"
        "fun f<T, S <: String>(x: T, y = 1): T = x\n"
        "--- a"
    )
    output = script.output
    assert isinstance(output, Format)
    assert (output.media_type, output.writer) == ("application/json", "")
    assert {each.name: each.value for each in output.properties} == {"indent": False, "encoding": "UTF-8", "depth": -1}
    assert script.inputs["payload"].media_type == "application/csv"
    names = [each.name for each in script.directives if isinstance(each, Variable)]
    functions = [each.function.name for each in script.directives if isinstance(each, Function)]
    assert (names, functions) == (["a", "b"], ["f"])


def test_a_header_and_a_body_may_stand_on_one_line() -> None:
    assert dataweave.run("output application/json --- payload.a", {"payload": {"a": [1]}})[0].split() == [
        b"[",
        b"1",
        b"]",
    ]


def test_a_file_of_functions_needs_no_body() -> None:
    assert parse_module("%dw 2.0\nfun f(x) = x\nvar y = 1").body is None
    body = parse_module("fun f(x) = x\n---\nf(1)").body
    assert body is not None


def test_nodes_know_where_they_stand() -> None:
    text = "%dw 2.0\n---\nupper(payload.name) ++ (1 + 2)"
    places = {text[each.offset : each.end] for each in nodes(parse(text)) if each.end}
    assert {"payload.name", "upper(payload.name)", "1 + 2", "1", "payload"} <= places


@pytest.mark.parametrize(
    ("text", "value"), [("1e3", "1E+3"), ("12345678901234567890.123", "12345678901234567890.123"), ("-0.50", "-0.50")]
)
def test_numbers_are_exact(text: str, value: str) -> None:
    body = parse(text).body
    assert isinstance(body, Literal)
    assert str(body.value) == value


def test_dollars_are_names() -> None:
    assert [each.name for each in nodes(parse("[1] map $$$ + $")) if isinstance(each, Name)] == ["$", "$$$", "map"]


NESTED = {
    "parentheses": ("(", "1", ")"),
    "arrays": ("[", "1", "]"),
    "objects": ("{a: ", "1", "}"),
    "texts": ('"$(', "1", ')"'),
    "functions": ("(() -> ", "1", ")"),
    "types": ("1 is Array<", "Number", ">"),
    "cases": ("1 match { case is Number -> ", "1", " else -> 2 }"),
    "not": ("not ", "true", ""),
    "if": ("if (true) {b: ", "1", "} else 2"),
    "do": ("do { var x = 1 --- ", "x", "}"),
    "defaults": ("(null default ", "1", ")"),
    "maps": ("payload.z map (", "$", ")"),
}


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("depth", [40, 5_000])
def test_depth_is_bounded(kind: str, depth: int) -> None:
    """What is nested 40 times compiles, and 5,000 times is a mistake, whatever it is."""
    before, inner, after = NESTED[kind]
    if kind == "types":
        script = "1 is " + "Array<" * depth + inner + after * depth
    else:
        script = before * depth + inner + after * depth
    if depth == 40:
        dataweave.compile(script).evaluate({"payload": PAYLOAD})
        return
    with pytest.raises(ExpressionSyntaxError) as caught:
        dataweave.compile(script)
    assert "nested too deeply" in caught.value.found or "words and signs" in caught.value.found
