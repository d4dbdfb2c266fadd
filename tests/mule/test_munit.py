"""MUnit tests become test files: XML → `engine import` → `engine test`, passing and failing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.mule.application import application_in
from engine.mule.finishing import finish
from engine.mule.importing import import_application
from engine.mule.reports.report import Report
from engine.mule.trial import write_files
from engine.testing.working import Order, run_file

HEAD = (
    '<mule xmlns="http://www.mulesoft.org/schema/mule/core" xmlns:munit="http://www.mulesoft.org/schema/mule/munit" '
    'xmlns:munit-tools="http://www.mulesoft.org/schema/mule/munit-tools" '
    'xmlns:http="http://www.mulesoft.org/schema/mule/http" xmlns:os="http://www.mulesoft.org/schema/mule/os" '
    'xmlns:ee="http://www.mulesoft.org/schema/mule/ee/core" xmlns:java="http://www.mulesoft.org/schema/mule/java" '
    'xmlns:jms="http://www.mulesoft.org/schema/mule/jms" '
    'xmlns:doc="http://www.mulesoft.org/schema/mule/documentation">'
)
FLOWS = """
<http:listener-config name="Api"><http:listener-connection host="0.0.0.0" port="${http.port}"/></http:listener-config>
<http:request-config name="Orders" basePath="/v1">
  <http:request-connection host="orders.example" port="80"/>
</http:request-config>
<global-property name="http.port" value="8081"/>
<flow name="orders">
  <http:listener config-ref="Api" path="/api/orders"/>
  <flow-ref name="total" doc:name="Sum it up"/>
</flow>
<flow name="total">
  <http:request config-ref="Orders" method="GET" path="/orders" doc:name="Ask for orders" doc:id="id-1" target="found"/>
  <set-variable variableName="count" value="#[sizeOf(vars.found)]"/>
  <ee:transform doc:name="Answer" doc:id="id-2"><ee:message><ee:set-payload><![CDATA[%dw 2.0
output application/json
---
{total: sum(vars.found.price), who: payload.who, tags: ["a", "b"], none: null}]]></ee:set-payload></ee:message>
  </ee:transform>
</flow>
<flow name="send">
  <jms:publish destination="orders" doc:name="Tell others" target="sent"/>
  <set-payload value="#[vars.sent]"/>
</flow>
<flow name="strict">
  <choice>
    <when expression="#[isEmpty(payload.id)]">
      <raise-error type="APP:NO_ID" description="an order has an id"/>
    </when>
    <otherwise>
      <logger message="fine" doc:name="Fine"/>
    </otherwise>
  </choice>
</flow>
"""
FOUND = """
<munit-tools:mock-when processor="http:request" doc:name="Mock">
  <munit-tools:with-attributes>
    <munit-tools:with-attribute attributeName="doc:name" whereValue="Ask for orders"/>
  </munit-tools:with-attributes>
  <munit-tools:then-return>
    <munit-tools:payload value="#[[{price: 2}, {price: 3.5}]]"/>
  </munit-tools:then-return>
</munit-tools:mock-when>
"""
CALL = '<flow-ref name="total"/>'
GIVEN = """<munit:set-event><munit:payload value="#[{who: 'Ada'}]" mediaType="application/json"/></munit:set-event>"""


@dataclass
class Outcome:
    """What came of an application's tests. cases: of the test file, as YAML reads it; results: of `engine test`."""

    folder: Path
    report: Report
    results: Mapping[str, tuple[str, str]]

    @property
    def file(self) -> dict[str, Any]:
        return dict(yaml.safe_load((self.folder / "suite.test.yaml").read_text()))

    @property
    def cases(self) -> dict[str, Any]:
        return dict(self.file["cases"])

    @property
    def status(self) -> dict[str, str]:
        return {name: status for name, (status, _) in self.results.items()}


