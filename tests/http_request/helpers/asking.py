"""Flows with an http:request, as tests run them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from engine import Application, Event, FlowError


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
