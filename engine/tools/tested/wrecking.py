"""`engine test --chaos`: each operation fails once with each of its errors; the callers' answers are reported."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import click

from engine.edition import StartError
from engine.loading.diagnostic import LoadError
from engine.testing.chaos import Chaos, Target, Verdict, table
from engine.testing.files.choosing import find_test_files
from engine.testing.files.suite import TestFile
from engine.testing.working import Order
from engine.tools.logs.lines import printable_lines
from engine.values.errors import FlowError


def run_chaos(paths: Sequence[str], order: Order) -> int:
    """Wreck the flows of the test files among some paths, and print the callers' answers; return the exit code."""
    files = find_test_files([Path(path) for path in paths])
    if not files:
        click.echo(f"engine: no *.test.yaml in {', '.join(paths)}", err=True)
        return 1
    logging.getLogger("engine").addHandler(logging.NullHandler())  # the table tells what became of the errors
    verdicts: dict[Target, Verdict] = {}
    broken = False
    for path in files:
        try:
            _wreck(path, order, verdicts)
        except (LoadError, FlowError, StartError) as error:
            click.echo(f"\nBROKEN {path}\n{printable_lines(str(error))}")
            broken = True
    for row in table(verdicts):
        click.echo(row)
    met = [verdict for verdict in verdicts.values() if verdict.is_known]
    bad = sum(not verdict.is_good for verdict in met)
    click.echo(f"\n{len(met)} errors, {bad} of which left a caller without an answer that the flow declares")
    if len(met) < len(verdicts):
        click.echo(f"{len(verdicts) - len(met)} more that no case passes, or behind which a mock is missing")
    return 1 if bad or broken or not met else 0


def _wreck(path: Path, order: Order, verdicts: dict[Target, Verdict]) -> None:
    session = order.session(TestFile.read(path))
    session.check()
    cases = [case for case in session.file.cases if order.takes(session, case) and not session.why_skipped(case.name)]

    async def wreck() -> None:
        await session.open()
        try:
            verdicts.update(await Chaos(session).verdicts(cases, verdicts))
        finally:
            await session.close()

    asyncio.run(wreck())
