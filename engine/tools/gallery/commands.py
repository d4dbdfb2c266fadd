"""`engine recipes`: the gallery, listed and shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from engine.tools.commands import fail, fail_unknown

if TYPE_CHECKING:
    from engine.tools.gallery.recipes import Recipe, Waiting

SHOW = "show"


@click.command()
@click.argument("words", nargs=-1, metavar=f"[{SHOW} NAME | WORD…]")
@click.option("--folder", metavar="FOLDER", help="Only those of a folder, such as retry.")
def recipes(words: tuple[str, ...], folder: str | None) -> None:
    """List the recipes: small applications that solve one problem each. `show NAME` prints the page of one.

    With WORDs only those that have all of them. At the end stand those that wait for something that the engine does
    not have. `engine new --from-recipe NAME FOLDER` begins a project with a recipe.
    """
    if words[:1] == (SHOW,):
        click.echo(recipe_named(" ".join(words[1:])).readme, nl=False)
    else:
        click.echo("\n".join(_listed(words, folder)))


def recipe_named(name: str) -> Recipe:
    """Return the recipe of a name, with or without its folder; if there is none, end the command."""
    from engine.tools.gallery.recipes import recipes, waiting

    known = {each.name: each for each in recipes()}
    folder, _, last = name.rpartition("/")
    if last in known and folder in ("", known[last].folder):
        return known[last]
    if lacking := next((each for each in waiting() if each.name == last), None):
        fail(f"the recipe '{last}' {_why(lacking)}")
    fail_unknown("recipe", name, known, "engine recipes")


def _listed(words: Sequence[str], folder: str | None) -> Iterator[str]:
    """Yield a line for each recipe that is meant; if there is none, end the command."""
    from engine.tools.gallery.recipes import recipes, waiting

    every: list[Recipe | Waiting] = [*recipes(), *waiting()]
    folders = {each.folder for each in every}
    if folder is not None and folder not in folders:
        fail_unknown("folder", folder, folders, "engine recipes")
    found = [each for each in every if folder in (None, each.folder) and _has(each, words)]
    if not found:
        fail(f"no recipe has the words '{' '.join(words)}'; see `engine recipes`")
    names, rooms = (max(map(len, column)) for column in zip(*((each.name, each.folder) for each in found), strict=True))
    for each in found:
        yield f"{each.name:{names}}  {each.folder:{rooms}}  {_line(each)}"


def _has(each: Recipe | Waiting, words: Sequence[str]) -> bool:
    return all(word.lower() in f"{each.folder} {each.name} {_line(each)}".lower() for word in words)


def _line(each: Recipe | Waiting) -> str:
    from engine.tools.gallery.recipes import Recipe

    return each.problem if isinstance(each, Recipe) else _why(each)


def _why(each: Waiting) -> str:
    return f"waits for {each.waits_for}; until then: {each.until_then}"
