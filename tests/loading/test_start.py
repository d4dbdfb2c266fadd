"""What loading flows takes: nobody waits for what only those need who run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FLOWS = Path(__file__).parents[2] / "flows"
FOR_RUNNING = ("aiohttp", "yarl", "uvicorn", "starlette.applications", "cryptography", "hypothesis")
LOAD = f"""
import sys
from engine import Application
Application.load({str(FLOWS)!r})
assert any(name.startswith("processors.http.request") for name in sys.modules)
print([name for name in {FOR_RUNNING!r} if name in sys.modules])
"""


def test_flows_are_loaded_without_what_runs_them() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