def imported(folder: Path, tests: str, flows: str = FLOWS, files: Mapping[str, str] | None = None) -> Outcome:
    """Import an application with these tests, and run them."""
    given = {
        "src/main/mule/main.xml": f"{HEAD}{flows}</mule>",
        "src/test/munit/suite.xml": f'{HEAD}<munit:config name="suite.xml"/>{tests}</mule>',
        **(files or {}),
    }
    for name, text in given.items():
        path = folder / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    made = import_application(application_in(folder / "app"))
    assert finish(made) == []
    out = folder / "out"
    write_files(made.files, out)
    results = {}
    for file in sorted(out.glob("*.test.yaml")):
        done = run_file(file, Order())
        assert not done.broken, done.broken
        results |= {each.name: (each.status, each.text) for each in done.results}
    return Outcome(out, made.report, results)


def case(name: str, behavior: str = FOUND, execution: str = GIVEN + CALL, validation: str = "", more: str = "") -> str:
    return (
        f'<munit:test name="{name}" description="Sums up" {more}><munit:behavior>{behavior}</munit:behavior>'
        f"<munit:execution>{execution}</munit:execution><munit:validation>{validation}</munit:validation></munit:test>"
    )


def that(expression: str, matcher: str, message: str = "") -> str:
    return f'<munit-tools:assert-that expression="#[{expression}]" is="#[{matcher}]" message="{message}"/>'


def test_a_test_is_a_case_that_people_can_read(tmp_path: Path) -> None:
    told = that("payload.total", "MunitTools::equalTo(5.5)", "the sum is wrong") + that(
        "vars.count", "MunitTools::equalTo(2)"
    )
    done = imported(tmp_path, f"<!-- The usual way -->{case('it sums up', validation=told)}")
    assert done.cases == {
        "it sums up": {
            "doc": "Sums up",
            "given": {"payload": {"who": "Ada"}, "mimeType": "application/json"},
            "mock": [{"processor": "Ask for orders", "return": {"payload": [{"price": 2}, {"price": 3.5}]}}],
            "flow": "total",
            "expect": {"payload.total": 5.5, "vars.count": 2},
        }
    }
    text = (done.folder / "suite.test.yaml").read_text()
    assert "  # The usual way\n  it sums up:" in text
    assert "# the sum is wrong\n" in text
    assert done.status == {"it sums up": "passed"}
    assert done.report.tests == {"all": 1, "converted": 1}


MATCHERS = {
    # expression, matcher, whether it holds
    "payload.total": [
        ("MunitTools::equalTo(5.5)", True), ("MunitTools::equalTo('5.5')", False), ("MunitTools::greaterThan(5)", True),
        ("MunitTools::lessThanOrEqualTo(5)", False), ("MunitTools::closeTo(5, 0.6)", True), ("5.5", True),
        ("MunitTools::not(MunitTools::equalTo(5.5))", False), ("MunitTools::equalTo(vars.count + 3.5)", True),
        ("MunitTools::equalTo(vars.count)", False),
    ],
    "payload.who": [
        ("MunitTools::equalTo('Ada')", True), ("MunitTools::containsString('d')", True),
        ("MunitTools::startsWith('B')", False),
        ("MunitTools::endsWith('a')", True), ("MunitTools::equalToIgnoringCase('ADA')", True),
        ("MunitTools::equalToIgnoringWhiteSpace(' ada ')", True), ("MunitTools::isEmptyString()", False),
        ("MunitTools::isEmptyOrNullString()", False), ("MunitTools::notNullValue()", True),
        ("MunitTools::both(MunitTools::startsWith('A'), MunitTools::endsWith('b'))", False),
        ("MunitTools::either(MunitTools::startsWith('A'), MunitTools::nullValue())", True),
        ("MunitTools::anyOf([MunitTools::equalTo('Bo'), MunitTools::equalTo('Ada')])", True),
        ("MunitTools::allOf([MunitTools::equalTo('Bo'), MunitTools::equalTo('Ada')])", False),
    ],
    "payload.tags": [
        ("MunitTools::hasItem('a')", True), ("MunitTools::hasItem(MunitTools::equalTo('c'))", False),
        ("MunitTools::hasSize(2)", True), ("MunitTools::hasSize(MunitTools::greaterThan(2))", False),
        ("MunitTools::everyItem(MunitTools::notNullValue())", True), ("MunitTools::isEmpty()", False),
        ("MunitTools::equalTo(['a', 'b'])", True),
    ],
    "payload": [
        ("MunitTools::hasKey('total')", True), ("MunitTools::hasKey(MunitTools::startsWith('x'))", False),
        ("MunitTools::hasValue('Ada')", True), ("MunitTools::hasValue(7)", False),
        ("MunitTools::withMediaType('application/json')", True), ("MunitTools::withMediaType('text/xml')", False),
    ],
    "payload.none": [("MunitTools::nullValue()", True), ("MunitTools::notNullValue()", False)],
}  # fmt: skip


