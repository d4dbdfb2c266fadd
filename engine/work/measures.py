"""Measures of an application: slots that are made once, written while flows run, and read when somebody asks.

Names and units are Prometheus's: `_total` for counts, `_seconds`, `_bytes`; labels in snake case.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram"]
Merge = Literal["sum", "max", "min"]
"""How the values of several processes become one."""

DURATIONS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Bounds of durations, in seconds: those of OpenTelemetry's HTTP conventions, and two smaller ones."""

TOGETHER = 256
"""Values of a histogram that wait to be sorted in."""

MOST_SERIES = 1_000
"""How many series a measure may have."""

OTHER = "other"
"""The label of everything beyond."""

LONGEST_LABEL = 200
"""Characters of a label."""

NAME, LABEL = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"(?!le$)[a-z][a-z0-9_]*")
TOTAL = "_total"
"""The end of the names of counters, and of no others."""


class Counter:
    """A number that only grows: `counter.value += 1`."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0


class Histogram:
    """How many values lie below each of some bounds, and their sum.

    Values are sorted in many at a time, or when somebody asks: each by itself would cost a flow more.
    """

    __slots__ = ("_counts", "_sum", "_waiting", "bounds")

    def __init__(self, bounds: Sequence[float] = DURATIONS) -> None:
        self.bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._waiting: list[float] = []

    def observe(self, value: float) -> None:
        self._waiting.append(value)
        if len(self._waiting) >= TOGETHER:
            self._sort_in()

    @property
    def counts(self) -> list[int]:
        self._sort_in()
        return self._counts

    @property
    def sum(self) -> float:
        self._sort_in()
        return self._sum

    def _sort_in(self) -> None:
        waiting, self._waiting = self._waiting, []
        for value in waiting:
            self._counts[bisect_left(self.bounds, value)] += 1
            self._sum += value


class Tally:
    """Counters by one label, each made when its value is met first."""

    __slots__ = ("_counters", "_make")

    def __init__(self, make: Callable[[str], Counter]) -> None:
        self._make = make
        self._counters: dict[str, Counter] = {}

    def add(self, value: object) -> None:
        """Count one of this value of the label; values are few, and no caller chooses them."""
        name = str(value)
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = self._make(name)
        counter.value += 1


class Age:
    """The time since something happened last: `age.began = perf_counter()`."""

    __slots__ = ("began",)

    def __init__(self) -> None:
        self.began: float | None = None
        """Seconds of perf_counter; None before the first time."""

    def __call__(self) -> float | None:
        return None if self.began is None else perf_counter() - self.began


Read = Callable[[], float | None]
"""Returns a value that something else keeps; None if there is none now."""

Slot = Counter | Histogram | Read
Labels = tuple[str, ...]


class Usage(NamedTuple):
    """How much of something that is limited is in use. waiting: how many wait for it."""

    used: int
    most: int
    waiting: int = 0


class Misnamed(ValueError):
    """A measure cannot have this name, or these labels. expected: the names that it may have."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"{found}; expected {expected}")
        self.found, self.expected = found, expected


class Taken(Misnamed):
    """A measure of that name stands already, and is another one."""

    def __init__(self, name: str, stands: str) -> None:
        super().__init__(f"the measure '{name}', which is {stands}", "a name of its own")


class Family(NamedTuple):
    """All series of a measure. names: those of its labels; series: the slots by the values of the labels."""

    name: str
    text: str
    kind: Kind
    names: Labels
    merge: Merge
    series: dict[Labels, Slot]


