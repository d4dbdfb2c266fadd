"""DataWeave in flow files: which texts are scripts, what they see, and how mistakes are told."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import Application, Event, FlowError, LoadError, Message, Template
from engine.expressions import LANGUAGES, ExpressionSyntaxError
from engine.expressions.dataweave.marks import split
from engine.expressions.dataweave.values.objects import Pairs
from engine.manual.pages import all_functions
from engine.parameters.expression import Condition
from engine.parameters.reader import Reach

DATAWEAVE = Reach(language=LANGUAGES["dataweave"])


def load(folder: Path, steps: str, **files: str) -> Application:
    """The flow `main` of these steps, in a file beside others; `__` in their names stands for a dot, `_in_` for a /."""
    text = "expression-language: dataweave\nflows:\n  main:\n    steps:\n" + steps
    for name, content in {"flows__yaml": text, **files}.items():
        file = folder / name.replace("_in_", "/").replace("__", ".")
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    return Application.load(folder)


def run(folder: Path, steps: str, payload: Any = None, vars: dict[str, Any] | None = None, **files: str) -> Event:
    return asyncio.run(load(folder, steps, **files).run("main", payload, vars=vars))


def value(written: Any, payload: Any = None, **known: Any) -> Any:
    return Template(written, DATAWEAVE).evaluate(Event(payload=payload, **known))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a #[b] c", ["a ", "#b", " c"]),
        ("#[a[0][1]]", ["#a[0][1]"]),
        ("#[']' ++ \"]\"]", ["#']' ++ \"]\""]),
        ("#[x matches /[^\\]]+/]", ["#x matches /[^\\]]+/"]),
        ("#[1 /* ] */ + 2 // ]\n]", ["#1 /* ] */ + 2 // ]\n"]),
        ("\\#[a] #[b]", ["#[a] ", "#b"]),
        ("#[a]#[b]", ["#a", "#b"]),
        ("#[\"it's\"] and #['$(a[0])']", ['#"it\'s"', " and ", "#'$(a[0])'"]),
        ("no mark", ["no mark"]),
    ],
)
def test_marks(text: str, parts: list[str]) -> None:
    assert [f"#{part.text}" if part.is_expression else part.text for part in split(text)] == parts


def test_a_mark_without_its_end() -> None:
    with pytest.raises(ExpressionSyntaxError, match="'#\\['"):
        split("a #[b")


@pytest.mark.parametrize(
    ("written", "payload", "result"),
    [
        ("#[payload]", {"a": 1}, {"a": 1}),
        ("#[payload.a.b]", {"a": {"b": 2}}, 2),
        ("#[payload.a.b]", None, None),
        ("#[payload.'a-b']", {"a-b": 1}, 1),
        ("#[payload.a]", [{"a": 1}, {}, {"a": 2}], [1, 2]),
        ("a #[payload.x] b", {"x": None}, "a null b"),
        ("#[payload] and #[payload]", [1, Decimal("1.50")], "[1,1.5] and [1,1.5]"),
        ("on #[|2024-02-29|]", None, "on 2024-02-29"),
        ({"a": "#[payload + 1]", "b": [True, "#[payload]"], "c": "d"}, 1, {"a": 2, "b": [True, 1], "c": "d"}),
        ("#[1 to 3]", None, [1, 2, 3]),
        ("#[[1 to 2, {a: 3 to 4}]]", None, [[1, 2], {"a": [3, 4]}]),
        ("#[payload pluck $$]", {"a": 1}, ["a"]),
        ("#[output application/java --- 1 to 2]", None, [1, 2]),
        ("#[output text/plain --- payload.a]", {"a": 1}, "1"),
        ("#[output application/json --- {a: |2024-02-29|, b: 1.50}]", None, {"a": "2024-02-29", "b": Decimal("1.5")}),
        ("#[output application/json skipNullOn='everywhere' --- {a: null, b: [null]}]", None, {"b": []}),
        ("#[output application/json duplicateKeyAsArray=true --- {a: 1, a: 2}]", None, {"a": [1, 2]}),
        ("#[output application/json --- {a: 1, a: 2}]", None, b'{\n  "a": 1,\n  "a": 2\n}'),
        ("#[output application/csv --- [{a: 1}]]", None, "a\n1\n"),
        ("#[error.description]", None, None),
    ],
)
def test_values_of_parameters(written: Any, payload: Any, result: Any) -> None:
    found = value(written, payload)
    assert found == result
    assert type(found) is type(result) or isinstance(result, (str, bytes))


def test_keys_that_repeat_stay() -> None:
    found = value("#[{a: 1, a: 2}]")
    assert isinstance(found, Pairs)
    assert found.all("a") == [1, 2]


@pytest.mark.parametrize(
    ("condition", "payload", "holds"),
    [
        ("payload.a == 1", {"a": 1}, True),
        ("#[payload.a == 1]", {"a": 2}, False),
        ("payload", None, False),
        ("payload", "false", False),
        ("payload", "true", True),
        ("payload", {}, True),
        ("payload.a is String", {"a": "x"}, True),
        ("not isEmpty(payload)", [], False),
    ],
)
def test_conditions(condition: str, payload: Any, holds: bool) -> None:
    assert Condition(condition, DATAWEAVE).evaluate(Event(payload=payload)) is holds


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("#[attributes.queryParams.q]", "x"),
        ("#[vars.n + 1]", 8),
        ("#[correlationId]", "c-1"),
        ("#[error.errorType.namespace ++ ':' ++ error.errorType.identifier]", "HTTP:NOT_FOUND"),
        ("#[error.description]", "gone"),
        ("#[error.detailedDescription]", "gone for good"),
        ("#[error.errorMessage.payload.why]", "moved"),
        ("#[error.cause.description]", "old"),
        ("#[Mule::causedBy(error, 'HTTP:CLIENT_ERROR')]", True),
        ("#[message.payload.a ++ message.attributes.queryParams.q]", "bx"),
        ("#[mule.version != null and server.host != null]", True),
        ("#[server.dateTime is DateTime]", True),
    ],
)
def test_what_a_script_sees(written: str, result: Any) -> None:
    error = FlowError(
        "HTTP:NOT_FOUND", "gone", detailed_description="gone for good", cause=ValueError("old"),
        error_message=Message({"why": "moved"}),
    )  # fmt: skip
    known = {"attributes": {"queryParams": {"q": "x"}}, "vars": {"n": 7}, "correlation_id": "c-1", "error": error}
    assert value(written, {"a": "b"}, **known) == result


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("#[error.errorMessage.payload.a.b]", "7"),
        ("#[error.errorMessage.payload.a.*b]", ["7", "8"]),
        ("#[if (error.errorMessage.payload is Object) sizeOf(error.errorMessage.payload.a) else 0]", 2),
        ("#[error.errorMessage.payload.a.c default 'none']", "none"),
        ("#[error.errorMessage.payload?]", True),
        ("#[error.errorMessage.payload]", b"<a><b>7</b><b>8</b></a>"),
        ("#[error.cause.errorMessage.payload.a.b]", "1"),
        ("#[vars.kept.payload.a.b]", "2"),
    ],
)
def test_the_payload_of_a_message_is_read_by_its_media_type(written: str, result: Any) -> None:
    def message(text: str) -> Message:
        return Message(text.encode(), media_type="application/xml; charset=utf-8")

    cause = FlowError("HTTP:NOT_FOUND", "old", error_message=message("<a><b>1</b></a>"))
    error = FlowError("APP:GONE", "gone", cause=cause, error_message=message("<a><b>7</b><b>8</b></a>"))
    assert value(written, None, error=error, vars={"kept": message("<a><b>2</b></a>")}) == result


def test_it_is_read_once_and_what_cannot_be_read_is_an_error_there() -> None:
    message = Message(b"<a><b>7</b></a>", media_type="application/xml")
    error = FlowError("HTTP:NOT_FOUND", "gone", error_message=message)
    assert value("#[error.errorMessage.payload.a.b ++ error.errorMessage.payload.a.b]", None, error=error) == "77"
    assert message.content == (message.payload, {"a": {"b": "7"}})
    broken = FlowError("HTTP:NOT_FOUND", "gone", error_message=Message("<a", media_type="application/xml"))
    assert value("#[error.errorMessage.payload]", None, error=broken) == "<a"
    with pytest.raises(FlowError, match="MULE:EXPRESSION"):
        value("#[error.errorMessage.payload.a]", None, error=broken)


def test_properties_flows_and_files(tmp_path: Path) -> None:
    steps = """
      - set-payload:
          value:
            region: "#[p('region')]"
            none: "#[p('nope')]"
            filled: "#['${region}!' ++ ${n}]"
            text: "${region} #[payload]"
            twice: "#[lookup('twice', payload)]"
            file: "#[readUrl('classpath://data/x.json', 'application/json').k]"
            name: "#[flow.name]"
