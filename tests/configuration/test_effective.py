"""`engine config`: what is effective, and from where it comes; the same as data, for a management port."""

from __future__ import annotations

import json
from typing import Any

import pytest
from configuration.conftest import Write, engine

from engine import Application
from engine.loading.config.encryption import encrypt, new_key

FLOWS = """\
properties:
  greeting: Hello
  db: {url: "sqlite://", old: "${greeting}"}
configuration-properties: {file: named.properties}
flows:
  all:
    steps:
      - set-payload: {value: ["${greeting}", "${db.url}", "${http.port:8081}", "${level}", "${mode}"]}
      - set-payload: {value: ["${named}", "${env:SHOP_STAGE}", "${env:SHOP_NONE:x}", "${secret:pin}"]}
      - set-payload: {value: "${file:./token}"}
      - set-payload: {value: "#[p('in.expression')]"}
"""
FILES = {
    "flows/a.yaml": FLOWS,
    "flows/named.properties": "# comment\nnamed = ${greeting}!\nunused=1\n",
    "config/default.yaml": "level: info\nmode: slow\nin.expression: yes\n",
    "config/prod.yaml": "db.url: postgresql://shop:hunter2-long@db/shop\npin: 12\nsmtp:\n  password: word\n",
    "pyproject.toml": '[tool.engine]\npaths = ["flows"]\nset = { mode = "fast" }\n',
    "token": "s3cret-token\n",
}


@pytest.fixture
def _files(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(FILES)
    monkeypatch.setenv("LEVEL", "debug")
    monkeypatch.setenv("SHOP_STAGE", "green")
    monkeypatch.delenv("SHOP_NONE", raising=False)


EXPECTED = """\
environment prod
db.url          postgresql://shop:•••@db/shop  config/prod.yaml:1
env:SHOP_NONE   x                              default in flows/a.yaml:9:64
env:SHOP_STAGE  green                          environment SHOP_STAGE
file:./token    •••                            ./token
greeting        Hi                             --set
http.port       8081                           default in flows/a.yaml:8:59
in.expression   yes                            config/default.yaml:3
level           debug                          environment LEVEL
mode            fast                           pyproject.toml
named           Hi!                            flows/named.properties:2
pin             •••                            config/prod.yaml:2
not asked for by a placeholder:
db.old          Hi                             flows/a.yaml:3
smtp.password   •••                            config/prod.yaml:4
unused          1                              flows/named.properties:3
"""


@pytest.mark.usefixtures("_files")
def test_each_value_has_its_place() -> None:
    done = engine("config", "--env", "prod", "--set", "greeting=Hi")
    assert (done.output, done.exit_code) == (EXPECTED, 0)


@pytest.mark.usefixtures("_files")
def test_as_json_and_from_python_it_is_the_same() -> None:
    printed = json.loads(engine("config", "--env", "prod", "--format", "json").output)
    app = Application.load("flows", env="prod", properties={"mode": "fast"})
    assert app.effective_configuration() == printed
    assert printed["environment"] == "prod"
    rows = {row["name"]: row for row in printed["properties"]}
    assert rows["pin"] == {"name": "pin", "value": "•••", "from": "config/prod.yaml:2", "secret": True, "used": True}
    assert rows["unused"]["used"] is False
    assert list(rows) == sorted(rows)


@pytest.mark.usefixtures("_files")
def test_it_is_printed_beside_mistakes(write: Write) -> None:
    write({"flows/b.yaml": "flows: {b: {steps: [{set-paylod: {value: '${nobody.has.this}'}}]}}"})
    done = engine("config", "--env", "prod")
    assert done.exit_code == 1
    assert "F102 unknown element 'set-paylod'" in done.output
    assert "F201 '${nobody.has.this}'" in done.output
    assert "config/default.yaml:3" in done.output


def test_an_encrypted_value_without_a_key_is_told_and_hidden(write: Write) -> None:
    value = encrypt("hunter2-long", new_key())
    write(
        {"flows/a.yaml": "flows: {a: {steps: [{logger: {message: '${a}'}}]}}", "config/default.yaml": f'a: "{value}"'}
    )
    done = engine("config", "flows")
    assert "F203 the encrypted value of 'a', and no key" in done.output
    assert done.output.endswith("no environment\na  •••  config/default.yaml:1\n")


def test_flows_without_properties(write: Write) -> None:
    write({"flows/a.yaml": "flows: {a: {steps: [{logger: {message: hi}}]}}"})
    assert engine("config", "flows").output == "no environment\n"
    assert json.loads(engine("config", "flows", "--format", "json").output) == {"environment": None, "properties": []}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("db.password", "x", "•••"), ("dbPassword", "x", "•••"), ("api-key", "x", "•••"), ("x.authToken", "x", "•••"),
        ("client_secret", "x", "•••"), ("aws.secretAccessKey", "x", "•••"), ("password", "", ""),
        ("password.length", "x", "x"), ("tokens", "x", "x"), ("secretary", "x", "x"), ("token.url", "x", "x"),
        ("a", "amqp://u:p@h/v", "amqp://u:•••@h/v"), ("a", "amqp://u:p@x@h/v", "amqp://u:•••@h/v"),
        ("a", "https://h:80/x", "https://h:80/x"), ("a", "http://a/b:c@d", "http://a/b:c@d"),
        ("a", "x\x1b[1m", "x\\x1b[1m"),
        ("a", "y" * 70, "y" * 60 + "…"),
    ],
)  # fmt: skip
def test_what_looks_like_a_secret(write: Write, name: str, value: str, shown: str) -> None:
    write({"flows/a.yaml": f"flows: {{a: {{steps: [{{logger: {{message: '${{{name}}}'}}}}]}}}}"})
    done = engine("config", "flows", "--set", f"{name}={value}")
    assert done.output.splitlines()[1].split() == [name, *([shown] if shown else []), "--set"]


def test_a_default_in_several_places(write: Write) -> None:
    steps = "[{logger: {message: '${a:1}'}}, {logger: {message: '${a:2} ${a:1}'}}]"
    write({"flows/a.yaml": f"flows: {{a: {{steps: {steps}}}}}"})
    rows: list[Any] = json.loads(engine("config", "flows", "--format", "json").output)["properties"]
    assert [(row["value"], row["from"]) for row in rows] == [
        ("1", "default in flows/a.yaml:1:40"),
        ("2", "default in flows/a.yaml:1:71"),
    ]


def test_a_password_among_the_options_of_a_url_is_hidden(write: Write) -> None:
    write({"flows/a.yaml": "flows: {a: {steps: [{logger: {message: '${a}'}}]}}"})
    url = "redis://host/0?db=1&password=hunter2-long&client_name=shop"
    shown = "no environment\na  redis://host/0?db=1&password=•••&client_name=shop  --set\n"
    assert engine("config", "flows", "--set", f"a={url}").output == shown
    assert engine("config", "flows", "--set", f"a={url.replace('hunter2-long', 'word')}").output == shown
