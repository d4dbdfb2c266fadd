"""The command `engine`."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine import __version__
from engine.tools.commands import (
    Given,
    attributes_option,
    counted,
    fail,
    format_option,
    given,
    level_option,
    load,
    load_given,
    paths_argument,
    payload_option,
    processors_option,
    set_option,
    try_connections,
    vars_option,
)
from engine.tools.manual.lookups import evaluate, explain, functions, limits, processors
from engine.tools.tested.trying import test

if TYPE_CHECKING:
    from engine.application import Metrics
    from engine.testing.recordings.recording import Recorder
    from engine.tools.served.managing import ManagementPort


def _print_version(context: click.Context, option: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        click.echo(f"engine {__version__}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def main() -> None:
    """Integration flows in YAML: check them, run them, serve them."""


@main.command()
@paths_argument
@set_option
@processors_option
@click.option("--host", help="Listen at this address instead of those in the flows.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen at this port instead of those in the flows.")
@click.option(
    "--docs/--no-docs", default=None, help="Answer GET /openapi.json and GET /docs; left out, as the flows say."
)
@click.option(
    "--workers", type=click.IntRange(1, 512), default=1, show_default=True,
    help="Processes that share the sockets. What is in memory (stores, queues, rate limits) is each one's own.",
)  # fmt: skip
@click.option(
    "--reload", is_flag=True, help="Serve anew when a file changes; one with a mistake leaves what was served before."
)
@click.option(
    "--record", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Write each request as a test into DIR, its outward calls mocked, secrets hidden; `engine test DIR` replays.",
)  # fmt: skip
@click.option(
    "--management", metavar="[HOST:]PORT",
    help="Answer health, metrics and commands for operators there, at 127.0.0.1 unless HOST says otherwise.",
)  # fmt: skip
@click.option(
    "--metrics", type=click.Choice(["flows", "elements"]),
    help="What /metrics has of the management port: flows (the default), or the time and errors of each element, too.",
)  # fmt: skip
@level_option
@format_option
def serve(
    paths: tuple[str, ...], settings: tuple[str, ...], processors: tuple[str, ...], host: str | None, port: int | None,
    docs: bool | None, workers: int, reload: bool, record: Path | None, management: str | None,
    metrics: Metrics | None, log_level: str, log_format: str,
) -> None:  # fmt: skip
    """Serve the flows of files and folders over HTTP."""
    if metrics and not management:
        fail("--metrics is what the management port answers: add --management 9090")
    known = given(paths, settings, processors)
    if reload:
        from engine.tools.served.reload import serve_again

        sys.exit(serve_again(known, sys.argv[1:]))
    gc.disable()  # loaded objects stay: collecting now only delays the start; `serve` enables it
    from engine.tools.logs import configure
    from engine.tools.served.handover import Successor
    from engine.tools.served.serving import serve_application

    recorder = _recorder(record, known) if record else None
    app = load_given(known, recorder, metrics=metrics or management is not None)
    configure(log_level, log_format, app.parts.secrets)
    operators = _management_port(management, workers) if management else None
    try:
        code = serve_application(app, host, port, docs, workers, recorder, Successor.expected(), operators)
    finally:
        if operators is not None:
            operators.close()
    sys.exit(code)


def _management_port(address: str, workers: int) -> ManagementPort:
    from engine.tools.served.managing import ManagementError, ManagementPort

    try:
        return ManagementPort.open(address, workers)
    except ManagementError as error:
        fail(str(error))


def _recorder(folder: Path, known: Given) -> Recorder:
    from engine.testing.recordings.recording import Recorder

    try:
        return Recorder(folder, known.paths, known.all_properties)
    except OSError as error:
        fail(f"'{folder}' cannot be written: {error.strerror}")


@main.command()
@paths_argument
@set_option
@processors_option
@click.option("--connect", is_flag=True, help="Try every connection, and have databases understand every statement.")
def check(paths: tuple[str, ...], settings: tuple[str, ...], processors: tuple[str, ...], connect: bool) -> None:
    """Report every mistake in the flows; exit code 1 if there is one."""
    app = load(paths, settings, processors, metrics=True)
    if connect:
        try_connections(app)
    sub_flows = len(app.parts.runnables) - len(app.flows)
    click.echo(f"{counted(len(app.flows), 'flow')} and {counted(sub_flows, 'sub-flow')}: no mistakes")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option(
    "--from", "api", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="An OpenAPI 3 file: a flow for each of its operations, which answers its example.",
)  # fmt: skip
def new(folder: Path, api: Path | None) -> None:
    """Begin a project: write flows into FOLDER (here, if left out); existing files are not touched."""
    from engine.loading.project import FILE
    from engine.tools.scaffolds.scaffold import ScaffoldError, new_project

    try:
        written = new_project(folder, api)
    except ScaffoldError as error:
        fail(str(error))
    for path in written:
        click.echo(f"wrote {path}")
    where = folder if any(path.name == FILE for path in written) else folder / "flows"
    click.echo(f"engine test {where} tries it, engine serve {where} starts it")


@main.command()
@paths_argument
@set_option
@processors_option
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="A file for the document; else it is printed.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), help="As the file's name ends, else yaml.")
@click.option("--server", "servers", multiple=True, metavar="URL", help="Where the API is; else the listeners' hosts.")
def openapi(
    paths: tuple[str, ...], settings: tuple[str, ...], processors: tuple[str, ...], output: str | None,
    form: str | None, servers: tuple[str, ...],
) -> None:  # fmt: skip
    """Describe the HTTP API of the flows as an OpenAPI 3.1 document."""
    from engine.tools.manual.describing import describe

    text = describe(load(paths, settings, processors), form or _form_of(output), servers)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"'{output}' cannot be written: {error.strerror}")


def _form_of(output: str | None) -> str:
    return "json" if output and output.endswith(".json") else "yaml"


@main.command()
@paths_argument
@click.option("--flow", required=True, help="The flow or sub-flow to run.")
@payload_option
@vars_option
@attributes_option
@set_option
@processors_option
@level_option
def run(
    paths: tuple[str, ...], flow: str, payload: Any, variables: str | None, attributes: str | None,
    settings: tuple[str, ...], processors: tuple[str, ...], log_level: str,
) -> None:  # fmt: skip
    """Run one flow and print the payload that it ends with."""
    from engine.tools.entering import entering
    from engine.tools.logs import configure
    from engine.tools.running import run_flow

    try:
        event = entering(payload.read() if payload else None, variables, attributes)
    except ValueError as error:
        fail(str(error))
    app = load(paths, settings, processors)
    configure(log_level, "text", app.parts.secrets)
    sys.exit(asyncio.run(run_flow(app, flow, event)))


for command in (test, processors, evaluate, explain, functions, limits):
    main.add_command(command)