sub-flows:
  twice: {steps: [{set-payload: {value: "#[payload * 2]"}}]}
properties: {region: eu, n: 3}
"""
    assert run(tmp_path, steps, 4, data_in_x__json='{"k": [1]}').payload == {
        "region": "eu", "none": None, "filled": "eu!3", "text": "eu 4", "twice": 8, "file": [1], "name": "main",
    }  # fmt: skip


def test_filled_in_text_begins_no_expression(tmp_path: Path) -> None:
    steps = '      - set-payload: {value: "${x} #[1]"}\nproperties: {x: "#[2]"}'
    assert run(tmp_path, steps).payload == "#[2] 1"


@pytest.mark.parametrize(
    "url", ["http://example.test/x", "file:///etc/passwd", "classpath://../x", "classpath:///etc/passwd"]
)
def test_no_file_outside_of_the_application(tmp_path: Path, url: str) -> None:
    with pytest.raises(FlowError, match="readUrl"):
        run(tmp_path, f"      - set-payload: {{value: \"#[readUrl('{url}')]\"}}")


def test_a_script_in_a_file_imports_another(tmp_path: Path) -> None:
    script = "%dw 2.0\nimport twice from modules::Numbers\noutput application/json\n---\n{n: twice(payload.n)}"
    event = run(
        tmp_path, "      - transform: {set-payload: {resource: scripts/a.dwl}}", {"n": 2},
        scripts_in_a__dwl=script, modules_in_Numbers__dwl="%dw 2.0\nfun twice(n: Number) = n * 2",
    )  # fmt: skip
    assert (event.payload, event.media_type) == ({"n": 4}, "application/json")


def test_a_script_in_a_file_of_another_language(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text("""
flows:
  main:
    steps:
      - transform:
          set-payload: {dataweave: "output application/xml --- {a: payload.n}"}
          set-variables: {x: "#[payload.n]", y: {dataweave: "payload.n + 1"}, z: ["#[payload]", {dataweave: "[1, 2]"}]}
      - logger: {message: {dataweave: "payload.a"}}
