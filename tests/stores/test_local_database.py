"""The SQLite file in the data folder."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import FlowError, Runtime
from engine.connectors import CONNECTIVITY
from engine.work.local_database import LocalDatabase

SCHEMA = "CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, text TEXT UNIQUE)"


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    runtime = Runtime()
    runtime.data_dir = tmp_path / "deep" / "data"
    yield runtime
    runtime.close()


@pytest.fixture
def notes(runtime: Runtime) -> LocalDatabase:
    return runtime.local_database("notes", SCHEMA, CONNECTIVITY)


def test_folder_and_file_are_made_at_the_first_use_for_this_user_alone(runtime: Runtime, notes: LocalDatabase) -> None:
    assert not runtime.data_dir.exists()
    notes.run("INSERT INTO notes(text) VALUES(?)", ("a",))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (runtime.data_dir, *sorted(runtime.data_dir.iterdir()))]
    assert modes == [0o700, 0o600, 0o600, 0o600]  # the file, its shared memory, its log


def test_what_was_written_is_there_after_closing(runtime: Runtime, notes: LocalDatabase) -> None:
    assert notes.run("INSERT INTO notes(text) VALUES(?) RETURNING id", ("a",)) == [(1,)]
    runtime.close()
    assert notes.run("SELECT text FROM notes") == [("a",)]


def test_one_name_is_one_file(runtime: Runtime, notes: LocalDatabase) -> None:
    assert runtime.local_database("notes", SCHEMA, CONNECTIVITY) is notes
    assert runtime.local_database("others", SCHEMA, CONNECTIVITY) is not notes


def test_a_transaction_is_all_or_nothing(notes: LocalDatabase) -> None:
    def add(*texts: str) -> None:
        with notes.transaction():
            for text in texts:
                notes.run("INSERT INTO notes(text) VALUES(?)", [text])

    with pytest.raises(FlowError):
        add("a", "a")
    assert notes.run("SELECT * FROM notes") == []
    add("a", "b")
    assert len(notes.run("SELECT * FROM notes")) == 2


def test_a_file_that_cannot_be_used_is_an_error_that_tells_no_path(runtime: Runtime, notes: LocalDatabase) -> None:
    runtime.data_dir.mkdir(parents=True)
    (runtime.data_dir / "notes.db").write_text("this is no database, however long one looks at it\n" * 100)
    with pytest.raises(FlowError) as caught:
        notes.run("SELECT 1")
    assert caught.value.type is CONNECTIVITY
    assert str(runtime.data_dir) not in caught.value.description
    assert "not a database" in caught.value.detailed_description


def test_a_data_folder_that_is_a_file_is_an_error(runtime: Runtime, notes: LocalDatabase) -> None:
    runtime.data_dir.parent.mkdir()
    runtime.data_dir.write_text("")
    with pytest.raises(FlowError):
        notes.run("SELECT 1")


def test_another_process_that_writes_is_waited_for_and_then_given_up(
    runtime: Runtime, notes: LocalDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.work.local_database.LONGEST_WAIT", 0.01)
    notes.run("SELECT 1")
    other = sqlite3.connect(runtime.data_dir / "notes.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(FlowError, match="cannot be reached"):
        notes.run("INSERT INTO notes(text) VALUES('a')")
    other.execute("COMMIT")
    other.close()
    assert notes.run("INSERT INTO notes(text) VALUES('a') RETURNING id") == [(1,)]


def test_a_file_that_was_removed_is_made_anew_and_keeps_what_is_written_from_then_on(
    runtime: Runtime, notes: LocalDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    notes.run("INSERT INTO notes(text) VALUES('lost')")
    shutil.rmtree(runtime.data_dir)
    notes.run("INSERT INTO notes(text) VALUES('kept')")
    assert "was removed or replaced" in caplog.text
    runtime.close()
    assert notes.run("SELECT text FROM notes") == [("kept",)]
