from __future__ import annotations

from engine import Event, Processor
from engine.connectors import Measures


class Count(Processor):
    """Count under a name."""

    name: str
    """The name of the measure."""

    label: str = "place"
    """The label of the place."""

    def measure(self, measures: Measures, place: str) -> None:
        measures.counter(self.name, "What is counted", **{self.label: place})

    def run_plain(self, event: Event) -> Event:
        return event
