"""`engine new --deploy`: the files with which flows are run, as image, in Kubernetes, or as a service of systemd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.tools.commands import Given
from engine.tools.packaged.contents import PackageError
from engine.tools.packaged.folder import REQUIREMENTS
from engine.tools.scaffolds.deployment import Deployment, deployment_of
from engine.tools.scaffolds.image import dockerfile, dockerignore
from engine.tools.scaffolds.kubernetes import manifest
from engine.tools.scaffolds.scaffold import ScaffoldError
from engine.tools.scaffolds.systemd import service, socket_unit

FOLDER = "deploy"


class Written(NamedTuple):
    """Files that were written, files that were there before, and what else people should know."""

    written: list[Path]
    kept: list[Path]
    unpublished: tuple[str, ...]


def deploy(known: Given, folder: Path, *, force: bool) -> Written:
    """Write the files of a deployment, and keep those that are there, unless `force`. Raise ScaffoldError.

    If the flows have mistakes, print them and end the command.
    """
    root = known.folders[0] if known.folders else folder.absolute()
    try:
        deployment = deployment_of(known, root)
    except PackageError as error:
        raise ScaffoldError(str(error)) from error
    written, kept = [], []
    for name, text in _files(deployment):
        path = folder / name
        if path.exists() and not force:
            kept.append(path)
        else:
            _write(path, text)
            written.append(path)
    return Written(written, kept, deployment.lock.unpublished)


def _files(deployment: Deployment) -> Iterator[tuple[str, str]]:
    yield REQUIREMENTS, deployment.lock.text()
    yield "Dockerfile", dockerfile(deployment)
    yield ".dockerignore", dockerignore(deployment)
    yield f"{FOLDER}/kubernetes.yaml", manifest(deployment)
    yield f"{FOLDER}/{deployment.name}.service", service(deployment)
    if any(port.number for port in deployment.ports):
        yield f"{FOLDER}/{deployment.name}.socket", socket_unit(deployment)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ScaffoldError(f"'{path}' cannot be written: {error.strerror}") from error
