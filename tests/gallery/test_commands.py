"""`engine recipes`, and `engine new --from-recipe`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.testing.files.choosing import find_test_files
from engine.testing.working import Order, run_file
from engine.tools.cli import main
from engine.tools.gallery.recipes import recipes, waiting

RECIPE = "http-429-backoff"


def engine(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_all_are_listed_and_those_that_wait_are_last() -> None:
    lines = engine("recipes").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [each.name for each in (*recipes(), *waiting())]
    assert [line for line in lines if "; until then: " in line] == lines[len(recipes()) :]


def test_those_of_a_folder_are_listed() -> None:
    lines = engine("recipes", "--folder", "connectors").stdout.splitlines()
    assert RECIPE in [line.split()[0] for line in lines]
    assert {line.split()[1] for line in lines} == {"connectors"}


def test_those_with_a_word_are_listed() -> None:
    assert [line.split()[0] for line in engine("recipes", "429", "BACKOFF").stdout.splitlines()] == [RECIPE]


@pytest.mark.parametrize("name", [RECIPE, f"connectors/{RECIPE}"])
def test_a_page_is_shown(name: str) -> None:
    assert engine("recipes", "show", name).stdout.startswith("# HTTP 429")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "http-429-backof"), "there is no recipe 'http-429-backof'; did you mean 'http-429-backoff'?"),
        (("show", f"async/{RECIPE}"), f"there is no recipe 'async/{RECIPE}'; did you mean"),
        (("show",), "there is no recipe ''; see `engine recipes`"),
        (("show", "jms"), "the recipe 'jms' waits for a connector for JMS"),
        (("--folder", "connector"), "there is no folder 'connector'; did you mean 'connectors'?"),
        (("zebra", "unicorn"), "no recipe has the words 'zebra unicorn'; see `engine recipes`"),
    ],
)
def test_what_is_not_there_is_told(arguments: tuple[str, ...], said: str) -> None:
    result = engine("recipes", *arguments)
    assert result.exit_code == 1
    assert said in result.output


def test_a_project_begins_with_a_recipe_and_its_tests_pass(tmp_path: Path) -> None:
    folder = tmp_path / "rates"
    result = engine("new", "--from-recipe", RECIPE, folder)
    assert result.exit_code == 0
    assert f"engine test {folder} tries it, engine serve {folder} starts it" in result.output
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        ".engine/flows.schema.json", ".gitignore", "README.md", f"flows/{RECIPE}.test.yaml", f"flows/{RECIPE}.yaml",
        "flows/upstream.yaml", "pyproject.toml",
    ]  # fmt: skip
    (file,) = find_test_files([folder])
    outcome = run_file(file, Order())
    assert (outcome.broken, outcome.has_failed) == ("", False)
    assert "no mistakes" in engine("check", folder).output


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    result = engine("new", "--from-recipe", RECIPE, tmp_path)
    assert (result.exit_code, (tmp_path / "README.md").read_text()) == (1, "mine")
    assert "is there already" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_project_file_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert engine("new", "--from-recipe", RECIPE, tmp_path).exit_code == 0
    assert (tmp_path / "pyproject.toml").read_text() == "[project]\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from-recipe", "jms"), "waits for"),
        (("--from-recipe", RECIPE, "--from", "api.yaml"), "with --from or with --from-recipe, not with both"),
    ],
)
def test_a_recipe_that_cannot_be_begun_with_writes_nothing(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    result = engine("new", tmp_path, *arguments)
    assert result.exit_code != 0
    assert said in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_flows_are_served_without_the_gallery() -> None:
    assert "no mistakes" in engine("check", Path(__file__).parents[2] / "flows").output
