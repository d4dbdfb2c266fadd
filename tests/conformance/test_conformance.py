"""The language, case by case: each name says what holds, the case beneath it shows it."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from engine.loading.catalog import discover
from engine.plan.observer import Node
from engine.testing.examples import run_case
from engine.testing.running import Running
from engine.testing.staged.stage import Layers
from engine.values.event import Event

FOLDER = Path(__file__).parent
CATALOG = discover()
CASE = re.compile(r"^(?P<name>[^\s#].*):\n(?P<body>(?:[ \t]+.*\n|[ \t]*\n)+)", re.MULTILINE)


def cases(file: Path) -> Iterator[tuple[str, str]]:
    """The cases of a file, each on the lines where it stands: failingComponent tells them."""
    text = file.read_text(encoding="utf-8")
    for match in CASE.finditer(text):
        lines_before = text.count("\n", 0, match.start("body"))
        yield match["name"], "\n" * lines_before + textwrap.dedent(match["body"])


CASES = [(file, name, body) for file in sorted(FOLDER.glob("*.yaml")) for name, body in cases(file)]


class Plain(Running):
    """As flows are served: nobody looks on, unless the case asks for what was called, or for what a request left."""

    def _all_layers(self) -> Layers:
        layers = super()._all_layers()
        asks = any(act.the_request() or act.expect.calls or act.expect.speaks_of("calls") for act in self.case.acts())
        return layers if asks or self.case.spy else layers._replace(observers=())


class Observed(Running):
    """With somebody at each node who only looks on."""

    def _all_layers(self) -> Layers:
        layers = super()._all_layers()
        return layers._replace(observers=[*layers.observers, Nobody()])


class Alone(Running):
    """With each statement committed alone."""

    def _all_layers(self) -> Layers:
        return super()._all_layers()._replace(batches=False)


class Nobody:
    def entered(self, node: Node, event: Event) -> None: ...

    def left(self, node: Node, event: Event, failure: BaseException | None) -> None: ...


@pytest.mark.parametrize("running", [Plain, Observed, Alone])
@pytest.mark.parametrize(("file", "name", "body"), CASES, ids=[f"{file.stem}: {name}" for file, name, _ in CASES])
def test_case(file: Path, name: str, body: str, running: type[Running]) -> None:
    """What a case comes to does not depend on who looks on, nor on what is committed together."""
    assert asyncio.run(run_case(body, CATALOG, file.name, running=running)) == []


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_no_case_is_overlooked(file: Path) -> None:
    named = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert [name for name, _ in cases(file)] == list(named)
    assert all("expect" in case or "mistake" in case for case in named.values())
