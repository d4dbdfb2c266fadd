"""`engine test --coverage`: the parts of the flows that the cases passed are reported, and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from engine.testing.covered.coverage import Coverage, table
from engine.testing.working import FileResult


@dataclass(frozen=True)
class Reports:
    """The reports made from the coverage.

    fail_under: percent of lines, and of branches, below which the tests have failed. html: a folder; lcov: a file.
    """

    fail_under: float | None = None
    html: Path | None = None
    lcov: Path | None = None


def report(results: Sequence[FileResult], reports: Reports) -> int:
    """Print the table and write the reports; return the exit code."""
    coverage = Coverage(result.hits for result in results)
    click.echo("\n" + "\n".join(table(coverage)))
    if not (_write(reports.html, coverage, _html) and _write(reports.lcov, coverage, _lcov)):
        return 1
    if reports.fail_under is not None and coverage.is_under(reports.fail_under):
        click.echo(f"engine: lines or branches are covered by less than {reports.fail_under:g} %", err=True)
        return 1
    return 0


def _write(path: Path | None, coverage: Coverage, write: Callable[[Coverage, Path], Path]) -> bool:
    """Write a report, if one is wanted; return whether that succeeded."""
    if path is None:
        return True
    try:
        click.echo(f"wrote {write(coverage, path)}")
    except OSError as error:
        click.echo(f"engine: '{path}' cannot be written: {error.strerror}", err=True)
        return False
    return True


def _html(coverage: Coverage, folder: Path) -> Path:
    from engine.testing.covered.coverage_html import write_html

    return write_html(coverage, folder)


def _lcov(coverage: Coverage, path: Path) -> Path:
    from engine.testing.covered.lcov import as_lcov

    path.write_text(as_lcov(coverage), encoding="utf-8")
    return path
