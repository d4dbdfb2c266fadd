"""Measures of the process itself, named as Prometheus' client libraries name them."""

from __future__ import annotations

import gc
import os
import platform
import resource
import time
from contextlib import suppress
from pathlib import Path

from engine import __version__
from engine.work.measures import Measures

PROC = Path("/proc/self")
PAGE = resource.getpagesize()

STARTED = time.time()


def measure_process(measures: Measures) -> None:
    """Have the process's own figures read: time, memory, descriptors, garbage collections."""
    measures.read("process_cpu_seconds_total", "Processor time, user and system", time.process_time, "counter")
    measures.read("process_resident_memory_bytes", "Memory in use", _resident)
    measures.read("process_open_fds", "Open file descriptors", _open_descriptors)
    measures.read("process_max_fds", "The most file descriptors", _most_descriptors)
    text = "Start of the process, in seconds since 1970"
    measures.read("process_start_time_seconds", text, lambda: STARTED, merge="min")
    for number in range(3):
        _measure_collections(measures, number)
    text = "The version of the engine and of Python"
    python = platform.python_version()
    measures.read("engine_info", text, lambda: 1.0, merge="max", version=__version__, python=python)


def _measure_collections(measures: Measures, generation: int) -> None:
    def count() -> float:
        return float(gc.get_stats()[generation]["collections"])

    text = "Collections of garbage"
    measures.read("python_gc_collections_total", text, count, "counter", generation=str(generation))


def _resident() -> float | None:
    with suppress(OSError, IndexError, ValueError):
        return float(int((PROC / "statm").read_text().split()[1]) * PAGE)
    return None


def _open_descriptors() -> float | None:
    with suppress(OSError):
        return float(len(os.listdir(PROC / "fd")))
    return None


def _most_descriptors() -> float:
    return float(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
