"""`engine batch` and `engine worker`, as operators meet them."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jobs import begin, load, over, write

from engine.tools.cli import main


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/home.db"


def engine(app: Path, url: str, *words: str) -> Result:
    command, *rest = words
    return CliRunner().invoke(main, ["batch", command, str(app), *rest, "--set", f"jobs.url={url}"])


def made(folder: Path, url: str, records: int = 300, *, works: bool = True) -> tuple[Path, str]:
    """An application with one job, which is over if it works."""

    async def make() -> str:
        app = load(write(folder), url)
        await app.start()
        id = await begin(app, records)
        if works:
            await app.listen()
            await over(app, id)
        await app.stop()
        return id

    return write(folder), asyncio.run(make())


def test_list_and_show(tmp_path: Path, url: str) -> None:
    app, id = made(tmp_path, url)
    for words in (["list"], ["show", id], ["show", id[:6]], ["show", "latest"], ["show", id, "--follow"]):
        done = engine(app, url, *words)
        told = json.loads(done.stdout)
        assert done.exit_code == 0
        assert (told["batchJobInstanceId"], told["status"], told["failedRecords"]) == (id, "SUCCESSFUL", 3)


def test_a_terminal_gets_a_table_and_a_bar(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app, id = made(tmp_path, url)
    monkeypatch.setattr("engine.tools.batch.looking._is_terminal", lambda: True)
    table = engine(app, url, "list").stdout.splitlines()
    assert table[0].split() == ["id", "job", "state", "records", "failed", "began", "progress"]
    assert table[1].startswith(f"{id}  effects  SUCCESSFUL  300      3")
    shown = engine(app, url, "show", id).stdout
    assert "effects SUCCESSFUL [##############################] 300 in" in shown
    assert "records: 300; 297 succeeded, 3 failed" in shown


def test_export(tmp_path: Path, url: str) -> None:
    app, id = made(tmp_path, url)
    assert engine(app, url, "export", id).stdout == "7\n107\n207\n"
    told = [json.loads(line) for line in engine(app, url, "export", id, "--outcomes").stdout.splitlines()]
    assert [(each["recordNumber"], each["message"], each["payload"]) for each in told] == [
        (number, "a bad record", number) for number in (7, 107, 207)
    ]
    assert len(engine(app, url, "export", id, "--status", "all").stdout.splitlines()) == 300
    done = engine(app, url, "export", id, "-o", str(tmp_path / "failed.csv"))
    assert (done.exit_code, done.stderr) == (
        1,
        "engine: a record is no map, so it has no columns; a name without .csv writes JSON lines\n",
    )
    done = engine(app, url, "export", id, "--outcomes", "-o", str(tmp_path / "failed.csv"))
    assert done.stdout == f"wrote 3 records to {tmp_path}/failed.csv\n"
    with (tmp_path / "failed.csv").open() as file:
        assert [row["recordNumber"] for row in csv.DictReader(file)] == ["7", "107", "207"]


def test_retry_and_cancel(tmp_path: Path, url: str) -> None:
    app, id = made(tmp_path, url)
    assert engine(app, url, "retry", id).stdout == f"3 records of the job {id} are sent again\n"
    again = engine(app, url, "retry", id)
    assert (again.exit_code, again.stderr) == (1, f"engine: the job {id} cannot be sent again: it is EXECUTING\n")
    told = engine(app, url, "cancel", id).stdout
    assert told == f"the job {id} is cancelled; 300 of 300 records have an outcome\n"
    over = engine(app, url, "cancel", id)
    assert (over.exit_code, over.stderr) == (1, f"engine: the job {id} is over already: CANCELLED\n")


def test_what_cannot_be_is_told(tmp_path: Path, url: str) -> None:
    app = write(tmp_path)
    assert engine(app, url, "show", "x").stderr == "engine: there is no job 'x'; `engine batch list` has all\n"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "flow.yaml").write_text("flows: {f: {steps: [{logger: {}}]}}\n")
    done = CliRunner().invoke(main, ["batch", "list", str(tmp_path / "other")])
    assert (done.exit_code, done.stderr) == (1, "engine: there is no batch:job in these flows\n")
    done = CliRunner().invoke(main, ["worker", str(tmp_path / "other")])
    assert (done.exit_code, done.stderr) == (
        1,
        "engine: no batch job, and no source but of HTTP: there is nothing to work on\n",
    )
