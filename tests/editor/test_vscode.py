"""The extension for VS Code: its sources fit each other, the engine and the page about it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine import __version__

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "engine" / "editor" / "vscode"
PACKAGE = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
BUILD = (FOLDER / "build.mjs").read_text(encoding="utf-8")
EXTENSION = (FOLDER / "extension.js").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "editor.md").read_text(encoding="utf-8")
NODE = shutil.which("node")


def test_it_has_the_version_and_the_licence_of_the_engine() -> None:
    assert __version__.startswith(PACKAGE["version"])
    assert f'license = "{PACKAGE["license"]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_every_file_is_packed() -> None:
    packed = set(json.loads(re.findall(r"FILES = (\[[^\]]*\])", BUILD)[0])) | {"build.mjs", "ignored"}
    assert {path.name for path in FOLDER.iterdir()} == packed
    named = [PACKAGE["contributes"]["languages"][0]["configuration"], PACKAGE["contributes"]["grammars"][0]["path"]]
    assert {Path(name).name for name in named} <= packed


def test_settings_and_commands_are_those_of_the_client_and_of_the_page() -> None:
    settings = [name.removeprefix("flowEngine.") for name in PACKAGE["contributes"]["configuration"]["properties"]]
    assert [name for name in settings if f"`flowEngine.{name}`" not in PAGE] == []
    assert set(re.findall(r'settings\.get\("([\w.]+)"\)', EXTENSION)) | {"trace.server"} == set(settings)
    commands = [each["command"] for each in PACKAGE["contributes"]["commands"]]
    assert re.findall(r'registerCommand\("([\w.]+)"', EXTENSION) == commands


def test_it_leaves_other_yaml_files_alone() -> None:
    [language] = PACKAGE["contributes"]["languages"]
    assert not {"extensions", "filenames", "filenamePatterns", "firstLine"} & set(language)
    assert "`# engine: flow`" in PAGE
    assert all("*.test." in each or "flows/" in each for each in defaults("flowEngine.patterns"))


def defaults(setting: str) -> list[str]:
    found: list[str] = PACKAGE["contributes"]["configuration"]["properties"][setting]["default"]
    return found


def test_versions_of_packages_are_fixed() -> None:
    packages = json.loads(re.findall(r"PACKAGES = (\[[^\]]*\])", BUILD)[0])
    assert all(re.search(r"@\d+\.\d+\.\d+$", package) for package in packages)


@pytest.mark.skipif(NODE is None, reason="node is not installed here")
@pytest.mark.parametrize("name", ["extension.js", "build.mjs"])
def test_node_can_read_it(name: str) -> None:
    assert NODE is not None
    subprocess.run([NODE, "--check", FOLDER / name], check=True, capture_output=True)
