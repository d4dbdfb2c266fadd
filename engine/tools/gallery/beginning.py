"""`engine new --from-recipe`: a project that begins as a recipe of the gallery."""

from __future__ import annotations

from pathlib import Path

from engine.tools.gallery.recipes import README, Recipe
from engine.tools.scaffolds.scaffold import FLOWS, write_project


def project_of(recipe: Recipe, folder: Path) -> list[Path]:
    """Write a recipe into a folder as a project of its own, and return its files. Raise ScaffoldError."""
    files = {README: recipe.readme}
    for place in recipe.files():
        files[f"{FLOWS}/{place.as_posix()}"] = (recipe.path / place).read_text(encoding="utf-8")
    return write_project(folder, files)
