"""The modules beside the server's tests: a real server, and what a test asks of it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "server"))  # for running
