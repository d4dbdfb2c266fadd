"""The name and the version of a package."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import InvalidVersion, Version

from engine.application import Application
from engine.loading.project import FILE
from engine.tools.commands import Given
from engine.tools.packaged.contents import PackageError

NO_VERSION = "0.0.0"
OURS = {"engine", "processors", "flow_engine"}


class Identity(NamedTuple):
    """The name of a package, which is also that of its command, and its version."""

    name: str
    version: str

    @property
    def module(self) -> str:
        return _module(self.name)


def declared(known: Given) -> Mapping[str, Any]:
    """Return what the project's file says of it as a Python project; nothing if it does not."""
    for folder in known.folders:
        section = tomllib.loads((folder / FILE).read_text(encoding="utf-8")).get("project")
        if isinstance(section, dict):
            return section
    return {}


def name_of(known: Given, app: Application) -> str:
    """Return the name of an application as one for packages, images and services: of letters, digits and hyphens."""
    places = [*known.folders, *(path if path.is_dir() else path.parent for path in map(Path, known.paths))]
    given = app.parts.configuration.name or known.name or declared(known).get("name")
    return re.sub(r"[^a-z0-9]+", "-", str(given or places[0].absolute().name).lower()).strip("-")


def identity_of(known: Given, app: Application, version: str | None) -> Identity:
    """Return name and version of a package; the version that is given wins over the project's. Raise PackageError."""
    name = name_of(known, app)
    module = _module(name)
    if not module.isidentifier() or iskeyword(module) or module in {*sys.stdlib_module_names, *OURS}:
        raise PackageError(f"'{name}' cannot be the name of a package; write configuration: {{name: …}} in a flow file")
    return Identity(name, _version(version or declared(known).get("version") or _of_api(app) or NO_VERSION))


def _module(name: str) -> str:
    return name.replace("-", "_")


def _of_api(app: Application) -> str:
    """Return the version of the API, if it is one that a package can have."""
    text = app.parts.configuration.api.version or ""
    return text if re.fullmatch(r"[0-9]+(\.[0-9]+)*", text) else ""


def _version(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion:
        raise PackageError(f"'{text}' is no version of a Python package; write one such as 1.4.0") from None
