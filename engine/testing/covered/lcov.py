"""Coverage in the format of LCOV (geninfo(1)), which editors and code hosts read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.testing.covered.coverage import Coverage


def as_lcov(coverage: Coverage) -> str:
    """Return the tracefile: lines, and as branches of them also the error paths."""
    return "".join(f"{row}\n" for file in coverage.files for row in _file(coverage, file))


def _file(coverage: Coverage, file: str) -> Iterator[str]:
    yield "TN:"
    yield f"SF:{Path(file).resolve()}"
    branches = [point for point in coverage.of_file(file) if point.kind != "line"]
    for number, point in enumerate(branches):
        yield f"BRDA:{point.line},0,{number},{coverage.hits[point]}"
    yield f"BRF:{len(branches)}"
    yield f"BRH:{sum(coverage.hits[point] > 0 for point in branches)}"
    lines = coverage.lines(file)
    yield from (f"DA:{line},{times}" for line, times in lines.items())
    yield f"LF:{len(lines)}"
    yield f"LH:{sum(times > 0 for times in lines.values())}"
    yield "end_of_record"
