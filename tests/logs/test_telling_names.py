"""Values under names that tell of a secret, in texts of many formats; the names of an application."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from engine import Application, LoadError
from engine.testing.recordings.redaction import Redaction
from engine.values.telling_names import TellingNames

NAMES = TellingNames(["cardNumber", "*_pin", "*.iban", "geheim*"])

TEXTS = {
    '{"password": "a\\"b", "x": 1}': '{"password": "***", "x": 1}',
    '{"cardnumber":4111,"b":2}': '{"cardnumber":"***","b":2}',
    '{"CARDNUMBER": true}': '{"CARDNUMBER": "***"}',
    '{"iban": null, "b": 1}': '{"iban": null, "b": 1}',
    '{"credentials": {"u": ["}", 2]}, "z": 3}': '{"credentials": "***", "z": 3}',
    '{"credentials": {"u": [1': '{"credentials": "***"',
    '{"password": "cut': '{"password": "***"',
    '{"password": "cut \\': '{"password": "***"',
    "{'my_pin': 'x', 'token': None}": "{'my_pin': '***', 'token': None}",
    '{"a": "{\\"my_pin\\": 12, \\"iban\\": \\"DE, 1\\", \\"secret\\": null}"}':
        '{"a": "{\\"my_pin\\": ***, \\"iban\\": \\"***\\", \\"secret\\": null}"}',
    "login password=hunter2 failed": "login password=*** failed",
    "/pay?geheimnis=1&x=2": "/pay?geheimnis=***&x=2",
    "<iban>DE1</iban>": "<iban>***</iban>",
    "my_pin: 12\nx: 1": "my_pin: ***\nx: 1",
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_hidden(text: str) -> None:
    assert NAMES.hide(text) == TEXTS[text]
    assert NAMES.hide(TEXTS[text]) == TEXTS[text]


@pytest.mark.parametrize(
    "text",
    [
        "", "password", "WHERE token = :token", "/api/keys/7", '{"cardNumbers": 1}', '{"pin": 1}', "vars.token == '1'",
        '{"a": "the password"}', "a%20b=c", "SECURITY:UNAUTHORIZED: the credentials fail at a/steps/0 @ f.yaml:3",
    ],
)  # fmt: skip
def test_not_hidden(text: str) -> None:
    assert NAMES.hide(text) == text


HOSTILE = ['"password":', '"token":{', '"token":"\\', "'token': 'a", "<token ", "token  ", "a-", "%=", '\\"token\\":']


@pytest.mark.parametrize("unit", HOSTILE)
def test_the_cost_of_a_hostile_text(unit: str) -> None:
    began = time.process_time()
    NAMES.hide(unit * (2**18 // len(unit)))
    assert time.process_time() - began < 5  # it takes a fraction of a second; what grows with the square takes hours


def test_brackets_without_end_are_hidden_as_a_whole() -> None:
    assert NAMES.hide('{"token": ' + "[" * 100_000) == '{"token": "***"'


def test_a_recording_knows_the_names_too() -> None:
    redaction = Redaction([], ["cardNumber"])
    redaction.learn({"cardNumber": "4111-1111"})
    assert redaction.of({"cardNumber": 5, "echo": "4111-1111"}) == {"cardNumber": "***", "echo": "***"}
    assert redaction.text(json.dumps({"cardNumber": 5})) == '{"cardNumber": "***"}'


def load(folder: Path, redact: Any) -> Application:
    written = {"configuration": {"logging": {"redact": redact}}, "flows": {"a": {"steps": []}}}
    (folder / "flows.yaml").write_text(json.dumps(written))
    return Application.load(folder)


def test_the_names_of_the_configuration(tmp_path: Path) -> None:
    assert load(tmp_path, ["cardNumber", "*_pin"]).parts.configuration.logging.redact == ("cardNumber", "*_pin")


@pytest.mark.parametrize(
    ("name", "write"), [("customer.iban", "iban"), ("*", "cardNumber"), ("", "cardNumber"), ("a.*", "cardNumber")]
)
def test_a_name_that_is_none(tmp_path: Path, name: str, write: str) -> None:
    with pytest.raises(LoadError) as caught:
        load(tmp_path, ["fine", name])
    [mistake] = caught.value.diagnostics
    assert mistake.code == "F303"
    assert mistake.mistake.found == f"'{name}' to redact for 'redact' of 'configuration'"
    assert mistake.mistake.write == write
