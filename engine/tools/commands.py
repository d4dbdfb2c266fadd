"""What the commands have in common: options, and loading what they work on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

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


def load(
    paths: Iterable[str], settings: Iterable[str], processors: Iterable[str], recorder: Recorder | None = None
) -> Application:
    from engine.application import Application
    from engine.loading.catalog import CatalogError
    from engine.loading.diagnostic import LoadError

    find_packages_here()
    try:
        recording: Any = {"wrap": recorder.wrap, "clock": recorder.clock} if recorder else {}
        app = Application.load(*paths, properties=dict(read_settings(settings)), processors=processors, **recording)
    except LoadError as error:
        click.echo(error, err=True)
        fail(f"{counted(len(error.diagnostics), 'mistake')} in the flows")
    except CatalogError as error:
        fail(str(error))
    for warning in app.parts.warnings:
        click.echo(warning, err=True)
    return app


def try_connections(app: Application) -> None:
    from engine.tools.connecting import mistakes_found

    found = asyncio.run(mistakes_found(app))
    if found:
        click.echo("\n".join(found), err=True)
        fail(f"{counted(len(found), 'mistake')} found by connecting")


def elements_of(packages: Iterable[str]) -> Any:
    from engine.loading.catalog import CatalogError, discover

    find_packages_here()
    try:
        return discover(packages)
    except CatalogError as error:
        fail(str(error))


def known_functions() -> dict[str, Any]:
    from engine.tools.manual import all_functions

    try:
        return all_functions()
    except ValueError as error:  # an installed package with functions that is broken
        fail(str(error))


def find_packages_here() -> None:
    """A package of the folder where the engine is started can be named by --processors."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def read_settings(settings: Iterable[str]) -> Iterable[tuple[str, str]]:
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise click.BadParameter(f"'{setting}' is not of the form NAME=VALUE", param_hint="--set")
        yield name, value


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def fail_unknown(kind: str, name: str, known: Iterable[str], listed_by: str) -> NoReturn:
    from engine.expressions.suggestion import did_you_mean

    close = did_you_mean(name, known)
    fail(f"there is no {kind} '{name}'; " + (f"did you mean '{close}'?" if close else f"see `{listed_by}`"))


def fail(message: str) -> NoReturn:
    click.echo(f"engine: {message}", err=True)
    sys.exit(1)