def test_matchers_hold_and_fail(tmp_path: Path) -> None:
    table = [(left, matcher, holds) for left, rows in MATCHERS.items() for matcher, holds in rows]
    names = {f"{left} {matcher}": holds for left, matcher, holds in table}
    tests = "".join(
        case(f"{left} {matcher}".replace("'", "&apos;"), validation=that(left, matcher)) for left, matcher, _ in table
    )
    done = imported(tmp_path, tests)
    assert done.status == {name: "passed" if holds else "failed" for name, holds in names.items()}


def test_several_assertions_of_one_value_all_count(tmp_path: Path) -> None:
    told = that("payload.who", "MunitTools::notNullValue()") + that("payload.who", "MunitTools::startsWith('B')")
    done = imported(tmp_path, case("two", validation=told))
    assert done.cases["two"]["expect"] == {"payload.who": {"$allOf": [{"$not": None}, {"$startsWith": "B"}]}}
    assert done.status == {"two": "failed"}


def in_dataweave(script: str) -> str:
    return f"<munit-tools:assert><munit-tools:that>#[{script}]</munit-tools:that></munit-tools:assert>"


def test_other_assertions(tmp_path: Path) -> None:
    script = in_dataweave("import * from dw::test::Asserts\n---\n{}")
    rows = {
        "equals": ('<munit-tools:assert-equals actual="#[payload.who]" expected="Ada"/>', True),
        "equals not": ('<munit-tools:assert-equals actual="#[payload.who]" expected="#[vars.count]"/>', False),
        "script": (script.replace("{}", "payload must [haveKey('who'), $.who must equalTo('Ada')]"), True),
        "script not": (script.replace("{}", "payload must [beObject(), $.who must equalTo('Bo')]"), False),
        "script of a file": (
            in_dataweave("import checks::of_answer\n---\nof_answer::main({payload: payload})"), True,
        ),
        "fails": ('<munit-tools:fail message="never"/>', False),
    }  # fmt: skip
    module = "%dw 2.0\nimport * from dw::test::Asserts\n---\npayload.total must equalTo(5.5)\n"
    tests = "".join(case(name, validation=xml) for name, (xml, _) in rows.items())
    done = imported(tmp_path, tests, files={"src/test/resources/checks/of_answer.dwl": module})
    assert done.status == {name: "passed" if holds else "failed" for name, (_, holds) in rows.items()}


