"""Encrypted values: read where they stand, made, decrypted and rotated by `engine secrets`."""

from __future__ import annotations

import asyncio
import os
import stat
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from configuration.conftest import Write, engine
from hypothesis import given
from hypothesis import strategies as st

from engine import Application
from engine.loading.config.encryption import KeyMistake, Undecryptable, decrypt, encrypt, new_key
from engine.loading.diagnostic import LoadError
from engine.tools.cli import main

KEY, OTHER = b64encode(b"k" * 32).decode(), b64encode(b"o" * 32).decode()
FLOWS = 'flows: {all: {steps: [{set-payload: {value: ["${a}", "${b:none}", "#[p(\'a\')]"]}}]}}'
TEXTS = ["plain", 'with "quotes" ${x} #[y] ]', "ü😀", "lines\nof\nit\n", "", " ", "8081", "![x]", "a" * 5000]


def mistakes_of(folder: Path) -> list[str]:
    with pytest.raises(LoadError) as caught:
        Application.load(folder / "flows")
    return [f"{each.place}: {each.mistake.found}" for each in caught.value.diagnostics]


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    try:
        written = encrypt(text, KEY)
    except UnicodeEncodeError:  # half of a character, which no file can hold
        return
    assert decrypt(written, KEY) == text
    assert encrypt(text, KEY) != written  # each time with another nonce


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["default.yaml", "default.properties"])
def test_a_value_of_a_property_file(write: Write, monkeypatch: pytest.MonkeyPatch, text: str, name: str) -> None:
    """It is taken letter by letter: what it holds is no placeholder, and no expression."""
    value = encrypt(text, KEY)
    write({"flows/a.yaml": FLOWS, f"config/{name}": f'a: "{value}"' if name.endswith("yaml") else f"a={value}"})
    monkeypatch.setenv("ENGINE_KEY", KEY)
    payload = asyncio.run(Application.load("flows").run("all")).payload
    assert payload[1:] == ["none", text]
    assert payload[0] == (8081 if text == "8081" else text or None)  # alone it is read as a scalar


