"""What an operator may ask of one process that runs an application: each question and command is a method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.application import Application
from engine.edition import StartError
from engine.operation.snapshot import snapshot
from engine.steps.flow import Flow
from engine.values.log_levels import loggers, set_level


class Refused(Exception):
    """A command that cannot be done. status: the status that says so over HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Operations:
    """The questions and commands for one process. Results are plain data, and can be sent to another process."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._by_name: Mapping[str, Callable[..., Awaitable[Any]]] = {
            "measures": self.measures, "flows": self.flows, "config": self.config,
            "start": self.start, "stop": self.stop, "level": self.level,
        }  # fmt: skip

    async def do(self, name: str, **arguments: Any) -> Any:
        """Return the result of an operation by its name. Raises Refused."""
        return await self._by_name[name](**arguments)

    async def measures(self) -> list[dict[str, Any]]:
        measured = snapshot(self._app.measures)
        secrets = self._app.parts.runtime.secrets
        hidden: list[dict[str, Any]] = secrets.hide_in(measured) if secrets.are_known else measured
        return hidden

    async def flows(self) -> list[dict[str, Any]]:
        return [self._flow(flow) for flow in self._app.flows.values()]

    async def config(self) -> dict[str, Any]:
        return self._app.effective_configuration()

    async def start(self, flow: str) -> Any:
        try:
            await self._app.start_flow(flow)
        except LookupError as error:
            raise Refused(404, str(error.args[0])) from None
        except StartError as error:
            raise Refused(503, self._app.parts.runtime.secrets.hide(str(error))) from None
        return self._flow(self._app.flows[flow])

    async def stop(self, flow: str) -> Any:
        try:
            await self._app.stop_flow(flow)
        except LookupError as error:
            raise Refused(404, str(error.args[0])) from None
        return self._flow(self._app.flows[flow])

    async def level(self, level: str, logger: str = "engine") -> Any:
        try:
            set_level(logger, level)
        except ValueError as error:
            raise Refused(400, str(error)) from None
        return {"logger": logger, "level": loggers()[logger]}

    def _flow(self, flow: Flow) -> dict[str, Any]:
        hide = self._app.parts.runtime.secrets.hide_in
        source = flow.source.starts_at() if flow.source else None
        return {"name": flow.name, "doc": hide(flow.doc), "source": hide(source), "state": _state(flow)}


def _state(flow: Flow) -> str | None:
    """Return `started` or `stopped`; None for a flow without a source."""
    return None if flow.source is None else "started" if flow.is_started else "stopped"
