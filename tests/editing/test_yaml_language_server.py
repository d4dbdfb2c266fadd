"""yaml-language-server, which most editors run, with our schema; it comes from npm, and is not everywhere.

`YAML_LANGUAGE_SERVER=…/node_modules/yaml-language-server/bin/yaml-language-server` says where it is.
`python tests/editing/test_yaml_language_server.py` measures how long its answers take.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from engine.loading.catalog import discover
from engine.tools.scaffolds.schema_file import schema_text

ROOT = Path(__file__).parent.parent.parent
DRIVER = Path(__file__).with_name("yaml_language_server.mjs")
SERVER = os.environ.get("YAML_LANGUAGE_SERVER") or shutil.which("yaml-language-server")
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(not (SERVER and NODE), reason="yaml-language-server of npm is not installed here"),
    pytest.mark.xdist_group("yaml-language-server"),
]

FLOWS = "flows:\n  a:\n    steps:\n"
WRONG = {
    "unknown element": f"{FLOWS}      - loger: {{message: hi}}\n",
    "unknown element in a scope": f"{FLOWS}      - try:\n          steps:\n            - loger: {{}}\n",
    "unknown parameter": f"{FLOWS}      - logger: {{mesage: hi}}\n",
    "unknown parameter inside": f"{FLOWS}      - choice:\n          when: [{{expression: a, step: []}}]\n",
    "missing parameter": f"{FLOWS}      - set-variable: {{value: 1}}\n",
    "nothing under an element that needs it": f"{FLOWS}      - set-variable:\n",
    "text for a list of steps": f"{FLOWS}      - try: {{steps: hi}}\n",
    "map for steps": f"{FLOWS}      - try:\n          steps:\n            logger: {{}}\n",
    "wrong choice": f"{FLOWS}      - logger: {{level: LOUD}}\n",
    "wrong duration": f"{FLOWS}      - try: {{timeout: soon, steps: []}}\n",
    "negative number": f"{FLOWS}      - until-successful: {{maxRetries: -1, steps: []}}\n",
    "text for true or false": f"{FLOWS}      - http:request: {{url: 'http://a', followRedirects: maybe}}\n",
    "two elements in a step": f"{FLOWS}      - logger: {{}}\n        set-payload: {{value: 1}}\n",
    "parameter beside its element": f"{FLOWS}      - logger:\n        message: hi\n",
    "element without its colon": f"{FLOWS}      - logger\n",
    "empty step": f"{FLOWS}      - {{}}\n",
    "source as a step": f"{FLOWS}      - scheduler: {{}}\n",
    "config as a step": f"{FLOWS}      - db:config: {{url: 'sqlite://'}}\n",
    "handler as a step": f"{FLOWS}      - on-error-continue: {{}}\n",
    "step as a source": "flows:\n  a:\n    source:\n      logger: {}\n    steps: []\n",
    "step as a config": "configs:\n  A:\n    logger: {}\n",
    "step as a handler": "flows:\n  a:\n    steps: []\n    error-handler:\n      - logger: {}\n",
    "unknown key of a flow": "flows:\n  a:\n    stepps: []\n",
    "flow without steps": "flows:\n  a:\n    doc: nothing\n",
    "list of flows": "flows:\n  - a: {steps: []}\n",
    "unknown section": "flow:\n  a: {steps: []}\n",
    "unknown language": "expression-language: groovy\n",
    "port beyond all": "configs:\n  A:\n    http:listener-config: {port: 65536}\n",
    "config without its url": "configs:\n  A:\n    db:config: {}\n",
    "unknown setting": "configuration:\n  shutdownTimout: 5s\n",
    "unknown key of a case": "cases:\n  it: {get: /, expects: {}}\n",
    "case that runs nothing": "cases:\n  it: {expect: {payload: 1}}\n",
    "case that runs two": "cases:\n  it: {get: /, post: /}\n",
    "mock of nothing": "cases:\n  it: {get: /, mock: [{return: {}}]}\n",
}
OPEN = {
    "elements": (f"{FLOWS}      - logger: {{message: hi}}\n      - \n", (4, 8), "http:request"),
    "elements by a letter": (f"{FLOWS}      - h\n", (3, 9), "http:request"),
    "sources": ("flows:\n  a:\n    source:\n      \n    steps: []\n", (3, 6), "http:listener"),
    "configs": ("configs:\n  A:\n    \n", (2, 4), "db:config"),
    "parameters": (f"{FLOWS}      - http:request:\n          \n", (4, 10), "responseTimeout"),
    "choices": (f"{FLOWS}      - logger: {{level: }}\n", (3, 24), "WARN"),
    "handlers": ("flows:\n  a:\n    steps: []\n    error-handler:\n      - \n", (4, 8), "on-error-continue"),
    "sections": ("", (0, 0), "flows"),
    "words of a case": ("cases:\n  it:\n    \n", (2, 4), "expect"),
}
SHIPPED = sorted((ROOT / "flows").rglob("*.yaml"))


def ask(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers of the server for some files."""
    with NamedTemporaryFile("w", suffix=".json") as schema:
        schema.write(schema_text(discover()))
        schema.flush()
        command = [str(NODE), str(DRIVER), str(SERVER), f"file://{schema.name}"]
        done = subprocess.run(command, input=json.dumps(files), capture_output=True, text=True, timeout=120, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def asked(times: int) -> dict[str, dict[str, Any]]:
    texts = {str(path): path.read_text() for path in SHIPPED} | WRONG
    files = [{"uri": name, "text": text} for name, text in texts.items()]
    files += [{"uri": name, "text": text, "at": at, "times": times} for name, (text, at, _) in OPEN.items()]
    files.append({"uri": "hover", "text": f"{FLOWS}      - foreach: {{steps: []}}\n", "hover": [3, 10]})
    sent = [{**each, "uri": f"file:///w/{number}.yaml"} for number, each in enumerate(files)]
    return {each["uri"]: answer for each, answer in zip(files, ask(sent), strict=True)}


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    return asked(times=1)


def test_what_ships_has_no_mistake(answers: dict[str, dict[str, Any]]) -> None:
    assert {str(path): answers[str(path)]["diagnostics"] for path in SHIPPED} == {str(path): [] for path in SHIPPED}


def test_what_is_wrong_is_told(answers: dict[str, dict[str, Any]]) -> None:
    assert [name for name in WRONG if not answers[name]["diagnostics"]] == []


def test_it_completes(answers: dict[str, dict[str, Any]]) -> None:
    proposed = {name: [item["label"] for item in answers[name]["items"]] for name in OPEN}
    assert [name for name, (_, _, label) in OPEN.items() if label not in proposed[name]] == []


def test_an_element_comes_with_its_manual_and_the_parameters_it_needs(answers: dict[str, dict[str, Any]]) -> None:
    items = {item["label"]: item for item in answers["elements"]["items"]}
    assert items["raise-error"]["insert"].split() == ["raise-error:", "type:"]
    assert items["set-variable"]["documentation"].startswith("Make a value a variable")
    assert "Run the nested steps once for each item" in answers["hover"]["hover"]


def main() -> None:
    found = asked(times=30)
    slowest = max(found[str(path)]["diagnosed"] for path in SHIPPED)
    print(f"diagnostics of a shipped file: {slowest:.0f} ms at most, of which 200 ms are the server's pause")
    for name in OPEN:
        times = found[name]["milliseconds"]
        print(f"{name}: {median(times):.0f} ms, {max(times):.0f} ms at most, {len(found[name]['items'])} proposals")
    for name in WRONG:
        print(f"{name}: {'; '.join(each['message'] for each in found[name]['diagnostics'])}")


if __name__ == "__main__":
    main()
