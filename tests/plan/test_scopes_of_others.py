"""A scope of a third party, with its steps in a map: whoever looks into flows sees them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine import Application
from engine.plan.effects import ANYTHING
from engine.plan.inside import reachable
from engine.plan.link import Link
from engine.steps.chain import Step
from engine.tools.cli import main

SWITCH = '''
from functools import partial

from engine import After, Chain, Code, Event, Expression, Link, Processor
from engine.connectors import Run, union


class Switch(Processor):
    """Run the steps of one of several ways, by its name.

    Example:
        given: {payload: a}
        run: [{ways:switch: {on: payload, ways: {a: [{set-payload: {value: 1}}]}}}]
        expect: {payload: 1}
    """

    on: Expression
    """The name of the way."""

    ways: dict[str, Chain]
    """The ways by their names."""

    message_after = After.INNER

    async def run(self, event: Event) -> Event:
        return await self.ways[self.on.evaluate(event)].run(event)


class Known(Switch):
    """The same, which says what it becomes."""

    def code(self, link: Link) -> Code:
        codes = {name: link.code(steps) for name, steps in self.ways.items()}
        run = partial(self._run_way, {name: code.awaited for name, code in codes.items()})
        return Code(run, None, union(code.effects for code in codes.values()))

    async def _run_way(self, runs: dict[str, Run], event: Event) -> Event:
        return await runs[self.on.evaluate(event)](event)
'''
FLOWS = """
configs:
  Api: {http:listener-config: {port: 8081}}
  Db: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id INTEGER)"}}
flows:
  main:
    source: {http:listener: {config-ref: Api, path: /main, allowedMethods: POST}}
    steps:
      - foreach:
          collection: payload
          steps:
            - ways:NAME:
                on: payload
                ways:
                  keep: [{db:insert: {config-ref: Db, sql: "INSERT INTO t VALUES(1)", target: x}}]
                  drop: [{set-variable: {variableName: httpStatus, value: 207}}]
"""
CASES = """
cases:
  it keeps: {post: /main, given: {payload: [keep]}, expect: {status: 200}}
"""


@pytest.fixture(params=["switch", "known"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the element, its flows and their test."""
    known = SWITCH.replace("class Switch", "class Base").replace("class Known(Switch)", "class Known(Base)")
    files = {
        "parcels/ways/switch.py": SWITCH.partition("class Known")[0],
        "parcels/ways/known.py": known.replace("class Base(Processor)", "class _Base(Processor)").replace(
            "(Base)", "(_Base)"
        ),
        "flows/main.yaml": FLOWS.replace("NAME", request.param),
        "flows/main.test.yaml": CASES,
        "pyproject.toml": '[tool.engine]\npaths = ["flows"]\nprocessors = ["parcels"]\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.chdir(tmp_path)
    for name in [name for name in sys.modules if name.startswith("parcels")]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


def loaded(folder: Path) -> Application:
    return Application.load(folder / "flows" / "main.yaml", processors=["parcels"])


def told(*arguments: str) -> str:
    return CliRunner().invoke(main, arguments).output


def test_its_effects_are_known_as_far_as_it_says_them(folder: Path) -> None:
    flows = loaded(folder).parts.runnables
    link = Link().link(flows.values())
    steps = {each.name: link.step(each).effects for each in reachable(*flows.values()) if isinstance(each, Step)}
    insert = steps["db:insert"]
    assert len(insert.resources) == 1
    assert {steps.get("ways:switch"), steps.get("ways:known")} <= {None, ANYTHING, insert}
    assert steps["foreach"] == (insert if "ways:known" in steps else ANYTHING)


def test_its_steps_run_whatever_looks_on(folder: Path) -> None:
    class Looking:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def entered(self, node: Any, event: Any) -> None:
            self.seen.append(getattr(node, "name", ""))

        def left(self, node: Any, event: Any, failure: Any) -> None: ...

    looking = Looking()
    app = Application.load(folder / "flows" / "main.yaml", processors=["parcels"], observers=[looking])
    assert asyncio.run(app.run("main", ["drop", "drop"])).vars == {"httpStatus": 207}
    assert looking.seen[-2:] == [next(name for name in looking.seen if name.startswith("ways:")), "set-variable"]


def test_openapi_sees_what_they_answer(folder: Path) -> None:
    responses = loaded(folder).openapi()["paths"]["/main"]["post"]["responses"]
    assert {"200", "207"} <= set(responses)


def test_coverage_counts_them(folder: Path) -> None:
    assert "set-variable" in told("test", "--coverage", "flows")
    assert "db:insert" not in told("test", "--coverage", "flows").partition("missed")[2]


def test_chaos_strikes_them(folder: Path) -> None:
    output = told("test", "--chaos", "flows")
    assert "db:insert" in output
    assert "DB:CONNECTIVITY" in output


def test_what_the_plan_made_is_explained(folder: Path) -> None:
    output = told("explain", "flow", "main", "flows")
    assert "db:insert: works with Db alone" in output
    together = "statements of up to 256 items are committed together"
    assert together in output or "ways:switch may wait, or act, for anything" in output
