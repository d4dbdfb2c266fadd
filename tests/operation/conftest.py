"""Servers with a management port, for the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for the modules beside this one

from operated import Operated

Operate = Callable[..., Operated]


@pytest.fixture
def operate(tmp_path: Path) -> Iterator[Operate]:
    """Starts servers of the text of a flow file; they end with the test."""
    with ExitStack() as stack:

        def operating(flows: str, *arguments: str, token: str = "") -> Operated:
            file = tmp_path / "flows.yaml"
            file.write_text(flows)
            return stack.enter_context(Operated(tmp_path, str(file), *arguments, token=token, cwd=tmp_path))

        yield operating
