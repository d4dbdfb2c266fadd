"""Files whose names callers choose: none that is no file, none without end, none outside of its folder."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attacks.attack import watched
from attacks.upstreams import answer, says, upstream
from server.running import Running, engine

from engine.limits import LARGEST_FILE
from engine.parameters.files import Folder, find_below, folder_below, opened, read_file

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and links")

LONG = "x" * 300
SECRET = "s3cret of another folder"  # noqa: S105  # of nobody
FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
error-handlers:
  told:
    - on-error-continue:
        type: ANY
        logException: false
        steps: [{set-payload: {value: {error: "#[error.type]", description: "#[error.description]"}}}]
flows:
  read:
    source: {http:listener: {config-ref: Api, path: /read, allowedMethods: POST}}
    steps: [{set-payload: {value: {text: "#[resource(payload.name)]"}}}]
    error-handler: {ref: told}
  save:
    source: {http:listener: {config-ref: Api, path: /save, allowedMethods: POST}}
    steps:
      - http:request:
          url: "#[payload.url]"
          saveTo: "${folder}/saved/#[payload.folder]/#[payload.name]"
          responseTimeout: 5s
    error-handler: {ref: told}
  save-anywhere:
    source: {http:listener: {config-ref: Api, path: /save-anywhere, allowedMethods: POST}}
    steps: [{http:request: {url: "#[payload.url]", saveTo: "#[payload.name]", responseTimeout: 5s}}]
    error-handler: {ref: told}
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with flows, and what somebody put beside them; `outside` is another folder."""
    folder = tmp_path_factory.mktemp("house")
    flows, outside = folder / "flows", folder / "outside"
    for each in (flows / "inner", outside / "inner", flows / "saved" / "mine"):
        each.mkdir(parents=True)
    for each in (outside / "secret.txt", outside / "inner" / "secret.txt", folder / "secret.txt"):
        each.write_text(SECRET)
    (flows / "flows.yaml").write_text(FLOWS)
    (flows / "inner" / "good.txt").write_text("good")
    (flows / "good link").symlink_to("inner/good.txt")
    (flows / "good folder").symlink_to("inner")
    (flows / "link").symlink_to(outside / "secret.txt")
    (flows / "relative").symlink_to("../outside/secret.txt")
    (flows / "link of a link").symlink_to("link")
    (flows / "folder").symlink_to(outside)
    (flows / "password").symlink_to("/etc/passwd")
    (flows / "zeros").symlink_to("/dev/zero")
    (flows / "descriptors").symlink_to("/proc/self/fd")
    (flows / "circle").symlink_to("circle")
    (flows / "dangling").symlink_to("none")
    os.mkfifo(flows / "pipe")
    with (flows / "large").open("wb") as large:
        large.truncate(LARGEST_FILE + 1)
    (flows / "bytes").write_bytes(b"\xff")
    return folder


@pytest.fixture(scope="module")
def served(house: Path) -> Iterator[Running]:
    with Running(house, str(house / "flows"), "--set", f"folder={house / 'flows'}", cwd=house) as server:
        yield server


def read(server: Running, name: str) -> Any:
    return server.client.post("/read", json={"name": name}).json()


# resource()


@pytest.mark.parametrize("name", ["inner/good.txt", "good link", "good folder/good.txt", "./inner/../inner/good.txt"])
def test_what_lies_in_the_folder(served: Running, name: str) -> None:
    assert read(served, name) == {"text": "good"}


NONE = {
    "long": LONG, "a long path": "x/" * 3000, "a zero": "a\0b", "nothing": "",
    "the folder": ".", "a folder": "inner", "above": "..", "a pipe": "pipe", "zeros": "zeros", "large": "large",
    "bytes": "bytes", "a circle": "circle", "a way through a circle": "circle/x", "dangling": "dangling",
    "none": "none/x", "through a file": "flows.yaml/x", "a link": "link", "a relative link": "relative",
    "a link of a link": "link of a link", "a folder's link": "folder/secret.txt",
    "a folder of a link": "folder/inner/secret.txt", "a step back": "../outside/secret.txt",
    "steps back": "inner/../../secret.txt", "the root": "/etc/passwd", "a password": "password",
    "descriptors": "descriptors/0", "a device": "/dev/zero",
}  # fmt: skip


@pytest.mark.reaches("LARGEST_FILE")
@pytest.mark.parametrize("name", NONE)
def test_what_is_no_file_of_the_folder(served: Running, name: str) -> None:
    with watched(served):
        answered = read(served, NONE[name])
    assert answered["error"] == "MULE:EXPRESSION"
    assert SECRET not in str(answered)


@contextmanager
def exchanging(name: Path, *contents: Path) -> Iterator[None]:
    """Meanwhile the name stands for the one and for the other in turn, as often as that can be."""
    over = threading.Event()

    def exchange() -> None:
        number = 0
        while not over.is_set():
            number += 1
            link = name.with_name(f"{name.name}.{number % 2}")
            link.symlink_to(contents[number % len(contents)])
            os.replace(link, name)

    worker = threading.Thread(target=exchange)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


