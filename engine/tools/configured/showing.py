"""`engine config`: the effective configuration."""

from __future__ import annotations

import json

import click

from engine.loading.catalog import CatalogError, discover
from engine.loading.config.effective import Effective, as_data, effective_properties
from engine.loading.diagnostic import LoadError
from engine.loading.identity import name_of
from engine.loading.loader import Loader
from engine.loading.sections import read_documents
from engine.tools.commands import Given, counted, fail
from engine.tools.logs.lines import printable

LONGEST = 60
"""Characters of a value in a row."""


def show(known: Given, form: str) -> int:
    """Print the properties, and the mistakes of the flows; return the exit code."""
    try:
        documents, catalog = read_documents(known.paths), discover(known.processors)
        loader = Loader(documents, catalog, known.all_properties, name=name_of(known.paths), env=known.env)
    except CatalogError as error:
        fail(str(error))
    code = _tell_mistakes(loader)
    properties = effective_properties(loader.filler)
    if form == "json":
        click.echo(json.dumps(as_data(loader.env, properties), indent=2, ensure_ascii=False))
    else:
        click.echo(_table(loader.env, properties))
    return code


def _tell_mistakes(loader: Loader) -> int:
    try:
        warnings = loader.load().warnings
    except LoadError as error:
        click.echo(error, err=True)
        click.echo(f"engine: {counted(len(error.diagnostics), 'mistake')} in the flows", err=True)
        return 1
    for warning in warnings:
        click.echo(warning, err=True)
    return 0


def _table(env: str, properties: list[Effective]) -> str:
    """Return a row for each property; after them those that nothing asks for."""
    used = [each for each in properties if each.is_used]
    others = [each for each in properties if not each.is_used]
    values = {
        each: printable(each.value if len(each.value) <= LONGEST else f"{each.value[:LONGEST]}…") for each in properties
    }
    names = max((len(each.name) for each in properties), default=0)
    wide = max(map(len, values.values()), default=0)

    def rows(those: list[Effective]) -> list[str]:
        return [f"{each.name:{names}}  {values[each]:{wide}}  {each.origin}" for each in those]

    lines = [f"environment {env}" if env else "no environment", *rows(used)]
    return "\n".join([*lines, *(["not asked for by a placeholder:", *rows(others)] if others else [])])
