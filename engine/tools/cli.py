"""The command `engine`."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from engine import __version__
from engine.tools.batch.commands import batch
from engine.tools.commands import (
    Given,
    attributes_option,
    counted,
    env_option,
    fail,
    given,
    given_event,
    load,
    load_given,
    paths_argument,
    payload_option,
    processors_option,
    set_option,
    try_connections,
    vars_option,
)
from engine.tools.configured.commands import config, secrets
from engine.tools.documented.commands import docs
from engine.tools.editing import format_files, schema
from engine.tools.gallery.commands import recipe_named, recipes
from engine.tools.imported.command import import_
from engine.tools.language_server import lsp
from engine.tools.logs.options import LogSettings, level_option, log_options
from engine.tools.lookups import evaluate, explain, functions, limits, processors
from engine.tools.playground.commands import try_
from engine.tools.tested.trying import test

if TYPE_CHECKING:
    from engine.application import Metrics
    from engine.operation.addresses import Where
    from engine.testing.recordings.recording import Recorder
    from engine.tools.served.managing import ManagementPort


MOST_WORKERS = 512
AUTO = "auto"


class WorkerCount(click.IntRange):
    """A number of workers; 0 for `auto`."""

    name = f"number of workers, nor {AUTO}"

    def convert(self, value: Any, option: click.Parameter | None, context: click.Context | None) -> Any:
        return 0 if value == AUTO else super().convert(value, option, context)


workers_option = click.option(
    "--workers", type=WorkerCount(1, MOST_WORKERS), default=1, show_default=True, metavar=f"N|{AUTO}",
    help="Processes that share the sockets; auto: one for each CPU that may be used. What is in memory (stores, "
    "queues, rate limits) is each one's own.",
)  # fmt: skip
management_option = click.option(
    "--management", metavar="[HOST:]PORT",
    help="Answer health, metrics and commands for operators there, at 127.0.0.1 unless HOST says otherwise.",
)  # fmt: skip
metrics_option = click.option(
    "--metrics", type=click.Choice(["flows", "elements"]),
    help="What /metrics has of the management port: flows (the default), or the time and errors of each element, too.",
)  # fmt: skip
trace_option = click.option(
    "--trace-elements", is_flag=True,
    help="Record traces, with a span for each element; without it, OTEL_… variables ask for those of flows and calls.",
)  # fmt: skip


def operator_options(command: Any) -> Any:
    """Add the options of what operators see: the management port, measures, traces."""
    return management_option(metrics_option(trace_option(command)))


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
@env_option
@processors_option
@click.option("--host", help="Listen at this address instead of those in the flows.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen at this port instead of those in the flows.")
@click.option(
    "--docs/--no-docs", default=None, help="Answer GET /openapi.json and GET /docs; left out, as the flows say."
)
@workers_option
@click.option(
    "--reload", is_flag=True, help="Serve anew when a file changes; one with a mistake leaves what was served before."
)
@click.option(
    "--record", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Write each request as a test into DIR, its outward calls mocked, secrets hidden; `engine test DIR` replays.",
)  # fmt: skip
@operator_options
@log_options
def serve(
    paths: tuple[str, ...], settings: tuple[str, ...], env: str | None, processors: tuple[str, ...],
    host: str | None, port: int | None, docs: bool | None, workers: int, reload: bool, record: Path | None,
    management: str | None, metrics: Metrics | None, trace_elements: bool, logs: LogSettings,
) -> None:  # fmt: skip
    """Serve the flows of files and folders over HTTP."""
    from engine.operation.addresses import Where

    known = given(paths, settings, processors, env)
    _serve(known, Where(host, port), docs, workers, reload, record, management, metrics, trace_elements, logs)


def _serve(
    known: Given, where: Where, docs: bool | None, workers: int, reload: bool, record: Path | None,
    management: str | None, metrics: Metrics | None, trace_elements: bool, logs: LogSettings,
) -> NoReturn:  # fmt: skip
    from engine.tools.served.telemetry import meters, pushes_metrics

    is_measured = management is not None or pushes_metrics()
    if metrics and not is_measured:
        fail("--metrics is what the management port answers, or a collector gets: add --management 9090")
    if reload:
        from engine.tools.served.reload import serve_again

        sys.exit(serve_again(known, sys.argv[1:]))
    gc.disable()  # loaded objects stay: collecting now only delays the start; `serve` enables it
    from engine.tools.logs.configuring import configure
    from engine.tools.served.handover import Successor
    from engine.tools.served.serving import Told, serve_application

    recorder = _recorder(record, known) if record else None
    app = load_given(known, recorder, metrics=metrics or is_measured, meters=meters(trace_elements))
    workers = workers or _workers_of_cpus()

    def hide(secrets: frozenset[str]) -> None:
        configure(logs, app.parts, secrets)
        if recorder is not None:
            recorder.secrets, recorder.redact = secrets, app.parts.configuration.logging.redact

    hide(app.parts.secrets)
    operators = _management_port(management, workers) if management else None
    told = Told(where, docs, workers, recorder, Successor.expected(), operators, hide)
    try:
        code = serve_application(app, told)
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


def _workers_of_cpus() -> int:
    from engine.tools.served.cpus import usable_cpus

    cpus = usable_cpus()
    workers = min(cpus, MOST_WORKERS) if hasattr(os, "fork") else 1
    click.echo(f"{counted(workers, 'worker')}: {counted(cpus, 'CPU')} to use")
    return workers


def _recorder(folder: Path, known: Given) -> Recorder:
    from engine.testing.recordings.recording import Recorder

    try:
        return Recorder(folder, known.paths, known.all_properties)
    except OSError as error:
        fail(f"'{folder}' cannot be written: {error.strerror}")


@main.command()
@paths_argument
@set_option
@env_option
@processors_option
@workers_option
@operator_options
@log_options
def worker(
    paths: tuple[str, ...], settings: tuple[str, ...], env: str | None, processors: tuple[str, ...], workers: int,
    management: str | None, metrics: Metrics | None, trace_elements: bool, logs: LogSettings,
) -> None:  # fmt: skip
    """Work on batch jobs, queues and schedules of flows; requests over HTTP are left to `engine serve`."""
    from engine.operation.addresses import Where

    where = Where(leaves_requests=True)
    _serve(
        given(paths, settings, processors, env), where, None, workers, False, None, management, metrics,
        trace_elements, logs,
    )  # fmt: skip


@main.command()
@paths_argument
@set_option
@env_option
@processors_option
@click.option("--connect", is_flag=True, help="Try every connection, and have databases understand every statement.")
def check(
    paths: tuple[str, ...], settings: tuple[str, ...], env: str | None, processors: tuple[str, ...], connect: bool
) -> None:
    """Report every mistake in the flows; exit code 1 if there is one. Encrypted values need their key for --connect."""
    app = load(paths, settings, processors, env, metrics=True, is_check=not connect)
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
@click.option("--from-recipe", "recipe", metavar="NAME", help="A recipe to begin with; `engine recipes` lists them.")
@click.option(
    "--deploy",
    is_flag=True,
    help="The files to run the flows of FOLDER elsewhere: Dockerfile, Kubernetes manifest, systemd units.",
)
@click.option("--force", is_flag=True, help="Write the files of --deploy anew, if they are there.")
def new(folder: Path, api: Path | None, recipe: str | None, deploy: bool, force: bool) -> None:
    """Begin a project: write flows into FOLDER (here, if left out); existing files are not touched."""
    from engine.tools.scaffolds.scaffold import ScaffoldError

    if api and recipe:
        raise click.UsageError("a project begins with --from or with --from-recipe, not with both")
    try:
        if deploy:
            _deploy(folder, api, recipe, force=force)
        else:
            _begin(folder, api, recipe)
    except ScaffoldError as error:
        fail(str(error))


def _begin(folder: Path, api: Path | None, recipe: str | None) -> None:
    from engine.loading.project import FILE
    from engine.tools.gallery.beginning import project_of
    from engine.tools.scaffolds.scaffold import new_project

    written = project_of(recipe_named(recipe), folder) if recipe else new_project(folder, api)
    for path in written:
        click.echo(f"wrote {path}")
    where = folder if any(path.name == FILE for path in written) else folder / "flows"
    click.echo(f"engine test {where} tries it, engine serve {where} starts it")


def _deploy(folder: Path, api: Path | None, recipe: str | None, *, force: bool) -> None:
    from engine.tools.scaffolds.deploying import deploy
    from engine.tools.scaffolds.deployment import flows_in

    if api or recipe or flows_in(folder) is None:
        _begin(folder, api, recipe)
    if known := flows_in(folder):
        done = deploy(known, folder, force=force)
        for path in done.written:
            click.echo(f"wrote {path}")
        for path in done.kept:
            click.echo(f"kept {path}: it is there already; --force writes it anew")
        if done.unpublished:
            click.echo(f"not installed from an index here, so pip may not find it: {', '.join(done.unpublished)}")


@main.command()
@paths_argument
@set_option
@processors_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="dist",
    show_default=True,
    metavar="DIR",
    help="Where to write it.",
)
@click.option("--wheel/--folder", "is_wheel", default=True, help="A wheel for pip (as if left out), or a folder.")
@click.option("--version", metavar="VERSION", help="Its version; else that of the project, or of the API.")
@click.option(
    "--extra",
    "extras",
    multiple=True,
    metavar="NAME",
    help="An extra of flow-engine that only the server needs, such as postgres if the url is set there.",
)
def package(
    paths: tuple[str, ...], settings: tuple[str, ...], processors: tuple[str, ...], out: Path, is_wheel: bool,
    version: str | None, extras: tuple[str, ...],
) -> None:  # fmt: skip
    """Pack flows, all that they read and the versions that they need, to be installed and served elsewhere.

    The flows are checked first, with the properties of --set, which are not packed.
    """
    from engine.tools.packaged.contents import PackageError
    from engine.tools.packaged.package import package as packed

    try:
        made = packed(given(paths, settings, processors), out, version, extras)
        path = made.write(out, is_folder=not is_wheel)
    except PackageError as error:
        fail(str(error))
    click.echo("\n".join(made.told(path, is_folder=not is_wheel)))


@main.command()
@paths_argument
@set_option
@env_option
@processors_option
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="A file for the document; else it is printed.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), help="As the file's name ends, else yaml.")
@click.option("--server", "servers", multiple=True, metavar="URL", help="Where the API is; else the listeners' hosts.")
def openapi(
    paths: tuple[str, ...], settings: tuple[str, ...], env: str | None, processors: tuple[str, ...],
    output: str | None, form: str | None, servers: tuple[str, ...],
) -> None:  # fmt: skip
    """Describe the HTTP API of the flows as an OpenAPI 3.1 document."""
    from engine.tools.describing import describe

    text = describe(load(paths, settings, processors, env), form or _form_of(output), servers)
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
@env_option
@processors_option
@level_option
def run(
    paths: tuple[str, ...], flow: str, payload: Any, variables: str | None, attributes: str | None,
    settings: tuple[str, ...], env: str | None, processors: tuple[str, ...], log_level: str,
) -> None:  # fmt: skip
    """Run one flow and print the payload that it ends with."""
    from engine.tools.logs.configuring import configure
    from engine.tools.running import run_flow

    event = given_event(payload, variables, attributes)
    app = load(paths, settings, processors, env)
    configure(LogSettings(log_level), app.parts)
    sys.exit(asyncio.run(run_flow(app, flow, event)))


COMMANDS = (
    test, batch, config, secrets, import_, processors, evaluate, try_, explain, functions, limits, recipes, schema,
    format_files, docs, lsp,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)
