"""Secrets come in by every way there is, and are searched for in all that the engine prints, answers and writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from configuration.vaults import TOKEN, Vault, secret, vault
from server.running import ENGINE, Running

from engine.loading.config.encryption import encrypt, new_key

KEY = new_key()
SECRETS = {
    "variable": "hunter2-variable", "marked": "hunter2-marked", "file": "hunter2-file", "vault": "hunter2-vault",
    "encrypted": "hunter2-encrypted", "telling": "hunter2-telling", "url": "hunter2-url", "default": "hunter2-default",
}  # fmt: skip
"""By the way that each comes in."""
ALL = ("secret.of.variable", "marked", "of.file", "of.vault", "encrypted", "api.token", "up.url", "default")

CONFIG = f"""
of.file: ${{file:./file.txt}}
of.vault: ${{vault:secret/data/x#value}}
encrypted: "{encrypt(SECRETS["encrypted"], KEY)}"
api:
  token: {SECRETS["telling"]}
  names: nothing of it
up.url: http://user:{SECRETS["url"]}@127.0.0.1:9/x
default: "${{secret:nobody:{SECRETS["default"]}}}"
marked: {SECRETS["marked"]}
"""
SERVED = """
configs:
  Api: {http:listener-config: {port: 0}}
  Up:
    http:request-config:
      url: "http://127.0.0.1:9"
      authentication: {basic-authentication: {username: u, password: "${encrypted}"}}
  Down: {db:config: {url: "sqlite:///none/${of.vault}/x.db", initScript: CREATE TABLE x(y)}}
flows:
  fail:
    doc: "Fails with ${of.vault}"
    source: {http:listener: {config-ref: Api, path: "/fail/${of.file}/{way}", allowedMethods: GET}}
    steps:
      - logger: {message: "${secret:marked} ${of.file} ${of.vault} ${encrypted} ${api.token} ${up.url} ${default}"}
      - logger: {level: DEBUG, message: "#[base64_encode(p('encrypted'))] ${secret:env:SHOP_PASSWORD}"}
      - choice:
          when:
            - expression: attributes.uriParams.way == 'told'
              steps:
                - validation:is-null: {value: "#[1]", message: "no ${of.vault} nor #[p('encrypted')] nor ${api.token}"}
            - expression: attributes.uriParams.way == 'up'
              steps: [{http:request: {config-ref: Up, path: "/#[p('of.file')]"}}]
            - expression: attributes.uriParams.way == 'status'
              steps:
                - set-variable: {variableName: httpStatus, value: "${of.vault}"}
          otherwise:
            steps: [{raise-error: {type: "SHOP:X", description: "${encrypted} is closed"}}]
"""
WRONG = """
configs:
  Api: {http:listener-config: {port: "${of.vault}"}}
  Up: {http:request-config: {url: "${up.url}", responseTimeout: "${encrypted}"}}
flows:
  a:
    steps:
      - foreach: {collection: payload, batchSize: "${of.file}", steps: [{logger: {message: "#[${api.token}"}}]}
      - logger: {level: "${secret:marked}", message: "${secret:env:SHOP_PASSWORD}"}
      - choice: {when: [{expression: "${default}", steps: []}]}
      - set-paylod: {value: 1}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Vault]:
    with vault() as known:
        known.answers["/v1/secret/data/x"] = secret(value=SECRETS["vault"])
        yield known


@pytest.fixture
def environment(server: Vault) -> Mapping[str, str]:
    return {
        "ENGINE_KEY": KEY, "VAULT_ADDR": server.address, "VAULT_TOKEN": TOKEN, "NO_PROXY": "*", "no_proxy": "*",
        "SHOP_PASSWORD": SECRETS["variable"],
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "flows" / "a.yaml").write_text(SERVED)
    (tmp_path / "config" / "prod.yaml").write_text(CONFIG)
    (tmp_path / "file.txt").write_text(SECRETS["file"] + "\n")
    return tmp_path


def leaks(text: str) -> list[str]:
    """The secrets in a text, as they are and in base64."""
    hidden = {**SECRETS, "key": KEY, "token": TOKEN}
    forms = {name: (value, b64encode(value.encode()).decode().rstrip("=")[:-1]) for name, value in hidden.items()}
    return [name for name, those in forms.items() if any(form in text for form in those)]


def managed_by(server: Running) -> str:
    """What the management port answers."""
    [address] = re.findall(r"^(http:\S+) -> health", "".join(server.printed), re.MULTILINE)
    return "".join(server.client.get(f"{address}/{path}").text for path in ("-/config", "-/flows", "metrics"))


def engine(folder: Path, environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*ENGINE, *arguments, "--env", "prod"], cwd=folder, env=os.environ | dict(environment), capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.usefixtures("shows_secrets")  # the caller's own path is in `instance`
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_server(folder: Path, environment: Mapping[str, str], form: str) -> None:
    (folder / "flows" / "a.yaml").write_text(SERVED.replace("  Down:", "  # Down:"))
    options = f"flows --env prod --log-level debug --log-format {form} --record recorded --docs --management 0"
    arguments = options.split()
    with Running(folder, *arguments, cwd=folder, environment=environment) as server:
        answers = {way: server.client.get(f"/fail/hunter2-file/{way}") for way in ("told", "up", "status", "other")}
        document = server.client.get("/openapi.json")
        managed = managed_by(server)
        assert {way: answer.status_code for way, answer in answers.items()} == {
            "told": 400, "up": 503, "status": 500, "other": 500,
        }  # fmt: skip
        assert answers["told"].json()["detail"] == "no *** nor *** nor ***"
        assert list(document.json()["paths"]) == ["/fail/***/{way}"]
        assert server.end() == 0
    recorded = [file.read_text() for file in (folder / "recorded").iterdir()]
    texts = {
        "managed": managed,
        "log": server.log,
        "printed": "".join(server.printed),
        "document": document.text,
        "recorded": str(recorded),
    }
    for way, answer in answers.items():
        told = {name: value for name, value in answer.json().items() if name != "instance"}  # what the caller asked for
        texts[way] = f"{answer.headers} {told}"
    assert {name: found for name, text in texts.items() if (found := leaks(text))} == {}
    assert '{"name":"encrypted","value":"•••","from":"config/prod.yaml:4","secret":true,"used":true}' in managed
    assert len(recorded) == 4
    assert texts["log"].count("***") > 20


def test_a_recording_is_replayed_without_the_environment(folder: Path, environment: Mapping[str, str]) -> None:
    (folder / "flows" / "a.yaml").write_text(
        SERVED.replace("  Down:", "  # Down:").replace("/fail/${of.file}/", "/fail/")
    )
    with Running(
        folder, "flows", "--env", "prod", "--record", "recorded", cwd=folder, environment=environment
    ) as server:
        assert server.client.get("/fail/told").status_code == 400
        assert server.end() == 0
    done = subprocess.run([*ENGINE, "test", "recorded"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_start_that_fails(folder: Path, environment: Mapping[str, str]) -> None:
    printed = engine(folder, environment, "serve", "flows", "--port", "0", "--log-level", "debug")
    assert "the config 'Down' cannot be started" in printed
    assert leaks(printed) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("check", "flows"), "1 flow"),
        (("check", "flows", "--connect"), "Down"),
        (("config", "flows"), "•••"),
        (("config", "flows", "--format", "json"), "•••"),
        (("explain", "flow", "fail", "flows"), "raise-error"),
        (("openapi", "flows"), "/fail/***/{way}"),
        (("run", "flows", "--flow", "fail", "--attributes", '{"uriParams": {"way": "x"}}'), "Down"),
    ],
)
def test_commands(folder: Path, environment: Mapping[str, str], arguments: tuple[str, ...], expected: str) -> None:
    printed = engine(folder, environment, *arguments)
    assert expected in printed
    assert leaks(printed) == []