def test_mocks_find_their_steps(tmp_path: Path) -> None:
    def mock(processor: str, attribute: str, value: str, reply: str = "") -> str:
        with_ = f'<munit-tools:with-attribute attributeName="{attribute}" whereValue="{value}"/>'
        inner = f"<munit-tools:with-attributes>{with_}</munit-tools:with-attributes>{reply}"
        return f'<munit-tools:mock-when processor="{processor}">{inner}</munit-tools:mock-when>'

    returned = '<munit-tools:then-return><munit-tools:payload value="#[[{price: 1}]]"/></munit-tools:then-return>'
    nothing = returned.replace("[{price: 1}]", "null")
    failing = '<munit-tools:then-return><munit-tools:error typeId="HTTP:TIMEOUT"/></munit-tools:then-return>'
    held = that("payload.total", "MunitTools::equalTo(1)")
    tests = [
        case("by doc:id", mock("http:request", "doc:id", "id-1", returned), validation=held),
        case("by config", mock("http:request", "config-ref", "Orders", returned), validation=held),
        case("by the path", mock("http:request", "path", "#[MunitTools::startsWith('/o')]", returned), validation=held),
        case("null", mock("flow-ref", "name", "total", nothing), '<flow-ref name="orders"/>',
             that("payload", "MunitTools::nullValue()")),
        case("raises", mock("http:request", "config-ref", "Orders", failing), more='expectedErrorType="HTTP:TIMEOUT"'),
        case("raises another", mock("http:request", "config-ref", "Orders", failing), more='expectedErrorType="APP:X"'),
        case("a flow", mock("flow-ref", "name", "total", returned), '<flow-ref name="orders"/>',
                  that("payload", "MunitTools::equalTo([{price: 1}])")),
        case("a flow by itself", FOUND + mock("sub-flow", "name", "total", returned), '<flow-ref name="orders"/>',
                  that("payload[0].price", "MunitTools::equalTo(1)")),
        case("what is not there", FOUND + mock("http:request", "doc:name", "nobody", failing)),
        case("no counterpart", mock("jms:publish", "doc:name", "Tell others", returned), '<flow-ref name="send"/>',
                  that("payload[0].price", "MunitTools::equalTo(1)")),
        case("another flow", mock("http:request", "config-ref", "Orders", '<munit-tools:then-call flow="stand-in"/>'),
                  validation=that("payload.total", "MunitTools::equalTo(9)")),
    ]  # fmt: skip
    stand_in = '<flow name="stand-in"><set-payload value="#[[{price: 9}]]"/></flow>'
    done = imported(tmp_path, "".join(tests) + stand_in)
    failing_ones = {name for name, status in done.status.items() if status != "passed"}
    assert failing_ones == {"raises another"}
    assert [each.what for each in done.report.notes if "mock-when" in each.what] == ["mock-when of http:request"]


def test_calls_are_counted(tmp_path: Path) -> None:
    def verify(counts: str, processor: str = "http:request") -> str:
        return f'<munit-tools:verify-call processor="{processor}" {counts}/>'

    rows = {
        "once": (verify('times="1"'), True), "twice": (verify('times="2"'), False),
        "at least": (verify('atLeast="1"'), True),
        "at most": (verify('atMost="0"'), False), "between": (verify('atLeast="1" atMost="3"'), True),
        "never": (verify('times="0"', "os:store"), True), "a step": (verify("", "set-variable"), True),
    }  # fmt: skip
    done = imported(tmp_path, "".join(case(name, validation=xml) for name, (xml, _) in rows.items()))
    assert done.status == {name: "passed" if holds else "failed" for name, (_, holds) in rows.items()}


def test_spies_look_before_and_after(tmp_path: Path) -> None:
    def spy(**both: str) -> str:
        with_ = '<munit-tools:with-attribute attributeName="doc:id" whereValue="id-2"/>'
        looks = "".join(f"<munit-tools:{at}-call>{look}</munit-tools:{at}-call>" for at, look in both.items())
        inner = f"<munit-tools:with-attributes>{with_}</munit-tools:with-attributes>{looks}"
        return f'<munit-tools:spy processor="ee:transform">{inner}</munit-tools:spy>'

    before, after = that("payload.who", "MunitTools::equalTo('Ada')"), that("payload.total", "MunitTools::equalTo(5.5)")
    done = imported(
        tmp_path,
        case("right", FOUND + spy(before=before, after=after)) + case("wrong", FOUND + spy(before=after, after=before)),
    )
    assert done.status == {"right": "passed", "wrong": "failed"}


