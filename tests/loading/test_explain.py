"""`engine explain`: pages on files, derived from what reads them; their examples run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.loading.loader import Configuration
from engine.loading.project import EXAMPLES
from engine.loading.sections import SECTIONS
from engine.steps.flow import Flow
from engine.testing.case import Case, Given, Request, Suite
from engine.testing.matchers import MATCHERS
from engine.testing.working import Order, run_file
from engine.tools.cli import main
from engine.tools.explaining import FLOW_EXAMPLE, TEST_EXAMPLE


def told(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["explain", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def names_of(*classes: type) -> set[str]:
    fields = (each.__pydantic_fields__.items() for each in classes)  # type: ignore[attr-defined]
    return {field.alias or name for each in fields for name, field in each}


@pytest.mark.parametrize(
    ("topic", "names"),
    [
        ("flow-file", {*SECTIONS, *names_of(Flow, Configuration)} - {"name"}),
        ("test-file", {*names_of(Suite, Case, Given, Request), *MATCHERS}),
        ("project-file", set(EXAMPLES)),
    ],
)
def test_all_that_may_stand_there_is_told(topic: str, names: set[str]) -> None:
    page = told(topic)
    assert {name for name in names if name not in page} == set()
    assert [line for line in page.splitlines() if len(line) > 125] == []
    assert f"engine explain {topic}" in told()


def test_the_examples_run(tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(FLOW_EXAMPLE)
    (tmp_path / "hello.test.yaml").write_text(TEST_EXAMPLE)
    result = run_file(tmp_path / "hello.test.yaml", Order())
    assert [(case.status, case.text) for case in result.results] == [("passed", "")] * 4, result.broken


def test_an_unknown_topic() -> None:
    done = CliRunner().invoke(main, ["explain", "flow-fil"])
    assert (done.exit_code, done.output) == (1, "engine: there is no topic 'flow-fil'; did you mean 'flow-file'?\n")
