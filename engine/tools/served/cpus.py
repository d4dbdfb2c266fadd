"""`engine serve --workers auto`: how many CPUs the process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path("/")


class Mount(NamedTuple):
    """A hierarchy of cgroups: the cgroup that is its top here, and where that is mounted."""

    top: str
    folder: Path


def usable_cpus(root: Path = ROOT) -> int:
    """Return how many CPUs the process may run on, but no more than its cgroups grant it time for, rounded up.

    root: the folder with `proc` and, as mounted there, the cgroups.
    """
    return max(1, min([_allowed(), *(ceil(quota) for quota in _quotas(root))]))


def _allowed() -> int:
    """Return the CPUs of the process's affinity; all of them if the system knows none."""
    if count := getattr(os, "process_cpu_count", os.cpu_count)():  # Python 3.13 and later: PYTHON_CPU_COUNT counts too
        return min(count, len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else int(count)
    return 1


def _quotas(root: Path) -> Iterator[float]:
    """Yield the CPU time that each cgroup around the process is granted, as a number of CPUs."""
    for folder in _cgroups(root):
        with suppress(OSError, ValueError, ZeroDivisionError):
            if quota := _quota(folder):
                yield quota


def _quota(folder: Path) -> float | None:
    """Return the limit of a cgroup, of version 2 or 1; None if it has none. Raise OSError or ValueError."""
    if (file := folder / "cpu.max").exists():
        quota, _, period = file.read_text().partition(" ")
        return None if quota == "max" else int(quota) / int(period)
    quota_us = int((folder / "cpu.cfs_quota_us").read_text())
    return None if quota_us < 0 else quota_us / int((folder / "cpu.cfs_period_us").read_text())


def _cgroups(root: Path) -> Iterator[Path]:
    """Yield the folders of the process's cgroups that can limit its CPU time, and of those around them."""
    mounts = dict(_mounts(root))
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        mount = mounts.get("cpu" if "cpu" in controllers.split(",") else controllers)
        if mount is not None:
            yield from _upwards(mount, path)


def _upwards(mount: Mount, path: str) -> Iterator[Path]:
    """Yield the folders from a cgroup to its mount; a container may see its own cgroup there under another path."""
    try:
        inner = PurePosixPath(path).relative_to(mount.top)
    except ValueError:
        inner = PurePosixPath()
    for each in (inner, *inner.parents):
        yield mount.folder / each


def _mounts(root: Path) -> Iterator[tuple[str, Mount]]:
    """Yield where the cgroups of version 2 (by the name "") and those of version 1 for the CPU are mounted."""
    for line in _lines(root / "proc/self/mountinfo"):
        mount, _, system = line.partition(" - ")
        kind, options = system.split()[0], system.split()[-1].split(",")
        if kind == "cgroup2" or (kind == "cgroup" and "cpu" in options):
            top, point = mount.split()[3:5]
            yield "" if kind == "cgroup2" else "cpu", Mount(top, root / point.lstrip("/"))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
