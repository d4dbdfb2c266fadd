"""`engine test`: test files are run, and failures reported."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import click

from engine.testing.files.choosing import find_test_files
from engine.testing.junit import as_junit
from engine.testing.working import FileResult, Order, run_files
from engine.tools.logs.lines import printable_lines
from engine.tools.tested.covering import Reports, report

NO_REPORTS = Reports()
MARKS = {"passed": ".", "failed": "F", "skipped": "s"}


def run_tests(
    paths: Sequence[str], order: Order, workers: int | None, junit: str | None, reports: Reports = NO_REPORTS
) -> int:
    """Run the test files among some paths, and print their results; return the exit code."""
    missing = [path for path in paths if not os.path.exists(path)]
    files = find_test_files([Path(path) for path in paths])
    if missing or not files:
        return _fail(f"'{missing[0]}' is not there" if missing else f"no *.test.yaml in {', '.join(paths)}")
    logging.getLogger("engine").addHandler(logging.NullHandler())  # the report tells what a case was about
    began = perf_counter()
    results = []
    for result in run_files(files, order, workers or min(len(files), os.cpu_count() or 1)):
        results.append(result)
        click.echo(f"{result.file} {_marks(result)}")
    in_order = sorted(results, key=lambda result: files.index(Path(result.file)))
    for result in in_order:
        _print_failures(result)
    click.echo(summary(in_order, perf_counter() - began))
    if junit is not None:
        try:
            Path(junit).write_text(as_junit(in_order), encoding="utf-8")
        except OSError as error:
            return _fail(f"'{junit}' cannot be written: {error.strerror}")
    under = report(in_order, reports) if order.covers else 0
    return 1 if any(result.has_failed for result in results) else under


def _marks(result: FileResult) -> str:
    marks = "".join(MARKS[each.status] for each in result.results)
    return f"{marks}E" if result.broken else marks


def _print_failures(result: FileResult) -> None:
    for case in result.results:
        if case.status == "failed":
            click.echo(f"\nFAILED {case}\n{printable_lines(case.text)}")
    if result.broken:
        click.echo(f"\nBROKEN {result.file}\n{printable_lines(result.broken)}")


def summary(results: Sequence[FileResult], seconds: float) -> str:
    """Return `12 passed, 1 failed, 1 skipped in 0.42s`."""
    cases = [case.status for result in results for case in result.results]
    counts = {
        "failed": cases.count("failed"),
        "passed": cases.count("passed"),
        "skipped": cases.count("skipped"),
        "deselected": sum(result.deselected for result in results),
        "broken": sum(bool(result.broken) for result in results),
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no cases"
    return f"\n{told} in {seconds:.2f}s"


def _fail(message: str) -> int:
    click.echo(f"engine: {message}", err=True)
    return 1
