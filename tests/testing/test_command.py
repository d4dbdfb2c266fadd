"""`engine test`, and pytest over the same files: what they print, count and exit with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.testing.files.choosing import Wish

ROOT = Path(__file__).parents[2]
FLOW = "flows:\n  greet: {steps: [{set-payload: {value: Hello}}]}\n"
TESTS = """\
suite: greetings
cases:
  it greets: {flow: greet, tags: [fast], expect: {payload: Hello}}
  it greets wrongly: {flow: greet, expect: {payload: Bye}}
  it waits: {flow: greet, skip: not yet, expect: {payload: Bye}}
  it greets ${who}: {each: [{who: Ada}, {who: Eve}], flow: greet, expect: {payload: Hello}}
"""
BROKEN = "cases:\n  it: {flow: gret}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "greet.yaml").write_text(FLOW)
    (tmp_path / "greet.test.yaml").write_text(TESTS)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "other.yaml").write_text(FLOW)
    (tmp_path / "deeper" / "other.test.yaml").write_text(
        "cases: {it greets too: {flow: greet, expect: {payload: Hello}}}"
    )
    return tmp_path


def run(*command: str, cwd: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def engine_test(*arguments: str, cwd: Path) -> tuple[int, str]:
    return run("engine.tools", "test", *arguments, cwd=cwd)


def counts(text: str) -> dict[str, int]:
    """What a runner's last line counts."""
    return {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", text.strip().splitlines()[-1])}


@pytest.mark.parametrize(
    ("arguments", "code", "counted"),
    [
        (["."], 1, {"failed": 1, "passed": 4, "skipped": 1}),
        ([".", "--workers", "1"], 1, {"failed": 1, "passed": 4, "skipped": 1}),
        (["greet.test.yaml"], 1, {"failed": 1, "passed": 3, "skipped": 1}),
        (["deeper"], 0, {"passed": 1}),
        ([".", "-k", "greets and not (wrongly or too)"], 0, {"passed": 3, "deselected": 3}),
        ([".", "-k", "GREETINGS and Ada"], 0, {"passed": 1, "deselected": 5}),
        ([".", "--tag", "fast"], 0, {"passed": 1, "deselected": 5}),
        (["greet.test.yaml", "-x"], 1, {"failed": 1, "passed": 1}),
    ],
)
def test_what_runs_is_counted(folder: Path, arguments: list[str], code: int, counted: dict[str, int]) -> None:
    exit_code, text = engine_test(*arguments, cwd=folder)
    assert (exit_code, counts(text)) == (code, counted)


def test_a_failure_is_told_with_its_line(folder: Path) -> None:
    _, text = engine_test("greet.test.yaml", cwd=folder)
    assert "greet.test.yaml .Fs.." in text
    assert "FAILED greetings › it greets wrongly (greet.test.yaml:4)\n  greet.test.yaml:4:45\n" in text
    assert re.search(r"wanted: Bye\n +got: +Hello\n +path:\n +set-payload +greet/steps/0 @ .*greet.yaml:2", text)


def test_a_broken_file_fails_and_lets_the_others_run(folder: Path) -> None:
    (folder / "broken.test.yaml").write_text(BROKEN)
    code, text = engine_test(".", "-k", "too", cwd=folder)
    assert (code, counts(text)) == (1, {"passed": 1, "deselected": 5, "broken": 1})
    assert "broken.test.yaml:2:14 F501 the unknown flow 'gret'" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "'nowhere' is not there"),
        (["greet.yaml", "nowhere.test.yaml"], "'nowhere.test.yaml' is not there"),
        ([".", "-k", "and and"], "'and and' is no expression of words"),
        ([".", "-k", "a(b)"], "'a(b)' is no expression of words"),
        ([".", "--junit", "no/folder.xml"], "'no/folder.xml' cannot be written"),
    ],
)
def test_what_cannot_be_is_said(folder: Path, arguments: list[str], message: str) -> None:
    code, text = engine_test(*arguments, cwd=folder)
    assert code
    assert message in text


def test_a_folder_without_tests_is_a_mistake(tmp_path: Path) -> None:
    assert engine_test(".", cwd=tmp_path) == (1, "engine: no *.test.yaml in .\n")


def test_junit(folder: Path) -> None:
    (folder / "broken.test.yaml").write_text(BROKEN)
    engine_test(".", "--junit", "results.xml", cwd=folder)
    suites = {suite.get("name"): suite for suite in ElementTree.parse(folder / "results.xml").getroot()}  # noqa: S314
    greetings = suites["greetings"]
    assert {name: greetings.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "0", "skipped": "1",
    }  # fmt: skip
    (failed,) = (case for case in greetings if case.find("failure") is not None)
    assert (failed.get("name"), failed.get("line")) == ("it greets wrongly", "4")
    assert "wanted: Bye" in (failed.findtext("failure") or "")
    assert suites["broken.test.yaml"].get("errors") == "1"


