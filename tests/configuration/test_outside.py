"""Placeholders that lead outside: `${env:X}`, `${file:/run/secrets/x}`, `${vault:secret/data/db#password}`."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from configuration.conftest import Write, engine
from configuration.vaults import TOKEN, Vault, errors, secret, vault

from engine import Application
from engine.limits import LARGEST_SECRET_FILE
from engine.loading.config import outside
from engine.loading.diagnostic import LoadError


def flows(*values: str) -> str:
    listed = "".join(f"\n          - '{value}'" for value in values)
    return f"flows:\n  all:\n    steps:\n      - set-payload:\n          value:{listed}\n"


def payload_of(given: Mapping[str, str] | None = None) -> Any:
    return asyncio.run(Application.load("flows", properties=given).run("all")).payload


def mistakes_of(given: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(LoadError) as caught:
        Application.load("flows", properties=given)
    return [f"{each.place} {each.code} {each.mistake.found}" for each in caught.value.diagnostics]


# Variables


def test_variables(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_NAME", "a ${b} #[c]")
    monkeypatch.setenv("SHOP_EMPTY", "")
    monkeypatch.delenv("SHOP_NONE", raising=False)
    write(
        {
            "flows/a.yaml": flows(
                "${env:SHOP_NAME}", "[${env:SHOP_EMPTY:x}]", "${env:SHOP_NONE:http://a:80}", "${env:SHOP_NONE:}",
                "${env:SHOP_NONE:${env:SHOP_NAME}}", "${secret:env:SHOP_NAME}", "${from.file}",
            ),
            "config/default.yaml": 'from.file: "<${env:SHOP_NAME}>"',
        }
    )  # fmt: skip
    name = "a ${b} #[c]"
    assert payload_of() == [name, "[]", "http://a:80", None, name, name, f"<{name}>"]


def test_a_small_word_behind_env_is_still_a_default(write: Write) -> None:
    """`env` is the usual name of a property: config/${env:dev}.yaml."""
    write({"flows/a.yaml": flows("${env:dev}", "${env:Dev}", "${env}")})
    assert payload_of({"env": "prod"}) == ["prod", "prod", "prod"]
    write({"flows/a.yaml": flows("${env:dev}", "${env:Dev}")})
    assert payload_of() == ["dev", "Dev"]


def test_a_variable_has_a_name_of_its_own_whatever_env_is(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV", "prod")
    monkeypatch.setenv("SHOP_NAME", "x")
    write({"flows/a.yaml": flows("${env:SHOP_NAME}", "${env:dev}")})
    assert payload_of() == ["x", "prod"]


def test_a_variable_that_is_not_set(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_NONE", raising=False)
    write({"flows/a.yaml": flows("${env:SHOP_NONE}")})
    assert mistakes_of() == ["flows/a.yaml:6:14 F201 '${env:SHOP_NONE}', an environment variable that is not set"]


def test_a_test_sees_the_variables_that_it_names(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_NAME", "x")
    case = "cases: {it holds: {flow: all, expect: {'payload[0]': x}}}"
    write({"flows/a.yaml": flows("${env:SHOP_NAME}"), "flows/a.test.yaml": case})
    blind = engine("test", "flows", "--workers", 1).output
    assert "environment: [SHOP_NAME] in the test file, or a default" in blind
    write({"flows/a.test.yaml": f"environment: [SHOP_NAME]\n{case}"})
    assert "1 passed" in engine("test", "flows", "--workers", 1).output


# Files


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"hunter2-x\n", "hunter2-x"), (b"hunter2-x", "hunter2-x"), (b"hunter2-x\r\n", "hunter2-x"),
        (b"hunter2-x\n\n", "hunter2-x\n"), (b"\n", ""), (b"", ""), (b" a b ", " a b "), (b"a${x}#[1]", "a${x}#[1]"),
        (b"\xef\xbb\xbfx", "x"), ("ü😀".encode(), "ü😀"),
    ],
)  # fmt: skip
def test_the_text_of_a_file(write: Write, content: bytes, text: str) -> None:
    folder = write({"flows/a.yaml": flows("[${file:./secret}]", "${file:FOLDER/secret:no default}x")})
    (folder / "flows/a.yaml").write_text((folder / "flows/a.yaml").read_text().replace("FOLDER", str(folder)))
    (folder / "secret").write_bytes(content)
    assert payload_of() == [f"[{text}]", f"{text}x"]


def test_a_file_reached_by_a_link_and_by_a_placeholder(write: Write) -> None:
    folder = write(
        {"flows/a.yaml": flows("${file:./${stage:dev}/s}", "${file:../x/y/z:${other:d}}"), "data/s": "linked"}
    )
    (folder / "dev").symlink_to(folder / "data")
    assert payload_of() == ["linked", "d"]
    assert payload_of({"stage": "data"})[0] == "linked"


def test_another_property_called_file_keeps_its_default(write: Write) -> None:
    write({"flows/a.yaml": flows("${file:orders.csv}", "${file}"), "config/default.yaml": "file: all.csv"})
    assert payload_of() == ["all.csv", "all.csv"]
    write({"flows/a.yaml": flows("${file:orders.csv}"), "config/default.yaml": ""})
    assert payload_of() == ["orders.csv"]


@pytest.mark.reaches("LARGEST_SECRET_FILE")
def test_files_that_give_nothing(write: Write) -> None:
    folder = write(
        {"flows/a.yaml": flows("${file:./none}", "${file:./}", "${file:./bytes}", "${file:./huge:x}", "${a}")}
    )
    write({"config/default.yaml": 'a: "${file:./none:x}${file:./none}"\n'})
    (folder / "bytes").write_bytes(b"\xff\xfe")
    (folder / "huge").write_bytes(b"x" * (LARGEST_SECRET_FILE + 1))
    expected = [
        "flows/a.yaml:6:14 F201 '${file:./none}', a file that is not there",
        "flows/a.yaml:7:14 F204 '${file:./}', a file that cannot be read (it is no regular file)",
        "flows/a.yaml:8:14 F204 '${file:./bytes}', a file that is no text in UTF-8",
        f"flows/a.yaml:9:14 F204 '${{file:./huge}}', a file of more than {LARGEST_SECRET_FILE} bytes",
        "config/default.yaml:1:21 F201 '${file:./none}', a file that is not there",
    ]
    assert mistakes_of() == expected
    write({"flows/a.yaml": flows("x${b}"), "config/default.yaml": 'b: "${file:./most}"'})
    (folder / "most").write_bytes(b"x" * LARGEST_SECRET_FILE)
    assert len(payload_of()[0]) == LARGEST_SECRET_FILE + 1


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_a_file_that_may_not_be_read(write: Write) -> None:
    folder = write({"flows/a.yaml": flows("${file:./secret:x}"), "secret": "x"})
    (folder / "secret").chmod(0)
    assert mistakes_of() == [
        "flows/a.yaml:6:14 F204 '${file:./secret}', a file that cannot be read (Permission denied)"
    ]


def test_a_pipe_is_not_waited_for(write: Write) -> None:
    folder = write({"flows/a.yaml": flows("${file:./pipe}")})
    os.mkfifo(folder / "pipe")
    assert mistakes_of() == [
        "flows/a.yaml:6:14 F204 '${file:./pipe}', a file that cannot be read (it is no regular file)"
    ]


# Vault


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    with vault() as known:
        monkeypatch.setenv("VAULT_ADDR", known.address + "/")
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        known.answers = {
            "/v1/secret/data/shop/db": secret(user="ada", password="p4ss-w0rd", port=5432, tags=[1], gone=None),  # noqa: S106  # of nobody
            "/v1/kv/old": (200, {}, b'{"data": {"key": "v1-key"}}'),
            "/v1/secret/data/with%20blank": secret(a="b"),
        }
        yield known


def test_values_of_vault(write: Write, server: Vault) -> None:
    values = [
        "${vault:secret/data/shop/db#user}",
        "${db.url}",
        "${vault:kv/old#key}",
        "${vault:secret/data/with blank#a}",
    ]
    write(
        {
            "flows/a.yaml": flows(*values, "${vault:secret/data/${team:shop}/db#port}", "#[p(''db.password'')]"),
            "config/default.yaml": "db:\n  password: ${vault:secret/data/shop/db#password}\n  url: pg://a:${db.password}@h",
        }
    )
    assert payload_of() == ["ada", "pg://a:p4ss-w0rd@h", "v1-key", "b", 5432, "p4ss-w0rd"]
    assert sorted(server.asked) == ["/v1/kv/old", "/v1/secret/data/shop/db", "/v1/secret/data/with%20blank"]


def test_only_what_counts_is_asked_for(write: Write, server: Vault) -> None:
    """An overridden value is not fetched: in development no vault is needed."""
    write(
        {
            "flows/a.yaml": "properties: {two: '${vault:secret/data/two#x}', three: '${vault:secret/data/3#x}'}\n"
            + flows("${one}", "${two}", "${three}"),
            "config/default.yaml": "one: ${vault:secret/data/one#x}",
            "config/dev.yaml": "one: 1\ntwo: 2",
        }
    )
    assert asyncio.run(Application.load("flows", env="dev", properties={"three": "3"}).run("all")).payload == [1, 2, 3]
    assert server.asked == []


def test_a_namespace_and_a_token_in_a_file(write: Write, server: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"flows/a.yaml": flows("${vault:kv/old#key}"), "token": f"{TOKEN}\n"})
    monkeypatch.delenv("VAULT_TOKEN")
    monkeypatch.setenv("VAULT_TOKEN_FILE", str(folder / "token"))
    monkeypatch.setenv("VAULT_NAMESPACE", "team")
    assert payload_of() == ["v1-key"]
    assert server.headers[0]["X-Vault-Namespace"] == "team"


REFUSALS: dict[str, tuple[Any, str]] = {
    "403": (
        errors(403, "permission denied"),
        "F204 …, which cannot be had: it answered 403: the token may not read it, or",
    ),
    "503": (errors(503, "Vault is sealed"), "F204 …, which cannot be had: it answered 503: it is sealed, or down"),
    "500": (errors(500, "p4ss-w0rd"), "F204 …, which cannot be had: it answered 500"),
    "404": (errors(404), "F201 …: Vault has no secret at 'secret/data/x'"),
    "no JSON": ((200, {}, b"<html>p4ss-w0rd"), "F204 …, which cannot be had: its answer is not one of Vault's"),
    "a list": ((200, {}, b"[1]"), "F204 …, which cannot be had: its answer is not one of Vault's"),
    "deep": ((200, {}, b"[" * 100_000), "F204 …, which cannot be had: its answer is not one of Vault's"),
    "large": ((200, {}, b" " * (2**20 + 1)), "F204 …, which cannot be had: its answer has more than 1048576 bytes"),
    "elsewhere": (
        (307, {"Location": "http://127.0.0.1:1/"}, b""),
        "F204 …, which cannot be had: it answered 307, a redir",
    ),
    "no such name": (secret(password="x"), "F201 …: secret/data/x has no 'pasword'"),  # noqa: S106  # of nobody
    "a list of it": (secret(pasword=[1]), "F204 …, which is a list"),
    "null": (secret(pasword=None), "F204 …, which is null"),
    "true": (secret(pasword=True), "F204 …, which is true"),
}


@pytest.mark.reaches("LARGEST_VAULT_ANSWER")
@pytest.mark.parametrize("name", REFUSALS)
def test_what_vault_does_not_give(write: Write, server: Vault, name: str) -> None:
    server.answers["/v1/secret/data/x"], message = REFUSALS[name]
    write({"flows/a.yaml": flows("${vault:secret/data/x#pasword}")})
    [told] = mistakes_of()
    expected = message.replace("…", "'${vault:secret/data/x#pasword}'")
    assert told.startswith(f"flows/a.yaml:6:14 {expected}"), told
    assert "p4ss" not in told
    assert TOKEN not in told


def test_a_default_counts_for_what_is_not_there_and_hides_nothing_else(write: Write, server: Vault) -> None:
    write({"flows/a.yaml": flows("${vault:secret/data/none#x:d}", "${vault:kv/old#none:e}")})
    assert payload_of() == ["d", "e"]
    server.answers["/v1/kv/old"] = errors(503)
    assert [each[:24] for each in mistakes_of()] == ["flows/a.yaml:7:14 F204 '"]


def test_a_name_that_is_nearly_there(write: Write, server: Vault) -> None:
    write(
        {
            "flows/a.yaml": flows(
                "${vault:secret/data/shop/db#pasword}", "${vault:secret/data/shop/db}", "${vault:shop/db#x}"
            )
        }
    )
    output = engine("check", "flows").output
    assert "write: ${vault:secret/data/shop/db#password}" in output
    assert "secret/data/shop/db has no ''" in output
    assert "expected: a path, a # and a name" in output
    assert "; a path of KV version 2 has data in it: secret/data/db" in output


CONFIGURATIONS: dict[str, tuple[dict[str, str], str]] = {
    "no address": ({"VAULT_ADDR": ""}, "F201 …: VAULT_ADDR is not set"),
    "no token": ({"VAULT_TOKEN": ""}, "F201 …: VAULT_TOKEN is not set, nor VAULT_TOKEN_FILE"),
    "another token": ({"VAULT_TOKEN": "hvs.other"}, "F204 …, which cannot be had: it answered 403"),
    "two lines": ({"VAULT_TOKEN": "a\nb"}, "F204 …, which cannot be had: VAULT_TOKEN holds other characters"),
    "no host": (
        {"VAULT_ADDR": "http://nobody.invalid"},
        "F204 …, which cannot be had: http://nobody.invalid cannot be re",
    ),
    "no url": ({"VAULT_ADDR": "127.0.0.1"}, "F204 …, which cannot be had: VAULT_ADDR is no url: '127.0.0.1'"),
    "no token file": ({"VAULT_TOKEN": "", "VAULT_TOKEN_FILE": "/none"}, "F204 …, which cannot be had: No such file"),
    "no certificates": (
        {"VAULT_ADDR": "https://127.0.0.1:9", "VAULT_CACERT": "/none"},
        "F204 …, which cannot be had: No such file",
    ),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_vault_that_is_not_configured(
    write: Write, server: Vault, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    variables, message = CONFIGURATIONS[name]
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    write({"flows/a.yaml": flows("${vault:kv/old#key}")})
    [told] = mistakes_of()
    assert told.startswith(f"flows/a.yaml:6:14 {message.replace('…', repr('${vault:kv/old#key}'))}"), told


def test_a_vault_that_is_down(write: Write, server: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    with vault() as other:
        pass
    monkeypatch.setenv("VAULT_ADDR", other.address)
    write({"flows/a.yaml": flows("${vault:kv/old#key:a default}")})
    assert mistakes_of()[0].endswith(f"{other.address} cannot be reached: Connection refused")


def test_a_vault_that_hangs_is_not_asked_twice(write: Write, server: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    server.hangs = threading.Event()
    monkeypatch.setenv("VAULT_CLIENT_TIMEOUT", "0.2s")
    write({"flows/a.yaml": flows("${vault:a/b#c}", "${vault:d/e#f}")})
    found = mistakes_of()
    assert [each.partition(": ")[2] for each in found] == [f"{server.address} did not answer within 0.2 s"] * 2
    assert len(server.asked) == 1


@pytest.mark.reaches("LONGEST_PROVIDING")
def test_providers_have_a_deadline_together(write: Write, server: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "LONGEST_PROVIDING", 1.5)
    write({"flows/a.yaml": flows("${vault:kv/old#key}")})
    assert payload_of() == ["v1-key"]
    server.hangs = threading.Event()
    assert mistakes_of()[0].endswith("which cannot be had: vault did not answer within 1.5 s")


def test_a_test_asks_nobody(write: Write, server: Vault) -> None:
    case = "cases: {it holds: {flow: all, expect: {payload: [x, y, z]}}}"
    values = ("${vault:kv/old#key}", "${db.password}", "${file:./secret:z}")
    write({"flows/a.yaml": flows(*values), "config/default.yaml": "db.password: ${vault:kv/old#key}", "secret": "no"})
    write({"flows/a.test.yaml": case})
    output = engine("test", "flows", "--workers", 1).output
    assert "F201 '${vault:kv/old#key}', which a test does not read" in output
    assert "expected: set: {'vault:kv/old#key': …} in the test file, or a default" in output
    write({"flows/a.test.yaml": f"set: {{'vault:kv/old#key': x, db.password: y}}\n{case}"})
    assert "1 passed" in engine("test", "flows", "--workers", 1).output
    assert server.asked == []


# Providers of others

PROVIDER = """
def read(path):
    if path == "one/text":
        return "t0p-secret"
    if path == "broken":
        raise RuntimeError("t0p-secret")
    if path == "down":
        raise OSError(111, "the safe is locked")
    return {"pin": 1234, path: "itself"}
