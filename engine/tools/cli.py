"""The command `engine`."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from engine import __version__

if TYPE_CHECKING:
    from engine.application import Application
    from engine.testing.recording import Recorder

LEVELS = ["debug", "info", "warning", "error"]

paths_argument = click.argument("paths", nargs=-1, required=True, type=click.Path())
set_option = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A property; wins over all others."
)
processors_option = click.option(
    "--processors", multiple=True, metavar="PACKAGE", help="A package of elements of your own."
)
level_option = click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True)
format_option = click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)


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
@click.option("--reload", is_flag=True, help="Start anew when a file changes.")
@click.option(
    "--record", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Write each request as a test into DIR, its outward calls mocked, secrets hidden; `engine test DIR` replays.",
)  # fmt: skip
@level_option
@format_option
def serve(
    paths: tuple[str, ...], settings: tuple[str, ...], processors: tuple[str, ...], host: str | None, port: int | None,
    docs: bool | None, workers: int, reload: bool, record: Path | None, log_level: str, log_format: str,
) -> None:  # fmt: skip
    """Serve the flows of files and folders over HTTP."""
    if reload:
        from engine.tools.reload import again_and_again

        again_and_again(paths, sys.argv[1:], "--reload")
        return
    gc.disable()  # what is loaded now stays: looking through it only delays the start; `serve` enables it
    from engine.tools.logs import configure
    from engine.tools.serving import serve_application

    recorder = _recorder(record, paths, settings) if record else None
    app = _load(paths, settings, processors, recorder)
    configure(log_level, log_format, app.parts.secrets)
    sys.exit(serve_application(app, host, port, docs, workers, recorder))


def _recorder(folder: Path, paths: Iterable[str], settings: Iterable[str]) -> Recorder:
    from engine.testing.recording import Recorder

    try:
        return Recorder(folder, paths, dict(_settings(settings)))
    except OSError as error:
        _fail(f"'{folder}' cannot be written: {error.strerror}")


@main.command()
@paths_argument
@set_option
@processors_option
@click.option("--connect", is_flag=True, help="Try every connection, and have databases understand every statement.")
def check(paths: tuple[str, ...], settings: tuple[str, ...], processors: tuple[str, ...], connect: bool) -> None:
    """Report every mistake in the flows; exit code 1 if there is one."""
    app = _load(paths, settings, processors)
    if connect:
        _connect(app)
    sub_flows = len(app.parts.runnables) - len(app.flows)
    click.echo(f"{_count(len(app.flows), 'flow')} and {_count(sub_flows, 'sub-flow')}: no mistakes")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option(
    "--from", "api", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="An OpenAPI 3 file: a flow for each of its operations, which answers its example.",
)  # fmt: skip
def new(folder: Path, api: Path | None) -> None:
    """Begin a project: write flows into FOLDER (here, if left out); nothing that is there is touched."""
    from engine.tools.scaffold import ScaffoldError, new_project

    try:
        written = new_project(folder, api)
    except ScaffoldError as error:
        _fail(str(error))
    for path in written:
        click.echo(f"wrote {path}")
    click.echo(f"engine serve {folder / 'flows'} starts it")


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
    from engine.tools.describing import describe

    text = describe(_load(paths, settings, processors), form or _form_of(output), servers)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        _fail(f"'{output}' cannot be written: {error.strerror}")


def _form_of(output: str | None) -> str:
    return "json" if output and output.endswith(".json") else "yaml"


@main.command()
@click.argument("path", type=click.Path())
@click.option("--flow", required=True, help="The flow or sub-flow to run.")
@click.option("--payload", type=click.File("rb"), help="A JSON file with the payload; - is the standard input.")
@set_option
@processors_option
@level_option
def run(
    path: str, flow: str, payload: Any, settings: tuple[str, ...], processors: tuple[str, ...], log_level: str
) -> None:
    """Run one flow and print the payload that it ends with."""
    from engine.tools.logs import configure
    from engine.tools.running import run_flow

    app = _load((path,), settings, processors)
    configure(log_level, "text", app.parts.secrets)
    sys.exit(asyncio.run(run_flow(app, flow, payload.read() if payload else None)))


@main.command()
@paths_argument
@click.option(
    "-k", "wish", default="", metavar="WORDS", help="Only cases whose names hold these: 'bulk and not empty'."
)
@click.option("--tag", "tags", multiple=True, help="Only cases with this tag, or another one that is named.")
@click.option("-x", "--exitfirst", is_flag=True, help="Stop at the first failure.")
@click.option("--junit", type=click.Path(dir_okay=False), help="A file for the results in JUnit's XML.")
@click.option("--workers", type=click.IntRange(1, 512), help="Processes among which the files are shared; else cores.")
@click.option("--watch", is_flag=True, help="Run them again when a file changes.")
@click.option("--coverage", is_flag=True, help="Tell which lines, branches and error paths of the flows they pass.")
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="Exit code 1 where less of the lines, or of the branches, of all flow files is passed; with --mutate, where "
    "less of the mistakes is caught (95).",
)  # fmt: skip
@click.option(
    "--mutate", is_flag=True,
    help="Make mistakes in the flows, one at a time (a step left out, a condition turned, other SQL), and tell those "
    "that no case catches.",
)  # fmt: skip
@click.option(
    "--chaos", is_flag=True,
    help="Make the requests of the cases while each operation fails once with each of its errors, and tell what "
    "callers got; exit code 1 where one got no answer, or a status that its flow does not declare.",
)  # fmt: skip
@click.option(
    "--html", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Coverage, as pages in DIR."
)
@click.option(
    "--lcov", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Coverage, as LCOV has it, in FILE."
)
@set_option
@processors_option
def test(
    paths: tuple[str, ...], wish: str, tags: tuple[str, ...], exitfirst: bool, junit: str | None, workers: int | None,
    watch: bool, coverage: bool, fail_under: float | None, html: Path | None, lcov: Path | None,
    mutate: bool, chaos: bool, settings: tuple[str, ...], processors: tuple[str, ...],
) -> None:  # fmt: skip
    """Run the cases of test files (*.test.yaml), those in folders included; exit code 1 if one fails."""
    from engine.testing.choosing import Wish
    from engine.testing.working import Order
    from engine.tools.covering import Reports
    from engine.tools.testing import run_tests

    try:
        Wish(wish)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="-k") from None
    _catalog(processors)
    if watch:
        from engine.tools.reload import again_and_again

        again_and_again(paths, sys.argv[1:], "--watch", recursive=True)
        return
    covers = coverage or fail_under is not None or html is not None or lcov is not None
    order = Order(dict(_settings(settings)), processors, wish, frozenset(tags), exitfirst, covers)
    if mutate:
        from engine.tools.mutating import mutate as run_mutants

        sys.exit(run_mutants(paths, replace(order, stops=False, covers=False), workers, fail_under))
    if chaos:
        from engine.tools.wrecking import run_chaos

        sys.exit(run_chaos(paths, order))
    sys.exit(run_tests(paths, order, workers, junit, Reports(fail_under, html, lcov)))


@main.group(invoke_without_command=True)
@processors_option
@click.pass_context
def processors(context: click.Context, processors: tuple[str, ...]) -> None:
    """List the elements that flows can use; `show NAME` prints a manual page."""
    context.obj = processors
    if context.invoked_subcommand is None:
        from engine.tools.manual import summary

        elements = dict(_catalog(processors).elements())
        wide = max(map(len, elements), default=0)
        for name, element in elements.items():
            click.echo(f"{name:{wide}}  {summary(element)}")


@processors.command()
@click.argument("name")
@click.pass_context
def show(context: click.Context, name: str) -> None:
    """Print the manual page of an element."""
    from engine.tools.manual import page

    catalog = _catalog(context.obj)
    if name not in catalog:
        _fail_unknown("element", name, catalog.names(), "engine processors")
    click.echo(page(name, catalog[name]))


@main.command("eval")
@click.argument("expression", required=False)
@click.option("--payload", type=click.File("rb"), help="A JSON file with the payload; - is the standard input.")
@click.option("--vars", "variables", metavar="JSON", help="A JSON map of variables.")
@click.option("--source", is_flag=True, help="Print the Python that the expression compiles to.")
def evaluate(expression: str | None, payload: Any, variables: str | None, source: bool) -> None:
    """Evaluate an expression; without one, a prompt."""
    from engine.tools.evaluating import evaluate, make_event, prompt

    if expression is None and getattr(payload, "name", "") == "<stdin>":
        _fail("the payload comes from the standard input, so the expression must be an argument")
    try:
        event = make_event(payload.read() if payload else None, variables)
    except ValueError as error:
        _fail(str(error))
    if expression is None:
        prompt(event)
    else:
        sys.exit(evaluate(expression, event, source=source))


@main.group(invoke_without_command=True)
@click.pass_context
def functions(context: click.Context) -> None:
    """List the functions of expressions; `show NAME` prints a manual page.

    What stands in brackets may be left out; what begins with & is an expression, written with the &.
    """
    if context.invoked_subcommand is None:
        from engine.tools.manual import function_list

        click.echo("\n".join(function_list(_functions())))


@functions.command("show")
@click.argument("name")
def show_function(name: str) -> None:
    """Print the manual page of a function."""
    from engine.tools.manual import function_page

    known = _functions()
    if name not in known:
        _fail_unknown("function", name, known, "engine functions")
    click.echo(function_page(known[name]))


@functions.command()
def dataweave() -> None:
    """Print how DataWeave's operators and functions are written here."""
    from engine.tools.manual import dataweave_page

    click.echo(dataweave_page())


