"""What memory a process takes; nothing, where the system does not tell."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def memory_of(name: str, process: int | str = "self") -> int:
    """Bytes of memory, now (VmRSS) or at the most (VmHWM)."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)


def forget_peak(process: int | str = "self") -> None:
    """Let the most begin anew; where that is not ours to say, the peak of all that came before counts too."""
    with suppress(OSError):
        Path(f"/proc/{process}/clear_refs").write_text("5")
