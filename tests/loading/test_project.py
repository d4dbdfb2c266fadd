"""`[tool.engine]` of a pyproject.toml: what every command would else be told each time."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.tools.cli import main

FLOW = """
flows:
  loud:
    steps: [{shop:shout: {mark: "${mark}"}}]
"""
TEST = """
cases:
  it shouts: {flow: loud, given: {payload: hi}, expect: {payload: "HI!"}}
"""
SHOUT = '''
from engine import Event, Processor


class Shout(Processor):
    """Make the payload loud."""

    mark: str = ""
    """What stands behind it."""

    def run_plain(self, event: Event) -> Event:
        return event.with_payload(event.payload.upper() + self.mark)
'''
PROJECT = """
[tool.engine]
paths = ["flows"]
processors = ["elements_of_the_project"]
set = { mark = "!" }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with flows that need an element of its own and a property."""
    for name, text in {
        "flows/loud.yaml": FLOW,
        "flows/loud.test.yaml": TEST,
        "elements_of_the_project/shop/shout.py": SHOUT,
        "pyproject.toml": PROJECT,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in [name for name in sys.modules if name.startswith("elements_of_the_project")]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


def engine(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], input=stdin)


def test_in_its_folder_the_paths_may_be_left_out(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert engine("check").output == "1 flow and 0 sub-flows: no mistakes\n"
    assert engine("run", "--flow", "loud", "--payload", "-", stdin='"hi"').output == '"HI!"\n'
    assert "shop:shout" in engine("processors").output


@pytest.mark.parametrize("path", [".", "flows", "flows/loud.yaml"])
def test_from_elsewhere_the_file_nearest_to_the_flows_counts(project: Path, path: str) -> None:
    assert engine("check", project / path).output == "1 flow and 0 sub-flows: no mistakes\n"
    tested = engine("test", project / path.replace(".yaml", ".test.yaml"), "--workers", 1)
    assert (tested.exit_code, "1 passed" in tested.output) == (0, True), tested.output


def test_what_stands_on_the_line_wins(project: Path) -> None:
    run = engine("run", project, "--flow", "loud", "--payload", "-", "--set", "mark=?", stdin='"hi"')
    assert run.output == '"HI?"\n'


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("processor = []", "the unknown key 'processor' under [tool.engine]\n  expected: one of paths, processors"),
        ("paths = 'flows'", "'flows' for 'paths' under [tool.engine]\n  expected: a list of flow files and folders"),
        ("set = { a = [1] }", "[1] for the property 'a' under [tool.engine]\n  expected: a text, a number"),
        ("name = []", "[] for 'name' under [tool.engine]\n  expected: a text\n  write: name = \"shop\""),
        ("set = 5", "5 for 'set' under [tool.engine]\n  expected: a table of properties"),
        ("paths = [", "cannot be read"),
    ],
)
def test_mistakes(project: Path, section: str, message: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.engine]\n{section}\n")
    done = engine("check", project)
    assert done.exit_code == 1
    assert message in done.output


def test_without_paths_and_a_project_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = engine("check")
    assert done.exit_code == 2
    assert "name flow files or folders; or have 'paths' under [tool.engine] of pyproject.toml" in done.output


RUN = """
flows:
  seen:
    steps: [{set-payload: {value: {payload: "#[payload]", x: "#[vars.x]", method: "#[attributes.method]"}}}]
"""


def test_run_takes_variables_and_attributes(tmp_path: Path) -> None:
    (tmp_path / "seen.yaml").write_text(RUN)
    more = ("--vars", '{"x": [1]}', "--attributes", '{"method": "GET"}')
    done = engine("run", tmp_path, "--flow", "seen", "--payload", "-", *more, stdin="7")
    assert json.loads(done.output) == {"payload": 7, "x": [1], "method": "GET"}


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--vars", "[1]", 'engine: --vars is no map; write --vars \'{"name": "value"}\'\n'),
        ("--attributes", "{a", "engine: --attributes is no JSON: key must be a string at line 1 column 2\n"),
    ],
)
def test_run_refuses_what_is_no_map(tmp_path: Path, option: str, text: str, message: str) -> None:
    (tmp_path / "seen.yaml").write_text(RUN)
    done = engine("run", tmp_path, "--flow", "seen", option, text)
    assert (done.exit_code, done.output) == (1, message)


def test_a_new_project_is_checked_and_tested_where_it_lies(tmp_path: Path) -> None:
    made = engine("new", tmp_path / "shop")
    names = ["flows/hello.yaml", "flows/hello.test.yaml", ".engine/flows.schema.json", "pyproject.toml"]
    assert made.output.splitlines()[:4] == [f"wrote {tmp_path}/shop/{name}" for name in names]
    assert engine("check", tmp_path / "shop").output == "1 flow and 0 sub-flows: no mistakes\n"
    tested = engine("test", tmp_path / "shop", "--workers", 1)
    assert (tested.exit_code, "2 passed" in tested.output) == (0, True), tested.output


def test_a_name_is_for_the_data_of_its_own_flows(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other flows of the folder are another application."""
    store = "flows: {keep: {steps: [{os:store: {key: x, value: 1}}]}}\n"
    for folder in ("flows", "others"):
        (project / folder).mkdir(exist_ok=True)
        (project / folder / "keep.yaml").write_text(store)
    (project / "pyproject.toml").write_text(f'{PROJECT}name = "corner shop"\n')
    monkeypatch.chdir(project)
    for path in (project, project / "flows", project / "others"):
        assert engine("run", path, "--flow", "keep").exit_code == 0
    assert sorted(path.name for path in (project / ".engine").iterdir()) == ["corner shop", "others"]
