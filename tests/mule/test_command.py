"""`engine import` from the command line: what is written, reported and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mule.conftest import HEAD, engine, write_application

FLOW = '<flow name="a"><logger message="hi"/></flow>'
APP = {
    "pom.xml": "<project><parent><artifactId>parent</artifactId></parent><artifactId>shop</artifactId></project>",
    "src/main/mule/shop.xml": f'{HEAD}<flow name="a" doc:name="A"><set-payload value="${{greeting}}"/></flow></mule>',
    "src/main/mule/more/b.xml": f'{HEAD}<flow name="b"><flow-ref name="a"/><salesforce:query/></flow></mule>',
    "src/main/resources/config.properties": "greeting=Hello\n",
    "src/main/resources/dwl/x.dwl": "%dw 2.0\n---\n1",
    "src/main/resources/log4j2.xml": "<Configuration/>",
    "src/main/mule/global.xml": f'{HEAD}<configuration-properties file="config.properties"/></mule>',
}


def test_an_application(tmp_path: Path, output: Path) -> None:
    app = write_application(tmp_path / "app", APP)
    report = tmp_path / "report.json"
    done = engine("import", str(app), "-o", str(output), "--report", str(report))
    assert done.exit_code == 0, done.output
    written = sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    assert written == ["config.properties", "dwl/x.dwl", "global.yaml", "more-b.yaml", "shop.yaml"]
    assert engine("check", str(output)).output == "2 flows and 0 sub-flows: no mistakes\n"
    assert engine("run", str(output), "--flow", "a").output == '"Hello"\n'
    told = json.loads(report.read_text())
    assert told["application"] == "shop"
    assert told["elements"] == {"converted": 5, "all": 6}
    assert [set(gap) for gap in told["gaps"]] == [{"file", "line", "what", "why", "instead", "effort"}]
    assert told["gaps"][0] | {"why": "", "instead": ""} == {
        "file": "more/b.xml", "line": 3, "what": "salesforce:query", "why": "", "instead": "", "effort": "L",
    }  # fmt: skip


PARENT = """<project xmlns="http://maven.apache.org/POM/4.0.0"><groupId>com.acme</groupId><artifactId>all</artifactId>
  <version>3</version><properties><region>eu-${project.version}</region><team>ours</team></properties></project>"""
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><artifactId>shop</artifactId><version>1.2</version>
  <parent><groupId>com.acme</groupId><artifactId>all</artifactId><version>3</version></parent>
  <properties><team>theirs</team><greeting>from Maven</greeting><unused>x</unused></properties>
  <dependencies><dependency><groupId>com.acme</groupId><artifactId>errors</artifactId><version>${project.parent.version}</version>
  <classifier>mule-plugin</classifier></dependency></dependencies></project>"""


def test_properties_that_maven_fills_in(tmp_path: Path, output: Path) -> None:
    value = '<set-payload value="${greeting} ${team} ${of}"/>'
    app = write_application(tmp_path / "all/shop", APP | {
        "pom.xml": POM,
        "../pom.xml": PARENT,
        "src/main/mule/shop.xml": f'{HEAD}<flow name="a">{value}</flow></mule>',
        "src/main/resources/config.properties": "greeting=Hello\nof=${project.artifactId} ${project.groupId} ${region}",
    })  # fmt: skip
    done = engine("import", str(app), "-o", str(output))
    assert done.exit_code == 0, done.output
    assert "shared libraries that are not there: com.acme:errors:3" in done.output
    assert engine("run", str(output), "--flow", "a").output == '"Hello theirs shop com.acme eu-3"\n'
    assert "unused" not in "".join(path.read_text() for path in output.glob("*.yaml"))


@pytest.mark.parametrize("pom", ["", "<project>", "<project/>", "<!DOCTYPE a><project/>", POM.replace("shop", "${x}")])
def test_an_application_without_a_name_has_that_of_its_folder(pom: str, tmp_path: Path, output: Path) -> None:
    app = write_application(tmp_path / "app", {"pom.xml": pom, "src/main/mule/shop.xml": f"{HEAD}{FLOW}</mule>"})
    done = engine("import", str(app), "-o", str(output))
    assert done.output.startswith("app → ")


