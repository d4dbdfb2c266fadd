"""What is offered at a place of a file: a text with ‸, and the labels that must, and must not, be among the offers."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import yaml
from editor_sites import CURSOR, site_with

from engine.editor.asking.documentation import documentation_of
from engine.editor.completing.complete import complete
from engine.editor.completing.item import Completion, without_places
from engine.editor.hovering import hover
from engine.editor.signatures import signature_at
from engine.editor.tokens import colored, encoded

ROOT = Path(__file__).parents[2]
SCHEMA = {
    "type": "object",
    "properties": {"orders": {"type": "array", "items": {"$ref": "#/$defs/order"}}, "e-mail": {"type": "string"}},
    "$defs": {"order": {"properties": {"sku": {"type": "string", "examples": ["A-1"]}, "qty": {"type": "integer"}}}},
}
API = {
    "openapi": "3.1.0",
    "paths": {
        "/pets/{id}": {
            "put": {
                "parameters": [{"name": "id", "in": "path"}, {"name": "dry", "in": "query"}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"properties": {"wings": {"type": "integer"}}}}}
                },
            }
        }
    },
}
HEAD = """\
configs:
  Api: {http:listener-config: {port: 8081}}
  Crm: {db:config: {url: "sqlite://"}}
  Jobs: {vm:config: {queues: [{queueName: tasks}, {queueName: mails}]}}
  Seen: {os:object-store: {}}
  Pets: {apikit:config: {api: api.json}}
properties: {greeting: hi, db: {url: x}}
error-handlers:
  usual: [{on-error-continue: {}}]
sub-flows:
  store-one: {doc: Store one record., steps: [{set-variable: {variableName: stored, value: {ok: true}}}]}
"""
MAIN = """\
flows:
  main:
    source: {http:listener: {config-ref: Api, path: "/orders/{shop}", allowedMethods: POST, schema: schema.json}}
    steps:
"""
TESTS = """\
cases:
  it takes orders:
    post: /orders/north
    given: {payload: {orders: [{sku: B-2, gift: true}], apiKey: s3cret-value}}
    mock: [{processor: "http:request", return: {payload: {rate: 1.1}}}]
    expect: {status: 200}
