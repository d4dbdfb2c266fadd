"""The commands `engine docs …`."""

from __future__ import annotations

from pathlib import Path

import click

from engine.tools.commands import elements_of, fail, given, processors_option

NEEDED = ("mkdocs", "material", "pymdownx")


@click.group()
def docs() -> None:
    """Make a site of the documentation."""


@docs.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default="site", show_default=True, metavar="DIR",
    help="Where to write it. A site that stands there is written anew.",
)  # fmt: skip
@click.option(
    "--name", default="", help="The title of the site; left out, that of docs/index.md, or the name of the project."
)
@processors_option
def build(out: Path, name: str, processors: tuple[str, ...]) -> None:
    """Make a site of docs/ here, with a reference of all elements, functions, mistakes and commands.

    The elements of your own are among them. The site needs no server: open its index.html.
    """
    from importlib.util import find_spec

    if not all(map(find_spec, NEEDED)):
        fail("a site needs MkDocs and its theme Material; pip install 'flow-engine[docs]'")
    _build(out, name, processors)


def _build(out: Path, name: str, processors: tuple[str, ...]) -> None:
    from engine.tools.documented.generating import SiteError, generate
    from engine.tools.documented.site import Sources, site_of

    known = given(None, processors=processors)
    main = click.get_current_context().find_root().command
    assert isinstance(main, click.Group)
    site = site_of(Sources(name or known.name, Path("docs"), Path("flows/gallery"), elements_of(known), main))
    try:
        generate(site, out)
    except SiteError as error:
        fail(str(error))
    count = sum(1 for _ in site.pages())
    click.echo(f"wrote {out}: {count} pages; open {out / 'index.html'}")
