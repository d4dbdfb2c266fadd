"""`engine batch list` and `engine batch show`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

import click
import msgspec

from engine.application import Application
from engine.jobs.job import Job
from engine.tools.batch.finding import Found, all_jobs, found
from engine.tools.logs.lines import printable_lines

WIDTH = 30
"""Characters of the bar."""

PAUSE = 1.0
"""Seconds between two looks."""


async def list_all(app: Application) -> None:
    """Print the jobs."""
    jobs = sorted([each.job async for each in all_jobs(app)], key=lambda job: job.created, reverse=True)
    if not _is_terminal():
        for job in jobs:
            click.echo(_as_json(job))
        return
    for line in _table([("id", "job", "state", "records", "failed", "began", "progress"), *map(_row, jobs)]):
        click.echo(line)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _as_json(job: Job) -> str:
    return msgspec.json.encode(job.result()).decode()


def _row(job: Job) -> tuple[str, ...]:
    began = datetime.fromtimestamp(job.created, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return job.id, job.name, job.state, f"{job.total:,}", f"{job.failed:,}", began, _progress(job)


def _table(rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _progress(job: Job) -> str:
    """Return how far a job is, in a few words: `45 %, 2,300/s, 8 s left`."""
    if job.is_over:
        return f"{job.processed:,} in {_time(job.elapsed)}"
    left = job.seconds_left
    rate = [f"{job.rate:,.0f}/s"] if job.processed else []
    return ", ".join([f"{_share(job):.0%}".replace("%", " %"), *rate, *([f"{_time(left)} left"] if left else [])])


def _share(job: Job) -> float:
    return job.processed / job.total if job.total else 1.0


def _time(seconds: float) -> str:
    """Return a time in its two largest units: `2 h 5 min`, `3 min 20 s`, `4.2 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


async def show_one(app: Application, id: str, *, follows: bool) -> None:
    """Print one job; go on until it is over, if that is asked for."""
    one = await found(app, id)
    if _is_terminal():
        await _show_in_terminal(one, follows=follows)
        return
    click.echo(_as_json(one.job))
    while follows and not one.job.is_over:
        await asyncio.sleep(PAUSE)
        one = one._replace(job=await one.again())
        click.echo(_as_json(one.job))


async def _show_in_terminal(one: Found, *, follows: bool) -> None:
    while follows and not one.job.is_over:
        click.echo(f"\r\033[K{_bar(one.job)}", nl=False)
        await asyncio.sleep(PAUSE)
        one = one._replace(job=await one.again())
    start = "\r\033[K" if follows else ""
    for line in (f"{start}{_bar(one.job)}", *_told(one.job)):
        click.echo(line)


def _bar(job: Job) -> str:
    done = round(WIDTH * _share(job))
    return f"{job.name} {job.state} [{'#' * done}{'-' * (WIDTH - done)}] {_progress(job)}, {job.failed:,} failed"


def _told(job: Job) -> Iterable[str]:
    yield f"id: {job.id}"
    yield f"records: {job.total:,}; {job.succeeded:,} succeeded, {job.failed:,} failed"
    if job.reason:
        yield f"reason: {printable_lines(job.reason)}"
    if job.failed and job.is_over:
        yield f"`engine batch export … {job.id}` writes the failed ones, `retry` sends them again as they are"
