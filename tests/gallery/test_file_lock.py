"""The lock of the recipe connectors/file-lock-and-permission is real: its cases mock the function that takes it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.tools.gallery.recipes import home

RECIPE = home() / "connectors" / "file-lock-and-permission"
Write = Callable[[str], int]
"""Sends an entry, and returns the status."""


@pytest.fixture
def journal(flow_app: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    flow_app(RECIPE, properties={"journal.folder": str(folder)})
    return folder


@pytest.fixture
def write(journal: Path, post: Any) -> Write:
    return lambda text: int(post("/journal", {"text": text}).status)


def test_lines_are_appended(journal: Path, write: Write) -> None:
    assert [write(text) for text in ("tea", "a\nb")] == [201, 201]
    (file,) = journal.iterdir()
    assert [json.loads(line)["text"] for line in file.read_text().splitlines()] == ["tea", "a\nb"]


def test_a_file_that_another_writer_has_locked_is_left_alone(journal: Path, write: Write) -> None:
    assert write("tea") == 201
    (file,) = journal.iterdir()
    with file.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert write("salt") == 503
    assert write("pepper") == 201
    assert [json.loads(line)["text"] for line in file.read_text().splitlines()] == ["tea", "pepper"]


def test_a_folder_that_cannot_be_one_is_told_to_the_operator(journal: Path, write: Write) -> None:
    journal.write_text("a file, where the folder should be")
    assert write("tea") == 507
