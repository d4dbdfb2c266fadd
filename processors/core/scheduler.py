from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator

from engine import Amount, Event, Field, FlowError, Kind, Mistake, Parameters, Runtime, Served, prepared, refuse, shown
from engine.connectors import (
    FLOW_BACK_PRESSURE,
    TEXT,
    ActiveSource,
    Counter,
    Histogram,
    Home,
    Lease,
    Measures,
    OwnHomeUrl,
    TimeUnit,
    did_you_mean,
    home_of,
)
from processors.core._beats import SET_ANEW, Beats
from processors.core._cron import CronExpression

log = logging.getLogger("engine")

LONGEST_SLEEP = 30.0
"""Seconds after which the time of day is checked again: it may have been set."""

JAVA_OFFSET = re.compile(r"(?:GMT|UTC)([+-])0?([0-9]{1,2})(?::?00)?")
"""Java's names of zones with whole hours, such as GMT-3."""


def _zone(value: Any) -> Any:
    """Return the time zone of a name."""
    if isinstance(value, ZoneInfo):
        return value
    if isinstance(value, str) and (offset := JAVA_OFFSET.fullmatch(value)) is not None:
        value = f"Etc/GMT{'-' if offset[1] == '+' else '+'}{offset[2]}"  # POSIX counts westward
    try:
        return ZoneInfo(value)
    except (LookupError, ValueError, TypeError, OSError):
        close = did_you_mean(str(value), available_timezones())
        expected = "a name of the time zone database, such as Europe/Berlin"
        refuse([Mistake("F303", f"the time zone {shown(value)}", expected, close)])


def _frequency(value: Any) -> Any:
    amount = value if isinstance(value, Amount) else Amount(value)
    if not amount.seconds("SECONDS"):
        refuse([Mistake("F303", shown(value), "a frequency above 0", "1000")])
    return amount


class FixedFrequency(Parameters):
    """Again and again after the same time."""

    frequency: Annotated[Amount, BeforeValidator(_frequency)] = Amount(60_000)
    """The time from one start to the next, in timeUnit, or with a unit of its own (`5s`)."""

    start_delay: Amount = Amount(0)
    """The time until the first start, in timeUnit, or with a unit of its own."""

    time_unit: TimeUnit = "MILLISECONDS"
    """The unit of the numbers."""


class Cron(Parameters):
    """At the times of day that an expression names."""

    expression: CronExpression
    """Quartz' six or seven fields, from the seconds on (`0 0 12 * * ?`), or the five of a crontab (`0 12 * * *`)."""

    time_zone: Annotated[ZoneInfo | None, BeforeValidator(_zone), Kind("time zone", TEXT)] = None
    """The time zone, by its name (`Europe/Berlin`), or `GMT-3`; the machine's, if left out."""


class Beat:
    """How far the firings have come: it goes on over a reload.

    begin, number: when the first one was due, by the monotonic clock, and which one is next. last: the time of day from
    which the next one is looked for.
    """

    def __init__(self) -> None:
        self.begin: float | None = None
        self.number = 0
        self.last: datetime | None = None


