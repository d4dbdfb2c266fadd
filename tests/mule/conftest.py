"""Applications of Mule for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.mule.application import Application
from engine.mule.importing import Imported, import_application
from engine.tools.cli import main

HEAD = """\
<mule xmlns="http://www.mulesoft.org/schema/mule/core" xmlns:http="http://www.mulesoft.org/schema/mule/http"
  xmlns:ee="http://www.mulesoft.org/schema/mule/ee/core" xmlns:doc="http://www.mulesoft.org/schema/mule/documentation">
"""


def imported(xml: str, **files: bytes) -> Imported:
    return import_application(Application("application", {"application.xml": xml.encode()}))


def engine(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def write_application(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "flows"
