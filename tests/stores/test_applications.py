"""Applications that are started in one folder: each has its own data, and finds it again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from engine import Application, FlowError
from engine.loading.identity import data_dir_of, name_of

FLOWS = """
configs:
  Seen: {os:object-store: {}}
  Work: {vm:config: {queues: [{queueName: jobs, queueType: PERSISTENT}]}}
flows:
  put:
    steps:
      - os:store: {objectStore: Seen, key: a, value: "#[payload]"}
      - vm:publish: {config-ref: Work, queueName: jobs, content: "#[payload]"}
  get:
    steps:
      - os:retrieve: {objectStore: Seen, key: a, default-value: none, target: stored}
      - try:
          steps: [{vm:consume: {config-ref: Work, queueName: jobs, timeout: 1ms, target: queued}}]
          error-handler: [{on-error-continue: {type: "VM:EMPTY_QUEUE", logException: false}}]
      - set-payload: {value: ["#[vars.stored]", "#[vars.queued]"]}
"""
OWN = [["none", None], ["mine", "mine"]]
SHARED = [["mine", "mine"], ["mine", None]]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(file: str, configuration: str = "{}") -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(f"configuration: {configuration}\n{FLOWS}")


def run(paths: str, flow: str, payload: Any = None) -> Any:
    """What a flow gives, of an application that is started and stopped for it."""

    async def running() -> Any:
        async with Application.load(*paths.split()) as app:
            return (await app.run(flow, payload)).payload

    return asyncio.run(running())


def seen_by(other: str, first: str) -> list[Any]:
    """What another application, and then the first again, finds of what the first has put."""
    run(first, "put", "mine")
    return [run(other, "get"), run(first, "get")]


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("a", "b"),
        ("a/flows", "b/flows"),
        ("a/flows.yaml", "a/other.yaml"),
        ("a/b", "a-b"),
        ("a", "a/b"),
        ("a", "a b"),
        (".", "a"),
        ("../elsewhere/a", "a"),
    ],
)
def test_each_application_has_data_of_its_own(first: str, other: str) -> None:
    for path in {*first.split(), *other.split()}:
        write(path if path.endswith(".yaml") else f"{path}/one.yaml")
    for path in set(other.split()) if " " in other else ():  # two files of one application define a name once
        Path(path, "one.yaml").write_text(FLOWS if path == "a" else "flows: {more: {steps: []}}")
    assert seen_by(other, first) == OWN


@pytest.mark.parametrize("other", ["./a", "a/", "{here}/a", "a/../a"])
def test_an_application_finds_its_data_again(other: str) -> None:
    write("a/one.yaml")
    assert seen_by(other.format(here=os.getcwd()), "a") == SHARED


def test_two_processes_of_one_application_share_its_data() -> None:
    write("a/one.yaml")

    async def running() -> Any:
        async with Application.load("a") as first, Application.load("a") as second:
            await first.run("put", "mine")
            return (await second.run("get")).payload

    assert asyncio.run(running()) == ["mine", "mine"]


def test_a_name_may_be_given() -> None:
    write("a/one.yaml", "{name: crm}")
    write("b/one.yaml", "{name: crm}")
    write("c/one.yaml", "{name: billing}")
    assert seen_by("b", "a") == SHARED
    assert run("c", "get") == ["none", None]
    assert sorted(os.listdir(".engine")) == ["billing", "crm"]


def test_a_folder_that_is_named_is_taken_as_it_is() -> None:
    write("a/one.yaml", "{dataDir: data, name: crm}")
    run("a", "put", "mine")
    assert sorted(os.listdir("data"))[0].endswith(".db")
    assert not Path(".engine").exists()


def test_a_link_is_a_name_of_its_own(tmp_path: Path) -> None:
    """A release that `current` points to changes, and the data stays."""
    for release in ("1", "2"):
        write(f"releases/{release}/flows/one.yaml")
    Path("current").symlink_to("releases/1")
    run("current/flows", "put", "mine")
    Path("current").unlink()
    Path("current").symlink_to("releases/2")
    assert run("current/flows", "get") == ["mine", "mine"]


@pytest.mark.parametrize("name", [".", "..", "...", "a/b", "../a", "a:b", "C:\\flows", "é" * 100, "a" * 300, "a%2Fb"])
def test_any_name_is_a_folder_in_the_data_folder(name: str, tmp_path: Path) -> None:
    folder = data_dir_of(name)
    assert folder.parent == Path(".engine")
    folder.mkdir(parents=True)
    assert folder.resolve().parent == tmp_path / ".engine"


def test_names_that_differ_have_folders_that_differ() -> None:
    names = ["a/b", "a-b", "a b", "a,b", "a%2Fb", ".", "%2E", "a" * 300, "a" * 301, "a" * 300 + "/", "", "_"]
    assert len({data_dir_of(name) for name in names}) == len(names)


def test_the_order_of_paths_does_not_matter() -> None:
    assert name_of(["b", "a", "./a"]) == name_of(["a", "b"]) == "a,b"


def test_what_is_stored_cannot_be_reached_is_told_without_the_folder(tmp_path: Path) -> None:
    write("a/one.yaml")
    Path(".engine").write_text("")
    with pytest.raises(FlowError) as caught:
        run("a", "put", "mine")
    assert str(tmp_path) not in caught.value.description