def test_requests_to_the_application_itself(tmp_path: Path) -> None:
    config = (
        '<http:request-config name="Own" basePath="/api">'
        '<http:request-connection host="localhost" port="${http.port}"/></http:request-config>'
    )
    enabled = '<munit:enable-flow-sources><munit:enable-flow-source value="orders"/></munit:enable-flow-sources>'
    ask = """<http:request config-ref="Own" method="POST" path="/orders">
      <http:headers>#[output application/java --- {"x-who": "Ada"}]</http:headers></http:request>"""
    status = that("attributes.statusCode", "MunitTools::equalTo({})")
    usual = case(
        "it answers",
        FOUND,
        GIVEN + ask,
        status.replace("{}", "200") + that("payload.who", "MunitTools::equalTo('Ada')"),
    )
    other = case("it is another", FOUND, GIVEN + ask, status.replace("{}", "201"))
    done = imported(tmp_path, config + usual.replace("<munit:behavior>", f"{enabled}<munit:behavior>", 1) + other)
    assert done.cases["it answers"] | {"mock": None, "doc": None} == {
        "given": {"payload": {"who": "Ada"}, "mimeType": "application/json", "headers": {"x-who": "Ada"}},
        "post": "/api/orders", "expect": {"status": 200, "payload.who": "Ada"}, "mock": None, "doc": None,
    }  # fmt: skip
    assert done.status == {"it answers": "passed", "it is another": "failed"}


OWN = (
    '<http:request-config name="Own" basePath="/api">'
    '<http:request-connection host="localhost" port="${http.port}"/></http:request-config>'
)
POST = '<http:request config-ref="Own" method="POST" path="/orders"/>'
GET = '<http:request config-ref="Own" path="/orders"/>'
OTHER = GIVEN.replace("Ada", "Bob")


def who(name: str) -> str:
    return that("payload.who", f"MunitTools::equalTo({name})")


def test_several_requests_are_acts_of_one_case(tmp_path: Path) -> None:
    asked = GIVEN + POST + who("'Ada'") + OTHER + POST
    with_body = POST.replace("/>", "><http:body>#[output application/json --- {who: 'Cy'}]</http:body></http:request>")
    done = imported(
        tmp_path,
        OWN
        + case("two", execution=asked, validation=who("'Bob'"))
        + case("the first is wrong", execution=asked.replace(who("'Ada'"), who("'Eve'")), validation=who("'Bob'"))
        + case("steps first", execution=GIVEN + CALL + who("'Ada'") + with_body, validation=who("'Cy'"))
        + case("nothing is sent", execution=GIVEN + POST + GET, validation=who("null")),
    )
    assert done.cases["two"] | {"mock": None, "doc": None} == {
        "given": {"payload": {"who": "Ada"}, "mimeType": "application/json"},
        "post": "/api/orders", "expect": {"payload.who": "Ada"},
        "then": [{
            "given": {"payload": {"who": "Bob"}, "mimeType": "application/json"},
            "post": "/api/orders", "expect": {"payload.who": "Bob"},
        }],
        "mock": None, "doc": None,
    }  # fmt: skip
    assert done.status == {
        "two": "passed", "the first is wrong": "failed", "steps first": "passed", "nothing is sent": "passed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("execution", "validation", "why"),
    [
        (GIVEN + POST + POST, "", "a request without a body of its own: its body is what came before it"),
        (GIVEN + POST + CALL, "", "steps behind a request"),
        (GIVEN + POST + OTHER + POST, '<munit-tools:verify-call processor="logger" times="2"/>', "of each act"),
    ],
)
def test_several_requests_that_cannot_be_said(tmp_path: Path, execution: str, validation: str, why: str) -> None:
    done = imported(tmp_path, OWN + case("it", execution=execution, validation=validation))
    assert done.status == {"it": "skipped"}
    assert why in done.cases["it"]["skip"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [("APP:NO_ID", "passed"), ("ANY", "passed"), ("NO_ID", "failed"), ("APP:OTHER", "failed")],
)
def test_errors_that_are_expected(tmp_path: Path, kind: str, status: str) -> None:
    call = '<flow-ref name="strict"/>'
    never = that("payload", "MunitTools::equalTo('never reached')")
    given = '<munit:set-event><munit:payload value="#[{}]"/></munit:set-event>'
    done = imported(tmp_path, case("refused", "", given + call, never, f'expectedErrorType="{kind}"'))
    assert done.status == {"refused": status}
    assert [each.why for each in done.report.notes if each.what == "munit:validation"]


