"""A body of many records needs no more memory than one of a few, and is answered while it comes."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from running import ROOT

TOLD = re.compile(r"(\d+) stored, (\d+) failed.*\npeak memory: (\d+) MiB \((\d+) MiB before\)")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the memory that a process had")
def test_a_hundred_thousand_records() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "stream_upsert.py"), "--records", "100000"]
    found = TOLD.search(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout)
    assert found
    stored, failed, peak, before = map(int, found.groups())
    assert (stored, failed) == (99_000, 1_000)
    assert peak < before + 32
