"""Broken test files, and what is said of them, word for word: as it is for flows (tests/test_mistakes.py).

`UPDATE_GOLDENS=1 pytest tests/testing` writes what is said at the heads of the files: read the diff.
"""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path

import pytest

from engine.loading.catalog import discover
from engine.loading.diagnostic import LoadError
from engine.testing.files.suite import TestFile
from engine.testing.session import Session

HERE = Path(__file__).parent / "mistakes"
FILES = sorted(path.name for path in HERE.glob("*.test.yaml"))
CATALOG = discover()


def report(name: str) -> str:
    try:
        Session(TestFile.read(Path(name)), CATALOG).check()
    except LoadError as error:
        return "\n".join(line.rstrip() for line in str(error).split("\n"))
    return ""


def head(text: str) -> str:
    lines = takewhile(lambda line: line.startswith("# "), text.split("\n"))
    return "\n".join(line.removeprefix("# ") for line in lines)


def write_head(path: Path) -> None:
    text = path.read_text()
    body = text.removeprefix("".join(f"# {line}\n" for line in head(text).split("\n") if line))
    for _ in range(3):  # what is written moves the places in it
        path.write_text("".join(f"# {line}\n" for line in report(path.name).split("\n")) + body)


@pytest.mark.parametrize("name", FILES)
def test_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    if os.environ.get("UPDATE_GOLDENS"):
        write_head(HERE / name)
    assert report(name) == head((HERE / name).read_text()) != ""