class Scheduler(ActiveSource):
    """Start the flow at a fixed frequency, or at the times of a cron expression.

    The payload is null, there are no attributes, and each event has a new correlation id. Give either `fixed-frequency`
    or `cron`. Start times do not drift: a run that takes long does not move those after it. A firing is skipped while
    the flow of the one before still runs, or if the flow is full; if the machine slept through one or several firings,
    they are made up for by one. An error of the flow is logged, and the next firing comes all the same.

    The fields of a cron expression are seconds, minutes, hours, day of the month, month, day of the week (1 is Sunday)
    and optionally the year, with `*`, `?`, lists, ranges, steps, names, `L`, `W` and `#` as in Quartz. Five fields are
    a crontab's: no seconds, 0 and 7 are Sunday, and if both days are given, one is enough. A time that the clock skips
    in spring counts with the offset before; one that it shows twice in autumn comes once, unless the hours are `*`. A
    clock that is set back by less than three hours does not repeat a firing.

    One process makes the firings: the first of the workers, or with `stateUrl` or `url` one of all machines. It holds a
    lease there. If it ends, another one goes on within 2 seconds; if it dies, or is cut off, within 5. The beat stands
    there, too: no firing comes twice, also not after a restart of all, and one makes up for those that were missed. A
    firing whose process died as it began is lost. While the home of the lease is away, none comes.

    Example:
        configs:
          Queues: {vm:config: {queues: [{queueName: ticks}]}}
        flows:
          tick:
            source: {scheduler: {fixed-frequency: {frequency: 1, timeUnit: MINUTES}}}
            steps: [{vm:publish: {config-ref: Queues, queueName: ticks, content: tick}}]
        run: [{vm:consume: {config-ref: Queues, queueName: ticks}}]
        expect: {payload: tick}
    """

    fixed_frequency: Annotated[FixedFrequency | None, Field(alias="fixed-frequency")] = None
    """Again and again after the same time: frequency (60000), startDelay (0), timeUnit (MILLISECONDS)."""

    cron: Cron | None = None
    """At the times that an expression names: expression, timeZone."""

    disallow_concurrent_execution: bool = True
    """Whether a firing is skipped while the flow of the one before still runs."""

    url: OwnHomeUrl | None = None
    """Where the lease and the beat live: `redis://…`, `postgresql://…`, `sqlite:///…`, or `memory://`, with which each
    machine makes firings of its own; as `stateUrl` of the `configuration` says, if left out."""

    in_every_worker = False

    _beat: Beat = prepared()
    _missed: Counter = prepared()
    _late: Histogram = prepared()
    _home: Home | None = prepared(None)
    _lease: Lease | None = prepared(None)
    _keeper: object = prepared()

    def __post_init__(self) -> None:
        super().__post_init__()
        self._prepare(_beat=Beat(), _missed=Counter(), _late=Histogram(), _keeper=object())
        if (self.fixed_frequency is None) == (self.cron is None):
            found = "fixed-frequency and cron" if self.cron else "neither fixed-frequency nor cron"
            refuse([Mistake("F303", found, "one of the two", "fixed-frequency: {frequency: 1000}")])

    def measure(self, measures: Measures, place: str) -> None:
        super().measure(measures, place)
        text = "Firings that were skipped: the run before went on, the flow was full, or the machine slept"
        missed = measures.counter("engine_scheduler_missed_total", text, flow=place)
        late = measures.histogram("engine_scheduler_late_seconds", "How late firings came", flow=place)
        self._prepare(_missed=missed, _late=late)
        if self._home is not None:
            text = "Whether this process makes the firings: 1, or 0"
            measures.read("engine_scheduler_active", text, self._is_active, merge="max", flow=place)
            self._home.measure(measures)

    def _is_active(self) -> float:
        return float(self._lease is not None and self._lease.is_held)

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        self._prepare(_home=home_of(runtime, self.url))

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        super().take_over(former, is_unchanged=is_unchanged)
        if self.starts_at() == former.starts_at():
            self._prepare(_beat=former._beat)
        if former._lease is not None and former._lease.home is self._home:
            self._prepare(_lease=former._lease)

    async def start(self, flow: Served) -> None:
        if self._home is not None:
            holder = self.runtime.keep((Lease, "holder"), lambda: uuid4().hex)
            lease = self._lease or Lease(self._home, f"scheduler:{flow.name}", holder, self.runtime.clock)
            lease.keeper = self._keeper
            self._prepare(_lease=lease)
        await super().start(flow)

    async def stop(self) -> None:
        await super().stop()
        self._prepare(_beat=Beat())
        if self._lease is not None and self._lease.keeper is self._keeper:
            await self._lease.release()

    def starts_at(self) -> str:
        if self.fixed_frequency:
            return f"every {_seconds(self.fixed_frequency):g} s"
        assert self.cron is not None
        zone = f" ({self.cron.time_zone})" if self.cron.time_zone else ""
        return f"at {self.cron.expression}{zone}"

    async def make_events(self, flow: Served) -> None:
        async for late in self._firings():
            self._late.observe(late)
            if self.under_way and self.disallow_concurrent_execution:
                self._missed.value += 1
                log.info("the flow %s is not started: the run before goes on", flow.name)
            else:
                self.begin(self._fire(flow), flow)
        log.warning("the flow %s is not started any more: its cron expression has no time left", flow.name)
        await asyncio.Future()

    def _firings(self) -> AsyncIterator[float]:
        """Yield at each firing how many seconds late it is."""
        beats = Beats(self._lease, self.starts_at(), self._missed) if self._lease else None
        if times := self.fixed_frequency:
            delay = times.start_delay.seconds(times.time_unit)
            return beats.at_frequency(_seconds(times), delay) if beats else self._at_frequency(times)
        assert self.cron is not None
        return beats.by_cron(self.cron.expression, self.cron.time_zone) if beats else self._by_cron(self.cron)

    async def _fire(self, flow: Served) -> None:
        try:
            await flow.serve(Event(), lambda event: None)
        except FlowError as failure:
            failure.forget_frames()  # they hold the failure: avoids a reference cycle
            if failure.type == FLOW_BACK_PRESSURE:
                self._missed.value += 1
                log.warning("the flow %s is not started: it is full", flow.name)

    async def _at_frequency(self, times: FixedFrequency) -> AsyncIterator[float]:
        clock, every, beat = self.runtime.clock, _seconds(times), self._beat
        if beat.begin is None:
            beat.begin = clock.monotonic() + times.start_delay.seconds(times.time_unit)
        begin = beat.begin
        while True:
            due = begin + beat.number * every
            await clock.sleep(max(0.0, due - clock.monotonic()))
            passed = max(beat.number, int((clock.monotonic() - begin) / every))
            self._missed.value += passed - beat.number
            beat.number = passed + 1
            yield max(0.0, clock.monotonic() - due)

    async def _by_cron(self, cron: Cron) -> AsyncIterator[float]:
        clock, beat = self.runtime.clock, self._beat
        last = beat.last = beat.last or clock.now()
        while following := cron.expression.after(last, cron.time_zone):
            while (now := clock.now()) < following and last - now < SET_ANEW:
                await clock.sleep(min((following - now).total_seconds(), LONGEST_SLEEP))
            last, beat.last = now, now
            if now >= following:
                yield (now - following).total_seconds()


def _seconds(times: FixedFrequency) -> float:
    return times.frequency.seconds(times.time_unit)
