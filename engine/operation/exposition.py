"""Writes measures in Prometheus' text format 0.0.4, or as OpenMetrics 1.0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import isinf, isnan
from typing import Any

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

TOTAL = "_total"
ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
ESCAPES_IN_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


def exposition_type(accept: str) -> str:
    """Return the media type of the answer to a scrape with this Accept header."""
    return OPEN_METRICS if "application/openmetrics-text" in accept else TEXT


def exposition(families: Iterable[Mapping[str, Any]], media_type: str) -> str:
    """Return a snapshot in one of the two formats."""
    is_open = media_type == OPEN_METRICS
    lines = [line for family in families if family["series"] for line in _family(family, is_open=is_open)]
    return "\n".join([*lines, *(["# EOF"] if is_open else []), ""])


def _family(family: Mapping[str, Any], *, is_open: bool) -> Iterator[str]:
    name = family["name"]
    # In OpenMetrics a counter has the name without _total, which its samples have.
    shown = name.removesuffix(TOTAL) if is_open and family["kind"] == "counter" else name
    yield f"# HELP {shown} {family['text'].translate(ESCAPES_IN_HELP if not is_open else ESCAPES)}"
    yield f"# TYPE {shown} {family['kind']}"
    for values, value in family["series"]:
        labels = list(zip(family["labels"], values, strict=True))
        if isinstance(value, dict):
            yield from _histogram(name, labels, value)
        else:
            yield f"{name}{_braced(labels)} {_number(value)}"


def _histogram(name: str, labels: Sequence[tuple[str, str]], value: Mapping[str, Any]) -> Iterator[str]:
    counts = list(accumulate(value["counts"]))
    for bound, count in zip((*map(float, value["bounds"]), float("inf")), counts, strict=True):
        yield f"{name}_bucket{_braced([*labels, ('le', _number(bound))])} {count}"
    yield f"{name}_sum{_braced(labels)} {_number(value['sum'])}"
    yield f"{name}_count{_braced(labels)} {counts[-1]}"


def _braced(labels: Sequence[tuple[str, str]]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in labels) + "}"


def _number(value: float) -> str:
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value) if isinstance(value, float) else str(value)
