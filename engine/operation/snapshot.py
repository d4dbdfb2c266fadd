"""The values of all measures at one moment, as plain data: it can be sent, and added to that of other processes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.values.errors import FlowError
from engine.work.measures import Counter, Family, Histogram, Slot

log = logging.getLogger("engine")

Value = float | dict[str, Any]
"""A number; of a histogram its bounds, its counts and its sum."""

MERGES: dict[str, Callable[[Iterable[float]], float]] = {"sum": sum, "max": max, "min": min}


def snapshot(families: Iterable[Family]) -> list[dict[str, Any]]:
    """Return the measures with their values; a series that has none now is left out."""
    return [
        {"name": each.name, "text": each.text, "kind": each.kind, "labels": list(each.names), "merge": each.merge,
         "series": list(_series(each))}
        for each in families
    ]  # fmt: skip


def _series(family: Family) -> Iterable[tuple[list[str], Value]]:
    for labels, slot in list(family.series.items()):
        value = _value(slot, family.name)
        if value is not None:
            yield list(labels), value


def _value(slot: Slot, name: str) -> Value | None:
    if isinstance(slot, Counter):
        return slot.value
    if isinstance(slot, Histogram):
        return {"bounds": list(slot.bounds), "counts": list(slot.counts), "sum": slot.sum}
    try:
        value = slot()
        return None if value is None else float(value)
    except FlowError:  # what keeps the value cannot be reached now, such as a file of queues
        return None
    except Exception:
        log.exception("the measure %s cannot be read", name)
        return None


def merged(snapshots: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the snapshots of several processes as one."""
    if len(snapshots) == 1:
        return snapshots[0]
    families: dict[str, dict[str, Any]] = {}
    values: dict[str, dict[tuple[str, ...], list[Value]]] = {}
    for family in (family for each in snapshots for family in each):
        families.setdefault(family["name"], family)
        series = values.setdefault(family["name"], {})
        for labels, value in family["series"]:
            series.setdefault(tuple(labels), []).append(value)
    return [
        {**family, "series": [(list(labels), _merge(some, family["merge"])) for labels, some in values[name].items()]}
        for name, family in families.items()
    ]


def _merge(values: Sequence[Any], how: str) -> Value:
    first = values[0]
    if not isinstance(first, dict):
        return MERGES[how](values)
    counts = [sum(each) for each in zip(*(value["counts"] for value in values), strict=True)]
    return {"bounds": first["bounds"], "counts": counts, "sum": sum(value["sum"] for value in values)}