def test_the_xml_of_a_gap_stands_at_its_place(output: Path) -> None:
    xml = '<flow name="a"><logger/><jms:publish destination="d"><jms:message>x</jms:message></jms:publish></flow>'
    assert engine("import", "-", "-o", str(output), stdin=xml).exit_code == 0
    text = (output / "main.yaml").read_text()
    assert (
        '# <jms:publish destination="d"><jms:message>x</jms:message></jms:publish>\n'
        "      - {raise-error: {type: MULE:NOT_SUPPORTED," in text
    )
    assert engine("run", str(output), "--flow", "a").exit_code == 1


def test_a_folder_that_differs_is_refused(output: Path) -> None:
    assert engine("import", "-", "-o", str(output), stdin=FLOW).exit_code == 0
    assert engine("import", "-", "-o", str(output), stdin=FLOW).exit_code == 0  # the same again
    other = FLOW.replace("hi", "ho")
    refused = engine("import", "-", "-o", str(output), stdin=other)
    assert refused.exit_code == 1
    assert "has main.yaml with other contents; --force writes over them" in refused.output
    assert "hi" in (output / "main.yaml").read_text()
    assert engine("import", "-", "-o", str(output), "--force", stdin=other).exit_code == 0
    assert "ho" in (output / "main.yaml").read_text()


def test_other_flows_in_the_folder_are_not_joined(output: Path) -> None:
    write_application(output, {"own.yaml": "flows: {own: {steps: []}}"})
    refused = engine("import", "-", "-o", str(output), stdin=FLOW)
    assert refused.exit_code == 1
    assert "own.yaml" in refused.output


def test_a_workspace(tmp_path: Path, output: Path) -> None:
    for name in ("one", "two"):
        write_application(tmp_path / "work" / name, {"src/main/mule/a.xml": f"{HEAD}{FLOW}</mule>"})
    write_application(tmp_path / "work" / "broken", {"src/main/mule/a.xml": "<mule>"})
    report = tmp_path / "report.json"
    done = engine("import", str(tmp_path / "work"), "-o", str(output), "--workspace", "--report", str(report))
    assert done.exit_code == 0
    assert "engine: a.xml:1:7 broken XML" in done.output
    assert sorted(path.parent.name for path in output.rglob("a.yaml")) == ["one", "two"]
    told = json.loads(report.read_text())
    assert [each["application"] for each in told["applications"]] == ["one", "two"]
    assert told["flows"] == {"converted": 2, "all": 2}


def test_the_report_as_a_page(tmp_path: Path, output: Path) -> None:
    page = tmp_path / "report.html"
    engine("import", "-", "-o", str(output), "--report", str(page), stdin='<flow name="a"><x:y a="&lt;b>"/></flow>')
    text = page.read_text()
    assert "<code>main.xml:1</code>" in text
    assert "x:y" in text


def test_what_is_missing_is_a_stub(output: Path) -> None:
    xml = f"""{HEAD}
    <flow name="a"><http:listener config-ref="L" path="/a"/><flow-ref name="lib-flow"/>
    <http:request config-ref="R" path="/x" responseTimeout="${{time}}"/>
    <error-handler ref="lib-handler"/></flow></mule>"""
    done = engine("import", "-", "-o", str(output), stdin=xml)
    assert done.exit_code == 0
    assert (output / "missing.yaml").exists()
    assert engine("check", str(output)).exit_code == 0
    for name in (
        "http:listener-config 'L'",
        "flow 'lib-flow'",
        "http:request-config 'R'",
        "property 'time'",
        "'lib-handler'",
    ):
        assert name in done.output
    assert "MULE:NOT_SUPPORTED" in engine("run", str(output), "--flow", "lib-flow").output


