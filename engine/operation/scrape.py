"""The measures of an application as text, for those who serve it themselves."""

from __future__ import annotations

from typing import NamedTuple

from engine.operation.exposition import exposition, exposition_type
from engine.operation.process import measure_process
from engine.operation.snapshot import snapshot
from engine.work.measures import Measures


class Scrape(NamedTuple):
    """What answers a request for metrics: its body and its Content-Type."""

    text: str
    media_type: str


def scrape(measures: Measures, accept: str = "") -> Scrape:
    """Return the measures of this process: in Prometheus' text format, or as OpenMetrics if that is accepted.

    measures: those of an application that was loaded with `metrics=True`. accept: the request's Accept header.
    """
    measure_process(measures)
    media_type = exposition_type(accept)
    return Scrape(exposition(snapshot(measures), media_type), media_type)
