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
from engine.testing.examples import run_case

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


@pytest.mark.parametrize(("file", "name", "body"), CASES, ids=[f"{file.stem}: {name}" for file, name, _ in CASES])
def test_case(file: Path, name: str, body: str) -> None:
    assert asyncio.run(run_case(body, CATALOG, file.name)) == []


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_no_case_is_overlooked(file: Path) -> None:
    named = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert [name for name, _ in cases(file)] == list(named)
    assert all("expect" in case or "mistake" in case for case in named.values())