class Measures:
    """The measures of an application by name. Asking for the same one twice returns the same slot."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}
        self.limited: dict[str, Callable[[], Usage | None]] = {}
        """Limited things by their names, such as `the connections of Records_DB`: a watchdog tells which stay full."""
        self.is_on = False
        """Whether anybody will ask. If not, what takes time for each event is not measured."""
        self._loaded: set[tuple[str, Labels]] = set()
        """The series that were made while the flows were loaded; others came later."""
        self._limited: set[str] = set()
        """The same of limited things."""
        self._former: Measures | None = None

    def note_loaded(self) -> None:
        """Note that all there is now belongs to the flows that were loaded."""
        self._loaded |= {(_base(family.name), labels) for family in self for labels in family.series}
        self._limited |= self.limited.keys()

    # A reload

    def successor(self) -> Measures:
        """Return the measures of flows that are to take the place of these: what both count has the same slot.

        Nothing is changed here before `go_on`.
        """
        after = Measures()
        after.is_on, after._former = self.is_on, self
        return after

    def go_on(self) -> None:
        """Take the place of the former measures, in these themselves: whoever holds them goes on, too.

        What the former flows counted and the new ones do not is forgotten.
        """
        former = self._former
        if former is None:
            return
        former._forget(former._loaded - self._loaded, former._limited - self._limited)
        for family in self:
            known = former._families.get(_base(family.name))
            if known is not None and _is_like(known, family):
                known.series.update(family.series)
            else:
                former._families[_base(family.name)] = family
        former.limited.update(self.limited)
        former._loaded, former._limited, former.is_on = self._loaded, self._limited, self.is_on
        self._families, self.limited, self._former = former._families, former.limited, None

    def _forget(self, series: set[tuple[str, Labels]], limited: set[str]) -> None:
        for name, labels in series:
            self._families[name].series.pop(labels, None)
        for name in {name for name, _ in series if not self._families[name].series}:
            del self._families[name]
        for name in limited:
            self.limited.pop(name, None)

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())

    def counter(self, name: str, text: str, /, **labels: str) -> Counter:
        """Return the counter of these labels. Raises Taken if the name is that of another measure, and Misnamed."""
        slot: Counter = self._slot(self._family(name, text, "counter", labels), labels, Counter)
        return slot

    def counters(self, name: str, text: str, by: str, /, *values: str, **labels: str) -> list[Counter]:
        """Return a counter for each value of the label `by`, which comes after the others. Raises as `counter`."""
        return [self.counter(name, text, **labels, **{by: value}) for value in values]

    def tally(self, name: str, text: str, by: str, /, **labels: str) -> Tally:
        """Return counters by the label `by`, whose values are met while flows run. Raises as `counter`."""
        self._family(name, text, "counter", {**labels, by: ""})
        return Tally(lambda value: self.counter(name, text, **labels, **{by: value}))

    def histogram(self, name: str, text: str, bounds: Sequence[float] = DURATIONS, /, **labels: str) -> Histogram:
        """Return the histogram of these labels. Raises Taken, likewise."""
        slot: Histogram = self._slot(self._family(name, text, "histogram", labels), labels, lambda: Histogram(bounds))
        return slot

    def age(self, name: str, text: str, /, **labels: str) -> Age:
        """Return the age of these labels; of several processes the least counts. Raises Taken, likewise."""
        slot: Age = self._slot(self._family(name, text, "gauge", labels, "min"), labels, Age)
        return slot

    def read(
        self, name: str, text: str, read: Read, kind: Kind = "gauge", /, merge: Merge = "sum", **labels: str
    ) -> None:
        """Have a value read whenever somebody asks, in the place of an earlier reader of these labels. Raises Taken.

        merge: how the values of several processes become one.
        """
        series = self._family(name, text, kind, labels, merge).series
        values = _bounded(labels)
        if values in series or len(series) < MOST_SERIES:
            series[values] = read

    def _family(self, name: str, text: str, kind: Kind, labels: Mapping[str, str], merge: Merge = "sum") -> Family:
        names = tuple(labels)
        base = _base(name)
        family = self._families.get(base)
        if family is None:
            _check_names(name, kind, names)
            family = self._families[base] = Family(name, text, kind, names, merge, {})
        elif (family.kind, family.names) != (kind, names):
            labelled = f"with the labels {', '.join(family.names)}" if family.names else "without labels"
            raise Taken(name, f"a {family.kind} {labelled} already")
        return family

    def _slot(self, family: Family, labels: Mapping[str, str], make: Callable[[], Slot]) -> Any:
        values = _bounded(labels)
        if values not in family.series and len(family.series) >= MOST_SERIES:
            values = (OTHER,) * len(values)
        if values not in family.series:
            family.series[values] = self._slot_before(family, values) or make()
        return family.series[values]

    def _slot_before(self, family: Family, values: Labels) -> Any:
        """Return the slot in which the flows before a reload count the same; None if they do not."""
        known = self._former._families.get(_base(family.name)) if self._former else None
        return known.series.get(values) if known is not None and _is_like(known, family) else None


def _is_like(one: Family, other: Family) -> bool:
    return (one.kind, one.names) == (other.kind, other.names)


def _check_names(name: str, kind: Kind, labels: Labels) -> None:
    if NAME.fullmatch(name) is None:
        raise Misnamed(f"the measure '{name}'", "a name of a to z, 0 to 9 and _")
    if (kind == "counter") != name.endswith(TOTAL):
        ends = "ends" if kind == "counter" else "does not end"
        raise Misnamed(f"the {kind} '{name}'", f"a name that {ends} with {TOTAL}")
    for label in labels:
        if LABEL.fullmatch(label) is None:
            raise Misnamed(f"the label '{label}' of the measure '{name}'", "a name of a to z, 0 to 9 and _, not le")


def _base(name: str) -> str:
    """Return the name that a measure has in OpenMetrics, where only the samples of a counter end with _total."""
    return name.removesuffix(TOTAL)


def _bounded(labels: Mapping[str, str]) -> Labels:
    return tuple(map(_cut, labels.values()))


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_LABEL else f"{value[: LONGEST_LABEL - 1]}…"
