"""Counts the events of sources."""

from __future__ import annotations

from engine.plan.observer import Meter, Serve
from engine.steps.flow import Flow
from engine.work.measures import Histogram, Measures


class FlowMeter(Meter):
    """Counts the events of each flow with a source: how many, how they ended, how long they took.

    The flow itself writes into the slots: a function around its own would cost each event more.
    """

    def serving(self, flow: Flow, serve: Serve) -> Serve:
        measures, name = flow.runtime.measures, flow.name
        durations = measures.histogram("engine_flow_duration_seconds", "Time of an event in the flow", flow=name)
        text = "Events that ended with an error, by its type"
        errors = measures.tally("engine_flow_errors_total", text, "type", flow=name)
        source = flow.source.starts_at() if flow.source else ""
        text = "Seconds since the latest event of the source"
        last = measures.age("engine_source_last_event_age_seconds", text, flow=name, source=source)
        flow.be_measured(last, durations, errors)
        _read(measures, flow, durations)
        return serve


def _read(measures: Measures, flow: Flow, durations: Histogram) -> None:
    """Have read what is known already."""

    def events() -> float:
        return sum(durations.counts) + flow.noted

    text = "Events that entered the flow from its source"
    measures.read("engine_flow_events_total", text, events, "counter", flow=flow.name)
    measures.read("engine_flow_in_flight", "Events under way", lambda: flow.in_flight, flow=flow.name)
    text = "Events refused because the flow was full or stopped"
    measures.read("engine_flow_refused_total", text, lambda: flow.refused, "counter", flow=flow.name)
    measures.read("engine_flow_started", "Whether the source makes events", lambda: flow.is_started, flow=flow.name)
    if flow.max_concurrency is not None:
        measures.limited[f"the places of the flow {flow.name} (maxConcurrency)"] = lambda: flow.places
