"""The commands `engine batch …`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.tools.commands import Given, env_option, fail, given, load_given, processors_option, set_option

if TYPE_CHECKING:
    from engine.application import Application

paths_and_id = click.argument("words", nargs=-1, required=True, metavar="[PATHS]... ID")


@click.group()
def batch() -> None:
    """Look at batch jobs, send failed records again, cancel.

    An ID may be shortened, and `latest` is the job that began last.
    """


def loading_options(command: Any) -> Any:
    """Add the options with which flows are loaded."""
    return set_option(env_option(processors_option(command)))


@batch.command("list")
@click.argument("paths", nargs=-1, type=click.Path())
@loading_options
def list_jobs(paths: tuple[str, ...], settings: tuple[str, ...], env: str | None, processors: tuple[str, ...]) -> None:
    """List the jobs of the flows, the newest first: as a table in a terminal, otherwise as a JSON object a line."""
    from engine.tools.batch.looking import list_all

    _run(given(paths, settings, processors, env), list_all)


@batch.command()
@paths_and_id
@click.option("--follow", is_flag=True, help="Go on until it is over, with a bar in a terminal.")
@loading_options
def show(
    words: tuple[str, ...], follow: bool, settings: tuple[str, ...], env: str | None, processors: tuple[str, ...]
) -> None:
    """Show how far the job ID is, with its rate and the time that is left."""
    from engine.tools.batch.looking import show_one

    *paths, id = words
    _run(given(tuple(paths), settings, processors, env), lambda app: show_one(app, id, follows=follow))


@batch.command()
@paths_and_id
@loading_options
def retry(words: tuple[str, ...], settings: tuple[str, ...], env: str | None, processors: tuple[str, ...]) -> None:
    """Send the failed records of the job ID, which is over, through its steps again.

    What was never begun goes on, too. The work is done by `engine serve` and `engine worker`.
    """
    from engine.tools.batch.changing import retry_one

    *paths, id = words
    _run(given(tuple(paths), settings, processors, env), lambda app: retry_one(app, id))


@batch.command()
@paths_and_id
@loading_options
def cancel(words: tuple[str, ...], settings: tuple[str, ...], env: str | None, processors: tuple[str, ...]) -> None:
    """End the job ID: records in progress get their outcome, others get none. `retry` goes on with it."""
    from engine.tools.batch.changing import cancel_one

    *paths, id = words
    _run(given(tuple(paths), settings, processors, env), lambda app: cancel_one(app, id))


@batch.command()
@paths_and_id
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A file: CSV if its name ends with .csv, else a JSON object a line. Left out, it is printed.",
)  # fmt: skip
@click.option("--status", type=click.Choice(["failed", "succeeded", "all"]), default="failed", show_default=True)
@click.option("--outcomes", is_flag=True, help="Write what became of each record, too, with the record as `payload`.")
@loading_options
def export(
    words: tuple[str, ...], output: Path | None, status: str, outcomes: bool, settings: tuple[str, ...],
    env: str | None, processors: tuple[str, ...],
) -> None:  # fmt: skip
    """Write the records of the job ID that failed as they were sent: to be corrected, and sent again."""
    from engine.tools.batch.exporting import export_records

    *paths, id = words
    known = given(tuple(paths), settings, processors, env)
    _run(known, lambda app: export_records(app, id, output, status, with_outcomes=outcomes))


def _run(known: Given, work: Any) -> None:
    """Run a command on the loaded flows, none of which is started. Tell an error without its traceback."""
    from engine.values.errors import FlowError
    from engine.values.secrets import Secrets

    app = load_given(known)
    if not app.parts.runtime.batch_jobs:
        fail("there is no batch:job in these flows")
    try:
        asyncio.run(_worked(app, work))
    except FlowError as failure:
        fail(Secrets(app.parts.secrets).hide(failure.for_log))
    except (LookupError, OSError, ValueError) as error:
        fail(Secrets(app.parts.secrets).hide(str(error.args[0] if isinstance(error, LookupError) else error)))


async def _worked(app: Application, work: Any) -> None:
    try:
        await work(app)
    finally:
        await app.stop()