def test_a_value_folded_over_lines(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    value = encrypt("a text of some length, to be folded", KEY)
    write({"flows/a.yaml": FLOWS, "config/default.yaml": f"a: >-\n  {value[:30]}\n  {value[30:50]}\n  {value[50:]}\n"})
    monkeypatch.setenv("ENGINE_KEY", KEY)
    assert asyncio.run(Application.load("flows").run("all")).payload[0] == "a text of some length, to be folded"


def test_a_value_that_another_source_overrides_needs_no_key(write: Write) -> None:
    folder = write(
        {"flows/a.yaml": FLOWS, "config/default.yaml": f'a: "{encrypt("x", KEY)}"', "config/dev.yaml": "a: dev"}
    )
    assert asyncio.run(Application.load("flows", properties={"a": "set"}).run("all")).payload[0] == "set"
    assert asyncio.run(Application.load("flows", env="dev").run("all")).payload[0] == "dev"
    assert mistakes_of(folder) == ["config/default.yaml:1:5: the encrypted value of 'a', and no key"]


# What Mule's secure-properties-tool.jar made: AES, CBC
MULES_KEY = "0000y1230000yXYZ"
MULES = "![gZ+a84mSlUWMvQnHGlIN4EUO1EVOikO2lQm00imyNafpYArXW5tFV+uldByU+AsF]"
MULES_TEXT = "username=admin\npassword=mySecret123\n"


def mules_random(text: str, key: str) -> str:
    """As Mule encrypts with --use-random-iv."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    vector, padder = os.urandom(16), PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(vector)).encryptor()
    padded = padder.update(text.encode()) + padder.finalize()
    return f"![{b64encode(vector + encryptor.update(padded) + encryptor.finalize()).decode()}]"


OF_MULES_PAGES = {
    "AES": (MULES, MULES_KEY, MULES_TEXT),
    "Blowfish": ("![8q5e1+jy0cND2iV2WPThahmz6XsDwB6Z]", "mulesoft", "some value to encrypt"),
    "Blowfish, two blocks": ("![qCReIPK3jcqD7WR84ISSIQ==]", "mulesoft", "Muleman is here"),
}


@pytest.mark.parametrize("name", OF_MULES_PAGES)
def test_values_of_mules(name: str) -> None:
    value, key, text = OF_MULES_PAGES[name]
    assert decrypt(value, key) == text


@pytest.mark.parametrize("key", ["0000y1230000yXYZ", "a-key-of-24-characters--", "a-key-of-32-characters----------"])
@pytest.mark.parametrize("text", ["", "x", "exactly 16 bytes", "a longer text than a block, with ümläuts and 😀"])
def test_values_of_mules_with_random_vectors(key: str, text: str) -> None:
    assert decrypt(mules_random(text, key), key) == text


WRONG: dict[str, tuple[str, str, str]] = {
    "another key": (encrypt("x", KEY), OTHER, "which was encrypted with another key, or is damaged"),
    "cut": (encrypt("x", KEY)[:22] + "]", KEY, "which is damaged: its end is missing"),
    "a sign in it": (encrypt("x", KEY).replace(":", ":*"), KEY, "which is damaged: it is no base64"),
    "a bit of it": (encrypt("x" * 40, KEY).replace("gcm:", "gcm:AAAA", 1), KEY, "another key, or is damaged"),
    "no base64": ("![gcm:€€]", KEY, "which is damaged: it is no base64"),
    "empty": ("![]", MULES_KEY, "which is damaged, or in another algorithm of Mule's than AES/CBC"),
    "Mule's Blowfish": ("![qCReIPK3jcqD7WR84ISSIQ==]", MULES_KEY, "another key, or in another algorithm than AES/CBC"),
    "Mule's, another key": (MULES, "1111y1230000yXYZ", "algorithm than AES/CBC and Blowfish/CBC, or is damaged"),
    "Mule's, a key too short": (MULES, "abc", "a key of 3 characters for a value of Mule's"),
    "Mule's with our key": (MULES, KEY, "a key of 44 characters for a value of Mule's"),
    "ours with Mule's key": (encrypt("x", KEY), MULES_KEY, "a key of 16 characters"),
    "a short key": (encrypt("x", KEY), "hunter2", "a key of 7 characters"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_decrypted_is_told_with_its_place_and_name(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    value, key, message = WRONG[name]
    folder = write({"flows/a.yaml": FLOWS, "config/default.yaml": f"# ours\nshop:\n  key: '{value}'\na: 1\n"})
    monkeypatch.setenv("ENGINE_KEY", key)
    [told] = mistakes_of(folder)
    assert told.startswith("config/default.yaml:3:9: ")
    assert "'shop.key'" in told
    assert message in told
    assert key not in told
    with pytest.raises((Undecryptable, KeyMistake)):
        decrypt(value, key)


def test_all_mistakes_are_told_at_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    values = "\n".join(f'{name}: "{encrypt(name, KEY)}"' for name in "abc")
    folder = write({"flows/a.yaml": FLOWS, "config/default.yaml": values})
    assert mistakes_of(folder) == ["config/default.yaml:1:5: the encrypted value of 'a' (and 2 more), and no key"]
    monkeypatch.setenv("ENGINE_KEY", OTHER)
    assert len(mistakes_of(folder)) == 3


@pytest.mark.parametrize(("file", "message"), [("none", "No such file"), (".", "no regular file"), ("bytes", "UTF-8")])
def test_the_file_of_the_key(write: Write, monkeypatch: pytest.MonkeyPatch, file: str, message: str) -> None:
    folder = write({"flows/a.yaml": FLOWS, "config/default.yaml": f'a: "{encrypt("x", KEY)}"', "key": f"{KEY}\n"})
    (folder / "bytes").write_bytes(b"\xff")
    monkeypatch.setenv("ENGINE_KEY_FILE", "key")
    assert asyncio.run(Application.load("flows").run("all")).payload[0] == "x"
    monkeypatch.setenv("ENGINE_KEY_FILE", file)
    [told] = mistakes_of(folder)
    assert f"the file '{file}' of the key, which cannot be read (" in told
    assert message in told


def test_tests_see_a_key_that_they_name(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    case = "cases: {it holds: {flow: all, expect: {'payload[0]': x}}}"
    write({"flows/a.yaml": FLOWS, "config/default.yaml": f'a: "{encrypt("x", KEY)}"', "flows/a.test.yaml": case})
    monkeypatch.setenv("ENGINE_KEY", KEY)
    blind = engine("test", "flows", "--workers", "1").output
    assert "'${a}', whose value is encrypted, and the test has no key" in blind
    assert "expected: set: {a: …} or environment: [ENGINE_KEY] in the test file" in blind
    write({"flows/a.test.yaml": f"environment: [ENGINE_KEY]\n{case}"})
    assert "1 passed" in engine("test", "flows", "--workers", "1").output
    write({"flows/a.test.yaml": f"set: {{a: x}}\n{case}"})
    assert "1 passed" in engine("test", "flows", "--workers", "1").output


# The commands


def test_a_key_is_another_one_each_time() -> None:
    keys = {engine("secrets", "key").output for _ in range(3)}
    assert len(keys) == 3
    assert {len(each.strip()) for each in keys} == {44}


@pytest.mark.parametrize("text", [text for text in TEXTS if text and text[-1] != "\n"])
def test_encrypt_and_decrypt(write: Write, text: str) -> None:
    folder = write({"key": KEY})
    made = engine("secrets", "encrypt", "--key-file", folder / "key", stdin=f"{text}\n")
    assert made.exit_code == 0
    assert made.output.startswith("![gcm:")
    assert engine("secrets", "decrypt", made.output.strip(), "--key-file", "key").output == f"{text}\n"
    assert engine("secrets", "decrypt", "--key-file", "key", stdin=made.output).output == f"{text}\n"


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_KEY", KEY)
    assert decrypt(engine("secrets", "encrypt", stdin="hi").output.strip(), KEY) == "hi"


def test_a_prompt_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_KEY", KEY)
    asked: list[dict[str, Any]] = []

    def prompt(text: str, **options: Any) -> str:
        asked.append(options)
        return "typed"

    monkeypatch.setattr("click.prompt", prompt)
    runner = CliRunner()
    with runner.isolation(input="") as (out, *_):
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        main(["secrets", "encrypt"], standalone_mode=False)
        assert decrypt(out.getvalue().decode().strip(), KEY) == "typed"
    assert asked == [{"hide_input": True, "confirmation_prompt": True, "err": True}]


COMMAND_MISTAKES: dict[str, tuple[tuple[str, ...], str | bytes, str, str]] = {
    "no key": (
        ("encrypt",),
        "x",
        "",
        "engine: no key\n  expected: the key in ENGINE_KEY, or in a file that ENGINE_KEY_FILE",
    ),
    "a short key": (
        ("encrypt",),
        "x",
        "hunter2",
        "engine: a key of 7 characters\n  expected: one that `engine secrets key`",
    ),
    "no key file": (
        ("encrypt", "--key-file", "none"),
        "x",
        "",
        "engine: the file 'none' of the key, which cannot be read",
    ),
    "no text": (("encrypt",), "\n", KEY, "engine: no text to encrypt\n  expected: one on the standard input"),
    "bytes": (("encrypt",), b"\xff", KEY, "engine: a standard input that is no text in UTF-8"),
    "not encrypted": (
        ("decrypt", "hunter2"),
        "",
        KEY,
        "engine: a value that is not encrypted\n  expected: ![…], in quotes",
    ),
    "another key": (
        ("decrypt", encrypt("x", OTHER)),
        "",
        KEY,
        "engine: a value which was encrypted with another key, or",
    ),
    "Mule's": (("decrypt", MULES), "", KEY, "engine: a key of 44 characters for a value of Mule's"),
}


@pytest.mark.parametrize("name", COMMAND_MISTAKES)
def test_mistakes_of_commands(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    arguments, stdin, key, message = COMMAND_MISTAKES[name]
    monkeypatch.setenv("ENGINE_KEY", key)
    done = engine("secrets", *arguments, stdin=stdin)
    assert (done.exit_code, done.output.startswith(message)) == (1, True), done.output
    assert "hunter2" not in done.output


# Rotation

YAML = """# a comment, with ![gcm:NAI5SAPZXtctas1/HeVNI4d0NuvKIiFKOqt45jRgJIyGBQ9qjDMS/iX2rpCz0Lg=]
db:
   password:   "{one}"   # why
   url: 'sqlite://'\r
folded: >-
  {two_a}
  {two_b}
text: "an ![image] and {one}"
again: '{one}'
"""
LINES = """! a comment
db.password = {one}
escaped={escaped}
long=\\
   {two_a}\\
   {two_b}
"""


def test_rotation_leaves_everything_else_byte_for_byte(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = encrypt("first", KEY), encrypt("second, which is longer", KEY)
    parts = {"one": one, "two_a": two[:30], "two_b": two[30:], "escaped": one.replace(":", "\\:").replace("=", "\\=")}
    folder = write({"key": KEY, "new": OTHER})
    for name, template in {"p.yaml": "\ufeff" + YAML, "p.properties": LINES}.items():
        (folder / name).write_bytes(template.format(**parts).encode())
        (folder / name).chmod(0o640)
    (folder / "link.yaml").symlink_to("p.yaml")
    done = engine("secrets", "rotate", "link.yaml", "p.properties", "--key-file", "key", "--new-key-file", "new")
    assert done.output == "link.yaml: 3 values encrypted anew\np.properties: 3 values encrypted anew\n"
    assert (folder / "link.yaml").is_symlink()
    assert stat.S_IMODE((folder / "p.yaml").stat().st_mode) == 0o640
    assert sorted(file.name for file in folder.iterdir()) == ["key", "link.yaml", "new", "p.properties", "p.yaml"]
    fresh = (folder / "p.yaml").read_bytes().decode()
    written = fresh.split('password:   "')[1].split('"')[0]
    assert decrypt(written, OTHER) == "first"
    folded = fresh.split("folded: >-\n  ")[1].split("\n")[0]
    assert decrypt(folded, OTHER) == "second, which is longer"
    expected = (
        YAML.replace("{two_a}\n  {two_b}", folded).format(one=written).replace(f"and {written}", f"and {written}")
    )
    assert fresh == "\ufeff" + expected
    monkeypatch.setenv("ENGINE_KEY", OTHER)
    write(
        {"flows/a.yaml": 'flows: {all: {steps: [{set-payload: {value: ["${db.password}", "${escaped}", "${long}"]}}]}}'}
    )
    (folder / "config").mkdir()
    (folder / "p.properties").rename(folder / "config" / "default.properties")
    assert asyncio.run(Application.load("flows").run("all")).payload == ["first", "first", "second, which is longer"]


def test_rotation_changes_nothing_if_one_value_of_one_file_is_wrong(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a.yaml": f'a: "{encrypt("1", KEY)}"\n', "b.yaml": f'a: 1\nb: "{encrypt("2", OTHER)}"\nc: "![x]"\n'}
    folder = write(files)
    monkeypatch.setenv("ENGINE_KEY", KEY)
    monkeypatch.setenv("ENGINE_NEW_KEY", new_key())
    done = engine("secrets", "rotate", "a.yaml", "b.yaml")
    assert done.exit_code == 1
    assert "b.yaml:2:5 F203 the value of 'b', which was encrypted with another key, or is damaged" in done.output
    assert "b.yaml:3:5 F203 the value of 'c', which is damaged" in done.output
    assert "engine: 2 mistakes; no file was changed" in done.output
    assert {name: (folder / name).read_text() for name in files} == files


def test_rotation_goes_over_from_mules_values(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"p.yaml": f'a: "{MULES}"\nb: "{mules_random("hi", MULES_KEY)}"\n'})
    monkeypatch.setenv("ENGINE_KEY", MULES_KEY)
    monkeypatch.setenv("ENGINE_NEW_KEY", KEY)
    assert engine("secrets", "rotate", "p.yaml").output == "p.yaml: 2 values encrypted anew\n"
    first, second = (line.split('"')[1] for line in (folder / "p.yaml").read_text().splitlines())
    assert (decrypt(first, KEY), decrypt(second, KEY)) == (MULES_TEXT, "hi")


@pytest.mark.parametrize(
    ("files", "new", "message"),
    [
        (["none.yaml"], OTHER, "none.yaml:1:1 F100 a file that cannot be read"),
        (["broken.yaml"], OTHER, "broken.yaml:1:4 F101"),
        (["fine.yaml"], KEY, "engine: a new key that is the old one"),
        (["fine.yaml"], "short", "engine: a key of 5 characters as the new one"),
        (
            ["fine.yaml"],
            "",
            "engine: no key\n  expected: the key in ENGINE_NEW_KEY, or in a file that ENGINE_NEW_KEY_FILE",
        ),
    ],
)
def test_mistakes_of_rotation(
    write: Write, monkeypatch: pytest.MonkeyPatch, files: list[str], new: str, message: str
) -> None:
    folder = write({"broken.yaml": 'a: "x', "fine.yaml": "a: 1\n"})
    monkeypatch.setenv("ENGINE_KEY", KEY)
    monkeypatch.setenv("ENGINE_NEW_KEY", new)
    done = engine("secrets", "rotate", *files)
    assert done.exit_code == 1
    assert message in done.output
    assert (folder / "fine.yaml").read_text() == "a: 1\n"
