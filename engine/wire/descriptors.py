"""File descriptors, of which a process has so many."""

from __future__ import annotations

from contextlib import suppress

SPARED = 256
"""How many are kept for files, databases and calls to others."""


def room_for(connections: int) -> int:
    """How many of these connections there are descriptors for; the process's bound is raised as far as it may be.

    One that has none left could not even open its database.
    """
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return connections
    wanted = connections + SPARED
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        with suppress(ValueError, OSError):  # macOS has another bound besides
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return min(connections, max(soft - SPARED, soft // 2))
