"""The pages under docs/: their examples are whole and right, their links and what names them lead somewhere."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import yaml

from engine import Application, Processor
from engine.loading.catalog import discover
from engine.loading.sections import SECTIONS
from engine.manual.pages import example
from engine.testing.examples import run_case
from engine.testing.working import Order, run_file
from engine.tools.cli import main

ROOT = Path(__file__).parent.parent
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
SOURCES = [
    path
    for folder in ("engine", "processors", "tests")
    for path in (ROOT / folder).rglob("*.*")
    if path.suffix in (".py", ".yaml")
]


def examples() -> Iterator[tuple[str, str, str]]:
    """Each flow file of a page, with where it stands and the test file behind it, if there is one."""
    for page, text in PAGES.items():
        blocks = [(match[1], text.count("\n", 0, match.start()) + 1) for match in BLOCK.finditer(text)]
        for number, (block, line) in enumerate(blocks):
            if not is_test_file(block):
                behind = blocks[number + 1][0] if number + 1 < len(blocks) else ""
                yield f"{page}:{line}", block, behind if is_test_file(behind) else ""


def is_test_file(block: str) -> bool:
    return re.search(r"^cases:", block, re.MULTILINE) is not None


EXAMPLES = list(examples())


@pytest.mark.parametrize(("flows", "cases"), [each[1:] for each in EXAMPLES], ids=[each[0] for each in EXAMPLES])
def test_example(flows: str, cases: str, tmp_path: Path) -> None:
    (tmp_path / "page.yaml").write_text(flows)
    assert Application.load(tmp_path).parts.warnings == ()
    if cases:
        (tmp_path / "page.test.yaml").write_text(cases)
        outcome = run_file(tmp_path / "page.test.yaml", Order())
        assert outcome.broken == ""
        assert [(case.name, case.text) for case in outcome.results if case.status != "passed"] == []


def test_the_page_of_the_language_names_all_of_it() -> None:
    page, catalog = PAGES["language.md"], discover()
    assert [name for name in (*SECTIONS, *catalog.names()) if f"`{name}" not in page] == []
    words = set(re.findall(r"\w+", page))
    assert [name for name in catalog.error_types() if not set(name.split(":")) <= words] == []


def test_the_readme_has_one_row_for_each_command() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Commands")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `engine ([a-z]+)", table, re.MULTILINE)
    assert sorted(rows) == sorted(main.commands), "a command without a row, or with two"


def anchors(text: str) -> set[str]:
    """What links inside a page may name: its titles, as GitHub writes them."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{name}" for name in PAGES)])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        if not target.startswith("http"):
            assert not file or ((ROOT / page).parent / file).exists(), target
            there = ((ROOT / page).parent / file).read_text(encoding="utf-8") if file.endswith(".md") else text
            assert not anchor or anchor in anchors(there), target


def test_what_names_a_page_names_a_title_of_it() -> None:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8", errors="replace")
        for page, title in re.findall(r'docs/(\w+\.md)(?:, "([^"]+)")?', text):
            assert page in PAGES, path
            assert not title or f"# {title}\n" in PAGES[page], path


def test_the_scope_of_the_page_for_authors_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its example is run, and the plan knows what it does."""
    source, _ = re.findall(r"```python\n(.*?)```", PAGES["extending.md"], re.DOTALL)
    (tmp_path / "shelf" / "ways").mkdir(parents=True)
    (tmp_path / "shelf" / "ways" / "switch.py").write_text(source)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    catalog = discover(["shelf"])
    element = catalog["ways:switch"]
    assert asyncio.run(run_case(example(element), catalog)) == []
    assert element.code is not Processor.code


ANY_BLOCK = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    (page, text.count("\n", 0, match.start()) + 1, match[1], match[2])
    for page, text in PAGES.items()
    for match in ANY_BLOCK.finditer(text)
]
SHELL = {"code", "curl", "export", "kill", "node", "pbpaste", "pip", "python"}
"""Commands that are not ours, and that the pages may use."""


def check_python(text: str) -> None:
    """Run it: the classes are made, the names exist. A function inside is not called."""
    module = sys.modules["page"] = ModuleType("page")
    try:
        exec(compile(text, "page", "exec"), vars(module))  # noqa: S102  # our own pages
    finally:
        del sys.modules["page"]


def check_shell(text: str) -> None:
    """Parse its commands as the command line does; nothing is started."""
    for line in text.splitlines():
        for part in re.split(r"&&|\|(?!\|)", line):
            words = [word for word in shlex.split(part, comments=True) if not re.match(r"[A-Z_]+=", word)]
            if words[:1] == ["engine"]:
                parse(main, words[1:])
            assert not words or words[0] in {"engine", *SHELL}, line


def parse(command: click.Command, words: list[str]) -> None:
    context = click.Context(command)
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        parse(command.commands[words[0]], words[1:])
    else:
        command.make_parser(context).parse_args(words)


CHECKS: dict[str, Callable[[str], Any]] = {
    "bash": check_shell,
    "json": json.loads,
    "python": check_python,
    "toml": tomllib.loads,
    "yml": lambda text: list(yaml.safe_load_all(text)),
}
ELSEWHERE = {
    "yaml": "test_example loads it, and runs the cases behind it; with file= it is a file of test_readme.py",
    "console": "test_readme.py runs it, on the page start.md",
    "lua": "it is a setting of Neovim, which is not on every machine",
    "text": "it is what a program prints, or a picture: nothing that could be run",
}
"""The languages of blocks that are not checked here, each with the reason."""


@pytest.mark.parametrize(("page", "line", "head", "text"), BLOCKS, ids=[f"{page}:{line}" for page, line, *_ in BLOCKS])
def test_each_block_is_checked(page: str, line: int, head: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    language, _, file = head.partition(" ")
    assert language in CHECKS or language in ELSEWHERE, "a block names its language"
    assert page == "start.md" or not file
    assert page == "start.md" or language != "console", "only start.md is run by test_readme.py"
    monkeypatch.chdir(ROOT)
    CHECKS.get(language, str)(text)
