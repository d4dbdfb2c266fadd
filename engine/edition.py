"""An application as it was loaded at one time: a reload puts another edition in its place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from engine.limits import LONGEST_READY_CHECK
from engine.loading.loader import Parts
from engine.parameters.config import Config
from engine.steps.flow import Flow
from engine.steps.processor import Source
from engine.values.errors import FlowError
from engine.work.runtime import BatchJobs

log = logging.getLogger("engine")

Wanted = Callable[[Flow], bool]


class StartError(Exception):
    """A config or a source could not be started; the message names it."""


class Edition:
    """Its configs and sources are started and stopped; it knows whether events are still inside."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._opened: dict[str, Config] = {}
        self._listening: list[tuple[Source, Flow]] = []
        self._unready: set[str] = set()
        self._is_at_work = False

    # Configs

    async def open(self, opened: Mapping[str, Config] | None = None) -> None:
        """Start the configs, except those that are opened already. Raises StartError."""
        for name, config in self.parts.configs.items():
            if opened is not None and opened.get(name) is config:
                continue
            self._opened[name] = config
            try:
                await config.start()
            except FlowError as error:
                reason = error.detailed_description
                raise StartError(f"the config '{name}' cannot be started: {reason}") from error
        await self.parts.runtime.start()

    async def close(self) -> None:
        """Stop everything."""
        await self._stop_configs({})
        await self.parts.runtime.stop()

    async def retire(self, successor: Edition) -> None:
        """Stop what the edition in its place does not go on with."""
        await self._stop_configs(successor.parts.configs)
        await self.parts.runtime.retire()

    async def give_up(self, former: Edition) -> None:
        """Stop what was started to take the place of a former edition, which goes on."""
        configs = {name: config for name, config in self.parts.configs.items() if name in self._opened}
        await self._stop_configs(former.parts.configs, configs)
        await self.parts.runtime.give_up()

    async def _stop_configs(self, others: Mapping[str, Config], own: Mapping[str, Config] | None = None) -> None:
        for name, config in reversed(list((self.parts.configs if own is None else own).items())):
            other = others.get(name)
            if other is None or type(other) is not type(config):
                await config.stop()
            elif other is not config:
                await config.stop_for(other)

    async def is_ready(self) -> bool:
        """Return whether every config is ready. One that is not is logged once."""
        names = list(self.parts.configs)
        answers = await asyncio.gather(*map(self._is_config_ready, names))
        unready = {name for name, is_ready in zip(names, answers, strict=True) if not is_ready}
        for name in sorted(unready - self._unready):
            log.warning("not ready: the config '%s'", name)
        self._unready = unready
        return not unready

    async def _is_config_ready(self, name: str) -> bool:
        try:
            async with asyncio.timeout(LONGEST_READY_CHECK):
                return await self.parts.configs[name].is_ready()
        except (FlowError, TimeoutError):
            return False

    # Sources

    async def begin(self, wanted: Wanted) -> None:
        """Let the sources make events. Raises StartError."""
        for flow in self.parts.flows.values():
            if flow.is_started and wanted(flow):
                await self.begin_flow(flow)
        self._is_at_work = True
        for jobs in self._batch_jobs:
            await jobs.start()

    async def begin_flow(self, flow: Flow) -> None:
        """Let the source of a flow make events, if it does so in this process. Raises StartError."""
        source = flow.source
        if source is None or (self.parts.runtime.worker and not source.in_every_worker):
            return
        self._listening.append((source, flow))
        try:
            await source.start(flow)
        except FlowError as error:
            reason = error.detailed_description
            raise StartError(f"the source of the flow '{flow.name}' cannot be started: {reason}") from error

    async def end_flow(self, flow: Flow) -> None:
        """Have the source of a flow make no more events, and wait for those under way."""
        if flow.source is not None and (flow.source, flow) in self._listening:
            self._listening.remove((flow.source, flow))
            await flow.source.stop()

    async def rest(self) -> None:
        """Have the sources make no more events; those under way go on."""
        resting = (each.rest() for each in self._batch_jobs)
        await asyncio.gather(*(source.rest() for source, _ in self._listening), *resting)

    async def go_on(self) -> None:
        """Let the sources that rest make events again."""
        for source, flow in self._listening:
            await source.start(flow)
        for jobs in self._batch_jobs:
            await jobs.start()

    async def none_under_way(self) -> None:
        """Wait until no event is inside any more."""
        jobs = (each.none_under_way() for each in self._batch_jobs)
        await asyncio.gather(*(source.none_under_way() for source, _ in self._listening), *jobs)
        await self.parts.runtime.under_way.none()
        await self.parts.runtime.tasks.none()

    async def stop_sources(self) -> None:
        """Stop the sources, and wait for their events that are under way."""
        sources, self._listening = self._listening, []
        jobs = list(self._batch_jobs)
        self._is_at_work = False
        await asyncio.gather(*(source.stop() for source, _ in sources), *(each.stop() for each in jobs))

    @property
    def _batch_jobs(self) -> Iterable[BatchJobs]:
        """What works on batch jobs, if it does so by itself: in a test, whoever stores a job waits for its end."""
        runtime = self.parts.runtime
        return runtime.batch_jobs.values() if self._is_at_work and runtime.isolation is None else ()
