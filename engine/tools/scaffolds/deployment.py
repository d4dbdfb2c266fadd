"""What the files of a deployment have to know of the flows."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from engine.application import Application
from engine.loading.config.effective import HIDDEN, Effective
from engine.loading.project import FILE, Project
from engine.loading.properties import SET, variable_of
from engine.loading.sections import is_flow_file
from engine.operation.addresses import Where
from engine.parameters.element import Element
from engine.plan.inside import reachable
from engine.tools.commands import Given, given
from engine.tools.packaged.contents import PackageError, contents_of, own_packages, sources
from engine.tools.packaged.identity import identity_of
from engine.tools.packaged.lock import Lock
from engine.tools.packaged.package import loaded, lock_of

FLOWS = "flows"


@dataclass(frozen=True)
class Port:
    """A port at which flows are served."""

    host: str
    number: int
    is_secure: bool


class Setting(NamedTuple):
    """A property of the flows. default: its value if nobody sets it; None if there is none, empty if not shown."""

    default: str | None
    is_secret: bool


@dataclass(frozen=True)
class Deployment:
    """The flows, as those see them who run them.

    places: the files and folders that they consist of, and packages: those of them that are Python; served: the flow
    files and folders. All are paths from the project's folder. shutdown: the seconds that running requests get at the
    end. data_dir: empty if it is the usual one. keeps_data: whether data on the machine has to outlive the process.
    settings: their properties by environment variable. left_out: the files in those places that no server may have.
    """

    name: str
    version: str
    places: tuple[str, ...]
    packages: tuple[str, ...]
    served: tuple[str, ...]
    ports: tuple[Port, ...]
    shutdown: int
    data_dir: str
    keeps_data: bool
    settings: Mapping[str, Setting]
    left_out: tuple[str, ...]
    lock: Lock

    @property
    def own_data_folder(self) -> str:
        """The folder of its data, if that is not below the folder in which it is started."""
        return self.data_dir if os.path.isabs(self.data_dir) else ""


def flows_in(folder: Path) -> Given | None:
    """Return the flows of a project; None if it has none yet."""
    for place in (folder, folder / FLOWS):
        if place.is_dir():
            known = given((str(place),))
            if any(_has_flows(Path(path)) for path in known.paths):
                return known
    return None


def _has_flows(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(map(is_flow_file, path.iterdir())))


def deployment_of(known: Given, folder: Path) -> Deployment:
    """Return the deployment of flows. Raise PackageError; if they have mistakes, print them and end the command."""
    app, imported = loaded(known)
    identity = identity_of(known, app, None)
    contents = contents_of(known, identity.name, folder)
    is_project = bool(Project.of((folder,)).paths)
    settings = [FILE] if known.folders else []
    return Deployment(
        name=identity.name,
        version=identity.version,
        places=(*settings, *(_inside(path, folder) for path in sources(known).values())),
        packages=tuple(_inside(path, folder) for _, path in own_packages(known)),
        served=(".",) if is_project else tuple(_inside(Path(path), folder) for path in known.paths),
        ports=_ports(app),
        shutdown=math.ceil(app.parts.configuration.shutdown_timeout),
        data_dir=str(app.parts.configuration.data_dir or ""),
        keeps_data=_keeps_data(app),
        settings=_settings(app),
        left_out=tuple(contents.left_out),
        lock=lock_of(known, imported, contents, ()),
    )


def _inside(path: Path, folder: Path) -> str:
    place = Path(os.path.relpath(path, folder))
    if ".." in place.parts:
        raise PackageError(f"'{path}' is outside of '{folder}', the folder of the deployment; copy it there")
    return place.as_posix()


def _ports(app: Application) -> tuple[Port, ...]:
    """Return the ports in the order of the flows, each once, without those that the system chooses."""
    found = {
        address.port: Port(address.host, address.port, any(route.connections.tls for _, route in address.routes))
        for address in Where().addresses(app.flows.values())
        if address.port
    }
    return tuple(found.values())


def _keeps_data(app: Application) -> bool:
    elements = [*app.parts.configs.values(), *reachable(*app.parts.runnables.values())]
    return any(isinstance(each, Element) and each.keeps_data for each in elements)


def _settings(app: Application) -> dict[str, Setting]:
    """Return the properties that the flows ask for, by environment variable, in their order."""
    asked = (each for each in app.parts.properties() if each.is_used and ":" not in each.name)  # that leads outside
    found = {variable_of(each.name): Setting(_default(each), each.is_secret) for each in asked}
    return dict(sorted(found.items()))


def _default(each: Effective) -> str | None:
    is_given = each.origin == SET or each.origin.startswith("environment ")
    return None if is_given else "" if HIDDEN in each.value else each.value


def with_default(settings: Mapping[str, Setting], *, is_secret: bool) -> Iterator[tuple[str, str | None]]:
    """Yield the variables of secrets, or those of the others, with their defaults."""
    yield from ((variable, each.default) for variable, each in settings.items() if each.is_secret is is_secret)