""")
    event = asyncio.run(Application.load(tmp_path).run("main", {"n": 4}))
    assert event.payload == "<?xml version='1.0' encoding='UTF-8'?>\n<a>4</a>"
    assert event.media_type == "application/xml"
    assert event.vars == {"x": 4, "y": 5, "z": [{"n": 4}, [1, 2]]}


MISTAKES = {
    "unknown name": ('      - set-payload: {value: "a #[payload] #[paylod.a]"}', "5:46 F401 the unknown name 'paylod'"),
    "in a block": (
        "      - set-payload:\n          value: |\n            #[%dw 2.0\n            output json\n            ---\n"
        "            {\n              a: uper(payload)\n            }]",
        "11:18 F401 the unknown name 'uper'",
    ),
    "in a script": (
        "      - transform:\n          set-payload:\n            dataweave: |\n              output json\n"
        "              ---\n              1 +\n",
        "F401 the end of the script",
    ),
    "media type": (
        '      - set-payload: {value: "#[output application/jsn --- 1]"}',
        "5:33 F401 the unknown media type",
    ),
    "excel": (
        '      - set-payload: {value: "#[output application/xlsx --- 1]"}',
        "Excel can be neither read nor written",
    ),
    "java": ('      - set-payload: {value: "#[java!a::B::c(1)]"}', "F401"),
    "old": ('      - set-payload: {value: "#[%dw 1.0\\n%output application/json\\n---\\n1]"}', "DataWeave 2"),
    "module": ('      - set-payload: {value: "#[import a from b::C --- a]"}', "the unknown module 'b::C'"),
    "file": ("      - transform: {set-payload: {resource: nope.dwl}}", "F303 'nope.dwl', a file that is not there"),
    "behind a filled-in text": (
        "      - set-payload: {value: \"#['${x}' +* 1]\"}\nproperties: {x: a long text}",
        "5:41 F401",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(tmp_path: Path, name: str) -> None:
    steps, message = MISTAKES[name]
    with pytest.raises(LoadError) as caught:
        load(tmp_path, steps)
    assert message in str(caught.value)


def test_mistakes_in_a_file_of_its_own_are_told_there(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"x\.dwl:3:5 F401 the unknown name 'b'"):
        load(tmp_path, "      - transform: {set-payload: {resource: x.dwl}}", x__dwl="output json\n---\n{a: b}")


def test_an_error_at_run_tells_the_line_but_no_value(tmp_path: Path) -> None:
    steps = """
      - set-payload:
          value:
            dataweave: |
              output application/json
              ---
              {
                a: payload.a as Number
              }
