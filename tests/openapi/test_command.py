"""`engine openapi`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from running import ROOT, engine

FLOWS = str(ROOT / "flows" / "bulk-upsert.yaml")


@pytest.mark.parametrize(
    ("arguments", "read"),
    [((), yaml.safe_load), (("--format", "yaml"), yaml.safe_load), (("--format", "json"), json.loads)],
)
def test_it_prints(arguments: tuple[str, ...], read: object) -> None:
    ended = engine("openapi", FLOWS, *arguments)
    assert ended.returncode == 0, ended.stderr
    document = read(ended.stdout)  # type: ignore[operator]
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://127.0.0.1:8081"}]
    assert "&" not in ended.stdout


def test_it_writes_as_the_file_is_named(tmp_path: Path) -> None:
    for name, read in (("api.json", json.loads), ("api.yaml", yaml.safe_load)):
        ended = engine("openapi", FLOWS, "-o", str(tmp_path / name), "--server", "https://api.example.org")
        assert (ended.returncode, ended.stdout) == (0, "")
        document = read((tmp_path / name).read_text())
        assert document["servers"] == [{"url": "https://api.example.org"}]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    ended = engine("openapi", FLOWS, "-o", str(tmp_path / "none" / "api.json"))
    assert ended.returncode == 1
    assert "cannot be written: No such file or directory" in ended.stderr


def test_mistakes_in_the_flows_come_first(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("flows: {a: {steps: [{loger: {}}]}}")
    ended = engine("openapi", str(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "unknown element 'loger'" in ended.stderr
