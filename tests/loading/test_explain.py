"""`engine explain`: pages on files, derived from what reads them, and on mistakes; their examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.loading.loader import Configuration
from engine.loading.project import EXAMPLES
from engine.loading.sections import SECTIONS
from engine.manual.explaining import FLOW_EXAMPLE, TEST_EXAMPLE
from engine.manual.mistakes import MistakePage, pages, report
from engine.steps.flow import Flow
from engine.testing.expected.matchers import MATCHERS
from engine.testing.files.case import Case, Given, Request, Suite
from engine.testing.working import Order, run_file
from engine.tools.cli import main

ROOT = Path(__file__).parents[2]
MISTAKES = pages()


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


# The pages of mistakes


def test_every_code_has_a_page() -> None:
    sources = [path for package in ("engine", "processors") for path in (ROOT / package).rglob("*.py")]
    in_source = {code for path in sources for code in re.findall(r'"(F\d{3})"', path.read_text(encoding="utf-8"))}
    assert set(MISTAKES) == in_source
    assert [*MISTAKES] == sorted(MISTAKES)


@pytest.mark.parametrize("page", MISTAKES.values(), ids=MISTAKES)
def test_the_wrong_example_is_this_mistake_and_the_right_one_is_none(page: MistakePage) -> None:
    found = report(page.wrong, page.command)
    assert re.findall(r"^\S+:\d+:\d+ (F\d{3}) ", found, re.MULTILINE) == [page.code], found
    assert report(page.right, page.command) == ""
    assert page.means.endswith(".")


@pytest.mark.parametrize("code", ["F108", "F110", "F701", "F801"])  # one for each command, and one with a package
def test_the_page_of_a_mistake(code: str) -> None:
    page, text = MISTAKES[code], told(code)
    assert text.startswith(f"{code}\n\n{page.means}\n\n")
    assert f"`{page.command}` says:\n  flows/" in text
    for example in (*page.wrong.values(), *page.right.values()):
        assert all(f"  {line}\n" in text for line in example.splitlines() if line)
    assert f"engine explain {code}  {page.means}\n" in told()


def test_an_unknown_code() -> None:
    done = CliRunner().invoke(main, ["explain", "f108"])
    assert (done.exit_code, done.output) == (1, "engine: there is no topic 'f108'; did you mean 'F108'?\n")
