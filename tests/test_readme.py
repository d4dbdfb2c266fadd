"""Every file, command and answer of the README, and of the first five minutes, is real."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = README + (ROOT / "docs" / "start.md").read_text()
FILES = re.findall(r"```\w+ file=(\S+)\n(.*?)```", PAGES, re.DOTALL)
CONSOLES = re.findall(r"```console\n(.*?)```", PAGES, re.DOTALL)
PORT = "8081"


def commands() -> Iterator[tuple[str, str]]:
    """Each `$ command` of the pages with the output beneath it."""
    seen = set()
    for block in CONSOLES:
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            if (command, output) not in seen:
                yield command, output
            seen.add((command, output))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the pages, and the shipped flows."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "flows").symlink_to(ROOT / "flows")
    for name, text in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[str]:
    """The port at which the README's first command serves the flows."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    served = [sys.executable, "-m", "engine.tools", "serve", "flows/", "--port", port, "--log-level", "error"]
    server = subprocess.Popen(served, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    while "Ctrl-C" not in server.stdout.readline():
        assert server.poll() is None
    yield port
    server.terminate()
    server.stdout.close()
    assert server.wait(10) == 0


def run(command: str, folder: Path) -> str:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
    }
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S602  # the README's own
    return done.stdout + done.stderr


def steady(text: str) -> str:
    """The text without what differs from run to run."""
    return re.sub(r"in \d+\.\d+s", "in …s", text).strip()


@pytest.mark.parametrize(("command", "output"), list(commands()), ids=[command[:60] for command, _ in commands()])
def test_console(command: str, output: str, folder: Path, port: str) -> None:
    assert steady(run(command.replace(PORT, port), folder)) == steady(output)


def test_the_two_first_commands_are_those_that_ci_runs() -> None:
    """They install, so CI runs them, reading them out of the README: once each, and nothing else."""
    script = (ROOT / ".ci/run").read_text()
    for mark in ("&& engine serve", "&& python -m pytest"):
        assert mark in script
        assert README.count(mark) == 1
    assert "python -m pip install -e . && engine serve flows/\n" in README
    assert "python -m pip install -e '.[test]' && python -m pytest -n auto\n" in README


def test_a_test_takes_five_lines() -> None:
    files = dict(FILES)
    assert len(files["hello/hello.test.yaml"].splitlines()) <= 5
    step = files["test_shop.py"].partition("def test_a_step")[2].partition("\n\n\n")[0]
    assert len(step.splitlines()) <= 5


def test_the_processor_of_the_readme_is_short() -> None:
    text = dict(FILES)["shop/shout.py"]
    assert len([line for line in text.splitlines() if line.strip()]) < 20