"""


@pytest.fixture
def installed(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that names a provider `safe` in the entry point group."""
    site = tmp_path / "site"
    write(
        {
            "site/safe_of_the_tests.py": PROVIDER,
            "site/safe-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: safe\nVersion: 1.0\n",
            "site/safe-1.0.dist-info/entry_points.txt": "[engine.properties]\nsafe = safe_of_the_tests:read\n",
        }
    )
    monkeypatch.syspath_prepend(str(site))
    outside.providers.cache_clear()
    yield site
    outside.providers.cache_clear()
    sys.modules.pop("safe_of_the_tests", None)


def test_a_provider_of_others(write: Write, installed: Path) -> None:
    write(
        {"flows/a.yaml": flows("${safe:one/text}", "${safe:x#pin}", "${safe:x#x}", "${safe:x#none:d}", "${safe:plain}")}
    )
    assert payload_of() == ["t0p-secret", 1234, "itself", "d", "plain"]
    assert payload_of({"safe": "a property"})[4] == "a property"


def test_what_a_provider_of_others_does_wrong(write: Write, installed: Path) -> None:
    write({"flows/a.yaml": flows("${safe:down#x}", "${saef:one/text#x}")})
    assert mistakes_of() == [
        "flows/a.yaml:6:14 F204 '${safe:down#x}', which cannot be had: the safe is locked",
        "flows/a.yaml:7:14 F204 'saef' in '${saef:one/text#x}', which is no provider",
    ]
    write({"flows/a.yaml": flows("${safe:broken#x}")})
    assert mistakes_of() == ["flows/a.yaml:6:14 F204 '${safe:broken#x}', which cannot be had: it failed (RuntimeError)"]
