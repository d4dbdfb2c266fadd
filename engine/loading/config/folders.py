"""Where the property files of environments are: `config/prod.yaml`, of the project or beside the flows."""

from __future__ import annotations

import os
import re
from pathlib import Path

from engine.loading.project import Project, ProjectError, as_named

FOLDER = "config"
DEFAULT = "default"
"""The environment whose file is read in each of them, and without one."""
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
KINDS = (".yaml", ".yml", ".properties")
"""How the names of property files end."""


def project_of(file: str) -> Project:
    """Return the project of a flow file; for one that is broken, which the command line tells, an empty one."""
    try:
        return Project.of([file])
    except ProjectError:
        return Project()


def folder_of(project: Project, file: str) -> Path | None:
    """Return the folder `config` of a project, or in or beside the folder of the flow files; None if there is none."""
    path = Path(file).absolute()
    folder = path if os.path.isdir(path) else path.parent  # unlike Path's, it raises nothing for a name too long
    places = [project.folder] if project.folder else [folder, folder.parent]
    return next((as_named(place / FOLDER) for place in places if os.path.isdir(place / FOLDER)), None)


def environments_in(folder: Path) -> list[str]:
    """Return the environments that have a file in a folder."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    names = (file.name.removesuffix(kind) for file in files for kind in KINDS if file.name.endswith(kind))
    return [name for name in dict.fromkeys(names) if name != DEFAULT and NAME.fullmatch(name)]


def files_of(folder: Path | None, name: str) -> list[Path]:
    if folder is None or not NAME.fullmatch(name):
        return []
    return [file for kind in KINDS if (file := folder / f"{name}{kind}").exists()]
