"""`engine batch export`: records as a file, page by page."""

from __future__ import annotations

import csv
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import click

from engine.application import Application
from engine.expressions.writing import encode, to_text
from engine.jobs.history import results_of
from engine.tools.batch.finding import Found, found
from engine.tools.commands import counted

Write = Callable[[Sequence[Any]], None]


async def export_records(app: Application, id: str, output: Path | None, status: str, *, with_outcomes: bool) -> None:
    """Write the records of a job. Raises ValueError if they have no form as CSV."""
    one = await found(app, id)
    if output is None:
        await _write_all(one, status, _lines(sys.stdout), with_outcomes=with_outcomes)
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        write = _rows(file) if output.suffix == ".csv" else _lines(file)
        count = await _write_all(one, status, write, with_outcomes=with_outcomes)
    click.echo(f"wrote {counted(count, 'record')} to {output}")


async def _write_all(one: Found, status: str, write: Write, *, with_outcomes: bool) -> int:
    count = 0
    async for page in _pages(one, status, with_outcomes=with_outcomes):
        write(page)
        count += len(page)
    return count


async def _pages(one: Found, status: str, *, with_outcomes: bool) -> AsyncIterator[list[Any]]:
    after: int | None = -1
    while after is not None:
        results, after = await results_of(one.home, one.job, status, after)
        yield [result.shown() if with_outcomes else result.payload for result in results]


def _lines(file: IO[str]) -> Write:
    def write(records: Sequence[Any]) -> None:
        file.writelines(f"{encode(record).decode()}\n" for record in records)

    return write


def _rows(file: IO[str]) -> Write:
    """Return what writes rows, whose columns are the fields of the first record."""
    writer: csv.DictWriter[str] | None = None

    def write(records: Sequence[Any]) -> None:
        nonlocal writer
        for record in records:
            if not isinstance(record, Mapping):
                raise ValueError("a record is no map, so it has no columns; a name without .csv writes JSON lines")
            if writer is None:
                writer = csv.DictWriter(file, list(record), restval="", lineterminator="\n")
                writer.writeheader()
            writer.writerow({name: _cell(value) for name, value in record.items()})

    return write


def _cell(value: Any) -> str:
    return "" if value is None else to_text(value)
