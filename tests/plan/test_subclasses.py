"""Elements made of others: whatever they replace runs, and what they keep is seen as before."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine import Application, Event, Link, LoadError
from engine.tools.cli import main

ELEMENTS = '''
from engine import Event
from processors.core.try_ import Try
from processors.db.insert import Insert


class _Mixed:
    async def run(self, event: Event) -> Event:
        return (await super().run(event)).with_variable("mixed", (event.vars.get("mixed") or 0) + 1)


class TimedTry(Try):
    """Run steps, and count that."""

    async def run(self, event: Event) -> Event:
        return (await super().run(event)).with_variable("timed", True)


class MixedTry(_Mixed, Try):
    """Run steps, and count that."""


class MixedInsert(_Mixed, Insert):
    """Insert a row, and count that."""
'''
FLOWS = """
configs:
  Db: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id INTEGER)"}}
flows:
  timed:
    steps:
      - mine:timed-try:
          steps: [{http:request: {url: "http://127.0.0.1:9/"}}, {flow-ref: {name: shared}}]
  mixed: {steps: [{mine:mixed-try: {steps: [{set-payload: {value: 1}}]}}]}
  rows:
    steps:
      - foreach:
          steps: [{mine:mixed-insert: {config-ref: Db, sql: "INSERT INTO t VALUES(1)", target: x}}]
  shared: {steps: [{set-variable: {variableName: seen, value: true}}]}
"""
CASES = """
cases:
  it is mocked:
    flow: timed
    mock: [{processor: http:request, return: {payload: 1}}]
    expect: {payload: 1, vars: {timed: true, seen: true}, calls: [{processor: set-variable, times: 1}]}
  it is mocked again:
    flow: timed
    mock: [{processor: http:request, return: {payload: 2}}]
    expect: {payload: 2}
  what a mixin runs is run: {flow: mixed, expect: {payload: 1, vars.mixed: 1}}
  in loops too: {flow: rows, given: {payload: [1, 2, 3]}, expect: {vars.mixed: 3}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "crate/mine/timed_try.py": ELEMENTS.partition("class MixedTry")[0],
        "crate/mine/mixed_try.py": _only("MixedTry"),
        "crate/mine/mixed_insert.py": _only("MixedInsert"),
        "flows/a.yaml": FLOWS,
        "flows/a.test.yaml": CASES,
        "pyproject.toml": '[tool.engine]\npaths = ["flows"]\nprocessors = ["crate"]\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.startswith("crate")]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


def _only(name: str) -> str:
    """The elements without those of other names."""
    head, *classes = ELEMENTS.split("\n\n\nclass ")
    kept = [each for each in classes if each.startswith(("_Mixed", f"{name}("))]
    return "\n\n\nclass ".join([head, *kept])


def test_mocks_and_borders_hold_inside_of_them(folder: Path) -> None:
    output = CliRunner().invoke(main, ["test", "flows", "--coverage"]).output
    assert "4 passed" in output
    assert "lines" in output


def test_observers_see_what_is_inside_of_them(folder: Path) -> None:
    class Names:
        def __init__(self) -> None:
            self.entered_: list[str] = []

        def entered(self, node: Any, event: Event) -> None:
            self.entered_.append(getattr(node, "name", ""))

        def left(self, node: Any, event: Event, failure: BaseException | None) -> None: ...

    names = Names()
    app = Application.load(folder / "flows" / "a.yaml", processors=["crate"], observers=[names])
    asyncio.run(app.run("mixed"))
    assert names.entered_ == ["mixed", "mine:mixed-try", "set-payload"]


def test_a_target_value_that_acts_keeps_a_loop_from_batches(tmp_path: Path) -> None:
    """What acts on something else than the database must not be done again with the batch."""
    (tmp_path / "a.yaml").write_text("""
configs:
  S: {os:object-store: {persistent: false}}
  Db: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id INTEGER)"}}
flows:
  f: {steps: [{foreach: {steps: [{flow-ref: {name: s, target: n, targetValue: "lookup('count', payload)"}}]}}]}
sub-flows:
  s: {steps: [{db:update: {config-ref: Db, sql: UPDATE t SET id = 1}}]}
  count: {steps: [{os:increment: {key: n, objectStore: S}}]}
""")
    app = Application.load(tmp_path / "a.yaml")
    assert Link().code(app.flows["f"].steps).effects.acts


def test_default_handlers_with_a_try_may_name_the_flow(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("""
configuration: {defaultErrorHandler-ref: D}
error-handlers:
  D: [{on-error-continue: {logException: false, steps: [{try: {steps: [{set-payload: {value: "#[flow.name]"}}]}}]}}]
flows:
  x: {steps: [{raise-error: {type: "A:B"}}]}
""")
    assert asyncio.run(Application.load(tmp_path / "a.yaml").run("x")).payload == "x"


def test_an_element_that_does_not_say_how_it_runs_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "idlers").mkdir()
    (tmp_path / "idlers" / "idle.py").write_text(
        'from engine import Processor\n\n\nclass Idle(Processor):\n    """Do nothing."""\n'
    )
    (tmp_path / "a.yaml").write_text("flows: {f: {steps: [{idle: {}}]}}")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(LoadError, match=r"the class Idle of idlers\.idle has neither run, run_plain nor code"):
        Application.load(tmp_path / "a.yaml", processors=["idlers"])