def _load(
    paths: Iterable[str], settings: Iterable[str], processors: Iterable[str], recorder: Recorder | None = None
) -> Application:
    from engine.application import Application
    from engine.loading.catalog import CatalogError
    from engine.loading.diagnostic import LoadError

    _find_packages_here()
    try:
        wrap = recorder.wrap if recorder else None
        app = Application.load(*paths, properties=dict(_settings(settings)), processors=processors, wrap=wrap)
    except LoadError as error:
        click.echo(error, err=True)
        _fail(f"{_count(len(error.diagnostics), 'mistake')} in the flows")
    except CatalogError as error:
        _fail(str(error))
    for warning in app.parts.warnings:
        click.echo(warning, err=True)
    return app


def _connect(app: Application) -> None:
    from engine.tools.connecting import mistakes_found

    found = asyncio.run(mistakes_found(app))
    if found:
        click.echo("\n".join(found), err=True)
        _fail(f"{_count(len(found), 'mistake')} found by connecting")


def _catalog(packages: Iterable[str]) -> Any:
    from engine.loading.catalog import CatalogError, discover

    _find_packages_here()
    try:
        return discover(packages)
    except CatalogError as error:
        _fail(str(error))


def _functions() -> dict[str, Any]:
    from engine.tools.manual import all_functions

    try:
        return all_functions()
    except ValueError as error:  # an installed package with functions that is broken
        _fail(str(error))


def _find_packages_here() -> None:
    """A package of the folder where the engine is started can be named by --processors."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _settings(settings: Iterable[str]) -> Iterable[tuple[str, str]]:
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise click.BadParameter(f"'{setting}' is not of the form NAME=VALUE", param_hint="--set")
        yield name, value


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _fail_unknown(kind: str, name: str, known: Iterable[str], listed_by: str) -> NoReturn:
    from engine.expressions.suggestion import did_you_mean

    close = did_you_mean(name, known)
    _fail(f"there is no {kind} '{name}'; " + (f"did you mean '{close}'?" if close else f"see `{listed_by}`"))


def _fail(message: str) -> NoReturn:
    click.echo(f"engine: {message}", err=True)
    sys.exit(1)