def test_mistakes(folder: Path, environment: Mapping[str, str]) -> None:
    (folder / "flows" / "a.yaml").write_text(WRONG)
    (folder / "config" / "prod.yaml").write_text(CONFIG + "api: {token: again}\nlist: [1]\n")
    printed = engine(folder, environment, "check", "flows")
    assert "a secret for 'port' of 'http:listener-config'" in printed
    assert printed.count(" F303 ") >= 4
    assert leaks(printed) == []
    (folder / "config" / "prod.yaml").write_text(CONFIG)
    for command in ("check", "config"):
        assert leaks(engine(folder, environment, command, "flows")) == []


BROKEN = {
    "not closed": 'db:\n  password: "hunter2-url\n',
    "a sign": "db:\n  password: *hunter2-url\n",
    "another": "db.password: @hunter2-url\n",
    "a colon": "password: hunter2-url: x\n",
    "twice": "password: hunter2-url\npassword: hunter2-vault\n",
    "a list": "api-key: [hunter2-url, hunter2-vault]\n",
    "nothing closed": "{token: 'hunter2-url, a\n",
    "a tag": "token: !x hunter2-url\n",
    "lines": "a=1\\u00\npassword=hunter2-url\npassword=hunter2-vault\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_property_file_that_cannot_be_read(folder: Path, environment: Mapping[str, str], name: str) -> None:
    file = f"test.{'properties' if name == 'lines' else 'yaml'}"
    (folder / "config" / file).write_text(BROKEN[name])
    (folder / "flows" / "a.yaml").write_text("flows: {a: {steps: [{logger: {message: '${password:x} ${token:x}'}}]}}")
    for command in ("check", "config"):
        done = subprocess.run(
            [*ENGINE, command, "flows", "--env", "test"], cwd=folder, capture_output=True, text=True, timeout=60
        )
        assert f"config/{file}:" in done.stderr
        assert leaks(done.stdout + done.stderr) == []


def test_a_failing_test(folder: Path, environment: Mapping[str, str]) -> None:
    (folder / "flows" / "a.yaml").write_text("flows: {a: {steps: [{set-payload: {value: '${encrypted} ${mine}'}}]}}")
    test = "environment: [ENGINE_KEY]\nset: {mine: shown-as-it-is, api.token: x}\n"
    (folder / "flows" / "a.test.yaml").write_text(test + "cases: {no: {flow: a, expect: {payload: other}}}")
    (folder / "config" / "prod.yaml").write_text(f'encrypted: "{encrypt(SECRETS["encrypted"], KEY)}"')
    printed = engine(folder, environment, "test", "flows")
    assert "1 failed" in printed
    assert "*** shown-as-it-is" in printed
    assert leaks(printed) == []


@pytest.mark.usefixtures("shows_secrets")
def test_what_an_author_returns_is_returned(folder: Path, environment: Mapping[str, str]) -> None:
    flow = """
    configs: {Api: {http:listener-config: {port: 0}}}
    flows:
      a:
        source: {http:listener: {config-ref: Api, path: /}}
        steps: [{set-payload: {value: "${encrypted}"}}]
    """
    (folder / "flows" / "a.yaml").write_text(flow)
    with Running(folder, "flows", "--env", "prod", cwd=folder, environment=environment) as server:
        assert server.client.get("/").text == SECRETS["encrypted"]


def test_python_is_as_careful(folder: Path, environment: Mapping[str, str]) -> None:
    code = "app = Application.load('flows', env='prod'); print(app.openapi(), app.effective_configuration(), app.parts)"
    code = f"from engine import Application; {code}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=os.environ | dict(environment), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "'environment': 'prod'" in done.stdout
    assert json.dumps(leaks(done.stdout)) == "[]"