def parameterization(name: str, who: str) -> str:
    parameter = f'<munit:parameter propertyName="who" value="{who}"/>'
    inner = f"<munit:parameters>{parameter}</munit:parameters>"
    return f'<munit:parameterization name="{name}">{inner}</munit:parameterization>'


def test_hooks_parameters_and_settings(tmp_path: Path) -> None:
    tests = f"""
      <munit:config name="suite.xml"><munit:parameterizations>
        {parameterization("one", "Ada")}{parameterization("two", "Bo")}
      </munit:parameterizations></munit:config>
      <munit:before-test name="before"><set-variable variableName="expected" value="#[5.5]"/>{FOUND}</munit:before-test>
      <munit:after-test name="after"><remove-variable variableName="expected"/></munit:after-test>
      {
        case(
            "sums",
            "",
            GIVEN + CALL,
            that("payload.total", "MunitTools::equalTo(vars.expected)")
            + that("p('who')", "MunitTools::equalTo('Ada')"),
            'tags="quick, usual" timeOut="90000"',
        )
    }
      {case("ignored", "", GIVEN + CALL, "", 'ignore="true"')}
    """
    done = imported(tmp_path, tests)
    one, two = (yaml.safe_load((done.folder / f"suite-{name}.test.yaml").read_text()) for name in ("one", "two"))
    assert (one["set"], two["set"]) == ({"who": "Ada"}, {"who": "Bo"})
    assert one["cases"]["sums"]["tags"] == ["quick", "usual"]
    assert one["cases"]["sums"]["timeout"] == "90s"
    assert one["before-each"][0]["set-variable"]["variableName"] == "expected"
    assert "after-each" not in one
    ran = {name: {each.name: each.status for each in run_file(done.folder / f"suite-{name}.test.yaml", Order()).results}
           for name in ("one", "two")}  # fmt: skip
    assert ran == {"one": {"sums": "passed", "ignored": "skipped"}, "two": {"sums": "failed", "ignored": "skipped"}}


def test_a_payload_that_is_json_is_a_value(tmp_path: Path) -> None:
    text = """<munit:set-event><munit:payload value='{"who": "Ada"}' mediaType="application/json"/></munit:set-event>"""
    done = imported(tmp_path, case("text", FOUND, text + CALL, that("payload.who", "MunitTools::equalTo('Ada')")))
    assert done.cases["text"]["given"]["payload"] == {"who": "Ada"}
    assert done.status == {"text": "passed"}


def test_files_of_tests(tmp_path: Path) -> None:
    found = """<munit-tools:mock-when processor="http:request"><munit-tools:then-return>
      <munit-tools:payload mediaType="application/json"
        value="#[MunitTools::getResourceAsString('answers/found.json')]"/>
    </munit-tools:then-return></munit-tools:mock-when>"""
    same = that(
        "write(payload, 'application/json', {indent: false})",
        "MunitTools::equalTo(MunitTools::getResourceAsString('answers/all.txt'))",
    )
    files = {
        "src/test/resources/answers/found.json": '[{"price": 4}]',
        "src/test/resources/answers/all.txt": '{"total": 4,"who": "Ada","tags": ["a","b"],"none": null}',
    }
    done = imported(tmp_path, case("reads", found, validation=same), files=files)
    assert done.cases["reads"]["mock"][0]["return"]["payload"] == {"from-file": "answers/found.json"}
    assert done.status == {"reads": "passed"}
    assert (done.folder / "answers/all.txt").is_file()