"""
STEP, INNER = "      ", "          "


def offers(folder: Path, files: dict[str, str]) -> dict[str, Completion]:
    site, text, offset = site_with(folder, files)
    return {each.label: each for each in complete(site, text, offset)}


def written(folder: Path, marked: str) -> dict[str, Completion]:
    """Return the offers in a file with configs, a schema, an API and tests beside it."""
    beside = {"schema.json": json.dumps(SCHEMA), "api.json": json.dumps(API), "orders.test.yaml": TESTS}
    return offers(
        folder, {**beside, "orders.yaml": marked, "shared.yaml": HEAD, "work.py": "def price(x):\n    '''Tell.'''"}
    )


def steps(*lines: str) -> str:
    return MAIN + "".join(f"{STEP}{line}\n" for line in lines)


CASES: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "completions.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_offered(tmp_path: Path, case: dict[str, str]) -> None:
    marked = case["text"] if "text" in case else steps(*case["steps"].splitlines())
    found = written(tmp_path, marked)
    assert [label for label in case.get("offers", "").split() if label not in found] == []
    assert [label for label in case.get("not", "").split() if label in found] == []
    assert "first" not in case or next(iter(found)) == case["first"]


TEST_FILES: dict[str, tuple[str, str, str]] = {
    "the top": (CURSOR, "cases suite set before-all flows", "steps"),
    "a case": (f"cases:\n  it works:\n    {CURSOR}", "post given expect mock each", "source"),
    "what is given": (f"cases: {{a: {{given: {{{CURSOR}}}}}}}", "payload vars headers", "expect"),
    "flows": (f"cases: {{a: {{flow: {CURSOR}}}}}", "main store-one", ""),
    "paths": (f"cases: {{a: {{post: {CURSOR}}}}}", "/orders/{shop}", ""),
    "steps to mock": (f"cases: {{a: {{mock: [{{processor: {CURSOR}}}]}}}}", "http:request Ask", ""),
    "what is expected": (f"cases:\n  a:\n    post: /orders/x\n    expect:\n      payload.{CURSOR}", "total", "orders"),
    "roots of expectations": (
        f"cases:\n  a:\n    post: /orders/x\n    expect:\n      {CURSOR}",
        "status headers payload calls",
        "",
    ),
    "parameters of a mocked step": (
        f"cases: {{a: {{mock: [{{processor: 'http:request', with: {{{CURSOR}}}}}]}}}}",
        "path method",
        "collection",
    ),
    "matchers": (f"cases: {{a: {{expect: {{payload: {{{CURSOR}}}}}}}}}", "$contains $gte", "payload"),
    "calls": (f"cases: {{a: {{expect: {{calls: [{{{CURSOR}}}]}}}}}}", "processor times with", "payload"),
    "steps of a hook": (f"before-all:\n  - {CURSOR}", "set-variable", "http:listener"),
}


@pytest.mark.parametrize(("marked", "there", "absent"), TEST_FILES.values(), ids=TEST_FILES.keys())
def test_what_is_offered_in_test_files(tmp_path: Path, marked: str, there: str, absent: str) -> None:
    flows = HEAD + steps('- http:request: {"doc:name": Ask, url: "http://x"}', "- set-payload: {value: {total: 1}}")
    found = offers(tmp_path, {"orders.yaml": flows, "orders.test.yaml": marked})
    assert [label for label in there.split() if label not in found] == []
    assert [label for label in absent.split() if label in found] == []


def test_an_element_comes_with_its_required_parameters(tmp_path: Path) -> None:
    found = written(tmp_path, steps(f"- set-v{CURSOR}"))["set-variable"]
    assert found.inserted == "set-variable:\n    variableName: $1\n    value: $2"
    assert (found.is_snippet, found.kind, found.detail) == (
        True,
        "element",
        "Make a value a variable, which later steps read as `vars.NAME`.",
    )
    assert without_places(found.inserted) == "set-variable:\n    variableName: \n    value: "


def test_in_braces_it_comes_in_braces(tmp_path: Path) -> None:
    found = written(tmp_path, f"flows: {{f: {{steps: [{{flow-r{CURSOR}}}]}}}}")["flow-ref"]
    assert found.inserted == "flow-ref: {name: $1}"


@pytest.mark.parametrize(
    ("marked", "label", "text"),
    [
        (
            f"flows:\n  f:\n    source: {CURSOR}",
            "vm:listener",
            "\n  vm:listener:\n    config-ref: $1\n    queueName: $2",
        ),
        (f"flows:\n  f:\n    steps: {CURSOR}", "logger", "\n  - logger: {$0}"),
        (f"flows:\n  f:\n    steps:\n      {CURSOR}", "logger", "- logger: {$0}"),
        (f"flows: {{f: {{source: {CURSOR}}}}}", "vm:listener", "{vm:listener: {config-ref: $1, queueName: $2}}"),
        (f"flows: {{f: {{steps: {CURSOR}}}}}", "logger", "[{logger: {$0}}]"),
    ],
)
def test_behind_a_key_it_begins_in_the_line_below(tmp_path: Path, marked: str, label: str, text: str) -> None:
    assert written(tmp_path, marked)[label].inserted == text


def test_of_an_element_that_is_there_only_the_name_is_written(tmp_path: Path) -> None:
    site, text, offset = site_with(tmp_path, {"a.yaml": steps(f"- set-{CURSOR}payload: {{value: 1}}")})
    found = next(each for each in complete(site, text, offset) if each.label == "set-payload")
    assert found.inserted == "set-payload"
    assert text.source[found.start : found.end] == "set-payload"


def test_a_field_tells_its_type_and_an_example_but_no_secret(tmp_path: Path) -> None:
    found = written(tmp_path, steps(f'- logger: {{message: "#[payload.orders[0].{CURSOR}]"}}'))
    assert (found["sku"].detail, found["qty"].detail) == ('string · "A-1"', "integer")
    found = written(tmp_path, steps(f'- logger: {{message: "#[payload.{CURSOR}]"}}'))
    assert found["apiKey"].detail == "string"
    assert found["e-mail"].inserted == "'e-mail'", "a name in quotes that the file's own quotes do not end"


def test_no_secret_is_told_of_an_application_that_never_loaded(tmp_path: Path) -> None:
    """Its properties are known from the files alone: values with a telling name, and passwords in urls, are hidden."""
    properties = "properties: {api.password: hunter2, db.address: 'pg://me:hunter2@host/x', page.size: 5}\n"
    found = written(tmp_path, properties + steps(f"- loger: {{}}\n- logger: {{message: '${{{CURSOR}}}'}}"))
    told = {name: found[name].detail for name in ("api.password", "db.address", "page.size")}
    assert told == {"api.password": "•••", "db.address": "pg://me:•••@host/x", "page.size": "5"}


def test_a_variable_tells_no_secret_of_a_test(tmp_path: Path) -> None:
    case = "cases:\n  one:\n    flow: main\n    given: {vars: {password: hunter2, size: 5}}\n"
    for line in (f"- set-variable: {{variableName: {CURSOR}, value: 1}}", f'- logger: {{message: "#[vars.{CURSOR}]"}}'):
        site, text, offset = site_with(tmp_path, {"a.yaml": steps(line), "a.test.yaml": case})
        found = {each.label: each.detail for each in complete(site, text, offset)}
        assert (found["password"], found["size"][:7]) == ("string", "integer")


def test_what_is_offered_has_its_manual(tmp_path: Path) -> None:
    site, text, offset = site_with(tmp_path, {"a.yaml": steps(f"- db:insert: {{{CURSOR}}}")})
    sql = next(each for each in complete(site, text, offset) if each.label == "sql")
    assert documentation_of(site, sql.topic).startswith("**sql**: SQL (required)")
    assert "```yaml" in documentation_of(site, ("element", "foreach"))
    assert "→" in documentation_of(site, ("function", "sum_by"))
    assert "503" in documentation_of(site, ("type", "DB:CONNECTIVITY"))
    assert documentation_of(site, ("mistake", "F102")).startswith("**F102**: ")
    assert documentation_of(site, ("nothing", "of that kind")) == ""


# Hover


def logged(expression: str, *before: str) -> str:
    """Return a flow that logs an expression, behind other steps."""
    return steps(*before, f'- logger: {{message: "#[{expression}]"}}')


ITEMS = ("- foreach:", "    collection: payload.orders", "    steps:")
LENGTH = "- set-variable: {variableName: n, value: '#[length(payload.orders) + `41`]'}"
HANDLED = f"- try: {{error-handler: [{{on-error-continue: {{type: 'ANY, DB:CONN{CURSOR}ECTIVITY'}}}}]}}"
HOVERS: dict[str, tuple[str, str]] = {
    "an element": (steps(f"- fore{CURSOR}ach: {{}}"), "Run the nested steps once for each item"),
    "a parameter": (steps(f"- set-payload: {{val{CURSOR}ue: 1}}"), "**value**: value (required)"),
    "a section": (f"fl{CURSOR}ows: {{}}", "flows by name"),
    "a flow by name": (steps(f"- flow-ref: {{name: store{CURSOR}-one}}"), "Store one record."),
    "a config by name": (steps(f"- db:select: {{config-ref: C{CURSOR}rm}}"), "`db:config`"),
    "an error type": (steps(HANDLED), "MULE:CONNECTIVITY"),
    "a function": (logged(f"len{CURSOR}gth(payload)"), "length("),
    "a field": (logged(f"payload.orders[0].s{CURSOR}ku"), '"B-2"'),
    "a field of an item": (steps(*ITEMS, f'      - logger: {{message: "#[payload.s{CURSOR}ku]"}}'), '"B-2"'),
    "a computed value": (logged(f"vars.{CURSOR}n", LENGTH), "42"),
    "a let": (
        steps("- transform:", "    let: {n: 'length(payload.orders)'}", f'    set-payload: "#[$n{CURSOR} + `1`]"'),
        "```json\n1\n```",
    ),
    "a function of a script": (
        steps(f'- set-payload: {{value: {{dataweave: "up{CURSOR}per(payload.orders[0].sku)"}}}}'),
        "upper",
    ),
    "a secret": (logged(f"payload.api{CURSOR}Key"), "test case"),
}


@pytest.mark.parametrize(("marked", "told"), HOVERS.values(), ids=HOVERS.keys())
def test_what_is_shown_of_a_word(tmp_path: Path, marked: str, told: str) -> None:
    files = {"schema.json": json.dumps(SCHEMA), "orders.test.yaml": TESTS, "orders.yaml": marked, "shared.yaml": HEAD}
    found = hover(*site_with(tmp_path, files))
    assert found is not None
    assert told in found.markdown
    assert "s3cret" not in found.markdown


def test_behind_what_acts_nothing_is_computed(tmp_path: Path) -> None:
    marked = steps("- db:insert: {config-ref: Crm, sql: x}", f'- logger: {{message: "#[length(vars){CURSOR}]"}}')
    found = hover(*site_with(tmp_path, {"orders.test.yaml": TESTS, "orders.yaml": marked, "shared.yaml": HEAD}))
    assert found is None or "test case" not in found.markdown


def test_the_page_of_a_mistake_is_shown_at_its_place(tmp_path: Path) -> None:
    site, text, offset = site_with(tmp_path, {"a.yaml": f"flows: {{f: {{steps: [{{set-pay{CURSOR}lod: {{}}}}]}}}}"})
    site.diagnostics()
    found = hover(site, text, offset)
    assert found is not None
    assert "`engine explain F102`" in found.markdown
    assert text.source[found.start : found.end] == "set-paylod"


# Signatures, colors


@pytest.mark.parametrize(
    ("expression", "label", "active"),
    [
        (f"sort_by({CURSOR}", "sort_by(elements, &key, [direction])", 0),
        (f"sort_by(payload[?a == ',(' ], {CURSOR}", "sort_by(elements, &key, [direction])", 1),
        (f"sort_by(first({CURSOR}), &a)", "first(", 0),
    ],
)
def test_the_call_around_a_place(tmp_path: Path, expression: str, label: str, active: int) -> None:
    found = signature_at(*site_with(tmp_path, {"a.yaml": steps(f'- logger: {{message: "#[{expression}]"}}')}))
    assert found is not None
    assert found.label.startswith(label)
    assert found.active == active
    assert "(" not in found.label[slice(*found.arguments[0])]


@pytest.mark.parametrize("expression", [f"payload.{CURSOR}", f"length(payload){CURSOR}", f"nobody({CURSOR}"])
def test_no_call(tmp_path: Path, expression: str) -> None:
    assert signature_at(*site_with(tmp_path, {"a.yaml": steps(f'- logger: {{message: "#[{expression}]"}}')})) is None


def test_the_colors_of_expressions(tmp_path: Path) -> None:
    lines = (
        f"- logger: {{message: \"😀 #[length(payload.a) > `1` && $x == 'é\\\"']{CURSOR}\"}}",
        "- set-payload:", "    value:", "      dataweave: |", "        // note", "        payload.a map upper($)",
    )  # fmt: skip
    site, text, _ = site_with(tmp_path, {"a.yaml": steps(*lines)})
    found = colored(site, text)
    told = [(each.kind, text.source[each.start : each.end]) for each in found]
    assert told == [
        ("function", "length"), ("variable", "payload"), ("property", "a"), ("operator", ">"),
        ("string", "`1`"), ("operator", "&&"), ("variable", "$x"), ("operator", "=="), ("string", "'é\\\"'"),
        ("comment", "// note"), ("variable", "payload"), ("property", "a"), ("property", "map"), ("function", "upper"),
        ("variable", "$"),
    ]  # fmt: skip
    data = encoded(text, found)
    line = text.source.splitlines()[4]
    assert data[:5] == [4, len(line[: line.index("length")]) + 1, 6, 0, 0], "a column counts 😀 as two"


# Whatever stands in the file


def test_no_text_makes_anything_fail(tmp_path: Path) -> None:
    shipped = (ROOT / "flows" / "bulk-upsert.yaml").read_text()
    chance = random.Random(18)  # noqa: S311  # the same texts each time
    pieces = [
        "{",
        "[",
        '"',
        "'",
        "|\n",
        "#[",
        "${",
        "\t",
        "- ",
        ": ",
        "\r\n",
        "😀",
        "payload.",
        "`",
        "&x ",
        "*a",
        "\\",
        "let $a = ",
    ]
    for cut in chance.sample(range(len(shipped)), 40):
        text = chance.choice(
            [shipped[:cut], shipped[:cut] + chance.choice(pieces) + shipped[cut + chance.randrange(30) :]]
        )
        at = chance.randrange(max(0, cut - 40), min(len(text), cut + 40) + 1)
        site, open_text, offset = site_with(tmp_path, {"a.yaml": f"{text[:at]}{CURSOR}{text[at:]}"})
        complete(site, open_text, offset)
        hover(site, open_text, offset)
        signature_at(site, open_text, offset)
        encoded(open_text, colored(site, open_text))


@pytest.mark.parametrize(
    "expression", ["(" * 50_000, "a." * 50_000, "[?" * 30_000, "{a: " * 30_000, "x ? " * 30_000, "'" * 99_999]
)
@pytest.mark.parametrize("key", ["message", "dataweave"])
def test_a_huge_expression_ends(tmp_path: Path, expression: str, key: str) -> None:
    value = (
        f'{{dataweave: {json.dumps(expression)[:-1]}{CURSOR}"}}' if key == "dataweave" else f'"#[{expression}{CURSOR}"'
    )
    site, text, offset = site_with(tmp_path, {"a.yaml": steps(f"- set-payload: {{value: {value}}}")})
    complete(site, text, offset)
    hover(site, text, offset)
