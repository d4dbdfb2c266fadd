"""The lock of the recipe connectors/file-lock-and-permission is real: its cases mock the function that takes it."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest

from engine.testing.bench import Bench
from engine.tools.gallery.recipes import home

RECIPE = home() / "connectors" / "file-lock-and-permission"


@pytest.fixture
def journal(flow_app: object, _bench: Bench, tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    _bench.load(RECIPE, properties={"journal.folder": str(folder)})
    return folder


def write(bench: Bench, text: str) -> int:
    return bench.post("/journal", {"text": text}).status


def test_lines_are_appended(journal: Path, _bench: Bench) -> None:
    assert [write(_bench, text) for text in ("tea", "a\nb")] == [201, 201]
    (file,) = journal.iterdir()
    assert [json.loads(line)["text"] for line in file.read_text().splitlines()] == ["tea", "a\nb"]


def test_a_file_that_another_writer_has_locked_is_left_alone(journal: Path, _bench: Bench) -> None:
    assert write(_bench, "tea") == 201
    (file,) = journal.iterdir()
    with file.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert write(_bench, "salt") == 503
    assert write(_bench, "pepper") == 201
    assert [json.loads(line)["text"] for line in file.read_text().splitlines()] == ["tea", "pepper"]


def test_a_folder_that_cannot_be_one_is_told_to_the_operator(journal: Path, _bench: Bench) -> None:
    journal.write_text("a file, where the folder should be")
    assert write(_bench, "tea") == 507