"""
    with pytest.raises(FlowError) as caught:
        run(tmp_path, steps, {"a": "hunter2"})
    assert caught.value.description == "the text is not a number"
    assert "in line 4 of the script at" in caught.value.detailed_description
    assert caught.value.detailed_description.endswith(": a: payload.a as Number")
    assert "hunter2" not in caught.value.for_log


@pytest.mark.parametrize(
    "script",
    [
        "(1 to 1000000000000) map $",
        "do { fun f(n) = f(n + 1) + 1 --- f(0) }",
        "(1 to 900000) reduce ((i, acc = '') -> acc ++ 'xxxxxxxxxxxxxxxx')",
        "read('[' ++ (1 to 500 map '[' joinBy '') ++ (1 to 500 map ']' joinBy '') ++ ']', 'application/json')",
    ],
)
@pytest.mark.holds_loop("as much is computed as one evaluation may")
def test_what_never_ends_is_ended(script: str) -> None:
    with pytest.raises(FlowError):
        value(f"#[{script}]")


def test_a_text_payload_is_read_when_it_is_touched_and_passed_on_as_it_is(tmp_path: Path) -> None:
    steps = """
      - set-payload: {value: "<a><b>1</b><b>2</b></a>", mimeType: application/xml}
      - set-variable: {variableName: bs, value: "#[payload.a.*b]"}
      - set-variable: {variableName: whole, value: "#[payload]"}
      - set-variable: {variableName: inner, value: "#[vars.whole.a pluck $]"}
      - set-variable: {variableName: length, value: "#[sizeOf(payload.a)]"}
      - set-payload: {value: "#[vars.whole]"}
"""
    event = run(tmp_path, steps)
    assert (event.payload, event.media_type) == ("<a><b>1</b><b>2</b></a>", "application/xml")
    assert event.vars == {"bs": ["1", "2"], "whole": event.payload, "inner": ["1", "2"], "length": 2}


def test_a_broken_text_fails_where_it_is_touched(tmp_path: Path) -> None:
    steps = '      - set-payload: {value: "<a>", mimeType: application/xml}\n'
    assert run(tmp_path, steps + '      - set-variable: {variableName: x, value: "#[1]"}').vars["x"] == 1
    with pytest.raises(FlowError, match="MULE:EXPRESSION: the text is no XML"):
        run(tmp_path, steps + '      - set-variable: {variableName: x, value: "#[payload.a]"}')


def test_let_is_seen_by_name(tmp_path: Path) -> None:
    steps = '      - transform: {let: {n: sizeOf(payload), m: n + 1}, set-payload: {n: "#[n]", m: "#[m * n]"}}'
    assert run(tmp_path, steps, [1, 2]).payload == {"n": 2, "m": 6}


def test_what_is_known_of_scripts_before_they_run() -> None:
    reach = Reach(all_functions(), language=LANGUAGES["dataweave"])
    held = Template("#[payload.a.b ++ vars.x map ((payload) -> payload.c) ++ lookup('f', 1)]", reach).held
    assert set(held.reads()) == {("vars", "x")}  # the other is a name of the script's own somewhere
    assert held.acts
    assert not Template("#[payload.a]", DATAWEAVE).held.acts
    assert list(Template("#[payload.a.b[0].c]", DATAWEAVE).held.reads()) == [("payload", "a", "b")]
    assert Template("#['x']", DATAWEAVE).literal == "x"


def test_dataweave_is_imported_only_if_a_file_is_in_it() -> None:
    code = (
        "import sys; from engine import Application; Application.load('flows/bulk-upsert.yaml');"
        "print([name for name in sys.modules if 'dataweave' in name and 'functions' not in name])"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_log_writes_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "engine.flow")
    assert value("#[log('seen', payload).a]", {"a": 1.5}) == 1.5
    assert value("#[sizeOf(log(payload))]", "x" * 5_000) == 5_000
    first, second = (record.getMessage() for record in caplog.records)
    assert first == "seen - {a: 1.5}"
    assert second.startswith('"xxx')
    assert len(second) == 1_000
