"""The commands for those who write files: the schema for editors, and one style."""

from __future__ import annotations

from pathlib import Path

import click

from engine.tools.commands import elements_of, fail, given, paths_argument, processors_option


@click.command()
@paths_argument
@processors_option
@click.option("--write", is_flag=True, help="Write it to .engine/flows.schema.json of the project, and say so.")
@click.option("--check", is_flag=True, help="Report whether that file is still the right one; exit code 1 if not.")
def schema(paths: tuple[str, ...], processors: tuple[str, ...], write: bool, check: bool) -> None:
    """Print the JSON Schema of flow files and test files, for editors; elements of your own are in it.

    PATHS: the flows, or the folder of the project; here, if left out.
    """
    from engine.tools.scaffolds.schema_file import project_schema, schema_text

    known = given(None, processors=processors) if not paths else given(paths, processors=processors)
    catalog = elements_of(known)
    for error in catalog.broken():
        click.echo(str(error), err=True)
    text, file = schema_text(catalog), project_schema(paths)
    if check:
        _check(file, text)
    elif write:
        _write(file, text)
    else:
        click.echo(text, nl=False)


def _check(file: Path, text: str) -> None:
    found = file.read_text(encoding="utf-8") if file.is_file() else ""
    if found != text:
        fail(f"{file} {'is out of date' if found else 'is not there'}: `engine schema --write` writes it")
    click.echo(f"{file} is up to date")


def _write(file: Path, text: str) -> None:
    from engine.tools.scaffolds.schema_file import modeline, write_schema

    try:
        write_schema(file, text)
    except OSError as error:
        fail(f"'{file}' cannot be written: {error.strerror}")
    click.echo(f"wrote {file}; a file of flows/ names it in its first line: {modeline('..')}")
