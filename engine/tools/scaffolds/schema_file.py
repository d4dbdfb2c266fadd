"""The JSON Schema of a project's flow files, as a file that editors find."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from engine.loading.catalog import Catalog
from engine.loading.project import Project, as_named
from engine.manual.file_schema import file_schema

SCHEMA = ".engine/flows.schema.json"
"""Its place in the project; `.engine` is the folder of what is made there and kept in no repository."""


def schema_text(catalog: Catalog) -> str:
    """Return the schema of the files that use a catalog's elements, as JSON on one line."""
    return json.dumps(file_schema(catalog), ensure_ascii=False, separators=(",", ":")) + "\n"


def project_schema(paths: Iterable[str | Path]) -> Path:
    """Return where the schema of some flows belongs: in the folder of their project, or in the one named, or here."""
    first = Path(next(iter(paths), "."))
    folder = Project.of([first]).folder or (first if first.is_dir() else first.parent)
    return as_named((folder / SCHEMA).absolute())


def modeline(up: str) -> str:
    """Return the comment by which a file names its schema to editors. up: the way from its folder to the project."""
    return f"# yaml-language-server: $schema={PurePosixPath(up, SCHEMA)}"


def write_schema(file: Path, text: str) -> None:
    """Write the schema. Raise OSError if that fails."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
