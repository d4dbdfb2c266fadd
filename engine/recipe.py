"""How an application is loaded, for the first time and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engine.loading.catalog import discover
from engine.loading.diagnostic import LoadError
from engine.loading.loader import Parts, load
from engine.loading.measuring import measure
from engine.loading.modules import Modules
from engine.plan.inside import reachable
from engine.plan.link import Around, Link
from engine.plan.observer import Meter, Observer
from engine.steps.element_meter import ElementMeter
from engine.steps.flow_meter import FlowMeter
from engine.succession import Succession
from engine.work.clock import Clock

Metrics = Literal["flows", "elements"]
"""What is counted and timed: the events of flows, with all that elements count; and those of each element."""


@dataclass
class Recipe:
    """What `Application.load` is given."""

    paths: Sequence[str | Path]
    properties: Mapping[str, str] | None = None
    processors: Sequence[str] = ()
    clock: Clock | None = None
    observers: Sequence[Observer] = ()
    around: Sequence[Around] = ()
    meters: Sequence[Meter] = ()
    metrics: Metrics | bool = False
    name: str = ""
    env: str | None = None
    is_check: bool = False
    """Whether nothing will run: encrypted values then need no key."""

    _modules: Modules | None = field(default=None, repr=False)

    def load(self, former: Parts | None = None) -> Parts:
        """Return the parts of the flows as they are in their files. Raise LoadError or CatalogError.

        former: the parts of the application that they are to replace.
        """
        parts = load(
            self.paths, discover(self.processors), self.properties, self.clock, former, self.name, self.env,
            is_check=self.is_check,
        )  # fmt: skip
        expects = any(flow.source and flow.source.expect_every for flow in parts.flows.values())
        is_measured = self.metrics or expects or parts.runtime.measures.is_on
        if is_measured:
            measure(parts)
        meters = [FlowMeter(), *self.meters] if is_measured else self.meters
        for meter in meters:
            meter.live_in(parts)
        observers = self.observers
        if self.metrics == "elements":
            nodes = reachable(*parts.runnables.values())
            observers = [ElementMeter(parts.runtime.measures, nodes), *observers]
        Link(observers, self.around, meters).link(parts.runnables.values()).install()
        parts.runtime.measures.note_loaded()
        self._modules = Modules(self.processors, parts.folders)
        return parts

    def load_again(self, former: Parts) -> Succession:
        """Return how new parts take the place of the former ones. Raise LoadError or CatalogError."""
        modules = self._modules or Modules(self.processors, former.folders)
        try:
            with modules.anew() as names:
                return Succession(former, self.load(former), names)
        except LoadError as error:
            raise error.with_traceback(None) from None  # it holds all that was loaded