def test_a_script_that_does_not_parse_is_told_with_its_line(output: Path) -> None:
    xml = f"""{HEAD}
    <flow name="a">
      <ee:transform doc:name="T"><ee:message><ee:set-payload><![CDATA[%dw 2.0
output application/json
---
{{a: payload.}}
]]></ee:set-payload></ee:message></ee:transform>
      <logger message="#[1 +]"/>
    </flow></mule>"""
    done = engine("import", "-", "-o", str(output), stdin=xml)
    assert done.exit_code == 0
    assert "main.xml:8 [S] ee:transform 'T'" in done.output
    assert "main.xml:10 [S] logger" in done.output
    assert engine("check", str(output)).exit_code == 0


def test_java_is_a_function_to_be_written(output: Path) -> None:
    xml = '<flow name="a"><java:invoke-static class="com.shop.Tax" method="of(int)" target="t"/></flow>'
    assert engine("import", "-", "-o", str(output), stdin=xml).exit_code == 0
    assert "def tax_of(event: Event) -> Any:" in (output / "main_functions.py").read_text()
    assert engine("check", str(output)).exit_code == 0


def test_a_hint_where_all_may_fail(output: Path) -> None:
    xml = """<flow name="a">
    <set-variable variableName="httpStatus" value="#[if (vars.n == 0) 200 else 207]"/></flow>"""
    done = engine("import", "-", "-o", str(output), stdin=xml)
    assert "main.xml:2 note: status 207 in a: if every record fails, the caller gets 207" in done.output
    told = engine(
        "import", "-", "-o", str(output), "--force", stdin=xml.replace("else 207", "else if (vars.n == 1) 400 else 207")
    )
    assert "status 207" not in told.output


MISTAKES = {
    "empty": ("", "main.xml:1:1 an empty file"),
    "blank": (" \n ", "main.xml:1:1 an empty file"),
    "broken": ("<flow>\n<logger></flow>", "main.xml:2:"),
    "a DOCTYPE": ('<!DOCTYPE a [<!ENTITY b "c">]><mule>&b;</mule>', "main.xml:1:13 a DOCTYPE 'a'"),
    "an unknown entity": ("<mule>&b;</mule>", "broken XML: undefined entity"),
    "deep": ("<a>" * 300 + "</a>" * 300, "elements in more than 200 levels"),
    "a zero byte": ("<mule>\0</mule>", "main.xml:1:7 a zero byte"),
    "an unknown encoding": ('<?xml version="1.0" encoding="klingon"?><mule/>', "the encoding 'klingon'"),
    "no UTF-8": (b"<mule>\xff</mule>", "bytes that are no UTF-8"),
    "no flows": (f"{HEAD}</mule>", "has neither flows nor configs"),
    "Mule 3": (
        f'{HEAD}<flow name="a"><set-session-variable/></flow></mule>',
        "main.xml:3: 'set-session-variable' is of Mule 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_what_cannot_be_imported(name: str, output: Path) -> None:
    xml, expected = MISTAKES[name]
    done = engine("import", "-", "-o", str(output), stdin=xml)
    assert done.exit_code == 1
    assert expected in done.output
    assert not output.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "utf-8-sig"])
def test_other_encodings(encoding: str, output: Path) -> None:
    declared = "" if "utf" in encoding else f'<?xml version="1.0" encoding="{encoding}"?>'
    xml = f'{declared}<flow name="a"><set-payload value="Grüße"/></flow>'.encode(encoding)
    assert engine("import", "-", "-o", str(output), stdin=xml).exit_code == 0
    assert engine("run", str(output), "--flow", "a").output == '"Grüße"\n'


def test_a_broken_file_of_several_is_a_gap(tmp_path: Path, output: Path) -> None:
    app = {"src/main/mule/a.xml": f"{HEAD}{FLOW}</mule>", "src/main/mule/b.xml": "<mule>\n<oops"}
    done = engine("import", str(write_application(tmp_path / "app", app)), "-o", str(output))
    assert done.exit_code == 0
    assert "b.xml:2 [L] b.xml: broken XML" in done.output


def test_nothing_there(tmp_path: Path, output: Path) -> None:
    assert "is neither a folder nor a file" in engine("import", str(tmp_path / "no"), "-o", str(output)).output
    assert "has no XML files" in engine("import", str(tmp_path), "-o", str(output)).output
