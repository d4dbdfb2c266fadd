"""`engine import --jmespath`: what is certain to mean the same is translated, and tried; everything else stays."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expressions.dataweave.translation import parse
from engine.loading.catalog import discover
from engine.mule.application import Application
from engine.mule.finishing import finish
from engine.mule.importing import import_application
from engine.mule.jmespath.inputs import events
from engine.mule.jmespath.known import ATTRIBUTES, Known
from engine.mule.jmespath.places import CONDITIONS, EXPRESSIONS
from engine.mule.jmespath.shapes import ANYTHING, COUNT, IS_NULL, TEXT, TRUTH, joined, list_of, map_of
from engine.mule.jmespath.translating import Kept, translated
from engine.mule.jmespath.trying import differs
from engine.mule.writing.parts import plain
from engine.parameters.expression import Condition, Expression
from tests.mule.conftest import HEAD, engine
from tests.mule.test_gallery import BODIES, FLOWS, GALLERY, asked

ITEMS = list_of(map_of({"id": ANYTHING, "status": COUNT}))
KNOWN = Known(
    payload=map_of({"n": COUNT, "text": TEXT, "items": ITEMS}),
    attributes=ATTRIBUTES,
    variables={
        "count": COUNT, "text": TEXT, "flag": TRUTH, "list": list_of(COUNT), "texts": list_of(TEXT), "items": ITEMS,
        "perhaps": joined([ITEMS, IS_NULL]),
    },
    properties=frozenset({"api.name"}),
)  # fmt: skip


def in_jmespath(script: str, known: Known = KNOWN) -> str:
    return translated(parse(script), known).text


@pytest.mark.parametrize(
    ("script", "expression"),
    [
        ("vars.any", "vars.any"),
        ("vars['any']", "vars.any"),
        ("payload.items", "payload.items"),
        ("attributes.queryParams.id", "attributes.queryParams.id"),
        ("message.attributes.headers.'x-id'", 'attributes.headers."x-id"'),
        ("error.errorType.identifier", "error.errorType.identifier"),
        ("vars.'null'", 'vars."null"'),
        ("vars.perhaps[0]", "vars.perhaps[0]"),
        ("'it\\'s'", r"'it\'s'"),
        (r'"a\\b`"', r"`" + '"a\\\\b' + r"\u0060" + '"`'),
        ("[1, -2, 'a', null, true]", "[`1`, `-2`, 'a', null, true]"),
        ("{a: vars.any, 'b c': 1, d: {}}", '{a: vars.any, "b c": 1, d: {}}'),
        ("vars.any == 1", "vars.any == 1"),
        ("vars.any != null and not (vars.flag or vars.x == 'y')", "vars.any != null && !(vars.flag || vars.x == 'y')"),
        ("[][0] == ({}).a", "([])[0] == {}.a"),
        ("not vars.flag", "!(vars.flag)"),
        ("vars.any default vars.other default 1", "not_null(vars.any, vars.other, 1)"),
        ("vars.count default 1", "vars.count"),
        ("if (vars.flag) 1 else if (vars.any == 1) 2 else 3", "vars.flag ? 1 : vars.any == 1 ? 2 : 3"),
        ("(if (vars.flag) 1 else 2) + 1", "(vars.flag ? 1 : 2) + 1"),
        ("vars.count - (1 - vars.count) * 2", "vars.count - (1 - vars.count) * 2"),
        ("vars.count > 1 and sizeOf(vars.list) <= 3", "vars.count > 1 && length(vars.list) <= 3"),
        ("vars.text ++ '-' ++ correlationId", "concat(vars.text, '-', correlationId)"),
        ('"$(vars.text)-$(correlationId)"', "concat(vars.text, '-', correlationId)"),
        ("vars.list ++ [1]", "concat(vars.list, [`1`])"),
        ("vars.items filter ($.status == 200)", "vars.items[?status == 200]"),
        ("vars.perhaps filter ((item) -> item.status != vars.count)", "vars.perhaps[?status != $vars.count]"),
        ("vars.items map {i: $.id, c: correlationId}", "map(&{i: id, c: $correlationId}, vars.items)"),
        ("vars.list map $", "map(&@, vars.list)"),
        ("do { var n = vars.count --- n + n }", "let $n = vars.count in $n + $n"),
        ("%dw 2.0\nvar a = vars.items\nvar b = sizeOf(a)\n---\nb", "let $a = vars.items in let $b = length($a) in $b"),
        ("isEmpty(vars.perhaps)", "is_empty(vars.perhaps)"),
        ("upper(vars.text) contains 'A'", "contains(upper(vars.text), 'A')"),
        ("vars.texts joinBy ','", "join(',', vars.texts)"),
        ("vars.any is String", "is_string(vars.any)"),
        ("p('api.name') ++ Mule::p('secure::api.name')", "concat(p('api.name'), p('api.name'))"),
        ("output application/json --- {n: sizeOf(payload.items)}", "{n: length(payload.items)}"),
        ("now()", "now()"),
    ],
)  # fmt: skip
def test_what_is_translated(script: str, expression: str) -> None:
    assert in_jmespath(script) == expression
    assert differs({"dataweave": script}, f"#[{expression}]", events([parse(script)], KNOWN)) is None


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("vars.any.field", "may be a list or a text"),
        ("payload.text.field", "a field of payload that may be a list or a text"),
        ("vars.items.id", "may be a list"),
        ("vars.any[0]", "may be no list"),
        ("vars.any and vars.flag", "may be no boolean"),
        ("vars.any == vars.other", "may both be objects"),
        ("vars.any < 5", "may be no whole number"),
        ("vars.any + 1", "may be no whole number"),
        ("vars.any ++ 'x'", "neither two texts nor two lists"),
        ("vars.perhaps ++ [1]", "neither two texts nor two lists"),
        ('"$(vars.any)"', "may not be a text"),
        ("if (vars.any) 1 else 2", "may be no boolean"),
        ("sizeOf(vars.perhaps)", "other kinds of values"),
        ("isEmpty(vars.any)", "other kinds of values"),
        ("vars.text splitBy ','", "another function here"),
        ("1.5", "a fraction"),
        ("9007199254740993", "a large one"),
        ("{a: 1, a: 2}", "repeats"),
        ("{(vars.text): 1}", "computed"),
        ("{(a: 1) if vars.flag}", "condition"),
        ("vars.items map ((item, index) -> index)", "index"),
        ("vars.items map (vars.items map $.id)", "a loop in a loop"),
        ("vars.items.*id", "the selector .*"),
        ("vars.any as String", "'as'"),
        ("p('other')", "an environment may lack"),
        ("app.name", "the name app"),
        ("output application/xml --- {a: 1}", "output application/xml"),
        ("output application/json --- {a: vars.any}", "may be dates"),
        ("output application/json --- 'text'", "or texts"),
        ("%dw 2.0\nfun f(x) = x\n---\nf(1)", "a function in the header"),
        ("vars.any match { case 1 -> 2 else -> 3 }", "match"),
    ],
)  # fmt: skip
def test_what_stays_dataweave(script: str, why: str) -> None:
    with pytest.raises(Kept, match=re.escape(why)):
        in_jmespath(script)


LEAVES = st.sampled_from([
    "vars.any", "vars.other", "vars.count", "vars.text", "vars.flag", "vars.list", "vars.texts", "vars.items",
    "vars.perhaps", "payload", "payload.n", "payload.text", "payload.items", "attributes.headers.any", "correlationId",
    "attributes.queryParams.'a-b'", "error.description", "error", "flow.name", "null", "true", "false", "0", "-3",
    "200", "''", "'a'", "'5'", "\"it's `x` \\\\ #[y]\"", "[]", "{}", "$", "$.id", "$.status", "vars.perhaps[-1]",
])  # fmt: skip
SHAPES = (
    "{0} == {1}", "{0} != {1}", "{0} < {1}", "{0} and {1}", "{0} or {1}", "not {0}", "!{0}", "{0} default {1}",
    "{0} ++ {1}", "{0} + {1}", "{0} - {1}", "{0} * {1}", "if ({0}) {1} else {2}", "[{0}, {1}]",
    "{{a: {0}, 'b c': {1}}}",
    "sizeOf({0})", "isEmpty({0})", "{0} contains {1}", "upper({0})", "{0} startsWith {1}", "{0} map ({1})", "max({0})",
    "{0} filter ({1})", "{0} joinBy {1}", "({0}) is String", "do {{ var v = {0} --- [v, {1}] }}", "({0}).a", "({0})[0]",
    '"a $({0}) b"', "sum({0})", "abs({0})", "lower({0})", "{0} is Array", "{0} >= {1}", "-({0})", "{0} endsWith {1}",
)  # fmt: skip


def scripts() -> st.SearchStrategy[str]:
    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        parts = st.lists(inner.map(lambda part: f"({part})"), min_size=3, max_size=3)
        return st.builds(lambda shape, three: shape.format(*three), st.sampled_from(SHAPES), parts)

    return st.recursive(LEAVES, larger, max_leaves=8)


@settings(max_examples=150, deadline=None)
@given(scripts())
def test_a_translation_has_the_result_of_the_script(script: str) -> None:
    try:
        tree = parse(script)
        expression = translated(tree, KNOWN).text
    except Kept:
        return
    assert differs({"dataweave": script}, f"#[{expression}]", events([tree], KNOWN)) is None


def test_the_parameters_that_are_expressions_are_known() -> None:
    """Those of the catalog whose names Mule knows, too."""
    found: dict[type, set[str]] = {Condition: set(), Expression: set()}
    for _, element in discover().elements():
        for name, field in element.__pydantic_fields__.items():  # type: ignore[attr-defined]
            for kind, names in found.items():
                if kind.__name__ in str(field.annotation):
                    names.add(field.alias or name)
    of_steps = {"acceptExpression"}  # of a batch:job
    ours = {"after", "limit", "let"}  # of batch:results and transform
    assert found[Condition] - {"while"} | of_steps == set(CONDITIONS)
    assert found[Expression] - {"key"} - ours <= set(EXPRESSIONS)


def moved(flow: str, **resources: Path) -> Any:
    """The sections of an application of one file, and its report."""
    xml = f"{HEAD}{flow}</mule>"
    files = {name.replace("_", "."): path for name, path in resources.items()}
    made = import_application(Application("application", {"application.xml": xml.encode()}, resources=files))
    assert finish(made, jmespath=True) == []
    return plain(made.sections["application.yaml"]), made.report


def test_a_file_in_jmespath() -> None:
    sections, report = moved(
        """<flow name="main"><set-variable variableName="n" value="#[1]"/>
        <logger message="n is #[vars.n]"/><logger message="it is #[payload.x]"/>
        <choice><when expression="#[vars.n == 1]"><set-payload value="#[payload.x]"/></when>
        <when expression="#[vars.unset]"><set-payload value="#[{n: vars.n + 1}]"/>
        <logger message="#[payload.n]"/></when></choice>
        <foreach collection="#[payload]"><set-variable variableName="n" value="#[vars.n + 1]"/></foreach></flow>"""
    )
    assert sections["expression-language"] == {"name": "jmespath", "payloads": "unread"}
    first, told, mixed, choice, loop = sections["flows"]["main"]["steps"]
    assert first == {"set-variable": {"variableName": "n", "value": "#[1]"}}
    assert told == {"logger": {"message": "n is #[vars.n]"}}
    assert mixed["logger"]["message"]["dataweave"].endswith('"it is " ++ written(payload.x)\n')
    one, two = choice["choice"]["when"]
    assert one == {"expression": "#[vars.n == 1]", "steps": [{"set-payload": {"value": {"dataweave": "payload.x"}}}]}
    assert two["expression"] == {"dataweave": "vars.unset"}
    assert two["steps"] == [
        {"set-payload": {"value": "#[{n: vars.n + 1}]"}}, {"logger": {"message": "#[payload.n]"}},
    ]  # fmt: skip
    assert loop == {
        "foreach": {
            "collection": "#[payload]",
            "steps": [{"set-variable": {"variableName": "n", "value": "#[vars.n + 1]"}}],
        }
    }
    assert (report.scripts["translated"], report.scripts["kept"]) == (7, 3)
    whys = {each.why for each in report.notes}
    assert "a condition that may be no boolean" in whys


def test_nothing_is_known_of_what_another_flow_may_set() -> None:
    sections, _ = moved(
        """<flow name="main"><set-variable variableName="n" value="#[1]"/><flow-ref name="other"/>
        <logger message="#[vars.n + 1]"/></flow>
        <sub-flow name="other"><set-variable variableName="n" value="#['text']"/></sub-flow>"""
    )
    assert sections["flows"]["main"]["steps"][2]["logger"]["message"] == {"dataweave": "vars.n + 1"}


def test_a_path_with_a_script_keeps_its_file() -> None:
    sections, report = moved(
        """<http:request-config name="c"><http:request-connection host="h"/></http:request-config>
        <flow name="main"><logger message="#[vars.a]"/>
        <http:request config-ref="c" path="/a/#[payload.x]/b" method="GET"/></flow>"""
    )
    assert sections["expression-language"] == "dataweave"
    assert report.scripts["translated"] == 0
    assert any("the file stays DataWeave" in each.why for each in report.notes)


def test_a_template_in_a_file_keeps_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("<p>#[payload.name]</p>")
    flow = """<flow name="main"><logger message="#[vars.a]"/><parse-template location="x.html"/></flow>"""
    sections, report = moved(flow, x_html=tmp_path / "x.html")
    assert sections["expression-language"] == "dataweave"
    assert any("a template in a file of its own" in each.why for each in report.notes)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe")
    done = engine(
        "import", str(GALLERY / "bulk-upsert.xml"), "-o", str(folder), "--jmespath", "--report", str(folder / "r.json")
    )
    assert done.exit_code == 0, done.output
    assert "3 expressions translated to JMESPath, 5 kept in DataWeave" in done.output
    assert json.loads((folder / "r.json").read_text())["scripts"]["translated"] == 3
    assert engine("check", str(folder)).exit_code == 0
    (folder / "missing.yaml").write_text((GALLERY / "customers.yaml").read_text())
    return folder


@pytest.mark.parametrize("name", BODIES)
def test_the_recipe_answers_as_before(name: str, recipe: Path) -> None:
    body = (FLOWS / "examples" / f"{name}.json").read_bytes()
    assert "#[payload.summary.failed == 0 ? 200 : 207]" in (recipe / "bulk-upsert.yaml").read_text()
    assert asyncio.run(asked(body, recipe)) == asyncio.run(asked(body, GALLERY))
