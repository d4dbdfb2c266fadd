"""Flows that ask an upstream."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine import Application, Clock, Event, FlowError

sys.path.append(str(Path(__file__).parent))  # for the modules beside this one

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


class Flows:
    """The flows of a text, run in this process."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def run(self, payload: Any = None, **options: Any) -> Event:
        return await self.app.run("case", payload, **options)

    async def fails(self, payload: Any = None, **options: Any) -> FlowError:
        with pytest.raises(FlowError) as caught:
            await self.run(payload, **options)
        return caught.value


Ask = Callable[..., AbstractAsyncContextManager[Flows]]


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
