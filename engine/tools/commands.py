"""The parts shared by all commands: options, and loading the files they work on."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from engine.application import Application, Metrics
    from engine.plan.link import Around
    from engine.plan.observer import Meter
    from engine.testing.recordings.recording import Recorder
    from engine.values.event import Event

paths_argument = click.argument("paths", nargs=-1, type=click.Path())
set_option = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A property; wins over all others."
)
env_option = click.option(
    "--env", metavar="ENV",
    help="The environment: config/ENV.yaml wins over config/default.yaml; left out, that of the variable ENGINE_ENV.",
)  # fmt: skip
processors_option = click.option(
    "--processors", multiple=True, metavar="PACKAGE", help="A package of elements of your own."
)
payload_option = click.option(
    "--payload", type=click.File("rb"), help="A JSON file with the payload; - is the standard input."
)
vars_option = click.option("--vars", "variables", metavar="JSON", help="A JSON map of variables.")
attributes_option = click.option("--attributes", metavar="JSON", help="A JSON map of attributes.")


@contextmanager
def without_garbage() -> Iterator[None]:
    """Disable garbage collection within it: loaded objects stay, and collecting takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True)
class Given:
    """The input of a command: its command line, and in addition the project file.

    properties: those of the line alone; project: those of the project, over which they win.
    """

    paths: tuple[str, ...]
    properties: Mapping[str, str]
    project: Mapping[str, str]
    processors: tuple[str, ...]
    databases: tuple[str, ...]
    folders: tuple[Path, ...]
    """The folders of the other files on which it depends: the project's, and property files of environments."""

    name: str = ""
    """Of the application, if its flow files give it none."""
    env: str | None = None

    @property
    def all_properties(self) -> dict[str, str]:
        return {**self.project, **self.properties}


def given(
    paths: Iterable[str] | None,
    settings: Iterable[str] = (),
    processors: Iterable[str] = (),
    env: str | None = None,
) -> Given:
    """Return the input of a command. paths: None if it needs none; otherwise it ends if nobody names any."""
    from engine.loading.config.folders import folder_of
    from engine.loading.project import FILE, SECTION, Project, ProjectError

    paths = None if paths is None else list(paths)
    try:
        project = Project.of(paths or ())
    except ProjectError as error:
        fail(str(error))
    project.find_packages()
    flows = tuple(map(str, project.flows(paths))) if paths is not None else ()
    if paths is not None and not flows:
        raise click.UsageError(
            f"name flow files or folders; or have 'paths' under {SECTION} of {FILE} say where they are"
        )
    packages, properties = (*project.processors, *processors), dict(read_settings(settings))
    folders = tuple(filter(None, (project.folder, folder_of(project, flows[0]) if flows else None)))
    name = project.name_of(flows)
    return Given(flows, properties, project.properties, packages, project.databases, folders, name, env)


def load(
    paths: Iterable[str], settings: Iterable[str], processors: Iterable[str], env: str | None,
    *, metrics: bool = False, is_check: bool = False,
) -> Application:  # fmt: skip
    return load_given(given(paths, settings, processors, env), metrics=metrics, is_check=is_check)


@without_garbage()
def load_given(
    known: Given, recorder: Recorder | None = None, *, metrics: Metrics | bool = False, meters: Sequence[Meter] = (),
    around: Sequence[Around] = (), is_check: bool = False,
) -> Application:  # fmt: skip
    """Return the application of flow files; if they have mistakes, print them and end the command."""
    from engine.application import Application
    from engine.loading.catalog import CatalogError
    from engine.loading.diagnostic import LoadError

    recording: Any = {"around": [recorder.around_step], "clock": recorder.clock} if recorder else {"around": around}
    try:
        app = Application.load(
            *known.paths, properties=known.all_properties, processors=known.processors, metrics=metrics, meters=meters,
            name=known.name, env=known.env, is_check=is_check, **recording,
        )  # fmt: skip
    except LoadError as error:
        click.echo(error, err=True)
        mistakes, code = counted(len(error.diagnostics), "mistake"), error.diagnostics[0].code
        fail(f"{mistakes} in the flows; `engine explain {code}` tells more")
    except CatalogError as error:
        fail(str(error))
    for warning in app.parts.warnings:
        click.echo(warning, err=True)
    return app


def try_connections(app: Application) -> None:
    from engine.operation.connecting import mistakes_found

    found = asyncio.run(mistakes_found(app))
    if found:
        click.echo("\n".join(found), err=True)
        fail(f"{counted(len(found), 'mistake')} found by connecting")


def elements_of(known: Given) -> Any:
    """Return the catalog of elements: installed ones, and those of the packages."""
    from engine.loading.catalog import CatalogError, discover

    try:
        return discover(known.processors)
    except CatalogError as error:
        fail(str(error))


def known_functions() -> dict[str, Any]:
    from engine.manual.pages import all_functions

    try:
        return all_functions()
    except ValueError as error:  # an installed package with functions that is broken
        fail(str(error))


def given_event(payload: Any, variables: str | None, attributes: str | None) -> Event:
    """Return the event of the options for a payload, variables and attributes; end the command if they are no JSON."""
    from engine.tools.entering import entering

    try:
        return entering(payload.read() if payload else None, variables, attributes)
    except ValueError as error:
        fail(str(error))


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
