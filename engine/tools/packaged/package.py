"""`engine package`: checks flows, gathers what they read, and writes it with the versions that they need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.application import Application
from engine.tools.commands import Given, counted, load_given
from engine.tools.packaged.contents import Contents, PackageError, contents_of, told
from engine.tools.packaged.folder import REQUIREMENTS, START, write_folder
from engine.tools.packaged.identity import Identity, declared, identity_of
from engine.tools.packaged.lock import Lock, imports_in, lock
from engine.tools.packaged.wheel import wheel


@dataclass(frozen=True)
class Package:
    """All that a package is made of."""

    identity: Identity
    contents: Contents
    lock: Lock

    def write(self, folder: Path, *, is_folder: bool) -> Path:
        """Write it into a folder; return its path there. Raise PackageError."""
        name, version = self.identity
        path = folder / (name if is_folder else f"{self.identity.module}-{version}-py3-none-any.whl")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if is_folder:
                write_folder(path, self.contents.files, self.lock.text())
            else:
                path.write_bytes(wheel(self.identity, self.contents.files, self.lock.requirements))
        except OSError as error:
            raise PackageError(f"'{path}' cannot be written: {error.strerror}") from error
        return path

    def told(self, path: Path, *, is_folder: bool) -> Iterator[str]:
        """Yield what people should know of it: what it holds, what it does not, how it is started."""
        files, versions = len(self.contents.files), len(self.lock.requirements)
        yield f"wrote {path}: {counted(files, 'file')}, {counted(versions, 'requirement')}"
        if self.lock.extras:
            yield f"extras of flow-engine: {', '.join(self.lock.extras)}"
        yield from told(self.contents.left_out)
        if self.lock.unpublished:
            yield f"not installed from an index here, so pip may not find it: {', '.join(self.lock.unpublished)}"
        if is_folder:
            yield f"pip install -r {path / REQUIREMENTS} makes it ready, {path / START} starts it"
        else:
            yield f"pip install {path} makes it ready, {self.identity.name} serve starts it"


def package(known: Given, out: Path, version: str | None = None, extras: Iterable[str] = ()) -> Package:
    """Return the package of flows. Raise PackageError; if the flows have mistakes, print them and end the command.

    out: where packages are written.
    """
    app, imported = loaded(known)
    identity = identity_of(known, app, version)
    contents = contents_of(known, known.name or identity.name, out)
    _check(contents, known)
    return Package(identity, contents, lock_of(known, imported, contents, extras))


def loaded(known: Given) -> tuple[Application, set[str]]:
    """Return the application, and the modules that were imported for it: drivers, say, and what own elements need."""
    before = set(sys.modules)
    app = load_given(known)
    return app, set(sys.modules) - before


def lock_of(known: Given, imported: set[str], contents: Contents, extras: Iterable[str]) -> Lock:
    """Return the requirements of flows that were loaded. Raise PackageError."""
    return lock(imported | set(imports_in(contents.files)), extras, _dependencies(known))


def _dependencies(known: Given) -> Sequence[str]:
    found = declared(known).get("dependencies", ())
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else ()


def _check(contents: Contents, known: Given) -> None:
    """Check the flows as they are in the package, in a process of its own: something may be missing there."""
    settings = [each for setting in known.properties.items() for each in ("--set", "=".join(setting))]
    with TemporaryDirectory() as folder:
        for name, content in contents.files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        command = [sys.executable, "-m", "engine.tools", "check", ".", *settings]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=_environment())  # noqa: S603  # ours
    if done.returncode:
        raise PackageError(f"the flows need what the package leaves out:\n{done.stderr.strip()}")


def _environment() -> dict[str, str]:
    """Return the environment, in which relative folders of Python modules keep their meaning in another folder."""
    path = os.environ.get("PYTHONPATH")
    if not path:
        return dict(os.environ)
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, path.split(os.pathsep)))}
