"""The commands for those who write files: the schema for editors, and one style."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.tools.commands import counted, elements_of, fail, given, paths_argument, processors_option
from engine.tools.rewriting import rewrite

if TYPE_CHECKING:
    from engine.formatting.files import Outcome

STDIN = "-"


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

    known = given(paths or None, processors=processors)
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


@click.command("fmt")
@paths_argument
@click.option("--check", is_flag=True, help="Write nothing; list the files that are not in the style, exit code 1.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change, exit code 1 if something would.")
def format_files(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Format flow files and test files; their comments and values stay. - reads the standard input.

    PATHS: files, and folders with all in them; those of the project, if left out.
    """
    if paths == (STDIN,):
        _format_stdin(check=check, diff=diff)
        return
    outcomes = list(_outcomes(given(paths).paths, writes=not (check or diff)))
    changed, failed = [each for each in outcomes if each.is_changed], any(each.told for each in outcomes)
    for each in changed:
        click.echo(each.diff if diff else f"{'not formatted: ' if check else 'formatted '}{each.file}", nl=not diff)
    _summary(len(changed), len(outcomes), writes=not (check or diff))
    if failed or (changed and (check or diff)):
        sys.exit(1)


def _outcomes(paths: Iterable[str], *, writes: bool) -> Iterator[Outcome]:
    """Yield what becomes of each file, written if it is to be; what is wrong with one is told."""
    from engine.formatting.files import documents_of, format_file

    for file, document in documents_of(map(Path, paths)):
        outcome = format_file(file, document)
        for line in outcome.told:
            click.echo(line, err=True)
        yield _written(file, outcome) if writes and outcome.is_changed else outcome


def _written(file: Path, outcome: Outcome) -> Outcome:
    """Write a file, and return what has become of it."""
    try:
        rewrite(file, outcome.after.encode("utf-8"))
    except OSError as error:
        told = f"'{file}' cannot be written: {error.strerror}"
        click.echo(told, err=True)
        return replace(outcome, after=outcome.before, told=(told,))
    return outcome


def _summary(changed: int, files: int, *, writes: bool) -> None:
    done, left = "formatted" if writes else "not in the style", files - changed
    click.echo(f"{counted(changed, 'file')} {done}, {left} left as {'it is' if left == 1 else 'they are'}", err=True)


def _format_stdin(*, check: bool, diff: bool) -> None:
    from engine.formatting.files import format_text
    from engine.loading.sections import document_of

    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        fail("the standard input is not UTF-8")
    outcome = format_text(document_of(Path("<stdin>"), text), text)
    for line in outcome.told:
        click.echo(line, err=True)
    if not check:
        click.echo(outcome.diff if diff else outcome.after, nl=False)
    if outcome.told or ((check or diff) and outcome.is_changed):
        sys.exit(1)
