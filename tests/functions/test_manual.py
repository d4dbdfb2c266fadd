"""The manual of the functions, as `engine functions` prints it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from engine.manual.pages import all_functions, function_page, signature
from engine.tools.cli import main

FUNCTIONS = all_functions()
SORT_BY = """\
sort_by(elements, &key, [direction])

The elements in order of a key that is a number, a text or a date; equal ones keep their order.

The direction is 'asc', ascending, or 'desc'.

Arguments:
  elements: array
  &key: an expression of each element
  direction: string, may be left out

Examples:
  sort_by([{n: 2}, {n: 1}], &n) → [{"n": 1}, {"n": 2}]
  sort_by([{n: 1}, {n: 2}], &n, 'desc') → [{"n": 2}, {"n": 1}]

DataWeave: orderBy
"""


def test_page() -> None:
    assert CliRunner().invoke(main, ["functions", "show", "sort_by"]).output == SORT_BY


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("if", "if(condition, then, [otherwise])"),
        ("case", "case(condition, others, …)"),
        ("try", "try(&value, [otherwise])"),
        ("group_by", "group_by(elements, &key)"),
        ("now", "now([zone])"),
        ("p", "p(name)"),
    ],
)
def test_signature(name: str, written: str) -> None:
    assert signature(FUNCTIONS[name]) == written


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_page_says_what_it_takes(name: str) -> None:
    head, text, *_ = function_page(FUNCTIONS[name]).split("\n\n")
    assert head.startswith(f"{name}(")
    assert text.endswith((".", ":"))


def test_the_list_has_a_line_for_each() -> None:
    lines = CliRunner().invoke(main, ["functions"]).output.splitlines()
    assert [line.partition("(")[0] for line in lines] == sorted(FUNCTIONS)


def test_an_unknown_function() -> None:
    result = CliRunner().invoke(main, ["functions", "show", "sortby"])
    assert (result.exit_code, result.stderr) == (1, "engine: there is no function 'sortby'; did you mean 'sort_by'?\n")