def test_what_is_asserted_before_more_steps_is_kept(tmp_path: Path) -> None:
    told = (
        that("payload.total", "MunitTools::equalTo(5.5)")
        + '<set-payload value="later"/>'
        + that("payload", "MunitTools::equalTo('later')")
    )
    store = '<munit-tools:store key="k"><munit-tools:value>#[7]</munit-tools:value></munit-tools:store>'
    store += '<munit-tools:retrieve key="k"/>'
    done = imported(
        tmp_path,
        case("in between", validation=told) + case("stored", "", store, that("payload", "MunitTools::equalTo(7)")),
    )
    assert done.cases["in between"]["expect"] == {"vars.asserted1": 5.5, "payload": "later"}
    assert done.status == {"in between": "passed", "stored": "passed"}


def validated(xml: str) -> str:
    return case("x", "", validation=xml)


READ = "MunitTools::equalTo(MunitTools::getResourceAsString(vars.f))"
UNFIT = {
    "java": (case("x", '<java:new class="a.B" constructor="B()"/>'), "java:new: it runs code in another language"),
    "matcher": (validated(that("payload", "MunitTools::unheardOf(1)")), "assert-that MunitTools::unheardOf(1): "),
    "computed": (
        validated('<munit-tools:verify-call processor="http:request" times="#[vars.n]"/>'),
        "times of verify-call: it is computed",
    ),
    "custom": (validated('<munit-tools:run-custom assertion="a.B"/>'), "munit-tools:run-custom: "),
    "no flow": (case("x", "", execution='<flow-ref name="nobody"/>'), "munit:test 'x': the unknown flow 'nobody'"),
    "broken": (validated(that("payload.", "MunitTools::nullValue()")), "munit:test 'x': "),
    "file": (validated(that("payload", READ)), "MunitTools::getResourceAs…"),
    "event": (
        case("x", "", "<munit:set-event><munit:error typeId='A:B'/></munit:set-event>"),
        "munit:error of munit:set-event: ",
    ),
    "no call": (
        validated('<munit-tools:verify-call processor="os:store" times="1"/>'),
        "verify-call of os:store: ",
    ),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_what_cannot_be_said_is_skipped_with_its_reason(tmp_path: Path, kind: str) -> None:
    xml, reason = UNFIT[kind]
    done = imported(tmp_path, xml + case("other"))
    assert done.status == {"x": "skipped", "other": "passed"}
    [gap] = [each for each in done.report.gaps if each.file == "src/test/munit/suite.xml"]
    assert gap.sentence.startswith(reason)
    assert gap.line == 1
    assert gap.instead
    assert done.report.tests == {"all": 2, "converted": 1}
    text = (done.folder / "suite.test.yaml").read_text()
    assert '# <munit:test name="x"' in text
    assert f"Not converted (src/test/munit/suite.xml:{gap.line})" in text


def test_broken_files_are_told(tmp_path: Path) -> None:
    done = imported(tmp_path, case("fine"), files={"src/test/munit/broken.xml": "<mule>"})
    assert done.status == {"fine": "passed"}
    told = [each.why for each in done.report.gaps if each.file == "src/test/munit/broken.xml"]
    assert told == ["the file cannot be read"]


def test_scripts_of_tests_are_not_counted_as_those_of_the_application(tmp_path: Path) -> None:
    inner = "<ee:message><ee:set-payload><![CDATA[{who: 'Ada'}]]></ee:set-payload></ee:message>"
    script = f"<ee:transform>{inner}</ee:transform>"
    done = imported(
        tmp_path, case("it sums up", execution=script + CALL, validation=that("1", "MunitTools::equalTo(1)"))
    )
    assert done.status == {"it sums up": "passed"}
    assert "transform" in str(done.cases)
    assert done.report.scripts == {"all": 1, "converted": 1}  # the one of the flows
