"""Counts the events of sources."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from engine.plan.observer import Serve
from engine.steps.flow import Flow
from engine.values.errors import FLOW_BACK_PRESSURE, FlowError
from engine.values.event import Event
from engine.work.measures import Measures


class FlowMeter:
    """Counts the events of each flow with a source: how many, how they ended, how long they took."""

    def serving(self, flow: Flow, serve: Serve) -> Serve:
        measures, name = flow.runtime.measures, flow.name
        events = measures.counter("engine_flow_events_total", "Events that entered the flow from its source", flow=name)
        duration = measures.histogram("engine_flow_duration_seconds", "Time of an event in the flow", flow=name)
        text = "Events that ended with an error, by its type"
        errors, observe = measures.tally("engine_flow_errors_total", text, "type", flow=name), duration.observe
        source = flow.source.starts_at() if flow.source else ""
        text = "Seconds since the latest event of the source"
        last = measures.age("engine_source_last_event_age_seconds", text, flow=name, source=source)
        flow.be_measured(last, duration)
        _read(measures, flow)

        under_way = flow.under_way

        async def metered(event: Event, answer: Any, *more: Any) -> Any:
            began = last.began = perf_counter()
            number = events.value = events.value + 1
            under_way[number] = began, event
            try:
                return await serve(event, answer, *more)
            except FlowError as failure:
                if failure.type != FLOW_BACK_PRESSURE:  # the flow counts what it refuses
                    errors.add(failure.type)
                raise
            finally:
                del under_way[number]
                observe(perf_counter() - began)

        return metered


def _read(measures: Measures, flow: Flow) -> None:
    """Have read what the flow itself knows."""
    measures.read("engine_flow_in_flight", "Events under way", lambda: flow.in_flight, flow=flow.name)
    text = "Events refused because the flow was full or stopped"
    measures.read("engine_flow_refused_total", text, lambda: flow.refused, "counter", flow=flow.name)
    measures.read("engine_flow_started", "Whether the source makes events", lambda: flow.is_started, flow=flow.name)
    if flow.max_concurrency is not None:
        measures.limited[f"the places of the flow {flow.name} (maxConcurrency)"] = lambda: flow.places
