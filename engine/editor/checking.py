"""The diagnostics of a site: those of `engine check`, and those of loading its test files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.loading.diagnostic import Diagnostic, LoadError
from engine.loading.files.document import Document
from engine.loading.loader import Loader, Parts
from engine.loading.sections import is_flow_file

if TYPE_CHECKING:
    from engine.editor.site import Site


@dataclass(frozen=True)
class Checked:
    """What checking a site has found. parts: as last loaded without mistakes."""

    by_file: dict[Path, list[Diagnostic]] = field(default_factory=dict)
    parts: Parts | None = None


def check(site: Site) -> Checked:
    """Load the site's flows, and each of its test files with them."""
    parts = site.parts
    found: list[Diagnostic] = []
    try:
        parts = _load(site)
        found += parts.warnings
    except LoadError as error:
        found += error.diagnostics
    by_file: dict[Path, list[Diagnostic]] = {path: [] for path in site.texts}
    for diagnostic in dict.fromkeys(found):
        by_file.setdefault(Path(diagnostic.place.file), []).append(diagnostic)
    return Checked(by_file, parts)


def _load(site: Site) -> Parts:
    documents = [_fresh(site, path) for path in site.texts if is_flow_file(path)]
    return Loader(documents, site.catalog, site.project.properties, name=site.name, is_check=True).load()


def _fresh(site: Site, path: Path) -> Document:
    """Return a document of its own: loading fills in its placeholders."""
    known = site.document(path)
    return Document(known.file, known.text, known.short)
