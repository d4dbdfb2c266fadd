"""Flows that ask an upstream."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine import Application, Clock

sys.path.append(str(Path(__file__).parent / "helpers"))

from asking import Ask, Flows

FLOWS = """
configs:
{configs}
flows:
  case:
    steps:
      - http:request: {request}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Flows with one http:request of these parameters, and configs beside it."""

    @asynccontextmanager
    async def asking(
        request: str, configs: str = "{}", clock: Clock | None = None, **properties: str
    ) -> AsyncIterator[Flows]:
        file = tmp_path / "flows.yaml"
        text = textwrap.indent(textwrap.dedent(configs).strip(), "  ")
        file.write_text(FLOWS.format(configs=text, request=request))
        async with Application.load(file, properties=properties, clock=clock) as app:
            yield Flows(app)

    return asking
