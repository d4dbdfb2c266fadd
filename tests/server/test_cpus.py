"""`engine serve --workers auto`: as many workers as the process may use CPUs, which cgroups may limit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from running import Running, Start, engine

from engine.tools.served.cpus import usable_cpus

HELLO = """
configs: {Api: {http:listener-config: {port: 0}}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: hi}}]
"""
V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
CPU = "/sys/fs/cgroup/cpu,cpuacct"
FEW = "100000 100000"

CASES = {
    "no cgroups": ({}, 64),
    "none of version 2 limits": ({"/cgroup": "0::/", "/mountinfo": V2, "/sys/fs/cgroup/cpu.max": "max 100000"}, 64),
    "version 2": ({"/cgroup": "0::/", "/mountinfo": V2, "/sys/fs/cgroup/cpu.max": "300000 100000"}, 3),
    "a part of a CPU is one": ({"/cgroup": "0::/", "/mountinfo": V2, "/sys/fs/cgroup/cpu.max": "150000 100000"}, 2),
    "less than one": ({"/cgroup": "0::/", "/mountinfo": V2, "/sys/fs/cgroup/cpu.max": "1000 100000"}, 1),
    "an outer one limits": (
        {
            "/cgroup": "0::/system.slice/crm.service", "/mountinfo": V2,
            "/sys/fs/cgroup/system.slice/cpu.max": FEW, "/sys/fs/cgroup/system.slice/crm.service/cpu.max": "max 100000",
        },
        1,
    ),
    "not one beside it": (
        {"/cgroup": "0::/a", "/mountinfo": V2, "/sys/fs/cgroup/b/cpu.max": FEW, "/sys/fs/cgroup/a/cpu.max": "max"},
        64,
    ),
    "version 1": (
        {
            "/cgroup": "4:cpu,cpuacct:/", "/mountinfo": V1,
            f"{CPU}/cpu.cfs_quota_us": "400000", f"{CPU}/cpu.cfs_period_us": "100000",
        },
        4,
    ),
    "version 1 without a limit": (
        {
            "/cgroup": "4:cpu,cpuacct:/", "/mountinfo": V1,
            f"{CPU}/cpu.cfs_quota_us": "-1", f"{CPU}/cpu.cfs_period_us": "100000",
        },
        64,
    ),
    "a container that sees the host's name of its cgroup": (
        {
            "/cgroup": "4:cpu,cpuacct:/docker/0815", "/mountinfo": V1.replace(" / ", " /docker/0815 "),
            f"{CPU}/cpu.cfs_quota_us": "200000", f"{CPU}/cpu.cfs_period_us": "100000",
        },
        2,
    ),
    "its cgroup is outside of what is mounted": (
        {"/cgroup": "0::/../elsewhere", "/mountinfo": V2, "/sys/fs/cgroup/cpu.max": "500000 100000"}, 5,
    ),
    "both versions": (
        {
            "/cgroup": "4:cpu,cpuacct:/\n0::/", "/mountinfo": V1 + V2, "/sys/fs/cgroup/cpu.max": "300000 100000",
            f"{CPU}/cpu.cfs_quota_us": "200000", f"{CPU}/cpu.cfs_period_us": "100000",
        },
        2,
    ),
    "files with nonsense": ({"/cgroup": "0::/", "/mountinfo": V2, "/sys/fs/cgroup/cpu.max": "many 0"}, 64),
    "a period of 0": ({"/cgroup": "0::/", "/mountinfo": V2, "/sys/fs/cgroup/cpu.max": "1 0"}, 64),
    "more than there are": ({"/cgroup": "0::/", "/mountinfo": V2, "/sys/fs/cgroup/cpu.max": "9900000 100000"}, 64),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES.keys())
def test_cgroups(files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 64, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)), raising=False)
    for name, text in files.items():
        path = tmp_path / (name if name.startswith("/sys") else f"/proc/self{name}").lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert usable_cpus(tmp_path) == expected


def test_the_affinity_of_the_process_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3}, raising=False)
    assert usable_cpus(tmp_path) == 1


def test_auto_says_how_many(start: Start) -> None:
    server: Running = start(HELLO, "--workers", "auto")
    cpus = usable_cpus()
    assert server.printed[0] == f"{cpus} worker{'s' * (cpus != 1)}: {cpus} CPU{'s' * (cpus != 1)} to use\n"
    assert server.client.get("/hello").text == "hi"
    assert server.end() == 0


@pytest.mark.parametrize("given", ["0", "many", "-1", "513", ""])
def test_other_numbers_are_refused(given: str, tmp_path: Path) -> None:
    done = engine("serve", str(tmp_path), "--workers", given)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Invalid value for '--workers'" in done.stderr
