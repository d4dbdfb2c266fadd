"""Servers without HTTP listeners, and what their queues hold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "server"))  # for the server of its tests

from running import Running

Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `engine serve` of the text of a flow file, with its dataDir in the folder of the test."""
    with ExitStack() as stack:

        def starting(flows: str, *arguments: str) -> Running:
            file = tmp_path / "flows.yaml"
            file.write_text(flows)
            return stack.enter_context(Running(tmp_path, str(file), *arguments, cwd=tmp_path))

        yield starting
