"""File descriptors, whose number is limited for each process."""

from __future__ import annotations

from contextlib import suppress

SPARED = 256
"""How many are reserved for files, databases and outgoing calls."""


def room_for(connections: int) -> int:
    """Return how many of these connections there are descriptors for, after raising the process's limit if possible.

    A process with none left could not even open its database.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return connections
    wanted = connections + SPARED
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        with suppress(ValueError, OSError):  # macOS has another limit in addition
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return min(connections, max(soft - SPARED, soft // 2))
