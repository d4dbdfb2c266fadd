"""`--env prod`: config/prod.yaml over config/default.yaml, and where it stands among all sources."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from configuration.conftest import Write, engine

from engine import Application
from engine.loading.diagnostic import LoadError

FLOWS = """
properties: {f: properties}
configuration-properties: {file: named.yaml}
flows:
  all:
    steps:
      - set-payload:
          value: ["${a:none}", "${b:none}", "${c:none}", "${d:none}", "${e:none}", "${f:none}", "${g:none}"]
"""
FILES = {
    "flows/main.yaml": FLOWS,
    "flows/named.yaml": "\n".join(f"{name}: named" for name in "abcd"),
    "config/default.yaml": "\n".join(f"{name}: default" for name in "abcde"),
    "config/prod.yaml": "\n".join(f"{name}: prod" for name in "abc"),
}


def payload_of(given: Mapping[str, str] | None = None, env: str | None = None) -> Any:
    return asyncio.run(Application.load("flows", properties=given, env=env).run("all")).payload


def mistakes_with(env: str | None = None) -> list[str]:
    with pytest.raises(LoadError) as caught:
        Application.load("flows", env=env)
    return [
        f"{each.place.file}:{each.place.line} {each.code} {each.mistake.found}" for each in caught.value.diagnostics
    ]


def test_each_source_wins_over_those_behind_it(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(FILES)
    monkeypatch.setenv("B", "variable")
    expected = ["set", "variable", "prod", "named", "default", "properties", "none"]
    assert payload_of({"a": "set"}, "prod") == expected


@pytest.mark.parametrize("env", [None, ""])
def test_without_an_environment_the_default_file_counts(write: Write, env: str | None) -> None:
    write(FILES)
    assert payload_of(env=env) == ["named"] * 4 + ["default", "properties", "none"]


def test_the_variable_names_the_environment(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({**FILES, "config/test.yaml": "a: test"})
    monkeypatch.setenv("ENGINE_ENV", "prod")
    assert payload_of()[0] == "prod"
    assert payload_of(env="test")[0] == "test"
    assert payload_of(env="")[0] == "named"


def test_flows_may_ask_for_the_name_of_the_environment(write: Write) -> None:
    write(
        {
            "flows/a.yaml": 'flows: {all: {steps: [{set-payload: {value: "${engine.env:none}"}}]}}',
            "config/prod.yaml": "",
        }
    )
    assert (payload_of(env="prod"), payload_of()) == ("prod", "none")


PLACES: dict[str, dict[str, str]] = {
    "in the folder of the flows": {"flows/config/prod.yaml": "a: found"},
    "beside that folder": {"config/prod.yaml": "a: found"},
    "in the project's folder": {"../config/prod.yaml": "a: found", "../pyproject.toml": "[tool.engine]"},
    "as .yml": {"config/prod.yml": "a: found"},
    "as .properties": {"config/prod.properties": "a=found"},
}


@pytest.mark.parametrize("place", PLACES)
def test_where_the_file_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    flows = 'flows: {all: {steps: [{set-payload: {value: "${a}"}}]}}'
    for name, text in {"flows/main.yaml": flows, **PLACES[place]}.items():
        file = tmp_path / "app" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.chdir(tmp_path / "app")
    assert payload_of(env="prod") == "found"


SMALL = 'flows: {all: {steps: [{set-payload: {value: "${a}"}}]}}'
MISTAKES: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "no file": (
        {"config/prod.yaml": "a: 1", "config/test.properties": "", "config/default.yaml": ""},
        "pord",
        ["config/pord.yaml:1 F202 no file of the environment 'pord'"],
    ),
    "no folder": ({}, "prod", ["config/prod.yaml:1 F202 no file of the environment 'prod'"]),
    "a path": ({"config/prod.yaml": ""}, "../prod", ["config:1 F202 no file of the environment '../prod'"]),
    "two files": (
        {"config/prod.yaml": "a: 1", "config/prod.properties": "a=1"},
        "prod",
        ["config/prod.properties:1 F202 a second file of the environment 'prod', beside prod.yaml"],
    ),
    "no map": ({"config/prod.yaml": "- 1"}, "prod", ["flows/main.yaml:1 F201", "config/prod.yaml:1 F202 a list as"]),
    "broken YAML": ({"config/prod.yaml": 'a: "1\nb: {'}, "prod", ["config/prod.yaml:1 F101"]),
    "a key twice": ({"config/prod.yaml": "a: 1\na: 2"}, "prod", ["config/prod.yaml:2 F103 the key 'a' a second time"]),
    "a folder": ({"config/prod.yaml/x": "a: 1"}, "prod", ["config/prod.yaml:1 F100 a file that cannot be read"]),
    "no UTF-8": ({"config/prod.yaml": "a: \ud800"}, "prod", ["config/prod.yaml:1 F100 a byte that is no UTF-8"]),
    "in both files": (
        {"config/default.yaml": "a: [1]", "config/prod.yaml": "b: [1]"},
        "prod",
        [
            "flows/main.yaml:1 F201",
            "config/default.yaml:1 F202 a list for 'a'",
            "config/prod.yaml:1 F202 a list for 'b'",
        ],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    files, env, expected = MISTAKES[name]
    for file, text in {"flows/main.yaml": SMALL, **files}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(text.encode("utf-8", "surrogatepass"))
    monkeypatch.chdir(tmp_path)
    found = mistakes_with(env)
    assert len(found) == len(expected), found
    assert [each for each, start in zip(found, expected, strict=True) if not each.startswith(start)] == []


def test_which_environments_there_are_is_told(write: Write) -> None:
    write({"flows/main.yaml": SMALL, "config/prod.yaml": "", "config/test.properties": "", "config/default.yaml": ""})
    done = engine("check", "flows", "--env", "pord")
    assert "expected: one that has a file: prod, test\n  write: prod" in done.output


def test_a_misspelt_name_is_told_where_it_stands(write: Write) -> None:
    write({"flows/main.yaml": SMALL.replace("${a}", "${shop.currency}"), "config/prod.yaml": "shop:\n  curency: EUR"})
    assert "; config/prod.yaml:2 has 'shop.curency'" in engine("check", "flows", "--env", "prod").output


Command = Callable[[], Any]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("check", "flows"), "no mistakes"),
        (("run", "flows", "--flow", "all"), "secret-of-nobody"),
        (("openapi", "flows"), "openapi"),
        (("explain", "flow", "all", "flows"), "set-payload"),
        (("test", "flows", "--workers", "1"), "1 passed"),
        (("config", "flows"), "config/prod.yaml:1"),
    ],
)
def test_every_command_takes_it(write: Write, arguments: tuple[str, ...], expected: str) -> None:
    case = "cases: {it holds: {flow: all, expect: {payload: secret-of-nobody}}}"
    write({"flows/main.yaml": SMALL, "flows/main.test.yaml": case, "config/prod.yaml": "a: secret-of-nobody"})
    done = engine(*arguments, "--env", "prod")
    assert (done.exit_code, expected in done.output) == (0, True), done.output
    without = engine(*arguments)
    assert without.exit_code == 1
    assert "F201" in without.output


def test_a_test_does_not_see_the_environment_of_the_shell(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    case = "cases: {it holds: {flow: all, expect: {payload: d}}}"
    files = {"flows/main.yaml": SMALL, "config/prod.yaml": "a: p", "config/default.yaml": "a: d"}
    write({**files, "flows/main.test.yaml": case})
    monkeypatch.setenv("ENGINE_ENV", "prod")
    assert "1 passed" in engine("test", "flows", "--workers", "1").output
    write({"flows/main.test.yaml": f"environment: [ENGINE_ENV]\n{case}"})
    assert "1 failed" in engine("test", "flows", "--workers", "1").output


def test_fixtures_take_it(write: Write, flow_app: Any, run_flow: Any) -> None:
    write(FILES)
    flow_app("flows", env="prod")
    assert run_flow("all").payload[0] == "prod"
