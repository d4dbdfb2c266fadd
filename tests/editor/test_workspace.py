"""Applications that the editor's files belong to, and what is told of them while something else goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.editor.workspace import Workspace

ELEMENT = """
from engine import Event, Processor


class Shout(Processor):
    mark: str = "!"

    def run_plain(self, event: Event) -> Event:
        return event
"""


@pytest.fixture(autouse=True)
def _own_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test imports is forgotten when it ends."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield
    for name in {*sys.modules} - before:
        if name.startswith("hasty_shop"):
            del sys.modules[name]


def write_project(folder: Path, shout: str) -> Path:
    """Write a flow file whose project has an element of its own, and return it."""
    (folder / "hasty_shop").mkdir()
    (folder / "hasty_shop/shout.py").write_text(shout)
    (folder / "pyproject.toml").write_text('[tool.engine]\npaths = ["flows.yaml"]\nprocessors = ["hasty_shop"]\n')
    (folder / "flows.yaml").write_text("flows: {loud: {steps: [{shout: {mark: '?'}}]}}\n")
    return folder / "flows.yaml"


def test_whoever_asks_for_an_application_gets_the_same_one(tmp_path: Path) -> None:
    """Projects are found in another thread than the one that opens files; a package may take its time to import."""
    file = write_project(tmp_path, f"import time\n\ntime.sleep(0.2)\n{ELEMENT}")
    workspace = Workspace([tmp_path])
    with ThreadPoolExecutor(4) as pool:
        opened = [pool.submit(workspace.site_of, file) for _ in range(3)]
        projects = pool.submit(lambda: list(workspace.find_projects()))
        (site,) = {each.result() for each in opened}
        assert projects.result() == [site] == list(workspace.sites.values())
    assert site.diagnostics() == {file: []}


def test_what_is_written_while_it_is_imported_is_imported_again(tmp_path: Path) -> None:
    """An element is written anew at the very moment at which its old text is imported."""
    old = ELEMENT.replace("mark", "tone")
    hasty = f"from pathlib import Path\n{old}\n\nPath(__file__).write_text({ELEMENT!r})\n"
    file = write_project(tmp_path, hasty)
    site = Workspace([tmp_path]).site_of(file)
    found = [site.diagnostics()[file] for _ in range(2)]
    assert [[each.code for each in some] for some in found] in ([["F301"], []], [[], []])
