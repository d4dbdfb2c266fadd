"""Schemathesis against real servers: what their documents say is what they answer."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import ROOT, Running

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance"
)


def generated(server: Running, folder: Path, most: int) -> int:
    """How many requests were sent; their answers passed all checks. most: of one operation, in one phase."""
    command = [
        SCHEMATHESIS, "run", f"http://127.0.0.1:{server.port}/openapi.json", "--checks", CHECKS,
        "--max-examples", str(most), "--seed", "1", "--suppress-health-check", "all", "--no-color",
        "--request-timeout", "20",
    ]  # fmt: skip
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500)
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    found = re.search(r"(\d+) generated", ended.stdout)
    assert found, ended.stdout
    return int(found[1])


NEEDS_UPSTREAM = "bulk-upsert-parallel.yaml"
"""A shipped flow that asks another service, which is not there: its answers would all be 503."""

FILES = sorted((ROOT / "flows").glob("*.yaml"))
SHIPPED = [path for path in FILES if path.name != NEEDS_UPSTREAM and not path.name.endswith(".test.yaml")]


@pytest.mark.parametrize(
    ("flows", "most", "least"),
    [(SHIPPED, 100, 400), ([Path(__file__).parent / "shop.yaml"], 30, 250)],
    ids=["shipped", "shop"],
)
def test_no_answer_is_another_than_the_document_says(flows: list[Path], most: int, least: int, tmp_path: Path) -> None:
    environment = {"DB_URL": f"sqlite:///{tmp_path}/customers.db"}
    with Running(tmp_path, *map(str, flows), environment=environment) as server:
        assert generated(server, tmp_path, most) >= least