def test_steps_after_cases_that_fail_hide_no_other_failure(folder: Path) -> None:
    hook = "[{{raise-error: {{type: 'APP:BAD', description: {} failed}}}}]"
    (folder / "each.test.yaml").write_text(
        f"after-each: {hook.format('cleaning')}\n"
        "cases:\n  one: {flow: greet, expect: {payload: Bye}}\n  two: {flow: greet, expect: {payload: Hello}}\n"
    )
    (folder / "all.test.yaml").write_text(
        f"before-all: {hook.format('making')}\nafter-all: {hook.format('ending')}\ncases: {{one: {{flow: greet}}}}\n"
    )
    code, text = engine_test("each.test.yaml", "all.test.yaml", cwd=folder)
    assert (code, counts(text)) == (1, {"failed": 2, "broken": 1})
    assert text.count("wanted: Bye") == 1
    assert text.count("APP:BAD: cleaning failed") == 2
    assert text.count("APP:BAD: making failed") == text.count("APP:BAD: ending failed") == 1


def test_names_and_reasons_with_characters_that_xml_does_not_have(folder: Path) -> None:
    (folder / "odd.test.yaml").write_text(
        'suite: "odd \\x1b suite"\n'
        'cases: {"a \\x01 name": {flow: greet, skip: "for \\x02 a while"},\n'
        '        "a ]]> <name>": {flow: greet, skip: "\\uFFFE"}}\n'
    )
    engine_test("odd.test.yaml", "--junit", "results.xml", cwd=folder)
    [suite] = ElementTree.parse(folder / "results.xml").getroot()  # noqa: S314
    assert suite.get("name") == "odd  suite"
    assert [(case.get("name"), case[0].get("message")) for case in suite] == [
        ("a  name", "for  a while"), ("a ]]> <name>", ""),
    ]  # fmt: skip


def test_pytest_counts_the_same(folder: Path) -> None:
    code, text = run("pytest", "-q", "-p", "no:cacheprovider", ".", cwd=folder)
    assert (code, counts(text)) == (1, {"failed": 1, "passed": 4, "skipped": 1})
    assert "greet.test.yaml:4:45" in text


@pytest.mark.parametrize(
    ("arguments", "counted"),
    [
        (["-k", "Ada"], {"passed": 1, "deselected": 5}),
        (["-m", "fast"], {"passed": 1, "deselected": 5}),
        (["-x", "greet.test.yaml"], {"failed": 1, "passed": 1}),
        (["greet.test.yaml::it greets"], {"passed": 1}),
    ],
)
def test_pytest_chooses(folder: Path, arguments: list[str], counted: dict[str, int]) -> None:
    _, text = run("pytest", "-p", "no:cacheprovider", *arguments, cwd=folder)
    assert counts(text.replace("=", "")) == counted | {}


def test_pytest_tells_mistakes_where_it_collects(folder: Path) -> None:
    (folder / "broken.test.yaml").write_text(BROKEN)
    code, text = run("pytest", "-q", "-p", "no:cacheprovider", "broken.test.yaml", cwd=folder)
    assert code == 2
    assert "broken.test.yaml:2:14 F501 the unknown flow 'gret'" in text


def test_the_plugin_imports_nothing_of_the_engine_before_a_test_file(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("""
import sys
def test_it():
    loaded = {name for name in sys.modules if name.partition('.')[0] in ('engine', 'processors', 'pydantic')}
    assert loaded == {'engine', 'engine.faces', 'engine.testing', 'engine.testing.plugin', 'engine.testing.fixtures'}
""")
    code, text = run("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", cwd=tmp_path)
    assert code == 0, text


def test_the_shipped_flows_have_the_same_counts_in_both_runners() -> None:
    ours, theirs = engine_test("flows", cwd=ROOT), run("pytest", "-p", "no:cacheprovider", "flows", cwd=ROOT)
    assert (ours[0], theirs[0]) == (0, 0)
    passed = counts(ours[1])["passed"]
    assert f"{passed} passed" in theirs[1] or theirs[1].count(".") >= passed
    assert {path.name for path in (ROOT / "flows").glob("*.yaml") if ".test." not in path.name} == {
        path.name.replace(".test", "") for path in (ROOT / "flows").glob("*.test.yaml")
    }


@pytest.mark.parametrize(
    ("wish", "takes"),
    [
        ("", True),
        ("bulk", True),
        ("BULK and upsert", True),
        ("bulk and not upsert", False),
        ("(nothing or bulk) and upsert", True),
        ("no or nothing", False),
    ],
)
def test_wishes(wish: str, takes: bool) -> None:
    assert Wish(wish).takes("bulk upsert") is takes
