"""What an import has made so far, in a folder of its own, so that it can be loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.mule.importing import Imported
from engine.mule.remembering import read_once

FOLDER = "flows"


class Trial:
    """An import and the folder that it is tried in."""

    def __init__(self, imported: Imported, folder: Path) -> None:
        self.imported, self.folder = imported, folder
        self._there: dict[str, bytes] = {}

    def write(self) -> None:
        """Write the files that have changed."""
        changed = {name: data for name, data in self.imported.files.items() if self._there.get(name) != data}
        write_files(changed, self.folder)
        self._there |= changed


@contextmanager
def trial_of(imported: Imported) -> Iterator[Trial]:
    """Return the trial of an import. Within the context each script is read once, however often it is loaded."""
    with TemporaryDirectory() as name, read_once():
        yield Trial(imported, Path(name).resolve() / FOLDER)


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files by their names into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
