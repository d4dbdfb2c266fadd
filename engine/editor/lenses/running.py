"""Runs tests and flows for the editor, each as a process of its own: what they do cannot harm the server."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from engine.loading.diagnostic import Diagnostic
from engine.loading.files.place import Place
from engine.parameters.mistake import Mistake

AT = re.compile(r"^  (?P<file>.+):(?P<line>[0-9]+):(?P<column>[0-9]+)$", re.MULTILINE)
OPERATORS = frozenset({"and", "or", "not"})
LONGEST_OUTPUT = 2_000


@dataclass(frozen=True)
class Outcome:
    """What became of a run. text: the last lines that it printed; lines: how often each line of a file was passed."""

    text: str
    has_failed: bool
    failures: list[Diagnostic] = field(default_factory=list)
    lines: dict[Path, dict[int, int]] = field(default_factory=dict)


async def run_tests(file: Path, case: str = "") -> Outcome:
    """Run the cases of a test file, or one of them by its name."""
    with TemporaryDirectory(prefix="engine-tests-") as folder:
        junit, lcov = Path(folder) / "results.xml", Path(folder) / "coverage.info"
        wish = ["-k", _words(case)] if case else []
        told, code = await _run(
            file.parent, "test", str(file), *wish, "--junit", str(junit), "--coverage", "--lcov", str(lcov)
        )
        failures = list(_failures(file, junit)) if junit.is_file() else []
        lines = _lines(lcov.read_text(encoding="utf-8")) if lcov.is_file() else {}
    return Outcome(_summary(told), code != 0, failures, lines)


async def run_flow(paths: Sequence[Path], flow: str) -> Outcome:
    """Run a flow, whose payload is null, on the real world."""
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    told, code = await _run(folder, "run", *map(str, paths), "--flow", flow, "--log-level", "warning")
    return Outcome(told.strip()[-LONGEST_OUTPUT:], code != 0)


async def _run(folder: Path, *arguments: str) -> tuple[str, int]:
    """Run `engine`; return what it printed, and its exit code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine.tools", *arguments,
        cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        told, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    return told.decode(errors="replace"), process.returncode or 0


def _words(case: str) -> str:
    """Return the expression of `-k` that the name of a case fits: all its words that are no operators."""
    words = [word for word in re.split(r"[\s()]+|\$\{[^}]*\}", case) if word and word not in OPERATORS]
    return " and ".join(dict.fromkeys(words))


def _summary(told: str) -> str:
    """Return the line that counts the cases; if there is none, the end of what was printed."""
    counted = [line for line in told.splitlines() if re.match(r"[0-9]+ \w+.* in [0-9.]+s$|no cases in", line)]
    return counted[-1] if counted else told.strip()[-LONGEST_OUTPUT:]


def _failures(file: Path, junit: Path) -> Iterator[Diagnostic]:
    """Yield each case that failed, at the expectation that did not hold."""
    for case in ElementTree.parse(junit).iter("testcase"):  # noqa: S314  # our own process wrote it
        told = case.find("failure") if case.find("failure") is not None else case.find("error")
        if told is not None:
            text = (told.text or "").strip("\n")
            yield Diagnostic(Mistake("", f"{case.get('name')}\n{text}"[:LONGEST_OUTPUT]), _place(file, case, text))


def _place(file: Path, case: ElementTree.Element, text: str) -> Place:
    at = next((match for match in AT.finditer(text) if Path(match["file"]).name == file.name), None)
    line, column = (int(at["line"]), int(at["column"])) if at else (int(case.get("line") or 1), 1)
    return Place(str(file), line, column)


def _lines(lcov: str) -> dict[Path, dict[int, int]]:
    """Return how often each line was passed, by files."""
    lines: dict[Path, dict[int, int]] = {}
    file = Path()
    for row in lcov.splitlines():
        if row.startswith("SF:"):
            file = Path(row.removeprefix("SF:"))
            lines[file] = {}
        elif row.startswith("DA:"):
            line, times = row.removeprefix("DA:").split(",")[:2]
            lines[file][int(line)] = int(times)
    return lines