@pytest.mark.parametrize("is_folder", [False, True], ids=["a file", "a folder"])
def test_link_that_is_exchanged_between_check_and_use(served: Running, house: Path, is_folder: bool) -> None:
    inside, outside = house / "flows" / "inner", house / "outside"
    (inside / "secret.txt").write_text("good")
    pair = (inside, outside) if is_folder else (inside / "secret.txt", outside / "secret.txt")
    name = "turning/secret.txt" if is_folder else "turning.txt"
    with exchanging(house / "flows" / name.partition("/")[0], *pair):
        seen = {str(read(served, name)) for _ in range(300)}
    assert not any(SECRET in each for each in seen)
    assert "{'text': 'good'}" in seen


def test_folder_that_becomes_a_link_after_it_was_found(tmp_path: Path) -> None:
    """The walk itself: what was found a moment ago is now a link."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_text(SECRET)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to("../outside")
    (tmp_path / "root" / "file").symlink_to("../outside/x")
    with pytest.raises(OSError, match="irectory"):
        Folder(tmp_path / "root", ["link"])
    with folder_below(tmp_path / "root") as folder, pytest.raises(OSError, match="symbolic links"):
        folder.open("file", os.O_RDONLY)


@pytest.mark.reaches("LARGEST_FILE")
def test_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "growing"
    file.write_bytes(b"small")
    with opened(os.open(file, os.O_RDONLY), file) as growing:
        os.truncate(file, LARGEST_FILE + 1)
        with pytest.raises(OSError, match="more than"):
            growing.read()
    os.truncate(file, LARGEST_FILE)
    assert len(read_file(file)) == LARGEST_FILE


# saveTo


def save(server: Running, path: str = "/save", **payload: Any) -> tuple[Any, int]:
    """What became of the request, and how often the upstream was asked."""
    with upstream(says(answer(b"data"))) as up:
        answered = server.client.post(path, json={"url": up.url, "folder": "mine", "name": "x"} | payload).json()
        return answered, len(up.asked)


@pytest.mark.parametrize("name", ["x.bin", "x" * 255, "ü" * 127, "a b\nc", ".hidden", "-x"])
def test_name_of_a_file(served: Running, house: Path, name: str) -> None:
    answered, asked = save(served, name=name)
    assert (answered["size"], asked) == (4, 1)
    file = house / "flows" / "saved" / "mine" / name
    assert file.read_bytes() == b"data"
    file.unlink()
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"name": LONG}, "File name too long"),
        ({"name": "ü" * 128}, "File name too long"),
        ({"folder": LONG}, "File name too long"),
        ({"folder": "none"}, "No such file or directory"),
        ({"folder": "pipe"}, "Not a directory"),
        ({"folder": "outside"}, "Not a directory"),
        ({"folder": "circle"}, "Not a directory"),
        ({"name": "folder"}, "it is no regular file"),
        ({"name": "pipe"}, "it is no regular file"),
    ],
    ids=lambda value: next(iter(value.values()))[:9] if isinstance(value, dict) else "",
)
def test_file_that_cannot_be_written_is_told_before_anything_is_sent(
    served: Running, house: Path, payload: Any, reason: str
) -> None:
    saved = house / "flows" / "saved"
    with left_as_it_was(house / "outside"):
        (saved / "mine" / "folder").mkdir()
        os.mkfifo(saved / "mine" / "pipe")
        os.mkfifo(saved / "pipe")
        (saved / "outside").symlink_to(house / "outside")
        (saved / "circle").symlink_to("circle")
        try:
            answered, asked = save(served, **payload)
        finally:
            (saved / "mine" / "folder").rmdir()
            for each in (saved / "mine" / "pipe", saved / "pipe", saved / "outside", saved / "circle"):
                each.unlink()
    description = f"the file of saveTo cannot be written: {reason}"
    assert (answered, asked) == ({"error": "MULE:UNKNOWN", "description": description}, 0)


@contextmanager
def left_as_it_was(folder: Path) -> Iterator[None]:
    def content() -> dict[str, str]:
        return {str(file): file.read_text() for file in folder.rglob("*") if file.is_file()}

    before = content()
    yield
    assert content() == before


@pytest.mark.parametrize("name", ["..", "../x", "/x", "a/b", "", ".", "a\\b", "a\0b"])
def test_value_that_is_no_name(served: Running, name: str) -> None:
    for payload in ({"name": name}, {"folder": name}):
        answered, asked = save(served, **payload)
        assert (answered["error"], asked) == ("MULE:EXPRESSION", 0)


def test_half_a_character_is_no_name(tmp_path: Path) -> None:
    assert find_below(tmp_path, "\ud800") is None


def test_link_is_replaced_and_not_what_it_leads_to(served: Running, house: Path) -> None:
    link = house / "flows" / "saved" / "mine" / "link"
    link.symlink_to(house / "outside" / "secret.txt")
    with left_as_it_was(house / "outside"):
        assert save(served, name="link")[0]["size"] == 4
    assert (link.is_symlink(), link.read_bytes()) == (False, b"data")
    link.unlink()


def test_folder_that_is_exchanged_for_a_link_meanwhile(served: Running, house: Path) -> None:
    saved, target = house / "flows" / "saved", house / "outside" / "target"
    target.mkdir()
    over = threading.Event()

    def exchange() -> None:
        while not over.is_set():
            (saved / "turning").mkdir()
            os.rename(saved / "turning", saved / "turned")
            (saved / "turning").symlink_to(target)
            (saved / "turning").unlink()
            os.rename(saved / "turned", saved / "turning")
            while (saved / "turning").exists():  # a file may be written meanwhile
                shutil.rmtree(saved / "turning", ignore_errors=True)

    worker = threading.Thread(target=exchange)
    worker.start()
    try:
        for _ in range(100):
            save(served, folder="turning")
    finally:
        over.set()
        worker.join()
    assert list(target.iterdir()) == []
    target.rmdir()


@pytest.mark.parametrize("name", ["/dev/null", "/dev/full", LONG, "/" + "x/" * 3000, "/none/x", "x/", "/", ".", ""])
def test_any_path(served: Running, name: str) -> None:
    answered, asked = save(served, "/save-anywhere", name=name)
    assert answered["error"] in ("MULE:UNKNOWN", "MULE:EXPRESSION")
    assert asked == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sets a limit of another process")
def test_disk_that_is_full(served: Running, house: Path) -> None:
    """A limit to the size of files stands for a disk: writing fails in the middle."""
    usual = resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (2**20, usual[1]))
    try:
        with upstream(says(answer(b"x" * 3 * 2**20))) as up, watched(served):
            payload = {"url": up.url, "folder": "mine", "name": "x"}
            answered = served.client.post("/save", json=payload).json()
    finally:
        resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, usual)
    assert answered["description"] == "the file of saveTo cannot be written: File too large"
    assert list((house / "flows" / "saved" / "mine").iterdir()) == []


# Files that the flow file names


NAMED = {
    "schema": "flows: {{a: {{steps: [{{json:validate-schema: {{schema: {}}}}}]}}}}",
    "template": "flows: {{a: {{steps: [{{parse-template: {{location: {}}}}}]}}}}",
    "resource": "flows: {{a: {{steps: [{{set-payload: {{value: \"#[resource('{}')]\"}}}}]}}}}",
    "properties": "configuration-properties: {{file: {}}}\nflows: {{a: {{steps: [{{logger: {{}}}}]}}}}",
    "script": "configs: {{D: {{db:config: {{url: 'sqlite://', initScript: {}.sql}}}}}}",
    "authority": "configs: {{D: {{http:request-config: {{url: 'https://a', tls: {{ca: {}}}}}}}}}",
    "key": "flows: {{a: {{steps: [{{security:jwt: {{algorithms: RS256, publicKey: {}}}}}]}}}}",
    "keys": "flows: {{a: {{steps: [{{security:jwt: {{algorithms: RS256, jwks: {}}}}}]}}}}",
    "api": "configs: {{D: {{apikit:config: {{api: {}}}}}}}",
}


@pytest.mark.parametrize("name", [LONG, "folder", "pipe", "circle", "zeros"], ids=lambda name: name[:9])
def test_what_a_flow_file_names(tmp_path: Path, name: str) -> None:
    """All at once: a file for each parameter; none waits for ever, and each is told with its place."""
    flows = tmp_path / "flows"
    flows.mkdir()
    for each in ("{}", "{}.sql"):
        (flows / each.format("folder")).mkdir()
        os.mkfifo(flows / each.format("pipe"))
        (flows / each.format("circle")).symlink_to(each.format("circle"))
        (flows / each.format("zeros")).symlink_to("/dev/zero")
    for parameter, text in NAMED.items():
        own = text.replace("{{a:", f"{{{{{parameter}:").replace("{{D:", f"{{{{{parameter}:")
        (flows / f"{parameter}.yaml").write_text(own.format(name))
    told = engine("check", "flows", cwd=tmp_path)
    assert told.returncode == 1
    assert [parameter for parameter in NAMED if f"{parameter}.yaml:1:" not in told.stdout + told.stderr] == []
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("command", ["check", "test", "serve", "run --flow x"])
def test_paths_on_the_command_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "circle").symlink_to("circle")
    for name in (LONG, "circle", "/dev/zero", "\udcff"):
        told = engine(*command.split(), name, cwd=tmp_path)
        assert told.returncode != 0
        assert "Traceback" not in told.stderr


def test_flows_out_of_a_pipe(tmp_path: Path) -> None:
    """Somebody who names one on the command line wants it to be read: `engine check <(make-flows)`."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("flows: {a: {steps: [{logger: {}}]}}",))
    writer.start()
    assert engine("check", "pipe", cwd=tmp_path).returncode == 0
    writer.join()
