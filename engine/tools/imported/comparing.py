"""`engine import --compare`: recorded requests of the old system, sent to the flows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from engine.application import Application
from engine.edition import StartError
from engine.testing.compared.comparing import Compared, compare
from engine.testing.compared.differences import MOST
from engine.testing.compared.recordings import Recorded, RecordingError, read_recordings
from engine.tools.commands import fail, given, load_given
from engine.values.secrets import Secrets


def compare_with(file: Path, folder: Path, settings: Sequence[str], env: str | None, ignored: Sequence[str]) -> None:
    """Print how the flows of a folder answer otherwise than recorded, and end the command: 1 if they do."""
    try:
        recordings = read_recordings(file)
    except RecordingError as error:
        fail(str(error))
    app = load_given(given([str(folder)], settings, (), env))
    try:
        different = asyncio.run(_compared(app, recordings, ignored))
    except StartError as error:
        fail(Secrets(app.parts.secrets).hide(str(error)))
    same = len(recordings) - different
    click.echo(f"{len(recordings)} requests: {same} answered the same, {different} otherwise")
    sys.exit(1 if different else 0)


async def _compared(app: Application, recordings: Sequence[Recorded], ignored: Sequence[str]) -> int:
    """Print the differences; return how many requests have some."""
    hide, different = Secrets(app.parts.secrets).hide, 0
    async for each in compare(app, recordings, ignored):
        if each.found:
            different += 1
            click.echo(hide(_told(each)))
    return different


def _told(compared: Compared) -> str:
    recorded, found = compared
    lines = [f"{recorded.method} {recorded.target} ({recorded.place})", *(f"  {each}" for each in found[:MOST])]
    return "\n".join(lines + ([f"  … and {len(found) - MOST} more"] if len(found) > MOST else []))
