"""The gallery: each recipe is whole, every error path of it is tested, and it answers as its page says."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from loopback import LONGEST, until

from engine import Application
from engine.testing.covered.coverage import KINDS, Coverage, table
from engine.testing.files.choosing import find_test_files
from engine.testing.working import Order, run_file
from engine.tools.gallery.recipes import Recipe, recipes, waiting
from engine.tools.tested.wrecking import run_chaos
from engine.wire.server import Server

FOLDERS = {
    "async", "connectors", "dead-letters", "global", "http", "notifications", "recovery", "retry", "transactions",
    "validation",
}  # fmt: skip
SECTIONS = ["Use it when", "How it works", "What callers see", "Try it", "Variations"]
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
PORT = "8081"

RECIPES = recipes()
of_each = pytest.mark.parametrize("recipe", RECIPES, ids=[f"{each.folder}/{each.name}" for each in RECIPES])


def test_names_are_unique_and_folders_known() -> None:
    named = [each.name for each in (*RECIPES, *waiting())]
    assert sorted(set(named)) == sorted(named)
    assert {each.folder for each in (*RECIPES, *waiting())} <= FOLDERS
    assert [name for name in named if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


@of_each
def test_its_page_has_all_sections(recipe: Recipe) -> None:
    assert re.findall(r"^## (.+)$", recipe.readme, re.MULTILINE) == SECTIONS
    assert len(recipe.problem) <= 100
    assert recipe.problem.endswith(".")
    tried = recipe.readme.partition("## Try it")[2].partition("## Variations")[0]
    begun, served = re.findall(r"^\$ (.+)$", tried, re.MULTILINE)
    folder = begun.removeprefix(f"engine new --from-recipe {recipe.name} ")
    assert served in (f"engine test {folder}", f"engine serve {folder}")


@of_each
def test_it_is_small(recipe: Recipe) -> None:
    """So that whoever copies it reads all of it."""
    assert {f"{recipe.name}.yaml", f"{recipe.name}.test.yaml"} <= {str(place) for place in recipe.files()}
    for place in recipe.files():
        lines = (recipe.path / place).read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 150, place
        assert max(map(len, lines)) <= 120, place


@of_each
def test_it_loads_without_a_warning(recipe: Recipe) -> None:
    assert Application.load(recipe.path, env="").parts.warnings == ()


@of_each
def test_its_cases_pass_each_line_branch_and_error_path(recipe: Recipe) -> None:
    results = [run_file(path, Order(covers=True)) for path in find_test_files([recipe.path])]
    assert [each.broken for each in results if each.broken] == []
    assert [(case.name, case.text) for each in results for case in each.results if case.status != "passed"] == []
    coverage = Coverage(each.hits for each in results)
    assert all(coverage.share(kind).percent == 100 for kind in KINDS), "\n".join(table(coverage))


@of_each
def test_whatever_fails_its_callers_get_an_answer(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_chaos([str(recipe.path)], Order()) == 0, capsys.readouterr().out


@of_each
def test_it_answers_as_its_page_says(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`…` on the page stands for any text."""
    seen = recipe.readme.partition("## What callers see")[2].partition("## Try it")[0]
    asked = [part.partition("\n") for block in CONSOLE.findall(seen) for part in block.split("$ ")[1:]]
    monkeypatch.chdir(tmp_path)
    if not asked or shutil.which("curl") is None:
        pytest.skip("no curl" if asked else "its page asks nothing")

    async def ask() -> None:
        async with served(recipe) as port:
            for command, _, answer in asked:
                said = await run(command.replace(PORT, port))
                pattern = re.escape(answer.strip().replace(PORT, port)).replace("…", ".*")
                assert re.fullmatch(pattern, said.strip()), f"{command}\n{said}"

    asyncio.run(asyncio.wait_for(ask(), LONGEST))


@asynccontextmanager
async def served(recipe: Recipe) -> AsyncIterator[str]:
    """The port of the recipe's application, which knows it, since many play their own upstream."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        app = Application.load(recipe.path, properties={"http.port": port}, env="")
        server = Server(uvicorn.Config(app.asgi(), log_config=None, ws="none", timeout_graceful_shutdown=1))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await until(lambda: server.started or running.done())
            yield port
        finally:
            server.should_exit = True
            await running


async def run(command: str) -> str:
    shell = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE)
    said, _ = await shell.communicate()
    return said.decode()
