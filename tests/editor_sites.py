"""Small applications for the tests of the editor; ‸ marks the cursor in a text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.editor.site import Site
from engine.editor.texts import Text
from engine.editor.workspace import Workspace

CURSOR = "‸"


def site_with(folder: Path, files: Mapping[str, str]) -> tuple[Site, Text, int]:
    """Write files, and return the site, the text with the cursor, and its offset."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace(CURSOR, ""), encoding="utf-8", newline="")
    marked = next(name for name, content in files.items() if CURSOR in content)
    site = Workspace().site_of(folder / marked)
    return site, site.texts[folder / marked], files[marked].index(CURSOR)
